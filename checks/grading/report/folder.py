"""The folder of the report; each file in it is written wholly or not at all."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from checks.grading.status import GradingError

_MADE_HERE = b'<meta name="generator" content="course grade">'
_HEAD = 1000


def prepare_report(report: Path, hand_ins: Path) -> None:
    """Make the folder of the report; raises GradingError where the report cannot lie there."""
    with _one_sentence(report):
        if report.resolve().is_relative_to(hand_ins.resolve()):
            raise GradingError(f"--out: {report} lies inside the hand-ins; name a folder elsewhere")
        if report.exists() and not report.is_dir():
            raise GradingError(f"--out: {report} is a file; name a folder for the report")
        report.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=report):
            pass


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
            if path.name not in pages and _MADE_HERE in path.read_bytes()[:_HEAD]:
                path.unlink()
