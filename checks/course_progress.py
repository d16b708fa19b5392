"""How far a learner has come: from the history, stage by stage, and where to go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module

from checks.course import Course, ExerciseEntry, StageEntry
from checks.history import Checked, Entry, Voted


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    reached: float
    of: int

    def __str__(self) -> str:
        return f"{self.reached:g} of {self.of}"


@dataclass(frozen=True)
class StageProgress:
    """One stage: exercises solved, points, and the votes that were right before and after the lesson."""

    stage: StageEntry
    solved: Share
    points: Share
    predictions: Share
    quiz: Share

    @property
    def done(self) -> bool:
        return self.solved.reached == self.solved.of


@dataclass(frozen=True)
class Progress:
    """The whole course as the history has it.

    `busted` are the sentences of the claims that were misjudged before the lesson and judged rightly
    in the quiz, `alive` those that were misjudged last time they were asked. `next` is the exercise to go
    on with, None where all are solved.
    """

    stages: tuple[StageProgress, ...]
    busted: tuple[str, ...]
    alive: tuple[str, ...]
    next: tuple[StageEntry, ExerciseEntry] | None
    remarks: tuple[str, ...] = ()

    @property
    def solved(self) -> Share:
        return _sum(each.solved for each in self.stages)

    @property
    def points(self) -> Share:
        return _sum(each.points for each in self.stages)


def progress_of(
    course: Course, entries: Iterable[Entry], remarks: tuple[str, ...] = ()
) -> Progress:
    """What a history says of a course; `remarks` are handed on. Other courses' entries count nothing."""
    best: dict[tuple[str, str], Checked] = {}
    votes: dict[tuple[str, str, str], Voted] = {}
    last: dict[tuple[str, str], Voted] = {}
    latest = ""
    for entry in entries:
        latest = entry.stage
        if isinstance(entry, Voted):
            votes[entry.stage, entry.asked, entry.claim] = entry
            last[entry.stage, entry.claim] = entry
        elif isinstance(entry, Checked):
            key = entry.stage, entry.exercise
            if key not in best or _rank(entry) > _rank(best[key]):
                best[key] = entry
    solved = {key for key, check in best.items() if check.outcome == "solved"}
    return Progress(
        tuple(_stage(stage, best, solved, votes) for stage in course.stages),
        *_beliefs(course, votes, last),
        _next(course, solved, latest),
        remarks,
    )


def skipped(damaged: int) -> str:
    """The sentence on damaged lines of a history."""
    lines = "1 damaged line" if damaged == 1 else f"{damaged} damaged lines"
    return f"{lines} of your history could not be read and counted nothing."


def _rank(check: Checked) -> tuple[bool, float]:
    return check.outcome == "solved", check.points


def _stage(
    stage: StageEntry,
    best: dict[tuple[str, str], Checked],
    solved: set[tuple[str, str]],
    votes: dict[tuple[str, str, str], Voted],
) -> StageProgress:
    keys = [(stage.id, entry.id) for entry in stage.exercises]
    points = sum(
        min(best[key].points, entry.points)
        for key, entry in zip(keys, stage.exercises, strict=True)
        if key in best
    )

    def right(asked: str, claims: tuple[str, ...]) -> Share:
        cast = [votes.get((stage.id, asked, claim)) for claim in claims]
        return Share(sum(vote is not None and vote.right for vote in cast), len(claims))

    return StageProgress(
        stage,
        Share(len(solved & set(keys)), len(keys)),
        Share(round(points, 2), stage.points),
        right("predict", stage.predictions),
        right("quiz", stage.quiz),
    )


def _beliefs(
    course: Course,
    votes: dict[tuple[str, str, str], Voted],
    last: dict[tuple[str, str], Voted],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    busted, alive = [], []
    for stage in course.stages:
        for claim in dict.fromkeys((*stage.predictions, *stage.quiz)):
            before = votes.get((stage.id, "predict", claim))
            after = votes.get((stage.id, "quiz", claim))
            if (stage.id, claim) in last and not last[stage.id, claim].right:
                alive.append(_sentence(stage, claim))
            elif before and after and after.right and not before.right:
                busted.append(_sentence(stage, claim))
    return tuple(busted), tuple(alive)


def _sentence(stage: StageEntry, claim: str) -> str:
    room = import_module(f"checks.stages.{stage.id}.claims")
    sentence: str = getattr(room, claim).sentence
    return sentence


def _next(
    course: Course, solved: set[tuple[str, str]], latest: str
) -> tuple[StageEntry, ExerciseEntry] | None:
    """The first exercise that is not solved, in the stage that was worked on last or from the start."""
    for stage in sorted(course.stages, key=lambda stage: stage.id != latest):
        for entry in stage.exercises:
            if (stage.id, entry.id) not in solved:
                return stage, entry
    return None


def _sum(shares: Iterable[Share]) -> Share:
    every = list(shares)
    return Share(round(sum(each.reached for each in every), 2), sum(each.of for each in every))
