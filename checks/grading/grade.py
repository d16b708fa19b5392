"""From a hand-in to its grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from checks.course import ExerciseEntry
from checks.grading.canaries import pick_canaries, read_canaries
from checks.grading.engine import Engine
from checks.grading.likeness import likeness
from checks.grading.limits import Limits
from checks.grading.messages import Job, Role, Run
from checks.grading.notebook import UnreadableNotebookError, Vote, parse_notebook
from checks.grading.repair import Release, repair
from checks.grading.status import Status, joined
from checks.grading.submission import Submission
from checks.result import CriterionResult, Outcome

NOT_RUN = "not run"
"""The outcome of an exercise whose check never ran, because the process ended before."""

NOT_BELIEVED = "not believed"
"""The outcome of an exercise whose check ran after the hand-in had tampered with the checks."""

OUTCOMES: tuple[str, ...] = (*Outcome, NOT_RUN, NOT_BELIEVED)
"""All outcomes that an exercise may have."""


@dataclass(frozen=True)
class ExerciseGrade:
    """One exercise of a hand-in; `outcome` is one of `OUTCOMES`."""

    id: str
    title: str
    outcome: str
    points: float
    maximum: int
    reason: str = ""
    diagnosis: str | None = None
    criteria: tuple[CriterionResult, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The learner's code in one exercise; `likeness` is the same for equal answers."""

    exercise: str
    source: str
    likeness: str = ""


@dataclass(frozen=True)
class Grade:
    """One row of the report.

    `reason` is why it has its status, `notes` say what was repaired, `digest` is of the notebook's
    bytes, and `isolation` says how the run was held back. `platform_id` and `late` are what the names
    in an export say today; a gradebook does not keep them.
    """

    learner: str
    stage: str
    status: Status
    reason: str = ""
    points: float = 0
    maximum: int = 0
    file: str = ""
    exercises: tuple[ExerciseGrade, ...] = ()
    votes: tuple[Vote, ...] = ()
    notes: tuple[str, ...] = ()
    digest: str = ""
    isolation: str = ""
    answers: tuple[Answer, ...] = ()
    platform_id: str = ""
    late: bool = False

    @property
    def reasons(self) -> str:
        """Why it has its status, and what the cells of its exercises raised."""
        raised = (f"{each.id}: {each.reason}" for each in self.exercises if each.reason)
        return joined(self.reason, *raised)

    @property
    def claims(self) -> set[str]:
        """The names of the claims that were voted on, or that explain an answer."""
        explaining = {each.diagnosis for each in self.exercises if each.diagnosis}
        return explaining | {vote.claim for vote in self.votes}


def grade(
    submission: Submission,
    releases: Mapping[str, Release],
    engine: Engine,
    *,
    limits: Limits,
    whole: bool = False,
) -> Grade:
    """Grade one hand-in.

    Takes the releases by stage, the engine that runs it, the limits it runs within, and whether every
    code cell is run instead of only those that grading needs. Raises nothing that lies in the hand-in.
    """
    hand_in = submission.hand_in
    release = releases.get(hand_in.stage)
    row = Grade(
        hand_in.learner,
        hand_in.stage,
        hand_in.status or Status.FOREIGN,
        hand_in.reason,
        file=hand_in.file,
        digest=hand_in.digest,
        maximum=release.stage.points if release else 0,
    )
    if hand_in.status is not None or release is None or submission.content is None:
        return row
    try:
        notebook = parse_notebook(submission.content)
    except UnreadableNotebookError as error:
        return replace(row, status=Status.UNREADABLE, reason=joined(str(error), hand_in.reason))
    repaired = repair(notebook, release, whole=whole)
    known = read_canaries(release.stage, release.root)
    canaries = pick_canaries(known, f"{hand_in.learner} {hand_in.file}")
    run = engine.run(Job(release.stage.id, repaired.cells, canaries, limits))
    exercises = tuple(_grade(entry, run) for entry in release.stage.exercises)
    status = run.status
    if status is Status.GRADED and all(each.outcome == Outcome.NOT_ATTEMPTED for each in exercises):
        status = Status.NOT_ATTEMPTED
    return replace(
        row,
        status=status,
        reason=joined(run.reason, hand_in.reason),
        points=round(sum(each.points for each in exercises), 2),
        exercises=exercises,
        votes=notebook.votes,
        notes=repaired.notes,
        isolation=engine.isolation,
        answers=tuple(
            Answer(cell.exercise, cell.source, likeness(cell.source))
            for cell in repaired.cells
            if cell.role is Role.EXERCISE and cell.exercise is not None
        ),
    )


def _grade(entry: ExerciseEntry, run: Run) -> ExerciseGrade:
    result = run.results.get(entry.id)
    if result is None:
        return ExerciseGrade(entry.id, entry.title, NOT_RUN, 0, entry.points)
    if entry.id in run.doubted:
        return ExerciseGrade(entry.id, entry.title, NOT_BELIEVED, 0, entry.points)
    return ExerciseGrade(
        id=entry.id,
        title=entry.title,
        outcome=result.outcome,
        points=min(result.points, entry.points),
        maximum=entry.points,
        reason=result.reason,
        diagnosis=result.diagnosis,
        criteria=result.criteria,
    )
