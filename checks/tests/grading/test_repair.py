"""The released notebook decides what is run; the hand-in gives the exercises and what was added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.course import Course, CourseError
from checks.grading.messages import Role
from checks.grading.notebook import UnreadableNotebookError, parse_notebook
from checks.grading.repair import Release, Repaired, read_releases, repair
from checks.tests.grading.small_course import BLANK, Cell, code, lesson, notebook
from checks.tests.grading.test_notebook import anything


def repaired(cells: list[Cell], release: Release) -> Repaired:
    return repair(parse_notebook(json.dumps(notebook(cells)).encode()), release)


def sources(found: Repaired, role: Role) -> list[str]:
    return [cell.source for cell in found.cells if cell.role is role]


def test_exercise_cells_come_from_the_hand_in(root: Path, release: Release) -> None:
    found = repaired(lesson(root, greet="mine"), release)
    assert sources(found, Role.EXERCISE) == [BLANK["double"], "mine", BLANK["total"]]
    assert found.notes == ()


def test_setup_and_check_cells_are_always_the_released_ones(root: Path, release: Release) -> None:
    cells = lesson(root)
    for cell in cells:
        if cell["metadata"]["course"]["kind"] in {"setup", "check"}:
            cell["source"] = "forged"
    assert repaired(cells, release) == repaired(lesson(root), release)


def test_only_what_grading_needs_is_run(root: Path, release: Release) -> None:
    assert not any(
        "a demo is not run" in cell.source for cell in repaired(lesson(root), release).cells
    )


def test_the_order_is_that_of_the_release(root: Path, release: Release) -> None:
    assert repaired(lesson(root)[::-1], release) == repaired(lesson(root), release)


def test_added_cells_stay_behind_the_cell_that_they_followed(root: Path, release: Release) -> None:
    cells = lesson(root)
    cells.insert(3, code("mine-2", "second"))
    cells.insert(3, {**code("mine-1", "no code"), "cell_type": "markdown"})
    cells.insert(2, code("mine-0", "first"))
    cells.insert(0, code("mine-top", "top"))
    found = [cell.source for cell in repaired(cells, release).cells]
    assert found[0] == "top"
    assert found[2:5] == ["first", BLANK["double"], "second"]
    assert "no code" not in found


def test_a_missing_exercise_cell_is_blank_again_and_noted(root: Path, release: Release) -> None:
    cells = [cell for cell in lesson(root) if cell["id"] not in {"s-greet", "s-total-check"}]
    found = repaired(cells, release)
    assert sources(found, Role.EXERCISE) == list(BLANK.values())
    assert found.notes == ("without the exercise cell of greet",)


def test_a_copied_check_cell_is_no_check(root: Path, release: Release) -> None:
    cells = lesson(root)
    cells.append(code("copy", "check.total(total)", "check", "total"))
    cells.append(cells[-2])
    found = repaired(cells, release)
    assert len(sources(found, Role.CHECK)) == len(BLANK)
    assert sources(found, Role.EXTRA) == ["check.total(total)"] * 2


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.fixed_dictionaries(
            {"id": st.sampled_from(["s-setup", "s-double", "s-greet-check"]) | anything},
            optional=dict.fromkeys(("cell_type", "source", "metadata", "outputs"), anything),
        ),
        min_size=1,
    )
)
def test_no_damage_keeps_the_checks_from_being_run(cells: list[Any], release: Release) -> None:
    try:
        found = repaired(cells, release)
    except UnreadableNotebookError:
        return
    assert sources(found, Role.CHECK) == [f"check.{name}({name})" for name in BLANK]


def test_a_course_without_its_released_notebook_is_one_clear_line(
    tmp_path: Path, course: Course
) -> None:
    with pytest.raises(CourseError, match=r"notebooks/01_soup\.ipynb .*run `course build`"):
        read_releases(course, tmp_path)
