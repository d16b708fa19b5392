"""The cells of a notebook as plain data, and how a worked notebook's cells are told apart.

They are read with `json`, not with nbformat: that import alone takes a second, and a notebook that
went through other tools may lack what nbformat insists on.
"""

from __future__ import annotations

import json
from typing import Any

Cell = dict[str, Any]


class NoNotebookError(Exception):
    """The content is no notebook; the message says why."""


def parse(content: bytes) -> dict[str, Any]:
    """The notebook that `content` holds, with a list of cells; raises NoNotebookError otherwise."""
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NoNotebookError("is not whole JSON") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NoNotebookError("is no notebook: it has no list of cells")
    return {"metadata": {}, **notebook}


def written(notebook: dict[str, Any]) -> bytes:
    """A notebook as JupyterLab writes it to disk."""
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def stage_of(notebook: dict[str, Any]) -> str | None:
    """The id of the stage that a notebook says it belongs to."""
    about = notebook["metadata"].get("course")
    return about.get("stage") if isinstance(about, dict) else None


def source(cell: Cell) -> str:
    """The text of a cell, which a file may hold as one string or as lines."""
    return _joined(cell.get("source", "")).rstrip()


def outputs(cell: Cell) -> list[dict[str, Any]]:
    """The outputs of a cell; none for prose."""
    found = cell.get("outputs")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def text_of(output: dict[str, Any]) -> str:
    """An output as plain text."""
    data = output.get("data")
    return _joined(data.get("text/plain", "")) if isinstance(data, dict) else ""


def kind(cell: Cell) -> str | None:
    """What a cell is for, as the course wrote it into the metadata; None for an added one."""
    return _about(cell).get("kind")


def exercise(cell: Cell) -> str | None:
    """The exercise that an exercise or check cell belongs to."""
    return _about(cell).get("exercise")


def by_id(cells: list[Cell]) -> dict[str, Cell]:
    """The cells by their ids, those without an id left out, the first of two equal ones kept."""
    found: dict[str, Cell] = {}
    for cell in cells:
        if isinstance(cell.get("id"), str):
            found.setdefault(cell["id"], cell)
    return found


def recognised(cells: list[Cell], *releases: dict[str, Cell]) -> list[tuple[str | None, Cell]]:
    """Each cell with the id of the cell of a release that it is, or None where somebody added it.

    A cell is known by its id. Where another tool dropped the ids, it is known by its exercise or by
    its unchanged text, each at most once.
    """
    known = [(name, cell) for release in releases for name, cell in release.items()]
    ids = {name for name, _ in known}
    taken = {cell.get("id") for cell in cells} & ids
    by_exercise = {(kind(cell), exercise(cell)): name for name, cell in known if exercise(cell)}
    by_text = {(cell.get("cell_type"), source(cell)): name for name, cell in known}
    seen: set[str] = set()
    found: list[tuple[str | None, Cell]] = []
    for cell in cells:
        name = cell.get("id")
        if name not in ids or name in seen:
            guesses = (
                by_exercise.get((kind(cell), exercise(cell))),
                by_text.get((cell.get("cell_type"), source(cell))),
            )
            name = next((each for each in guesses if each and each not in taken | seen), None)
        if name is not None:
            seen.add(name)
        found.append((name, cell))
    return found


def _about(cell: Cell) -> dict[str, Any]:
    metadata = cell.get("metadata")
    about = metadata.get("course") if isinstance(metadata, dict) else None
    return about if isinstance(about, dict) else {}


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""
