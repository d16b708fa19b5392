"""What the grader, a worker and the process of a hand-in say to each other.

Plain data, one JSON object per line, validated where it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter

from checks.grading.limits import Limits
from checks.grading.status import Status
from checks.result import CriterionResult, Outcome


class Role(StrEnum):
    """Why a cell is run."""

    SETUP = "setup"
    EXERCISE = "exercise"
    CHECK = "check"
    EXTRA = "extra"


@dataclass(frozen=True)
class Cell:
    """A cell to run; `name` says to a person which one it is."""

    name: str
    role: Role
    source: str
    exercise: str | None = None


@dataclass(frozen=True)
class Canary:
    """A known wrong answer to an exercise: the check must not call it solved."""

    exercise: str
    source: str


@dataclass(frozen=True)
class Job:
    """All cells of one hand-in, and the canaries that follow them where it has won points.

    `keeps_outputs` asks for what each cell printed and displayed, as a notebook would store it.
    """

    stage: str
    cells: tuple[Cell, ...]
    canaries: tuple[Canary, ...] = ()
    limits: Limits = field(default_factory=Limits)
    keeps_outputs: bool = False


LONGEST_TEXT = 500
"""How many characters of what was observed, or of a reason, the runner passes on."""


def _within_bounds(criterion: CriterionResult) -> CriterionResult:
    texts = (criterion.text, criterion.observed)
    if max(map(len, texts)) > LONGEST_TEXT or not 0 <= criterion.shares <= 100:
        raise ValueError("no check says this of a criterion")
    return criterion


Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
BoundedCriterion = Annotated[CriterionResult, AfterValidator(_within_bounds)]


@dataclass(frozen=True)
class ExerciseResult:
    """What the check of one exercise found; `diagnosis` is the id of the claim that explains it.

    Whatever is larger than a check ever makes it was made by somebody else, and is refused.
    """

    exercise: Text
    outcome: Outcome
    points: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
    criteria: Annotated[tuple[BoundedCriterion, ...], Field(max_length=100)] = ()
    diagnosis: Text | None = None
    reason: Text = ""


@dataclass(frozen=True)
class Run:
    """How a hand-in ended: its status, the reason in words, and the result of each exercise.

    `doubted` are the exercises whose results are not believed, because the hand-in had tampered with
    the checks by then. `outputs` are those of each cell, in the order of the job, if it asked for them.
    `unable` says why this machine could run nothing of the hand-in; it is then no grade of anybody's.
    """

    status: Status
    reason: str = ""
    results: dict[str, ExerciseResult] = field(default_factory=dict)
    doubted: frozenset[str] = frozenset()
    outputs: tuple[tuple[dict[str, Any], ...], ...] = ()
    unable: str = ""


@dataclass(frozen=True)
class Begins:
    """The cell of this number, counted from 0, is about to run; so are the canaries after the last."""

    cell: int
    kind: Literal["begins"] = "begins"


@dataclass(frozen=True)
class Found:
    """The check that is running has come to its result."""

    result: ExerciseResult
    kind: Literal["found"] = "found"


@dataclass(frozen=True)
class LacksMemory:
    """The cell that is running ended because it could have no more memory."""

    kind: Literal["lacks-memory"] = "lacks-memory"


@dataclass(frozen=True)
class Interrupted:
    """The cell that is running ended because its time was up."""

    kind: Literal["interrupted"] = "interrupted"


@dataclass(frozen=True)
class Showed:
    """What the cell that has just run printed and displayed."""

    outputs: tuple[dict[str, Any], ...]
    kind: Literal["showed"] = "showed"


@dataclass(frozen=True)
class Tampered:
    """Something that decides over points is not what it was before the hand-in ran."""

    what: str
    kind: Literal["tampered"] = "tampered"


@dataclass(frozen=True)
class Tried:
    """The next canary went through the check of this exercise; it `passed` where it was called solved."""

    exercise: str
    passed: bool
    kind: Literal["tried"] = "tried"


@dataclass(frozen=True)
class Done:
    """Every cell and every canary has run."""

    kind: Literal["done"] = "done"


Said = Begins | Found | LacksMemory | Interrupted | Showed | Tampered | Tried | Done


@dataclass(frozen=True)
class Message:
    """One line of a hand-in's process; `key` shows that it is the runner's own and nobody else's."""

    key: str
    said: Annotated[Said, Field(discriminator="kind")]


READY = b"ready"
"""What a worker says when everything is imported."""

JOB: TypeAdapter[Job] = TypeAdapter(Job)
MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
RUN: TypeAdapter[Run] = TypeAdapter(Run)
