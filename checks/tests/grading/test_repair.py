"""The released notebook decides what is run; the hand-in gives the exercises and what was added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.course import Course, CourseError
from checks.grading.messages import Role
from checks.grading.notebook import UnreadableNotebookError, parse_notebook
from checks.grading.repair import Release, Repaired, read_releases, repair, source
from checks.grading.repair.draft import Draft, Piece
from checks.grading.repair.reshape import join_split_cells
from checks.tests.grading.small_course import BLANK, SOLVED, Cell, code, lesson, notebook

TEXTS = [
    *BLANK.values(),
    *SOLVED.values(),
    "check.double(double)",
    "\ncheck.nothing(1)\n",
    "    return 1",
    "```\ndef greet(name):\n    return name\n```",
    "text = '''",
    "else:",
    "{}",
    "= 1\rdef total",
]


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
    found = repaired(cells, release)
    assert found.cells == repaired(lesson(root), release).cells
    assert found.notes == (
        "set-up cells that were changed were run as they were given: s-setup",
        "check cells that were changed were run as they were given: double, greet, total",
    )


def test_only_what_grading_needs_is_run(root: Path, release: Release) -> None:
    assert not any(
        "a demo is not run" in cell.source for cell in repaired(lesson(root), release).cells
    )


def test_the_order_is_that_of_the_release(root: Path, release: Release) -> None:
    found = repaired(lesson(root)[::-1], release)
    assert found.cells == repaired(lesson(root), release).cells
    assert any("had been moved" in note for note in found.notes)


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
    assert found.notes == (
        "exercise cells that were missing were put back: greet",
        "check cells that were missing were put back: total",
    )


def test_a_copied_check_cell_is_run_once(root: Path, release: Release) -> None:
    cells = lesson(root)
    cells.append(code("copy", "check.total(total)", "check", "total"))
    cells.append(cells[-2])
    found = repaired(cells, release)
    assert found.cells == repaired(lesson(root), release).cells
    assert found.notes == ("copies of check cells were left out: total",)


def test_of_two_answers_the_one_that_jupyter_would_have_checked_counts(
    root: Path, release: Release
) -> None:
    cells = lesson(root, double="def double(value):\n    return 2")
    mine = code("mine", "def double(value):\n    return 4", "exercise", "double")
    above, below = [*cells[:3], mine, *cells[3:]], [*cells[:4], mine, *cells[4:]]
    released, copied = cells[2]["source"], mine["source"]
    assert texts_above_the_check(repaired(above, release)) == [released, copied]
    assert texts_above_the_check(repaired(below, release)) == [released]
    note = "of several answers, the last above the check counts: double"
    assert repaired(above, release).notes == repaired(below, release).notes == (note,)


def texts_above_the_check(found: Repaired) -> list[str]:
    [setup] = [place for place, cell in enumerate(found.cells) if cell.role is Role.SETUP]
    [check] = [
        place
        for place, cell in enumerate(found.cells)
        if cell.role is Role.CHECK and cell.exercise == "double"
    ]
    return [cell.source for cell in found.cells[setup + 1 : check]]


def test_an_untouched_copy_does_not_undo_the_answer(root: Path, release: Release) -> None:
    cells = lesson(root, double="def double(value):\n    return 2 * value")
    cells.insert(3, code("mine", BLANK["double"], "exercise", "double"))
    assert texts_above_the_check(repaired(cells, release)) == [cells[2]["source"]]


@pytest.mark.parametrize("place", [2, 3, 4, 8], ids=["above", "below", "below check", "at the end"])
def test_an_answer_in_an_added_cell_counts_and_its_helpers_come_first(
    place: int, root: Path, release: Release
) -> None:
    cells = lesson(root)
    answer = ["two = 2", "def double(value):\n    return two * value"]
    cells[place:place] = [code("mine-1", answer[0]), code("mine-2", answer[1])]
    found = repaired(cells, release)
    assert "\n\n".join(texts_above_the_check(found)) == "\n\n".join(answer)
    assert found.notes == ("the answer stood in another cell, and counts: double",)


def test_imports_added_to_the_setup_cell_are_kept(root: Path, release: Release) -> None:
    cells = lesson(root)
    cells[0]["source"] += "\nimport json\nfrom math import (\n    pi,\n)\ncheck = None"
    found = repaired(cells, release)
    assert found.cells[0].source == release.cells[0].source
    assert sources(found, Role.EXTRA) == ["import json\nfrom math import (\n    pi,\n)"]


def test_what_was_defined_in_a_changed_setup_cell_is_kept(root: Path, release: Release) -> None:
    added = "PREFIX = 'sqlite:///'", "@print\n@print\ndef helper(\n    a,\n):\n    return a"
    cells = lesson(root)
    cells[0]["source"] = "\n".join(
        [added[0], cells[0]["source"], "check = None", added[1], "print(helper)"]
    )
    found = repaired(cells, release)
    assert found.cells[0].source == release.cells[0].source
    assert found.cells[1].source == "\n".join(added)
    assert sources(found, Role.EXTRA) == ["\n".join(added)]


def test_what_was_defined_above_the_call_of_a_changed_check_cell_is_kept(
    root: Path, release: Release
) -> None:
    cells = lesson(root, double="def double(value):\n    return two * value")
    cells[3]["source"] = f"two = 2\ndouble = None\n{cells[3]['source']}\ntwo = 3"
    assert texts_above_the_check(repaired(cells, release)) == [cells[2]["source"], "two = 2"]


@pytest.mark.parametrize("magic", ["%%time", "%%timeit -n 1", "%%capture output"])
def test_answers_that_are_joined_are_not_timed(magic: str, root: Path, release: Release) -> None:
    cells = lesson(root)
    answer = "def double(value):\n    return value"
    cells[3:3] = [
        code("mine-1", f"\n{magic}\ndouble = 1"),
        code("mine-2", f"{magic}\n{answer}"),
    ]
    assert texts_above_the_check(repaired(cells, release)) == [f"double = 1\n\n{answer}"]


def test_a_hand_in_of_another_release_says_so(root: Path, release: Release) -> None:
    raw = notebook(lesson(root))
    raw["metadata"]["course"]["course_version"] = "1"
    raw["cells"].append(code("gone", "check.gone(1)", "check", "gone"))
    raw["cells"].append(code("old-demo", "raise RuntimeError", "demo"))
    found = repair(parse_notebook(json.dumps(raw).encode()), replace(release, version="2"))
    assert found.cells == repaired(lesson(root), release).cells
    assert found.notes == ("the notebook is of release 1: it was graded by release 2",)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "id": st.sampled_from(["s-setup", "s-double", "s-greet-check", "other", 7]),
                "cell_type": st.sampled_from(["code", "markdown", "raw", None]),
                "source": st.sampled_from(TEXTS) | st.lists(st.sampled_from(TEXTS)) | st.text(),
                "metadata": st.sampled_from(
                    [None, {}, {"course": {"kind": "exercise", "exercise": "greet"}}]
                ),
            },
        ),
        min_size=1,
        max_size=12,
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


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("Mine:\n```python\none = 1\n```\nand\n  ~~~\ntwo = 2\n~~~ ", "one = 1\ntwo = 2"),
        ("```x\n```y\none = 1\n```", "```y\none = 1"),
        ("one = 1", "one = 1"),
        ("```\none = 1", "```\none = 1"),
        ("```\n```", "```\n```"),
    ],
)
def test_the_code_in_a_text_cell_stands_between_fences(text: str, inside: str) -> None:
    assert source.unfenced(text) == inside


def test_fences_that_are_never_closed_do_not_hold_up_a_run() -> None:
    text = "```x\n" * 1_000_000
    assert source.unfenced(text) == text


def test_a_cell_that_was_split_into_thousands_is_joined_at_once(release: Release) -> None:
    pieces = [Piece("def f():\n    pass"), *(Piece("    x = 1\n" * 400) for _ in range(5000))]
    draft = Draft(release, pieces)
    join_split_cells(draft)
    [joined] = draft.pieces
    assert joined.source.count("\n") == 1 + 400 * 5000


def test_what_a_cell_defines_is_found_out_once(
    root: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    top_lines = source.top_lines

    def reading(text: str) -> Iterator[tuple[int, str]]:
        read.append(text)
        return top_lines(text)

    monkeypatch.setattr(source, "top_lines", reading)
    texts = [f'"""{number}"""\nx = {number}' for number in range(50)]
    repaired([*lesson(root)[:2], *(code(text, text) for text in texts)], release)
    once_for_each_purpose = 3
    assert all(0 < read.count(text) <= once_for_each_purpose for text in texts)
