"""A notebook file as untrusted data: read with limits, and only what grading needs is kept.

It is read with `json`, not with nbformat: that import alone takes a second, and a damaged cell is
to be passed over, not to be an error.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.claim import VOTE_MIME, Asked
from checks.claim import Vote as Choice

if TYPE_CHECKING:
    from pathlib import Path

_CLAIM = re.compile(r"[a-z][a-z0-9_]{0,99}")

LARGEST = 20 * 1024**2
"""The size in bytes above which a file is not read."""

_MOST_VALUES = 3_000_000
"""What a file of `LARGEST` bytes could hold would take half a gigabyte once it is read."""

_MOST_CELLS = 5000
MOST_CODE = 1_000_000
"""The number of characters that the code of one notebook may have; a lesson's is a fiftieth of it."""

MOST_VOTES = 200


class UnreadableNotebookError(Exception):
    """The file is no notebook that can be read; the message says why."""


@dataclass(frozen=True)
class NotebookCell:
    """One cell; `kind` and `exercise` are what its own metadata say, and may be lies."""

    id: str | None
    is_code: bool
    source: str
    kind: str | None
    exercise: str | None


@dataclass(frozen=True)
class Vote:
    """A vote that a decided card keeps in the notebook."""

    claim: str
    asked: str
    vote: str


@dataclass(frozen=True)
class Notebook:
    """What grading needs of a notebook; `stage` and `version` are what its metadata say, or None."""

    stage: str | None
    cells: tuple[NotebookCell, ...]
    votes: tuple[Vote, ...]
    version: str | None = None


def read_notebook(path: Path) -> Notebook:
    """Read the notebook at `path`; raises UnreadableNotebookError where that cannot be done."""
    return parse_notebook(read_content(path))


def read_content(path: Path) -> bytes:
    """The bytes of the notebook file at `path`; raises UnreadableNotebookError where they cannot be had.

    A file that is too large gives no more than one byte above the limit.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise UnreadableNotebookError("is not a file")
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableNotebookError(f"cannot be opened: {error.strerror}") from None


def parse_notebook(content: bytes) -> Notebook:
    """The notebook that `content` holds; raises UnreadableNotebookError where it holds none."""
    if len(content) > LARGEST:
        raise UnreadableNotebookError(f"is larger than {LARGEST // 1024**2} MB")
    if sum(content.count(sign) for sign in (b",", b"[", b"{")) > _MOST_VALUES:
        raise UnreadableNotebookError("has absurdly many values in it: clear its outputs")
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UnreadableNotebookError("is not UTF-8 text") from None
    except (ValueError, RecursionError):
        raise UnreadableNotebookError("is not whole JSON: perhaps the upload was cut off") from None
    if not isinstance(raw, dict):
        raise UnreadableNotebookError("is not a notebook: its JSON is not an object")
    cells = [cell for cell in _cells(raw) if isinstance(cell, dict)]
    if not cells:
        raise UnreadableNotebookError("has no cells")
    if len(cells) > _MOST_CELLS:
        raise UnreadableNotebookError(f"has more than {_MOST_CELLS} cells")
    kept = tuple(map(_cell, cells))
    if sum(len(cell.source) for cell in kept if cell.is_code) > MOST_CODE:
        raise UnreadableNotebookError(f"has more than {MOST_CODE:,} characters of code")
    about = _dict(_dict(raw, "metadata"), "course")
    return Notebook(
        stage=_text(about, "stage"),
        cells=kept,
        votes=_last_votes(vote for cell in cells for vote in _votes(cell)),
        version=_text(about, "course_version"),
    )


def printable(text: str) -> str:
    """The text with everything replaced that UTF-8 cannot hold (file names and JSON can contain it)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _cells(raw: dict[Any, Any]) -> list[Any]:
    """The cells; before nbformat 4 they lay in worksheets."""
    sheets = [_list(sheet, "cells") for sheet in _list(raw, "worksheets")]
    return _list(raw, "cells") or [cell for sheet in sheets for cell in sheet]


def _cell(cell: dict[Any, Any]) -> NotebookCell:
    metadata = _dict(cell, "metadata")
    about = _dict(metadata, "course")
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return NotebookCell(
        # Colab keeps it in the metadata.
        id=_text(cell, "id") or _text(metadata, "id"),
        is_code=cell.get("cell_type") == "code",
        source=_plain(source) if isinstance(source, str) else "",
        kind=_text(about, "kind"),
        exercise=_text(about, "exercise"),
    )


def _plain(source: str) -> str:
    """The source as Python reads it: ends of lines are one sign, and no sign is none."""
    if not source.isprintable():
        source = source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        source = printable(source.removeprefix("\ufeff"))
    return source


def _last_votes(votes: Iterable[Vote]) -> tuple[Vote, ...]:
    """The last vote on each claim, where it was asked; of absurdly many, the last ones."""
    last: dict[tuple[str, str], Vote] = {}
    for vote in votes:
        last.pop((vote.claim, vote.asked), None)
        last[vote.claim, vote.asked] = vote
    return tuple(last.values())[-MOST_VOTES:]


def _votes(cell: dict[Any, Any]) -> Iterator[Vote]:
    for output in _list(cell, "outputs"):
        kept = _dict(_dict(output, "data"), VOTE_MIME)
        claim, asked, choice = (_text(kept, key) for key in ("claim", "asked", "vote"))
        if (
            claim is not None
            and _CLAIM.fullmatch(claim)
            and asked in set(Asked)
            and choice in set(Choice)
        ):
            yield Vote(claim, str(asked), str(choice))


def _dict(parent: Any, key: str) -> dict[Any, Any]:
    child = parent.get(key) if isinstance(parent, dict) else None
    return child if isinstance(child, dict) else {}


def _list(parent: Any, key: str) -> list[Any]:
    child = parent.get(key) if isinstance(parent, dict) else None
    return child if isinstance(child, list) else []


def _text(parent: dict[Any, Any], key: str) -> str | None:
    child = parent.get(key)
    return printable(child) if isinstance(child, str) else None
