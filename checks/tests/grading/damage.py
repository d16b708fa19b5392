"""What happens to notebooks without anybody meaning harm: each function damages a solved lesson once.

A damaged lesson is worth full marks all the same. The functions of `TO_CELLS` change what the cells
are, those of `TO_FILE` how the notebook is written down; the latter come last.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class Marked(dict[str, Any]):
    """A cell that remembers what it was, also when its metadata are gone."""

    kind: str
    exercise: str
    source: str


@dataclass
class Lesson:
    """A solved notebook to damage, and the released source of each exercise."""

    cells: list[Marked]
    metadata: dict[str, Any]
    blanks: dict[str, str]
    nbformat: tuple[int, int] = (4, 5)
    prefix: bytes = b""
    _count: int = 0

    def of(self, kind: str) -> list[Marked]:
        return [cell for cell in self.cells if cell.kind == kind]

    def place(self, cell: Marked) -> int:
        return next(place for place, each in enumerate(self.cells) if each is cell)

    def check_of(self, cell: Marked) -> Marked | None:
        return next((each for each in self.of("check") if each.exercise == cell.exercise), None)

    def new_id(self) -> str:
        self._count += 1
        return f"new-{self._count}"

    def added(self, source: str, like: Marked | None = None, cell_type: str = "code") -> Marked:
        cell = Marked(copy.deepcopy(dict(like))) if like else Marked(metadata={}, outputs=[])
        cell.update(id=self.new_id(), cell_type=cell_type, source=source)
        cell.kind, cell.exercise = "added", like.exercise if like else ""
        return cell

    def as_bytes(self) -> bytes:
        raw = {"cells": self.cells, "metadata": self.metadata}
        major, minor = self.nbformat
        if major == 3:
            raw = {"worksheets": [{"cells": self.cells}], "metadata": self.metadata}
        text = json.dumps({**raw, "nbformat": major, "nbformat_minor": minor})
        return self.prefix + text.encode()


Damage = Callable[[Lesson], None]


def lesson_from(solved: dict[str, Any], released: dict[str, Any]) -> Lesson:
    """The lesson of a solved notebook and the released one, both as their JSON."""
    cells = []
    for raw in copy.deepcopy(solved["cells"]):
        cell = Marked(raw)
        cell["source"] = "".join(cell["source"])
        about = cell["metadata"].get("course", {})
        cell.kind, cell.exercise = about.get("kind", ""), about.get("exercise", "")
        cells.append(cell)
    blanks = {
        cell["metadata"]["course"]["exercise"]: "".join(cell["source"])
        for cell in released["cells"]
        if cell["metadata"].get("course", {}).get("kind") == "exercise"
    }
    return Lesson(cells, copy.deepcopy(solved["metadata"]), blanks)


def edit_checks(lesson: Lesson) -> None:
    for cell in lesson.of("check"):
        cell["source"] = cell["source"].replace("(", "( ") + "\nprint('checked')"


def edit_setup(lesson: Lesson) -> None:
    for cell in lesson.of("setup"):
        first, *rest = cell["source"].split("\n")
        cell["source"] = "\n".join([first, "# my notes", *rest[:-1]])


def import_in_setup(lesson: Lesson) -> None:
    for cell in lesson.of("setup")[:1]:
        cell["source"] += "\nimport fractions\nfrom decimal import (\n    Decimal,\n)"
    for cell in lesson.of("exercise")[:1]:
        cell["source"] = f"fractions, Decimal\n{cell['source']}"


def copy_checks(lesson: Lesson) -> None:
    for cell in lesson.of("check"):
        lesson.cells.insert(lesson.place(cell), lesson.added(cell["source"], cell))


def type_checks_again(lesson: Lesson) -> None:
    for cell in lesson.of("check"):
        lesson.cells.append(lesson.added(cell["source"]))


def copy_exercises_below(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        lesson.cells.append(lesson.added(cell["source"], cell))


def copy_blanks_below(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        blank = lesson.added(lesson.blanks[cell.exercise], cell)
        lesson.cells.insert(lesson.place(cell) + 1, blank)


def duplicate_ids(lesson: Lesson) -> None:
    for cell in [*lesson.of("exercise"), *lesson.of("setup")]:
        twin = lesson.added(lesson.blanks.get(cell.exercise, cell["source"]), cell)
        twin["id"] = cell.get("id", "")
        lesson.cells.append(twin)


def delete_checks(lesson: Lesson) -> None:
    lesson.cells = [cell for cell in lesson.cells if cell.kind != "check"]


def delete_setup(lesson: Lesson) -> None:
    lesson.cells = [cell for cell in lesson.cells if cell.kind != "setup"]


def delete_prose_and_examples(lesson: Lesson) -> None:
    lesson.cells = [
        cell for cell in lesson.cells if cell.kind not in {"prose", "example", "demo", "quiz"}
    ]


def move_setup_to_the_end(lesson: Lesson) -> None:
    lesson.cells.sort(key=lambda cell: cell.kind == "setup")


def move_checks_to_the_end(lesson: Lesson) -> None:
    lesson.cells.sort(key=lambda cell: cell.kind == "check")


def turn_the_order_around(lesson: Lesson) -> None:
    lesson.cells.reverse()


def exercises_to_markdown(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        cell["cell_type"] = "markdown"
        cell["source"] = f"```python\n{cell['source']}\n```"


def exercises_to_raw(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        cell["cell_type"] = "raw"


def checks_to_markdown(lesson: Lesson) -> None:
    for cell in lesson.of("check"):
        cell["cell_type"] = "markdown"


def prose_to_code(lesson: Lesson) -> None:
    for cell in lesson.of("prose"):
        cell["cell_type"] = "code"


def split_exercises_between_statements(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        lines = cell["source"].split("\n")
        starts = [
            place
            for place, line in enumerate(lines)
            if place and line.startswith(("def ", "class ", "async def ")) and not lines[place - 1]
        ]
        if starts:
            _split(lesson, cell, starts[-1], id_stays_below=False)


def split_exercises_inside_a_block(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        lines = cell["source"].split("\n")
        inside = [
            place
            for place in range(1, len(lines))
            if lines[place].startswith("    ") and lines[place - 1].startswith("    ")
        ]
        if inside:
            # JupyterLab leaves the id, and a copy of the metadata, with the lower half.
            _split(lesson, cell, inside[-1], id_stays_below=True)


def _split(lesson: Lesson, cell: Marked, place: int, *, id_stays_below: bool) -> None:
    lines = cell["source"].split("\n")
    halves = ["\n".join(lines[:place]), "\n".join(lines[place:])]
    cell["source"] = halves.pop(1 if id_stays_below else 0)
    half = lesson.added(halves[0], cell, cell["cell_type"])
    lesson.cells.insert(lesson.place(cell) + (0 if id_stays_below else 1), half)


def merge_exercises_with_checks(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        check = lesson.check_of(cell)
        if check is not None:
            _merge(lesson, [cell, check])


def merge_exercises_in_pairs(lesson: Lesson) -> None:
    cells = lesson.of("exercise")
    for one, other in zip(cells[::2], cells[1::2], strict=False):
        _merge(lesson, [one, other])


def merge_all_code(lesson: Lesson) -> None:
    _merge(lesson, [cell for cell in lesson.cells if cell["cell_type"] == "code"])


def _merge(lesson: Lesson, cells: list[Marked]) -> None:
    if len({cell["cell_type"] for cell in cells}) != 1:
        return
    cells[0]["source"] = "\n\n".join(cell["source"] for cell in cells)
    for cell in cells[1:]:
        del lesson.cells[lesson.place(cell)]


def answer_below_the_blank(lesson: Lesson) -> None:
    _answer_elsewhere(lesson, lambda place: place + 1)


def answer_above_the_blank(lesson: Lesson) -> None:
    _answer_elsewhere(lesson, lambda place: place)


def answers_at_the_end(lesson: Lesson) -> None:
    _answer_elsewhere(lesson, lambda _: len(lesson.cells))


def _answer_elsewhere(lesson: Lesson, where: Callable[[int], int]) -> None:
    for cell in lesson.of("exercise"):
        if cell["cell_type"] == "code":
            lesson.cells.insert(where(lesson.place(cell)), lesson.added(cell["source"]))
            cell["source"] = lesson.blanks[cell.exercise]


def answers_in_check_cells(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        check = lesson.check_of(cell)
        if check is None or cell["source"] == lesson.blanks[cell.exercise]:
            continue
        if check["cell_type"] == cell["cell_type"] == "code":
            check["source"] = f"{cell['source']}\n\n{check['source']}"
            cell["source"] = lesson.blanks[cell.exercise]


def add_helper_cells(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        lesson.cells.insert(lesson.place(cell), lesson.added("helper = print"))
        lesson.cells.insert(lesson.place(cell) + 1, lesson.added("helper('done')"))
        lesson.cells.insert(lesson.place(cell), lesson.added("My notes", cell_type="markdown"))


def comments_and_magics_first(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        cell["source"] = f"# my answer\n%time 1\n\n{cell['source']}"


def edit_examples(lesson: Lesson) -> None:
    for cell in [*lesson.of("example"), *lesson.of("demo")]:
        cell["source"] += "\nprint('what is this?')"


def strip_metadata(lesson: Lesson) -> None:
    for cell in lesson.cells:
        cell["metadata"] = {}


def strip_ids(lesson: Lesson) -> None:
    for cell in lesson.cells:
        cell.pop("id", None)


def strip_ids_and_metadata(lesson: Lesson) -> None:
    strip_ids(lesson)
    strip_metadata(lesson)


def new_ids(lesson: Lesson) -> None:
    for cell in lesson.cells:
        cell["id"] = lesson.new_id()


def lose_the_stage(lesson: Lesson) -> None:
    lesson.metadata = {}


def older_release(lesson: Lesson) -> None:
    """The release before had another cell, an exercise that is gone, and another name for the first."""
    lesson.metadata.setdefault("course", {})["course_version"] = "2020.1"
    for cell in [*lesson.of("exercise")[:1], *lesson.of("check")[:1]]:
        if "course" in cell["metadata"]:
            cell["metadata"]["course"]["exercise"] = "its_old_name"
        cell["id"] = lesson.new_id()
        cell["source"] = cell["source"].replace(f"check.{cell.exercise}", "check.its_old_name")
    for kind in ("exercise", "check", "demo"):
        cell = lesson.added("raise RuntimeError('of the old release')")
        cell["metadata"] = {"course": {"kind": kind, "exercise": "gone"}}
        lesson.cells.append(cell)


def through_vs_code(lesson: Lesson) -> None:
    for number, cell in enumerate(lesson.cells):
        cell["id"] = f"W{number}sZmlsZQ%3D%3D"
        cell["metadata"]["vscode"] = {"languageId": "python"}
    sources_as_lists(lesson)


def through_colab(lesson: Lesson) -> None:
    lesson.nbformat = (4, 0)
    lesson.metadata["colab"] = {"provenance": []}
    for number, cell in enumerate(lesson.cells):
        cell.pop("id", None)
        cell["metadata"] |= {"id": f"aBc{number}XyZ", "outputId": "1-2-3", "colab": {}}


def through_classic(lesson: Lesson) -> None:
    lesson.nbformat = (4, 4)
    strip_ids(lesson)


def through_jupytext(lesson: Lesson) -> None:
    new_ids(lesson)
    _rewrite(lesson, lambda text: text.strip("\n"))
    for cell in lesson.cells:
        cell.pop("outputs", None)


def as_nbformat_3(lesson: Lesson) -> None:
    lesson.nbformat = (3, 0)
    strip_ids(lesson)
    for cell in lesson.cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
            cell |= {"language": "python", "prompt_number": 1, "collapsed": False}


def windows_line_ends(lesson: Lesson) -> None:
    _rewrite(lesson, lambda text: text.replace("\n", "\r\n"))


def spaces_and_tabs_at_the_ends(lesson: Lesson) -> None:
    _rewrite(
        lesson,
        lambda text: (
            "\n".join(f"{line} \t" if line else line for line in text.split("\n")) + "\n\n"
        ),
    )


def byte_order_marks_and_nul(lesson: Lesson) -> None:
    lesson.prefix = b"\xef\xbb\xbf"
    _rewrite(lesson, lambda text: f"\ufeff{text}\0")


def lone_surrogates(lesson: Lesson) -> None:
    for cell in lesson.of("exercise"):
        _rewrite_cell(cell, lambda text: f"{text}\n# \ud83d")


def sources_as_lists(lesson: Lesson) -> None:
    for cell in lesson.cells:
        for key in ("source", "input"):
            if isinstance(cell.get(key), str):
                cell[key] = cell[key].splitlines(keepends=True)


def malformed_outputs(lesson: Lesson) -> None:
    for number, cell in enumerate(lesson.cells):
        cell["outputs"] = [None, {"output_type": 3}, "text", [], {}][: number % 6]
        cell["execution_count"] = "one"


def _rewrite(lesson: Lesson, change: Callable[[str], str]) -> None:
    for cell in lesson.cells:
        _rewrite_cell(cell, change)


def _rewrite_cell(cell: Marked, change: Callable[[str], str]) -> None:
    for key in ("source", "input"):
        if key in cell:
            cell[key] = change("".join(cell[key]))


TO_CELLS: tuple[Damage, ...] = (
    edit_checks,
    edit_setup,
    import_in_setup,
    copy_checks,
    type_checks_again,
    copy_exercises_below,
    copy_blanks_below,
    duplicate_ids,
    delete_checks,
    delete_setup,
    delete_prose_and_examples,
    move_setup_to_the_end,
    move_checks_to_the_end,
    turn_the_order_around,
    exercises_to_markdown,
    exercises_to_raw,
    checks_to_markdown,
    prose_to_code,
    split_exercises_between_statements,
    split_exercises_inside_a_block,
    merge_exercises_with_checks,
    merge_exercises_in_pairs,
    merge_all_code,
    answer_below_the_blank,
    answer_above_the_blank,
    answers_at_the_end,
    answers_in_check_cells,
    add_helper_cells,
    comments_and_magics_first,
    edit_examples,
)
TO_FILE: tuple[Damage, ...] = (
    strip_metadata,
    strip_ids,
    strip_ids_and_metadata,
    new_ids,
    lose_the_stage,
    older_release,
    through_vs_code,
    through_colab,
    through_classic,
    through_jupytext,
    as_nbformat_3,
    windows_line_ends,
    spaces_and_tabs_at_the_ends,
    byte_order_marks_and_nul,
    lone_surrogates,
    sources_as_lists,
    malformed_outputs,
)
EVERY = TO_CELLS + TO_FILE
