"""From a hand-in to its grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from checks.course import ExerciseEntry
from checks.exercise import CriterionResult, Outcome
from checks.grading.canaries import pick_canaries, read_canaries
from checks.grading.collect import HandIn
from checks.grading.engine import Engine
from checks.grading.limits import Limits
from checks.grading.messages import Job, Run
from checks.grading.notebook import UnreadableNotebookError, Vote, read_notebook
from checks.grading.repair import Release, repair
from checks.grading.status import Status

NOT_RUN = "not run"
"""The outcome of an exercise whose check never ran, because the process ended before."""

NOT_BELIEVED = "not believed"
"""The outcome of an exercise whose check ran after the hand-in had tampered with the checks."""


@dataclass(frozen=True)
class ExerciseGrade:
    """One exercise of a hand-in; `outcome` is one of a check's outcomes, `NOT_RUN` or `NOT_BELIEVED`."""

    id: str
    title: str
    outcome: str
    points: float
    maximum: int
    reason: str = ""
    diagnosis: str | None = None
    criteria: tuple[CriterionResult, ...] = ()


@dataclass(frozen=True)
class Grade:
    """One row of the report."""

    learner: str
    stage: str
    status: Status
    reason: str = ""
    points: float = 0
    maximum: int = 0
    file: str = ""
    exercises: tuple[ExerciseGrade, ...] = ()
    votes: tuple[Vote, ...] = ()


@dataclass(frozen=True)
class Options:
    """How hand-ins are run: within which limits, and whether every code cell is run (`whole`)."""

    limits: Limits = field(default_factory=Limits)
    whole: bool = False


def grade(
    hand_in: HandIn,
    releases: Mapping[str, Release],
    engine: Engine,
    options: Options = Options(),
) -> Grade:
    """Grade one hand-in; raises nothing that lies in the hand-in."""
    release = releases.get(hand_in.stage)
    row = Grade(hand_in.learner, hand_in.stage, Status.MISSING, hand_in.reason, file=hand_in.file)
    if release is not None:
        row = replace(row, maximum=release.stage.points)
    if hand_in.status is not None or release is None or hand_in.path is None:
        return replace(row, status=hand_in.status or Status.FOREIGN)
    try:
        notebook = read_notebook(hand_in.path)
    except UnreadableNotebookError as error:
        return replace(row, status=Status.UNREADABLE, reason=_join([str(error), hand_in.reason]))
    repaired = repair(notebook, release)
    known = read_canaries(release.stage, release.root)
    canaries = pick_canaries(known, f"{hand_in.learner} {hand_in.file}")
    run = engine.run(Job(release.stage.id, repaired.cells, canaries, options.limits))
    exercises = tuple(_grade(entry, run) for entry in release.stage.exercises)
    status = run.status
    if status is Status.GRADED and all(each.outcome == Outcome.NOT_ATTEMPTED for each in exercises):
        status = Status.NOT_ATTEMPTED
    reasons = [f"{each.id}: {each.reason}" for each in exercises if each.reason]
    return replace(
        row,
        status=status,
        reason=_join([run.reason, hand_in.reason, *repaired.notes, *reasons]),
        points=round(sum(each.points for each in exercises), 2),
        exercises=exercises,
        votes=notebook.votes,
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


def _join(reasons: Iterable[str]) -> str:
    return "; ".join(reason for reason in reasons if reason)
