"""The folder of the report; each file in it is written wholly or not at all."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from checks.grading.gradebook.gradebook import FILE
from checks.grading.status import GradingError

_MADE_HERE = b'<meta name="generator" content="course grade">'
_HEAD = 1000
_CLASS = "class.html"
_WRITTEN = ("report.csv", "report.json", _CLASS)


def prepare_report(report: Path, hand_ins: Path) -> None:
    """Make the folder of the report, which nobody but its owner may see.

    Raises GradingError where the report cannot lie there.
    """
    with _one_sentence(report):
        if report.resolve().is_relative_to(hand_ins.resolve()):
            raise GradingError(f"--out: {report} lies inside the hand-ins; name a folder elsewhere")
        if report.exists() and not report.is_dir():
            raise GradingError(f"--out: {report} is a file; name a folder for the report")
        if foreign := _of_somebody_else(report):
            raise GradingError(
                f"--out: {report} has a {foreign} that is not of this course; name another folder"
            )
        report.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=report):
            pass


def _of_somebody_else(report: Path) -> str | None:
    """The name of a file that a report would overwrite, where neither gradebook nor page is ours."""
    if (report / FILE).exists() or _made_here(report / _CLASS):
        return None
    return next((name for name in _WRITTEN if (report / name).exists()), None)


def _made_here(page: Path) -> bool:
    return page.is_file() and _MADE_HERE in page.read_bytes()[:_HEAD]


@contextmanager
def replacing(path: Path, encoding: str = "utf-8") -> Iterator[TextIO]:
    """A file to write; it takes the place of `path` when the block ends well, and goes otherwise.

    Raises GradingError where it cannot be written.
    """
    with _one_sentence(path):
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with temporary.open("x", encoding=encoding, newline="") as file:
                yield file
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GradingError(f"--out: {path} cannot be written: {error.strerror}") from None


def remove_other_pages(folder: Path, pages: Collection[str]) -> None:
    """Remove the pages that an earlier report left in `folder` and this one has not; nothing else.

    Raises GradingError where that cannot be done.
    """
    with _one_sentence(folder):
        for path in folder.glob("*.html"):
            if path.name not in pages and _made_here(path):
                path.unlink()
