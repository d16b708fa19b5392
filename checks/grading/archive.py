"""A zip file as untrusted data: its members one by one, each with what speaks against reading it.

Nothing is unpacked under a member's own name, and nothing that its header says is believed: what is
read is counted while it is read.
"""

from __future__ import annotations

import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from checks.grading import naming
from checks.grading.naming import (
    Person,
    in_platform_name,
    is_archive,
    is_deceptive,
    is_hidden,
    is_notebook,
)

DEEPEST = 3
"""How many zip files may lie in each other: an export, a learner's own in it, and one in that."""

LARGEST_ARCHIVE = 200 * 1024**2
"""The size in bytes above which a zip file inside a zip file is not read."""

MOST_MEMBERS = 200_000
"""The number of members of a zip file above which it is not read at all."""

_LONGEST_PATH = 1000
_LONGEST_NAME = 255
_DEEPEST_FOLDER = 20
_LARGEST_DIRECTORY = 32 * 1024**2
_LEAST_BUDGET = 256 * 1024**2
_GROWTH = 100
_CHUNK = 64 * 1024
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class UnreadableArchiveError(Exception):
    """The zip file, or a member of it, cannot be read; the message says why."""


class Budget:
    """How many bytes may still come out of a zip file, with all zip files in it."""

    def __init__(self, size: int) -> None:
        """Take the size of the outermost zip file in bytes."""
        self.whole = max(_LEAST_BUDGET, _GROWTH * size)
        self._left = self.whole

    def spend(self, size: int) -> None:
        """Take `size` bytes off; raises UnreadableArchiveError where they are not there."""
        self._left -= size
        if self._left < 0:
            raise UnreadableArchiveError(
                f"was not unpacked: its zip file holds more than {self.whole // 1024**2} MB"
            )


@dataclass(frozen=True)
class Member:
    """One file or folder in a zip file; `refused` says why it is not read, or is empty."""

    parts: tuple[str, ...]
    is_folder: bool
    refused: str
    info: zipfile.ZipInfo


class Archive:
    """An open zip file; a context manager."""

    def __init__(self, source: Path | IO[bytes], budget: Budget) -> None:
        """Open the zip file; raises UnreadableArchiveError where it is none, or an absurd one."""
        self.budget = budget
        self._file = _open(source)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except UnreadableArchiveError:
            self._file.close()
            raise
        except Exception:  # a damaged one makes zipfile raise a dozen kinds of errors
            self._file.close()
            raise UnreadableArchiveError(
                "is not a whole zip file: perhaps it was cut off"
            ) from None
        if not self._zip.infolist():
            self.close()
            raise UnreadableArchiveError("is an empty zip file")
        if len(self._zip.infolist()) > MOST_MEMBERS:
            self.close()
            raise UnreadableArchiveError(f"has more than {MOST_MEMBERS} members")

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def members(self) -> Iterator[Member]:
        """The members in the order of their names."""
        last = {_same(info): info for info in self._zip.infolist()}
        for info in sorted(self._zip.infolist(), key=lambda each: each.orig_filename):
            refused = _objection(info)
            if not refused and last[_same(info)] is not info:
                refused = "has a twin of the same name, capitals apart: the last one counts"
            parts = tuple(part for part in info.filename.split("/") if part not in {"", "."})
            if not parts:
                refused = refused or "has no name"
            # Before Python 3.13, `is_dir` fails where the name is empty.
            yield Member(parts, info.filename.endswith("/"), refused, info)

    def read(self, member: Member, destination: IO[bytes], most: int) -> None:
        """Write the member's bytes to `destination`.

        Raises UnreadableArchiveError where it is damaged, or longer than `most` bytes.
        """
        if member.info.file_size > most:
            raise UnreadableArchiveError(f"is larger than {most // 1024**2} MB")
        size = 0
        try:
            with self._zip.open(member.info) as stream:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    self.budget.spend(len(chunk))
                    if size > most:
                        raise UnreadableArchiveError(f"is larger than {most // 1024**2} MB")
                    destination.write(chunk)
        except UnreadableArchiveError:
            raise
        except OSError as error:
            reason = error.strerror or "the zip file is damaged"
            raise UnreadableArchiveError(f"cannot be unpacked: {reason}") from None
        except Exception:  # a damaged one makes zipfile raise a dozen kinds of errors
            raise UnreadableArchiveError("is damaged in its zip file: zip it once more") from None


def names_learners(archive: Archive) -> bool:
    """Whether each piece of work in the zip file has a name that a platform gave to it."""
    work = list(_work(archive))
    return bool(work) and all(any(map(in_platform_name, parts[:2])) for parts in work)


def people(archive: Archive) -> set[Person]:
    """Those whom platforms' names in the zip file are of."""
    return naming.people(_work(archive))


def is_parcel(archive: Archive) -> bool:
    """Whether one piece of work is all that the zip file holds."""
    return len(list(_work(archive))) == 1


def wrapper(archive: Archive) -> str:
    """The folder that the whole zip file was packed in, where it is nobody's own; else empty."""
    tops, folders = set(), set()
    named = False
    for parts in _work(archive):
        tops.add(parts[0])
        if len(tops) > 1 or len(parts) == 1 or in_platform_name(parts[0]):
            return ""
        named = named or in_platform_name(parts[1]) is not None
        if len(parts) > 2:
            folders.add(parts[1])
    return tops.pop() if tops and (named or len(folders) > 1) else ""


def _work(archive: Archive) -> Iterator[tuple[str, ...]]:
    for member in archive.members():
        parts = member.parts
        if member.refused or member.is_folder or any(map(is_hidden, parts)):
            continue
        if is_notebook(parts[-1]) or is_archive(parts[-1]):
            yield parts


def _objection(info: zipfile.ZipInfo) -> str:
    name = info.orig_filename
    parts = name.split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if len(name) > _LONGEST_PATH or any(len(part) > _LONGEST_NAME for part in parts):
        return "has an absurdly long name"
    if len(parts) > _DEEPEST_FOLDER:
        return f"lies more than {_DEEPEST_FOLDER} folders deep"
    if not name.strip("/."):
        return "has no name"
    if any(map(is_deceptive, name)):
        return "has control characters in its name"
    if name.startswith("/") or ".." in parts or name[1:2] == ":":
        return "names a place outside of its zip file"
    if "\\" in name:
        return "has a backslash in its name: zip it with another program"
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link or a device: hand in the file itself"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted: zip it without a password"
    if info.compress_type not in _METHODS:
        return "is compressed in an unusual way: zip it with another program"
    return ""


def _same(info: zipfile.ZipInfo) -> str:
    return unicodedata.normalize("NFC", info.orig_filename).casefold()


def _open(source: Path | IO[bytes]) -> IO[bytes]:
    try:
        file = source.open("rb") if isinstance(source, Path) else source
        return cast("IO[bytes]", _Careful(file))
    except OSError as error:
        raise UnreadableArchiveError(f"cannot be opened: {error.strerror}") from None


class _Careful:
    """A file that does not read an absurdly long table of contents, which zipfile reads at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable
        self.close = file.close
        self._read = file.read

    def read(self, size: int = -1) -> bytes:
        if size > _LARGEST_DIRECTORY:
            raise UnreadableArchiveError("has an absurdly long table of contents")
        return self._read(size)
