"""Harmless damage lowers no mark: whatever happened to a solved notebook, its answers are checked."""

from __future__ import annotations

import ast
import copy
import json
import re
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.course import ROOT, the_course
from checks.grading.grade import Grade
from checks.grading.messages import Role
from checks.grading.notebook import parse_notebook
from checks.grading.repair import Release, Repaired, repair, source
from checks.grading.status import Status
from checks.tests.grading import damage
from checks.tests.grading.conftest import Write
from checks.tests.grading.damage import Damage, Lesson, lesson_from
from checks.tests.grading.small_course import SOLVED, notebook
from checks.tests.grading.small_course import lesson as lesson_of

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


# What moves the learner's code is drawn once at most: who does two such things hands in another work.
MOVES = [
    damage.copy_blanks_below,
    damage.duplicate_ids,
    damage.exercises_to_markdown,
    damage.exercises_to_raw,
    damage.split_exercises_between_statements,
    damage.split_exercises_inside_a_block,
    damage.merge_exercises_with_checks,
    damage.merge_exercises_in_pairs,
    damage.merge_all_code,
    damage.answer_below_the_blank,
    damage.answer_above_the_blank,
    damage.answers_at_the_end,
    damage.answers_in_check_cells,
]
OTHERS = [each for each in damage.EVERY if each not in MOVES]


@settings(max_examples=60, deadline=None)
@given(
    stage=st.sampled_from(STAGES),
    moves=st.lists(st.sampled_from(MOVES), max_size=1),
    others=st.lists(st.sampled_from(OTHERS), max_size=4, unique=True),
)
def test_harmless_damage_upon_damage_lowers_no_mark(
    stage: str, moves: list[Damage], others: list[Damage]
) -> None:
    release, lesson = material(stage)
    to_cells = [each for each in others if each in damage.TO_CELLS]
    to_file = [each for each in damage.TO_FILE if each in others]
    damaged = after(lesson, *to_cells, *moves, *to_file)
    found = repair(parse_notebook(damaged.as_bytes()), release)
    assert lowered(found, release, lesson) == []


@pytest.mark.parametrize("stage", STAGES)
def test_honest_work_is_silent(stage: str) -> None:
    release, lesson = material(stage)
    blank = after(lesson)
    for cell in blank.of("exercise"):
        cell["source"] = blank.blanks[cell.exercise]
    worked = after(lesson, damage.add_helper_cells, damage.type_checks_again, damage.edit_examples)
    for each in (lesson, blank, worked, after(worked, damage.through_colab)):
        assert repair(parse_notebook(each.as_bytes()), release).notes == ()


@pytest.mark.parametrize("stage", STAGES)
def test_a_blank_lesson_stays_blank_without_ids_and_metadata(stage: str) -> None:
    release, lesson = material(stage)
    blank = after(lesson)
    for cell in blank.of("exercise"):
        cell["source"] = blank.blanks[cell.exercise]
    found = repair(parse_notebook(after(blank, damage.strip_ids_and_metadata).as_bytes()), release)
    assert found == repair(parse_notebook(blank.as_bytes()), release)


def others_that_run(lesson: Lesson, release: Release) -> list[str]:
    found = repair(parse_notebook(lesson.as_bytes()), release)
    return [cell.name for cell in found.cells if cell.role is Role.EXTRA]


@pytest.mark.parametrize("stage", STAGES)
def test_no_example_is_run_for_solutions_that_do_without(stage: str) -> None:
    release, lesson = material(stage)
    assert others_that_run(lesson, release) == []


def test_an_example_is_run_where_an_answer_builds_on_it() -> None:
    release, lesson = material("production_tuning")
    built = after(lesson)
    [answer] = [cell for cell in built.of("exercise") if cell.exercise == "survive_the_rush"]
    answer["source"] = "def rush_app(engine):\n    return build_bistro(engine, max_concurrency=1)"
    assert others_that_run(built, release) == ["the cell hook-example"]
    gone = after(built, damage.delete_prose_and_examples)
    assert others_that_run(gone, release) == ["the cell hook-example"]
    answer["source"] = "def rush_app(engine):\n    build_bistro = engine\n    return build_bistro"
    assert others_that_run(built, release) == []


