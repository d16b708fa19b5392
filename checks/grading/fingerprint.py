"""What a stage's marks depend on besides the hand-in, as one digest.

Where it changes, hand-ins of the stage are graded again: the released and the solved notebook, the
stage's entry in the manifest, the rooms and the modules that take part in a run, Python, the
libraries, and the options that can change a mark.
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from checks.course import StageEntry

PACKAGE = Path(__file__).resolve().parent.parent

LIBRARIES = (
    "aiosqlite",
    "alembic",
    "altair",
    "anyio",
    "databases",
    "fastapi",
    "greenlet",
    "httpx2",
    "ipython",
    "pydantic",
    "sqlalchemy",
    "sqlmodel",
    "starlette",
)
"""The distributions whose version may change what a hand-in does."""

_TAKES_NO_PART = {
    Path("tests"),
    Path("authoring"),
    Path("cli.py"),
    Path("grading", "command.py"),
    Path("grading", "gradebook"),
    Path("grading", "report"),
}
_ROOM = re.compile(r"\bchecks\.stages\.([a-z][a-z0-9_]*)")


def fingerprint(stage: StageEntry, root: Path, options: Mapping[str, object]) -> str:
    """The digest of all that a stage's marks depend on, the hand-in itself excepted.

    Takes the stage, the folder of the course and the grading options that can change a mark.
    """
    notebooks = [root / folder / f"{stage.stem}.ipynb" for folder in ("notebooks", "solutions")]
    said = [
        stage.model_dump_json(),
        repr(sorted(options.items())),
        platform.python_version(),
        *(f"{name} {installed}" for name, installed in library_versions().items()),
        *(_digest(path) for path in (*_modules(), *_rooms(stage.id), *notebooks)),
    ]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


@cache
def library_versions() -> dict[str, str]:
    """The installed version of each of the libraries, or that it is not installed."""
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found


@cache
def _modules() -> tuple[Path, ...]:
    """The modules that all stages share."""
    left_out = {PACKAGE / part for part in _TAKES_NO_PART | {Path("stages")}}
    return tuple(
        path for path in sorted(PACKAGE.rglob("*.py")) if left_out.isdisjoint((path, *path.parents))
    )


def _rooms(stage: str) -> Iterator[Path]:
    """The files of a stage's room, and of the rooms that it borrows from."""
    seen: set[str] = set()
    ahead = [stage]
    while ahead:
        room = ahead.pop()
        if room in seen:
            continue
        seen.add(room)
        for path in sorted((PACKAGE / "stages" / room).rglob("*.py")):
            yield path
            ahead += sorted(set(_ROOM.findall(path.read_text(encoding="utf-8"))))


def _digest(path: Path) -> str:
    try:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        content = "missing"
    return f"{path.parent.name}/{path.name} {content}"
