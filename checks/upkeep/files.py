"""Files that must not be lost: kept aside under a dated name, and replaced in one step."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile

from checks.course import CourseError, StageEntry

PRISTINE = "checks/pristine"
"""The folder with each learner's notebook as it was released; `course build` writes it."""


class UpkeepError(CourseError):
    """What was asked cannot be done; the message is one line and says how to go on."""


def pristine_path(root: Path, stage: StageEntry) -> Path:
    """Where the released notebook of a stage lies in the course at `root`."""
    return root / PRISTINE / f"{stage.stem}.ipynb"


def read(path: Path, root: Path) -> bytes:
    """The content of a file; raises UpkeepError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UpkeepError(f"{shown(path, root)}: cannot be read: {error.strerror}") from None


def keep_aside(path: Path, root: Path, now: datetime) -> Path:
    """Copy a file beside itself under a name with the date, such as `01 (2026-11-21 at 18.30).ipynb`.

    Returns the copy, which is on the disk then; no other file is ever overwritten. Raises UpkeepError
    where the folder cannot be written.
    """
    content = read(path, root)
    dated = f"{path.stem} ({now:%Y-%m-%d at %H.%M}"
    for number in count(1):
        again = f", {number}" if number > 1 else ""
        kept = path.with_name(f"{dated}{again}){path.suffix}")
        try:
            with kept.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            continue
        except OSError as error:
            raise _not_written(kept, root, error) from None
        return kept
    raise AssertionError


def replace(path: Path, content: bytes, root: Path) -> None:
    """Give a file this content, wholly or not at all; raises UpkeepError where that fails."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise _not_written(path, root, error) from None


def shown(path: Path, root: Path) -> str:
    """The path as a sentence names it: from the course's folder on, where it lies in there."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _not_written(path: Path, root: Path, error: OSError) -> UpkeepError:
    return UpkeepError(
        f"{shown(path, root)}: cannot be written: {error.strerror}; "
        "make room or make the folder writable, and try again"
    )
