"""What is told of an exception: its first line, and the line of the learner's cell."""

from __future__ import annotations

import linecache
import os
import re
import sysconfig
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from checks.display import shortened

_UNSTABLE = re.compile(r" at 0x[0-9A-Fa-f]+| \(Background on this error at: \S+\)")
"""What an exception's message says anew each time, or with each version of a library."""


_ENOUGH = 2000


def first_line(error: BaseException) -> str:
    """An exception in one line that is the same each time: its kind, what it says, and where it arose."""
    # Imported late, because the grader has no other use for them.
    from fastapi.exceptions import ResponseValidationError
    from pydantic import ValidationError

    if isinstance(error, ResponseValidationError):
        said = _first_fault(error.errors())
        return f"the answer breaks the promise of its return type or model: {said}"
    where = _learners_line(error)
    said = in_words(error)
    if isinstance(error, ValidationError):  # its first line counts the faults and names none
        said = shortened(f"{said}: {_first_fault(error.errors())}", 400)
    return f"{said} ({where})" if where else said


def _first_fault(faults: Sequence[Any]) -> str:
    if not faults:
        return "no fault is named"
    place = ".".join(str(part) for part in faults[0]["loc"])
    message = _UNSTABLE.sub("", faults[0]["msg"])
    return f"{place}: {message}" if place else message


def in_words(error: BaseException) -> str:
    """The kind of an exception and the first line of what it says, shortened to 400 characters."""
    kind = type(error).__name__
    try:
        lines = str(error)[:_ENOUGH].splitlines()  # a message may be larger than the memory
        message = _UNSTABLE.sub("", lines[0] if lines else "")
    except Exception:  # the error is the learner's class, and cannot say what it is
        return kind
    return shortened(f"{kind}: {message}", 400) if message else kind


_FOLDERS = (
    Path(__file__).parent,
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)
# Behind a link, a file is known by either of its names.
_LIBRARIES = tuple(
    {f"{spelling}{os.sep}" for folder in _FOLDERS for spelling in (folder, folder.resolve())}
)


def _learners_line(error: BaseException) -> str:
    """The deepest line of the learner's own code that the error went through, or nothing."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.lineno and not _of_a_library(frame.filename):
            code = linecache.getline(frame.filename, frame.lineno).strip()
            return (
                f"line {frame.lineno} of your cell: `{code}`"
                if code
                else f"line {frame.lineno} of your cell"
            )
    return ""


def _of_a_library(filename: str) -> bool:
    """Whether code is not the learner's; what SQLAlchemy generates or compiles has no file here."""
    compiled = not filename.startswith("<") and not Path(filename).is_absolute()
    generated = ("<frozen", "<string>", "<sqlalchemy generated")
    return compiled or filename.startswith((*generated, *_LIBRARIES))
