"""The notebook of a stage as the learners were given it, and what cells can be recognised by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from checks.course import ROOT, Course, CourseError, StageEntry
from checks.grading.messages import Role
from checks.grading.notebook import NotebookCell, UnreadableNotebookError, read_notebook
from checks.grading.repair import source

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Release:
    """A stage with its notebook as it was given to the learners, and the version of the course.

    `root` is the folder of the course.

    A released cell is spoken of by its number: its place in `cells`.
    """

    stage: StageEntry
    cells: tuple[NotebookCell, ...]
    version: str | None = None
    root: Path = ROOT

    def role(self, number: int) -> Role | None:
        """Why this cell is run, or None where it is not."""
        return self._roles[number]

    def numbers(self, role: Role) -> list[int]:
        """The cells of this role, in their order."""
        return [number for number, each in enumerate(self._roles) if each is role]

    @cached_property
    def by_id(self) -> Mapping[str, int]:
        """The cells by their ids."""
        return {cell.id: number for number, cell in enumerate(self.cells) if cell.id is not None}

    @cached_property
    def by_text(self) -> Mapping[str, int]:
        """The cells by their bare text; of several with the same text, the first."""
        texts = [source.bare(cell.source) for cell in self.cells]
        return {text: number for number, text in reversed(list(enumerate(texts))) if text}

    @cached_property
    def by_call(self) -> Mapping[str, int]:
        """The check, predict and quiz cells by what they call."""
        calls = {
            source.only_calls(cell.source): number
            for number, cell in enumerate(self.cells)
            if cell.is_code
        }
        return {call: number for call, number in calls.items() if call is not None}

    @cached_property
    def exercises(self) -> Mapping[str, int]:
        """The exercise cells by exercise."""
        return self._by_exercise(Role.EXERCISE)

    @cached_property
    def checks(self) -> Mapping[str, int]:
        """The check cells by exercise."""
        return self._by_exercise(Role.CHECK)

    @cached_property
    def wanted(self) -> Mapping[int, frozenset[str]]:
        """The names that each exercise cell is to define: those that the check cell hands over."""
        wanted = {}
        for exercise, number in self.exercises.items():
            defined = source.defined(self.cells[number].source)
            if exercise in self.checks:
                handed_over = source.names(self.cells[self.checks[exercise]].source)
                wanted[number] = defined & handed_over or defined
            else:
                wanted[number] = defined
        return wanted

    @cached_property
    def definers(self) -> Mapping[str, int]:
        """The names that one exercise cell alone defines, and which one."""
        names = {
            number: source.defined(self.cells[number].source) for number in self.exercises.values()
        }
        counts = Counter(name for defined in names.values() for name in defined)
        return {
            name: number
            for number, defined in names.items()
            for name in defined
            if counts[name] == 1
        }

    @cached_property
    def _roles(self) -> tuple[Role | None, ...]:
        run = {Role.SETUP, Role.EXERCISE, Role.CHECK}
        return tuple(
            Role(cell.kind) if cell.is_code and cell.kind in run else None for cell in self.cells
        )

    def _by_exercise(self, role: Role) -> Mapping[str, int]:
        return {str(self.cells[number].exercise): number for number in self.numbers(role)}


def read_releases(course: Course, root: Path) -> dict[str, Release]:
    """The releases of the written stages by id; raises CourseError where a notebook cannot be read."""
    releases = {}
    for stage in course.stages:
        try:
            notebook = read_notebook(root / "notebooks" / f"{stage.stem}.ipynb")
        except UnreadableNotebookError as error:
            raise CourseError(f"notebooks/{stage.stem}.ipynb {error}; run `course build`") from None
        releases[stage.id] = Release(stage, notebook.cells, notebook.version, root)
    return releases
