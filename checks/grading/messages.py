"""What the grader and the process of a hand-in say to each other: plain data, validated on both ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from checks.exercise import CriterionResult, Outcome


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
class Job:
    """All cells of one hand-in, and the seconds that they may take together."""

    cells: tuple[Cell, ...]
    timeout: float


@dataclass(frozen=True)
class ExerciseResult:
    """What the check of one exercise found; `diagnosis` is the id of the claim that explains it."""

    exercise: str
    outcome: Outcome
    points: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    criteria: tuple[CriterionResult, ...] = ()
    diagnosis: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Begins:
    """The cell of this name is about to run."""

    cell: str
    kind: Literal["begins"] = "begins"


@dataclass(frozen=True)
class Found:
    """A check has come to its result."""

    result: ExerciseResult
    kind: Literal["found"] = "found"


@dataclass(frozen=True)
class LacksMemory:
    """A cell ended because it could have no more memory."""

    cell: str
    kind: Literal["lacks-memory"] = "lacks-memory"


@dataclass(frozen=True)
class Done:
    """Every cell has run."""

    kind: Literal["done"] = "done"


Message = Begins | Found | LacksMemory | Done

JOB: TypeAdapter[Job] = TypeAdapter(Job)
MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])
