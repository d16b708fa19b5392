"""What a hand-in can read beside its own folder."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# The dynamic linker and the standard library read these; `passwd` and the like are not among them.
_SYSTEM = (
    *(f"/usr/{name}" for name in ("bin", "sbin", "lib", "lib32", "lib64", "libexec", "share")),
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/openssl.cnf",
)
# What of the folder that Python is installed in belongs to Python: the rest may be somebody's home.
_PYTHON = ("bin", "lib", "lib64", "pyvenv.cfg")


@dataclass(frozen=True)
class View:
    """The files and folders that are readable, except those in `hidden`; absolute paths.

    `first` are those that only a worker reads, while it gets ready.
    """

    readable: tuple[Path, ...]
    hidden: tuple[Path, ...] = ()
    first: tuple[Path, ...] = ()

    @classmethod
    def of_course(
        cls, root: Path, readable: Iterable[Path] = (), hidden: Iterable[Path] = ()
    ) -> View:
        """What the checks need: Python, its libraries, and the course below `root` without answers.

        `readable` is added to it, and the folders in `hidden` are taken away where they lie in it.
        What does not exist is left out.
        """
        root = root.resolve()
        prefixes = [Path(sys.prefix), Path(sys.base_prefix)]
        prefixes.append(Path(sys.executable).resolve().parent.parent)
        wanted = [
            *map(Path, _SYSTEM),
            *(prefix / name for prefix in prefixes for name in _PYTHON),
            root / "checks",
            root / "course.yml",
            root / "notebooks",
            *readable,
        ]
        found = dict.fromkeys(
            spelling for path in wanted if path.exists() for spelling in (path, path.resolve())
        )
        secret = [*root.glob("checks/stages/*/answers"), root / "checks/tests"]
        secret += [
            folder
            for folder in map(Path.resolve, hidden)
            if folder.is_dir()
            and any(folder.is_relative_to(path) for path in found)
            and not any(path.is_relative_to(folder) for path in found)
        ]
        first = (root / "solutions",)
        return cls(tuple(found), _existing(sorted(secret)), _existing(first))

    def entries(self) -> Iterator[tuple[Path, bool]]:
        """The readable paths, each with whether all below it is readable too.

        Where something below is hidden, the folder itself can be listed, and its other entries follow.
        """
        hidden = frozenset(self.hidden)
        above = frozenset(folder for path in hidden for folder in path.parents)
        for path in self.readable:
            if hidden.isdisjoint(path.parents):
                yield from _entries(path, hidden, above)


def _entries(
    path: Path, hidden: Collection[Path], above: Collection[Path]
) -> Iterator[tuple[Path, bool]]:
    if path in hidden:
        return
    whole = path not in above
    yield path, whole
    if not whole:
        for entry in sorted(path.iterdir()):
            yield from _entries(entry, hidden, above)


def _existing(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(path for path in paths if path.exists())
