"""What a stage's marks depend on besides the hand-in and the options, as one digest.

Where it changes, hand-ins of the stage are graded again: the released and the solved notebook, the
stage's entry in the manifest, the rooms and the modules that take part in a run, Python, and the
libraries.
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from checks.course import StageEntry

PACKAGE = Path(__file__).resolve().parent.parent

LIBRARIES = (
    "aiosqlite",
    "alembic",
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
    Path("upkeep"),
    Path("cli.py"),
    Path("grading", "command.py"),
    Path("grading", "gradebook"),
    Path("grading", "report"),
}
_ROOM = re.compile(r"\bchecks\.stages\.([a-z][a-z0-9_]*)")


def fingerprints(stages: Iterable[StageEntry], root: Path) -> dict[str, str]:
    """The digest of each stage, by its id; takes the stages and the folder of their course."""
    versions = [f"{name} {installed}" for name, installed in library_versions().items()]
    shared = "\n".join([platform.python_version(), *versions])
    return {
        stage: hashlib.sha256(f"{shared}\n{content}".encode()).hexdigest()
        for stage, content in contents(stages, root).items()
    }


def contents(stages: Iterable[StageEntry], root: Path) -> dict[str, str]:
    """The digest of what is written for each stage, by its id; Python and libraries are not in it."""
    shared = list(map(_digest, _modules()))
    found = {}
    for stage in stages:
        notebooks = [root / folder / f"{stage.stem}.ipynb" for folder in ("notebooks", "solutions")]
        own = map(_digest, (*_rooms(stage.id), *notebooks))
        said = "\n".join([stage.model_dump_json(), *shared, *own])
        found[stage.id] = hashlib.sha256(said.encode()).hexdigest()
    return found


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
        for path in sorted((PACKAGE / "stages" / room).rglob("*")):
            if path.suffix in {".py", ".json"}:
                yield path
                ahead += sorted(set(_ROOM.findall(path.read_text(encoding="utf-8"))))


def _digest(path: Path) -> str:
    try:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        content = "missing"
    return f"{path.parent.name}/{path.name} {content}"
