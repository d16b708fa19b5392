"""From a hand-in to its grade, one at a time or many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace

from checks.course import ExerciseEntry
from checks.exercise import CriterionResult, Outcome
from checks.grading.collect import HandIn
from checks.grading.messages import ExerciseResult, Role
from checks.grading.notebook import UnreadableNotebookError, Vote, read_notebook
from checks.grading.repair import Release, repair
from checks.grading.run import Run, run
from checks.grading.status import Status

NOT_RUN = "not run"
"""The outcome of an exercise whose check never ran, because the process ended before."""


@dataclass(frozen=True)
class ExerciseGrade:
    """One exercise of a hand-in; `outcome` is one of a check's outcomes, or `NOT_RUN`."""

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
    """The learner's code in one exercise; `likeness` is the same for equal answers, once recorded."""

    exercise: str
    source: str
    likeness: str = ""


@dataclass(frozen=True)
class Grade:
    """One row of the report.

    `notes` say what was repaired, `digest` is of the notebook's bytes, and `isolation` says how the
    run was held back.
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


def grade_all(
    hand_ins: Iterable[HandIn],
    releases: Mapping[str, Release],
    *,
    timeout: float,
    executor: Executor,
    graded: Callable[[Grade], object] = lambda _: None,
) -> tuple[Grade, ...]:
    """Grade every hand-in.

    Takes the releases by stage, the seconds that each hand-in may take, the executor that the work is
    handed to (threads will do: each waits for a process), and whom to tell each grade at once.
    Returns the grades by learner, stage and file.
    """
    futures = [executor.submit(grade, hand_in, releases, timeout=timeout) for hand_in in hand_ins]
    grades = []
    for future in as_completed(futures):
        grades.append(future.result())
        graded(grades[-1])
    return tuple(sorted(grades, key=lambda each: (each.learner, each.stage, each.file)))


def grade(hand_in: HandIn, releases: Mapping[str, Release], *, timeout: float) -> Grade:
    """Grade one hand-in; raises nothing that lies in the hand-in."""
    release = releases.get(hand_in.stage)
    row = Grade(hand_in.learner, hand_in.stage, Status.MISSING, hand_in.reason, file=hand_in.file)
    row = replace(row, digest=hand_in.digest)
    if release is not None:
        row = replace(row, maximum=release.stage.points)
    if hand_in.status is not None or release is None or hand_in.path is None:
        return replace(row, status=hand_in.status or Status.FOREIGN)
    try:
        notebook = read_notebook(hand_in.path)
    except UnreadableNotebookError as error:
        return replace(row, status=Status.UNREADABLE, reason=_join([str(error), hand_in.reason]))
    repaired = repair(notebook, release)
    try:
        finished = run(repaired.cells, timeout=timeout)
    except OSError as error:
        finished = Run(Status.DIED, f"the process could not be started: {error.strerror}", {})
    exercises = tuple(
        _grade(entry, finished.results.get(entry.id)) for entry in release.stage.exercises
    )
    status = finished.status
    if status is Status.GRADED and all(each.outcome == Outcome.NOT_ATTEMPTED for each in exercises):
        status = Status.NOT_ATTEMPTED
    reasons = [f"{each.id}: {each.reason}" for each in exercises if each.reason]
    return replace(
        row,
        status=status,
        reason=_join([finished.reason, hand_in.reason, *reasons]),
        points=round(sum(each.points for each in exercises), 2),
        exercises=exercises,
        votes=notebook.votes,
        notes=repaired.notes,
        answers=tuple(
            Answer(cell.exercise, cell.source)
            for cell in repaired.cells
            if cell.role is Role.EXERCISE and cell.exercise is not None
        ),
    )


def _grade(entry: ExerciseEntry, result: ExerciseResult | None) -> ExerciseGrade:
    if result is None:
        return ExerciseGrade(entry.id, entry.title, NOT_RUN, 0, entry.points)
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
