"""What a hand-in can read beside its own folder."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# The dynamic linker and the standard library read these; `passwd` and the like are not among them.
_SYSTEM = (
    "/usr",
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


@dataclass(frozen=True)
class View:
    """The files and folders that are readable, except those in `hidden`; absolute paths.

    `first` are those that only a worker reads, while it gets ready.
    """

    readable: tuple[Path, ...]
    hidden: tuple[Path, ...] = ()
    first: tuple[Path, ...] = ()

    @classmethod
    def of_course(cls, root: Path, readable: Iterable[Path] = ()) -> View:
        """What the checks need: Python, its libraries, and the course below `root` without answers.

        `readable` is added to it. What does not exist is left out.
        """
        root = root.resolve()
        wanted = [
            *map(Path, (sys.prefix, sys.base_prefix, *_SYSTEM)),
            Path(sys.executable).resolve().parent.parent,
            root / "checks",
            root / "course.yml",
            root / "notebooks",
            *readable,
        ]
        found = dict.fromkeys(
            spelling for path in wanted if path.exists() for spelling in (path, path.resolve())
        )
        hidden = [*root.glob("checks/stages/*/answers"), root / "checks/tests"]
        first = (root / "solutions",)
        return cls(tuple(found), _existing(sorted(hidden)), _existing(first))

    def entries(self) -> Iterator[tuple[Path, bool]]:
        """The readable paths, each with whether all below it is readable too.

        Where something below is hidden, the folder itself can be listed, and its other entries follow.
        """
        for path in self.readable:
            yield from self._entries(path)

    def _entries(self, path: Path) -> Iterator[tuple[Path, bool]]:
        if any(path.is_relative_to(hidden) for hidden in self.hidden):
            return
        whole = not any(hidden.is_relative_to(path) for hidden in self.hidden)
        yield path, whole
        if not whole:
            for entry in sorted(path.iterdir()):
                yield from self._entries(entry)


def _existing(paths: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(path for path in paths if path.exists())
