"""The solved lesson of a stage, read cell by cell: where solutions and given names come from."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from checks.course import ROOT, CourseError, StageEntry


def solution(stage: StageEntry, exercise: str) -> str | None:
    """The solved code of an exercise, or None where the folder `solutions/` is not at hand."""
    cell = _exercise_cell(stage, exercise)
    return None if cell is None else "".join(cell["source"])


def blank(stage: StageEntry, exercise: str) -> str | None:
    """The code that a learner finds in an exercise's cell, or None where `solutions/` is not at hand."""
    cell = _exercise_cell(stage, exercise)
    return None if cell is None else cell["metadata"]["course"].get("blank")


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
    return _bound_by(stage.stem, setup=True)


def later_names(stage: StageEntry) -> frozenset[str]:
    """The names that the other cells of a stage define."""
    return _bound_by(stage.stem, setup=False)


def names(stage: StageEntry, exercise: str) -> frozenset[str]:
    """The names that the cell of an exercise defines, or none where `solutions/` is not at hand."""
    return frozenset(_bound(blank(stage, exercise) or ""))


def given_code(stage: StageEntry) -> Iterator[ast.stmt]:
    """The statements of the set-up cells of a stage."""
    for cell in _cells(stage.stem):
        if cell["metadata"].get("course", {}).get("kind") == "setup":
            yield from ast.parse("".join(cell["source"])).body


def without_solutions(stage: StageEntry) -> list[dict[str, Any]]:
    """The cells of a stage's lesson, with what a learner finds in place of each solution."""
    return [_blanked(cell) for cell in _cells(stage.stem)]


def keep(stage: StageEntry, cells: list[dict[str, Any]]) -> None:
    """Take these cells for the lesson of a stage from now on.

    A process that cannot read `solutions/` any more then checks as if it could.
    """
    _kept[stage.stem] = cells
    _bound_by.cache_clear()
    given_names(stage)
    later_names(stage)


def _blanked(cell: dict[str, Any]) -> dict[str, Any]:
    about = cell["metadata"].get("course", {})
    if about.get("kind") != "exercise":
        return cell
    return {**cell, "source": [about.get("blank", "")], "outputs": []}


@cache
def _bound_by(stem: str, *, setup: bool) -> frozenset[str]:
    """The names that the set-up cells define, or those that all other code cells do."""
    return frozenset(
        name
        for cell in _cells(stem)
        if cell.get("cell_type") == "code"
        and (cell["metadata"].get("course", {}).get("kind") == "setup") is setup
        for name in _bound("".join(cell["source"]))
    )


def _exercise_cell(stage: StageEntry, exercise: str) -> dict[str, Any] | None:
    for cell in _cells(stage.stem):
        about = cell["metadata"].get("course", {})
        if about.get("kind") == "exercise" and about.get("exercise") == exercise:
            return cell
    return None


_kept: dict[str, list[dict[str, Any]]] = {}
"""The cells of each lesson, by the stage's stem, once they were read."""


def _cells(stem: str) -> list[dict[str, Any]]:
    if stem not in _kept:
        _kept[stem] = _read(stem)
    return _kept[stem]


def _read(stem: str) -> list[dict[str, Any]]:
    try:
        text = (ROOT / "solutions" / f"{stem}.ipynb").read_text(encoding="utf-8")
        cells: list[dict[str, Any]] = json.loads(text)["cells"]
    except (OSError, ValueError, KeyError):
        return []
    return cells


def bound(statement: ast.stmt) -> set[str]:
    """The names that a statement defines at its own level."""
    match statement:
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return {(alias.asname or alias.name).split(".")[0] for alias in aliases}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Assign(targets=targets):
            parts = [
                target.elts if isinstance(target, ast.Tuple) else [target] for target in targets
            ]
            return {each.id for part in parts for each in part if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            named = {
                item.optional_vars.id for item in items if isinstance(item.optional_vars, ast.Name)
            }
            return named.union(*map(bound, body))
    return set()


def _bound(source: str) -> set[str]:
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic command
        return set()
    return {name for statement in statements for name in bound(statement)}
