"""Everything that belongs to one stage: manifest entry, source, notebooks, exercises and claims."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from checks.authoring.source import Source, SourceError, read_source
from checks.claim import Claim
from checks.course import CourseError
from checks.exercise import Exercise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from checks.course import StageEntry


@dataclass(frozen=True)
class Notebook:
    """A stored notebook: its path in the course and its cells as plain data."""

    name: str
    cells: tuple[dict[str, Any], ...]

    @property
    def code_cells(self) -> tuple[dict[str, Any], ...]:
        return tuple(cell for cell in self.cells if cell["cell_type"] == "code")

    @property
    def outputs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each stored output with the id of its cell."""
        for cell in self.code_cells:
            for output in cell.get("outputs", []):
                yield cell["id"], output


@dataclass(frozen=True)
class Room:
    """The exercises and claims of a stage, by their ids."""

    exercises: dict[str, Exercise]
    claims: dict[str, Claim]


@dataclass(frozen=True)
class Material:
    """One stage as `course lint` sees it."""

    root: Path
    stage: StageEntry
    source: Source
    learner: Notebook
    solved: Notebook
    room: Room


def read_material(root: Path, stage: StageEntry, room: Room | None = None) -> Material:
    """Gather everything that belongs to a stage of the course at `root`.

    Takes the stage's exercises and claims too, where they are not those of `checks.stages`. Raises
    SourceError with every file that cannot be read, and CourseError where the room cannot be.
    """
    problems: list[str] = []
    source = Source(f"solutions/{stage.stem}.py", ())
    try:
        source = read_source(root, stage)
    except SourceError as error:
        problems += error.problems
    notebooks = []
    for folder in ("notebooks", "solutions"):
        name = f"{folder}/{stage.stem}.ipynb"
        try:
            cells = json.loads((root / name).read_text(encoding="utf-8"))["cells"]
            if not all({"id", "cell_type", "metadata"} <= cell.keys() for cell in cells):
                raise KeyError("id, cell_type or metadata")
            notebooks.append(Notebook(name, tuple(cells)))
        except FileNotFoundError:
            problems.append(f"{name}: does not exist, run: course build")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            problems.append(f"{name}: is no notebook, run: course build")
    if problems:
        raise SourceError(problems)
    learner, solved = notebooks
    return Material(root, stage, source, learner, solved, room or open_room(stage))


def open_room(stage: StageEntry) -> Room:
    """The exercises and claims in `checks/stages/`; raises CourseError where they do not import."""
    exercises = _module(stage, "exercises")
    claims = _module(stage, "claims")
    return Room(
        {each.name: each for each in vars(exercises).values() if isinstance(each, Exercise)},
        {each.name: each for each in vars(claims).values() if isinstance(each, Claim)},
    )


def _module(stage: StageEntry, name: str) -> ModuleType:
    try:
        return import_module(f"checks.stages.{stage.id}.{name}")
    except Exception as error:  # whatever a half-written module raises
        first = (str(error).splitlines() or [""])[0]
        where = f"checks/stages/{stage.id}/{name}.py"
        raise CourseError(f"{where}: cannot be imported: {type(error).__name__}: {first}") from None
