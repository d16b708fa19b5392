"""What is told of an exception: its first line, and the line of the learner's cell."""

from __future__ import annotations

import linecache
import re
import sysconfig
import traceback
from pathlib import Path

_UNSTABLE = re.compile(r" at 0x[0-9A-Fa-f]+| \(Background on this error at: \S+\)")
"""What an exception's message says anew each time, or with each version of a library."""


def first_line(error: BaseException) -> str:
    """An exception in one line that is the same each time: its kind, what it says, and where it arose."""
    # Imported late, because the grader has no other use for FastAPI.
    from fastapi.exceptions import ResponseValidationError

    if isinstance(error, ResponseValidationError):
        broken = error.errors()[0]
        place = ".".join(str(part) for part in broken["loc"])
        return (
            f"the answer breaks the promise of its return type or model: {place}: {broken['msg']}"
        )
    message = _UNSTABLE.sub("", (str(error).splitlines() or [""])[0])
    said = f"{type(error).__name__}: {message}" if message else type(error).__name__
    where = _learners_line(error)
    return f"{said} ({where})" if where else said


_LIBRARIES = tuple(
    {
        str(Path(sysconfig.get_path(name)).resolve())
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
_HERE = str(Path(__file__).resolve().parent)


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
    return compiled or filename.startswith((_HERE, *generated, *_LIBRARIES))
