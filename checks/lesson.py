"""The solved lesson of a stage, read cell by cell: where solutions and given names come from."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from checks.course import ROOT, CourseError, StageEntry


def solution(stage: StageEntry, exercise: str) -> str | None:
    """The solved code of an exercise, or None where the folder `solutions/` is not at hand."""
    cell = _exercise_cell(stage, exercise)
    return None if cell is None else "".join(cell["source"])


def blank(stage: StageEntry, exercise: str) -> str | None:
    """The code that a learner finds in an exercise's cell, or None where `solutions/` is not at hand."""
    return _given(stage.stem).blanks.get(exercise)


def cells_of(stage: StageEntry, exercise: str) -> tuple[list[str], str]:
    """The set-up cells above an exercise and its check cell, as code.

    Raises CourseError where the solved notebook has no such check cell.
    """
    setup: list[str] = []
    for cell in _cells(stage.stem):
        about = cell["metadata"].get("course", {})
        if about.get("kind") == "setup":
            setup.append("".join(cell["source"]))
        if about.get("kind") == "check" and about.get("exercise") == exercise:
            return setup, "".join(cell["source"])
    raise CourseError(
        f"solutions/{stage.stem}.ipynb has no check cell for {exercise}; run `course build`"
    )


def given_names(stage: StageEntry) -> frozenset[str]:
    """The names that the set-up cells of a stage define: imports, functions, classes and variables."""
    return _given(stage.stem).names


def preload(stage: StageEntry) -> None:
    """Read what checks need of a stage's lesson, and forget the solutions again.

    After that, a process that cannot read `solutions/` any more checks as if it could.
    """
    _given(stage.stem)
    _cells.cache_clear()


@dataclass(frozen=True)
class _Given:
    """What a lesson gives to its checks: the names of the set-up, and the blanks by exercise."""

    names: frozenset[str]
    blanks: dict[str, str]


@cache
def _given(stem: str) -> _Given:
    names: set[str] = set()
    blanks: dict[str, str] = {}
    for cell in _cells(stem):
        about = cell["metadata"].get("course", {})
        if about.get("kind") == "setup":
            names |= _bound("".join(cell["source"]))
        if about.get("kind") == "exercise" and "blank" in about:
            blanks.setdefault(about["exercise"], about["blank"])
    return _Given(frozenset(names), blanks)


def _exercise_cell(stage: StageEntry, exercise: str) -> dict[str, Any] | None:
    for cell in _cells(stage.stem):
        about = cell["metadata"].get("course", {})
        if about.get("kind") == "exercise" and about.get("exercise") == exercise:
            return cell
    return None


@cache
def _cells(stem: str) -> list[dict[str, Any]]:
    try:
        text = (ROOT / "solutions" / f"{stem}.ipynb").read_text(encoding="utf-8")
        cells: list[dict[str, Any]] = json.loads(text)["cells"]
    except (OSError, ValueError, KeyError):
        return []
    return cells


def _bound(source: str) -> set[str]:
    names: set[str] = set()
    for statement in ast.parse(source).body:
        match statement:
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {(alias.asname or alias.name).split(".")[0] for alias in aliases}
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return names
