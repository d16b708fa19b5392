"""Harmless damage lowers no mark: whatever happened to a solved notebook, its answers are checked."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Iterable
from functools import cache

import pytest

from checks.course import ROOT, the_course
from checks.grading.messages import Role
from checks.grading.notebook import parse_notebook
from checks.grading.repair import Release, Repaired, repair, source
from checks.tests.grading import damage
from checks.tests.grading.damage import Damage, Lesson, lesson_from

STAGES = [stage.id for stage in the_course().stages]


@cache
def material(stage_id: str) -> tuple[Release, Lesson]:
    """A stage's release, and its solved lesson."""
    stage = the_course().stage(stage_id)
    solved, released = (
        json.loads((ROOT / folder / f"{stage.stem}.ipynb").read_text(encoding="utf-8"))
        for folder in ("solutions", "notebooks")
    )
    notebook = parse_notebook(json.dumps(released).encode())
    return Release(stage, notebook.cells, notebook.version), lesson_from(solved, released)


def after(lesson: Lesson, *damages: Damage) -> Lesson:
    lesson = copy.deepcopy(lesson)
    for each in damages:
        each(lesson)
    return lesson


def lowered(found: Repaired, release: Release, lesson: Lesson) -> list[str]:
    """What would cost a mark: given cells that are not as released, answers that are not checked."""
    fixed = [
        (cell.role, cell.source) for cell in found.cells if cell.role in {Role.SETUP, Role.CHECK}
    ]
    expected = [
        (Role(cell.kind), cell.source)
        for cell in release.cells
        if cell.is_code and cell.kind in {Role.SETUP, Role.CHECK}
    ]
    wrong = [] if fixed == expected else ["the given cells are not as released"]
    answers = {cell.exercise: definitions(cell["source"]) for cell in lesson.of("exercise")}
    defined: dict[str, str] = {}
    for cell in found.cells:
        if cell.role is Role.CHECK and cell.exercise in answers:
            answer = answers.pop(cell.exercise)
            if not answer.items() <= defined.items():
                wrong.append(str(cell.exercise))
        defined |= definitions(cell.source)
    for cell in release.cells:
        if cell.is_code and cell.kind in {"example", "demo"}:
            text = source.bare(cell.source)
            if any(text in source.bare(each.source) for each in found.cells):
                wrong.append(f"{cell.id} was run")
    return wrong + list(answers)


@cache
def definitions(text: str) -> dict[str, str]:
    """What each name is that the source defines at its margin; nothing where it is no Python."""
    try:
        tree = ast.parse(re.sub(r"(?m)^%", "#", text))
    except SyntaxError:
        return {}
    found = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[node.name] = ast.dump(node)
        elif isinstance(node, ast.Assign):
            found |= {
                target.id: ast.dump(node) for target in node.targets if isinstance(target, ast.Name)
            }
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name: "imported" for alias in node.names}
    return found


def names(damages: Iterable[Damage]) -> list[str]:
    return [each.__name__ for each in damages]


@pytest.mark.parametrize("each", damage.EVERY, ids=names(damage.EVERY))
def test_harmless_damage_lowers_no_mark(each: Damage) -> None:
    for stage in STAGES:
        release, lesson = material(stage)
        found = repair(parse_notebook(after(lesson, each).as_bytes()), release)
        assert lowered(found, release, lesson) == [], stage