def test_what_a_learner_wrote_into_an_example_is_run_with_all_that_it_needs() -> None:
    release, lesson = material("production_tuning")
    edited = after(lesson)
    [example] = [cell for cell in edited.cells if cell.get("id") == "pool-example"]
    [answer] = [cell for cell in edited.of("exercise") if cell.exercise == "survive_the_rush"]
    example["source"] += "\nmine = build_bistro"
    answer["source"] = "rush_app = mine"
    found = repair(parse_notebook(edited.as_bytes()), release)
    extra = [cell for cell in found.cells if cell.role is Role.EXTRA]
    assert [cell.name for cell in extra] == ["the cell hook-example", "the cell pool-example"]
    assert extra[1].source == example["source"]
    exercise = next(place for place, cell in enumerate(found.cells) if cell.role is Role.EXERCISE)
    assert found.cells.index(extra[1]) < exercise


@pytest.mark.parametrize("stage", STAGES)
def test_the_whole_lesson_is_run_in_its_order(stage: str) -> None:
    release, lesson = material(stage)
    code = [cell["source"] for cell in lesson.cells if cell["cell_type"] == "code"]
    whole = repair(parse_notebook(lesson.as_bytes()), release, whole=True)
    assert [cell.source for cell in whole.cells] == code
    damaged = after(lesson, damage.delete_checks, damage.delete_setup)
    put_back = repair(parse_notebook(damaged.as_bytes()), release, whole=True)
    assert [cell.source for cell in put_back.cells] == code


@pytest.mark.parametrize("stage", STAGES)
def test_a_set_up_cell_that_was_moved_down_runs_in_its_place(stage: str) -> None:
    release, lesson = material(stage)
    code = [cell["source"] for cell in lesson.cells if cell["cell_type"] == "code"]
    below = after(lesson)
    first = below.of("setup")[0]
    below.cells.remove(first)
    below.cells.insert(below.place(below.of("check")[0]) + 1, first)
    for damaged in (below, after(lesson, damage.move_setup_to_the_end)):
        notebook = parse_notebook(damaged.as_bytes())
        whole = repair(notebook, release, whole=True)
        assert [cell.source for cell in whole.cells] == code
        for found in (whole, repair(notebook, release)):
            [note] = found.notes
            assert note.startswith("set-up cells that had been moved were run in their section: ")


def test_a_lesson_that_went_through_jupytext_lost_nothing() -> None:
    import jupytext

    release, lesson = material(STAGES[0])
    text = jupytext.writes(
        jupytext.reads(lesson.as_bytes().decode(), fmt="ipynb"), fmt="py:percent"
    )
    back = jupytext.writes(jupytext.reads(text, fmt="py:percent"), fmt="ipynb")
    assert lowered(repair(parse_notebook(back.encode()), release), release, lesson) == []


def test_a_check_never_runs_before_its_exercise() -> None:
    release, lesson = material(STAGES[0])
    damaged = after(lesson, damage.turn_the_order_around)
    whole = repair(parse_notebook(damaged.as_bytes()), release, whole=True)
    places = {(cell.role, cell.exercise): place for place, cell in enumerate(whole.cells)}
    for exercise in release.exercises:
        assert places[Role.EXERCISE, exercise] < places[Role.CHECK, exercise]


DAMAGED = {
    "stripped": [damage.strip_ids_and_metadata],
    "merged": [damage.merge_all_code, damage.windows_line_ends],
    "split": [damage.split_exercises_inside_a_block, damage.new_ids],
    "scattered": [damage.answers_at_the_end, damage.delete_checks, damage.byte_order_marks_and_nul],
    "retyped": [damage.exercises_to_markdown, damage.through_vs_code],
    "imported": [damage.edit_setup, damage.import_in_setup, damage.as_nbformat_3],
    "commented": [damage.comments_and_magics_first, damage.lone_surrogates, damage.through_colab],
}


@pytest.mark.skipif(sys.platform == "win32", reason="grading needs Linux or macOS")
def test_damaged_lessons_are_run_and_get_full_marks(
    root: Path, hand_in: Write, grades: Callable[..., dict[str, Grade]]
) -> None:
    solved = lesson_from(notebook(lesson_of(root, **SOLVED)), notebook(lesson_of(root)))
    for name, damages in DAMAGED.items():
        hand_in(f"{name}_01_soup.ipynb", content=after(solved, *damages).as_bytes())
    rows = grades(seconds=60)
    assert {name: (row.status, row.points) for name, row in rows.items()} == dict.fromkeys(
        DAMAGED, (Status.GRADED, 9)
    )
