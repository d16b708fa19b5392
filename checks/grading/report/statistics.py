"""What a class looks like as a whole, counted grade by grade; names are kept up to a number."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from checks.claim import Asked
from checks.course import Course, ExerciseEntry, StageEntry
from checks.grading.grade import ExerciseGrade, Grade
from checks.grading.report.beliefs import Belief, Beliefs
from checks.grading.status import Status
from checks.result import Outcome

MOST_NAMES = 40
"""How many learners a list names; a page for thousands stays usable."""

MOST_LEARNERS = 400
"""How many learners the page has a row for; a table for more is work for a spreadsheet."""

MOST_GROUPS = 60
"""How many groups of equal answers the page shows; it says how many more there are."""

_UNREMARKABLE = {Status.GRADED, Status.NOT_ATTEMPTED}
_TRIED = {Outcome.SOLVED, Outcome.NOT_YET}


@dataclass
class Names:
    """Some learners by name, and how many they are."""

    shown: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.shown) < MOST_NAMES:
            self.shown.append(name)

    @property
    def more(self) -> int:
        return self.count - len(self.shown)


@dataclass
class LearnerMarks:
    """What one learner got: by stage, the status and the points of each hand-in."""

    name: str
    stages: dict[str, list[tuple[Status, float]]] = field(default_factory=dict)

    def add(self, grade: Grade) -> None:
        self.stages.setdefault(grade.stage, []).append((grade.status, grade.points))

    @property
    def points(self) -> float:
        """The points of the best hand-in of each stage."""
        return sum(max(points for _, points in marks) for marks in self.stages.values())


@dataclass
class ExerciseCounts:
    """One exercise: how it went, who is stuck there, and which criteria and beliefs stand behind it.

    `raised` counts the answers that came to no criterion, because a cell raised or said nothing.
    """

    entry: ExerciseEntry
    outcomes: Counter[str] = field(default_factory=Counter)
    points: float = 0
    stuck: Names = field(default_factory=Names)
    criteria: Counter[str] = field(default_factory=Counter)
    beliefs: Counter[str] = field(default_factory=Counter)
    raised: int = 0

    @property
    def count(self) -> int:
        return self.outcomes.total()

    @property
    def others(self) -> int:
        """Those that were neither tried nor left blank: the set-up was broken, or it never ran."""
        known = self.outcomes["solved"] + self.outcomes["not yet"] + self.outcomes["not attempted"]
        return self.count - known

    @property
    def share(self) -> float:
        """The share of all points that were earned."""
        return self.points / (self.count * self.entry.points) if self.count else 0

    def add(self, learner: str, exercise: ExerciseGrade) -> None:
        self.outcomes[exercise.outcome] += 1
        self.points += exercise.points
        if exercise.outcome != Outcome.NOT_YET:
            return
        self.stuck.add(learner)
        self.criteria.update(each.text for each in exercise.criteria if each.state == "fails")
        self.raised += not exercise.criteria
        if exercise.diagnosis:
            self.beliefs[exercise.diagnosis] += 1


@dataclass
class StageCounts:
    """One stage: how many handed it in, and how each exercise went."""

    entry: StageEntry
    exercises: dict[str, ExerciseCounts]
    hand_ins: int = 0
    points: float = 0

    @property
    def mean(self) -> float:
        return self.points / self.hand_ins if self.hand_ins else 0


@dataclass
class ClaimCounts:
    """One claim: how many voted wrongly, out of how many, before and after; and in how many answers
    a check saw it."""

    belief: Belief
    wrong: Counter[str] = field(default_factory=Counter)
    votes: Counter[str] = field(default_factory=Counter)
    diagnosed: int = 0

    def share(self, asked: str) -> float | None:
        """The share of wrong votes in percent, None where nobody voted."""
        votes = self.votes[asked]
        return round(100 * self.wrong[asked] / votes) if votes else None


@dataclass
class Group:
    """Learners with equal answers to an exercise."""

    stage: str
    exercise: str
    outcome: str
    learners: Names = field(default_factory=Names)
    source: str = ""
    _last: str = ""

    def add(self, learner: str, source: str) -> None:
        if learner == self._last:  # a duplicate of one's own
            return
        if self._last:
            self.source = source
        self._last = learner
        self.learners.add(learner)


class Statistics:
    """Takes the grades by learner, one by one; has the counts afterwards."""

    def __init__(self, course: Course, beliefs: Beliefs) -> None:
        self.statuses: Counter[Status] = Counter()
        self.remarkable: dict[Status, list[Grade]] = defaultdict(list)
        self.learners = 0
        self.marks: list[LearnerMarks] = []
        self.stages = {
            stage.id: StageCounts(
                stage, {each.id: ExerciseCounts(each) for each in stage.exercises}
            )
            for stage in course.stages
        }
        self._claims = {
            (stage, name): ClaimCounts(belief)
            for stage, known in beliefs.items()
            for name, belief in known.items()
        }
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._last_learner: str | None = None

    def add(self, grade: Grade) -> None:
        self.statuses[grade.status] += 1
        self._note_marks(grade)
        if grade.status not in _UNREMARKABLE and len(self.remarkable[grade.status]) < MOST_NAMES:
            self.remarkable[grade.status].append(grade)
        if (stage := self.stages.get(grade.stage)) is None or not grade.exercises:
            return
        stage.hand_ins += 1
        stage.points += grade.points
        for exercise in grade.exercises:
            if exercise.id in stage.exercises:
                stage.exercises[exercise.id].add(grade.learner, exercise)
            if claim := self._claims.get((grade.stage, exercise.diagnosis or "")):
                claim.diagnosed += 1
        for vote in grade.votes:
            if claim := self._claims.get((grade.stage, vote.claim)):
                claim.votes[vote.asked] += 1
                claim.wrong[vote.asked] += claim.belief.right(vote.vote) is False
        self._group(grade)

    def claims(self, stage: str) -> list[ClaimCounts]:
        """The claims of a stage that somebody voted on or got wrong, the liveliest myths first."""
        seen = [
            claim
            for (of, _), claim in self._claims.items()
            if of == stage and (claim.votes or claim.diagnosed)
        ]
        return sorted(
            seen,
            key=lambda claim: (
                -(claim.share(Asked.QUIZ) or 0),
                -(claim.share(Asked.PREDICT) or 0),
                -claim.diagnosed,
                claim.belief.name,
            ),
        )

    def groups(self) -> list[Group]:
        """Groups of two and more: wrong answers first, then the rarer and the longer right ones."""
        groups = [
            group
            for group in self._groups.values()
            if group.learners.count > 1 and not self._is_usual(group)
        ]
        groups.sort(
            key=lambda each: (
                each.outcome == Outcome.SOLVED,
                -len(each.source.splitlines()),
                -each.learners.count,
                each.exercise,
                each.source,
            )
        )
        return groups

    def _note_marks(self, grade: Grade) -> None:
        if grade.learner != self._last_learner:
            self.learners += 1
            self._last_learner = grade.learner
            if self.learners <= MOST_LEARNERS:
                self.marks.append(LearnerMarks(grade.learner))
        if self.learners <= MOST_LEARNERS:
            self.marks[-1].add(grade)

    def _is_usual(self, group: Group) -> bool:
        """Whether so many have this right answer that it says nothing."""
        solved = self.stages[group.stage].exercises[group.exercise].outcomes[Outcome.SOLVED]
        return group.outcome == Outcome.SOLVED and group.learners.count > max(5, solved / 10)

    def _group(self, grade: Grade) -> None:
        outcomes = {exercise.id: exercise.outcome for exercise in grade.exercises}
        for answer in grade.answers:
            outcome = outcomes.get(answer.exercise)
            if outcome in _TRIED and answer.likeness:
                group = self._groups.setdefault(
                    (grade.stage, answer.exercise, answer.likeness),
                    Group(grade.stage, answer.exercise, str(outcome)),
                )
                group.add(grade.learner, answer.source)
