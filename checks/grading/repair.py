"""A hand-in aligned with the released notebook: which cells to run, in which order.

The released notebook decides: its order, its set-up and check cells. The hand-in gives the exercise
cells, by cell id, and whatever code cells the learner added, each behind the cell that it followed.
Examples, demos, predictions and quizzes are not run.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.course import Course, CourseError, StageEntry
from checks.grading.messages import Cell, Role
from checks.grading.notebook import Notebook, NotebookCell, UnreadableNotebookError, read_notebook

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = {
    Role.SETUP: "the set-up cell {0.id}",
    Role.EXERCISE: "the exercise cell of {0.exercise}",
    Role.CHECK: "the check cell of {0.exercise}",
}


@dataclass(frozen=True)
class Release:
    """A stage with its notebook as it was given to the learners; `root` is the course's folder."""

    stage: StageEntry
    cells: tuple[NotebookCell, ...]
    root: Path


@dataclass(frozen=True)
class Repaired:
    """The cells to run, and one note for each thing that had to be mended."""

    cells: tuple[Cell, ...]
    notes: tuple[str, ...]


def read_releases(course: Course, root: Path) -> dict[str, Release]:
    """The releases of the written stages by id; raises CourseError where a notebook cannot be read."""
    releases = {}
    for stage in course.stages:
        try:
            notebook = read_notebook(root / "notebooks" / f"{stage.stem}.ipynb")
        except UnreadableNotebookError as error:
            raise CourseError(f"notebooks/{stage.stem}.ipynb {error}; run `course build`") from None
        releases[stage.id] = Release(stage, notebook.cells, root)
    return releases


def repair(hand_in: Notebook, release: Release) -> Repaired:
    """Align a hand-in with its release; raises nothing, whatever the hand-in looks like."""
    known = {cell.id for cell in release.cells if cell.id is not None}
    handed_in: dict[str, NotebookCell] = {}
    added: dict[str | None, list[NotebookCell]] = defaultdict(list)
    before: str | None = None
    for cell in hand_in.cells:
        if cell.id in known and cell.id not in handed_in:
            before = cell.id
            handed_in[cell.id] = cell
        elif cell.is_code:
            added[before].append(cell)
    cells = [_extra(cell, "at the top") for cell in added[None]]
    missing = []
    for pristine in release.cells:
        role = _role(pristine)
        if role is Role.EXERCISE and pristine.id not in handed_in:
            missing.append(str(pristine.exercise))
        if role is not None:
            given = (
                handed_in.get(pristine.id or "", pristine) if role is Role.EXERCISE else pristine
            )
            name = _NAMES[role].format(pristine)
            cells.append(Cell(name, role, given.source, pristine.exercise))
        if pristine.id is not None:
            cells += [_extra(cell, f"after {pristine.id}") for cell in added[pristine.id]]
    notes = (f"without the exercise cell of {', '.join(missing)}",) if missing else ()
    return Repaired(tuple(cells), notes)


def _role(cell: NotebookCell) -> Role | None:
    if cell.is_code and cell.kind in {Role.SETUP, Role.EXERCISE, Role.CHECK}:
        return Role(cell.kind)
    return None


def _extra(cell: NotebookCell, where: str) -> Cell:
    return Cell(f"an added cell {where}", Role.EXTRA, cell.source)
