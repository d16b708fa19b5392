"""From HANDINS to the list of hand-ins: whose, of which stage, and where.

HANDINS is a folder or a zip file. A folder in it is a learner's, and so is a zip file: what lies in
them, however deep, is what that learner handed in. A notebook that lies in nobody's folder names its
learner.

A platform's exports, as zip files or unpacked into folders, stand for a HANDINS of their own each, and
so does a zip file that is all there is. They are exports only where everything beside them is from a
platform, too: among folders and zip files of single learners, names inside of one are what that learner
wrote, and nobody hands in for somebody else. One with the names of several people is refused there: it
may be an export, whose work is not to be taken for one learner's.
"""

from __future__ import annotations

import hashlib
import re
import stat
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

from checks.course import Course
from checks.grading import naming
from checks.grading.archive import (
    DEEPEST,
    LARGEST_ARCHIVE,
    Archive,
    Budget,
    Member,
    UnreadableArchiveError,
    is_parcel,
    names_learners,
    people,
    wrapper,
)
from checks.grading.naming import Person
from checks.grading.notebook import (
    LARGEST,
    Notebook,
    UnreadableNotebookError,
    parse_notebook,
    read_content,
)
from checks.grading.status import GradingError, Status, joined

_DEEPEST_FOLDER = 20
_LONGEST_FILE = 300
_STAGE_IMPORT = re.compile(
    r"^(?:(?:from|import) +checks\.stages\.([a-z]\w*)|from +checks\.stages +import +([a-z]\w*))",
    re.MULTILINE,
)
_DEEPEST_EXPORT = 2
_OF_SEVERAL = (
    "holds work under the names of several people, as a platform's export does: "
    "grade exports in a folder where nothing else lies"
)
_NAMED = 3
MOST_DUPLICATES = 10
"""How many notebooks of one learner and stage are run; nobody can hold up the others with a thousand."""


@dataclass(frozen=True)
class HandIn:
    """One hand-in; `status` is None as long as nothing speaks against running it.

    `stage` is the stage's id, or empty where nobody can tell; `file` is the place that a person
    recognises, `path` where the notebook lies; `digest` is the SHA-256 of its bytes in hexadecimal
    digits, or empty where it could not be read. `platform_id` is the learner's number on the platform and
    `late` says that it came late, as far as the platform's names tell.
    """

    learner: str
    stage: str = ""
    file: str = ""
    path: Path | None = None
    status: Status | None = None
    reason: str = ""
    digest: str = ""
    platform_id: str = ""
    late: bool = False


@dataclass(frozen=True)
class Collection:
    """The hand-ins by learner, stage and file, and how many other files were passed over."""

    hand_ins: tuple[HandIn, ...]
    ignored: int


def is_missing(path: Path) -> bool:
    """Whether nothing is at `path`; raises OSError where that cannot be told, as of too long a name."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def collect(hand_ins: Path, course: Course, scratch: Path) -> Collection:
    """Find every hand-in in the folder or zip file `hand_ins`.

    Takes also the course, and an empty folder for notebooks out of zip files, which the caller
    removes. Returns at least one hand-in per learner's folder and one per notebook. Raises
    GradingError where `hand_ins` is not there, is neither folder nor zip file, or cannot be read;
    nothing that lies in it raises.
    """
    collector = _Collector(course, scratch)
    try:
        if is_missing(hand_ins):
            raise GradingError(
                f"HANDINS: {hand_ins} does not exist; name the folder with the hand-ins"
            )
        if hand_ins.is_dir():
            collector.collect_folder(hand_ins)
        elif hand_ins.is_file() and naming.is_archive(hand_ins.name):
            collector.collect_archive(hand_ins)
        else:
            raise GradingError(
                f"HANDINS: {hand_ins} is not a folder, nor a zip file; "
                "name the folder with the hand-ins"
            )
    except UnreadableArchiveError as error:
        raise GradingError(f"HANDINS: {hand_ins} {error}") from None
    except OSError as error:
        raise GradingError(f"HANDINS: {hand_ins} cannot be collected: {error.strerror}") from None
    return Collection(_name_and_sort(collector), collector.ignored)


@dataclass(frozen=True)
class _Place:
    """Where the collector is: whose place it is, and what leads there.

    `owner` is None where the names in the place say whose they are; `otherwise` is who is meant where
    they do not. `depth` counts the zip files around it. `peeled` is the folder that all of it lies in,
    and `is_parcel` says that all of it is one file.
    """

    shown: str = ""
    owner: Person | None = None
    otherwise: str = ""
    depth: int = 0
    peeled: str = ""
    is_parcel: bool = False

    def file(self, parts: tuple[str, ...]) -> str:
        """The file of this path in the place, as a person recognises it."""
        path = "".join("?" if naming.is_deceptive(each) else each for each in "/".join(parts))
        whole = f"{self.shown}{path}"
        return whole if len(whole) <= _LONGEST_FILE else f"{whole[: _LONGEST_FILE - 1]}…"

    def person(self, parts: tuple[str, ...]) -> Person | None:
        """Whose folder the file of this path lies in."""
        if self.peeled and parts[0] == self.peeled:
            parts = parts[1:]
        if self.owner is not None or len(parts) < 2:
            return self.owner
        return naming.in_folder_name(parts[0])


@dataclass
class _Collector:
    """Walks through HANDINS, and notes what it finds."""

    course: Course
    scratch: Path
    found: list[tuple[Person, HandIn]] = field(default_factory=list)
    others: dict[Person, list[str]] = field(default_factory=lambda: defaultdict(list))
    ignored: int = 0

    def collect_folder(self, folder: Path) -> None:
        entries = sorted(folder.iterdir())
        only = sum(not naming.is_hidden(entry.name) for entry in entries) == 1
        self._collect(entries, _Place(), folder, _are_exports(entries), only)

    def _collect(
        self, entries: list[Path], place: _Place, base: Path, exports: bool, only: bool = False
    ) -> None:
        """Go through what lies in HANDINS, or in an export that was unpacked there."""
        for entry in entries:
            if naming.is_hidden(entry.name):
                self.ignored += 1
            elif not _is_folder(entry):
                self._look_at(entry, (entry.name,), place, base, exports or only)
            elif exports and not naming.in_platform_name(entry.name):
                inner = _Place(place.file((entry.name, "")))
                self._collect(sorted(entry.iterdir()), inner, entry, exports)
            else:
                self._collect_learner(entry, place)

    def collect_archive(self, path: Path) -> None:
        with Archive(path, Budget(path.stat().st_size)) as archive:
            self._unpack(archive, _Place(otherwise=naming.without_suffix(path.name), depth=1))

    def _collect_learner(self, folder: Path, place: _Place) -> None:
        person = naming.in_folder_name(folder.name)
        self.others[person]  # a row for everyone who has a folder
        if folder.is_symlink():
            reason = "is a link to a folder elsewhere: hand in the files themselves"
            self._refuse(person, place.file((folder.name,)), reason)
            return
        files = list(_walk(folder, (folder.name,)))
        is_platforms = naming.in_platform_name(folder.name) is not None
        if not is_platforms and len(naming.people(parts[1:] for _, parts, _ in files)) > 1:
            self._refuse(person, place.file((folder.name,)), _OF_SEVERAL)
            return
        for path, parts, reason in files:
            if naming.is_hidden(parts[-1]):
                self.ignored += 1
            elif reason:
                self._refuse(person, place.file(parts), reason)
            else:
                self._look_at(path, parts, place, folder)

    def _look_at(
        self, path: Path, parts: tuple[str, ...], place: _Place, base: Path, export: bool = False
    ) -> None:
        """Note a file on the disk; `base` is the folder that a link may not lead out of.

        Takes also whether a zip file that is nobody's by its name is an export.
        """
        name = parts[-1]
        if not naming.is_notebook(name) and not naming.is_archive(name):
            self._pass_over(parts, place)
            return
        stage = naming.stage_in_name(name, self.course)
        person = place.person(parts) or naming.in_file_name(name, stage)
        if path.is_symlink() and not _lies_in(path, base):
            reason = "is a link to a file elsewhere: hand in the file itself"
        elif naming.is_notebook(name):
            try:
                self._add(person, parts, place, read_content(path), path)
                return
            except UnreadableNotebookError as error:
                reason = str(error)
        else:
            try:
                about = path.stat()
                if not stat.S_ISREG(about.st_mode):
                    raise UnreadableArchiveError("is not a file")
                with Archive(path, Budget(about.st_size)) as archive:
                    self._enter(archive, parts, place, export)
                return
            except UnreadableArchiveError as error:
                reason = str(error)
            except OSError as error:
                reason = f"cannot be opened: {error.strerror}"
        self._refuse(person, place.file(parts), reason, stage.id if stage else "")

    def _enter(self, archive: Archive, parts: tuple[str, ...], place: _Place, export: bool) -> None:
        """Go into a zip file that lies in `place`: a learner's own, or an export."""
        owner = place.person(parts) or naming.in_platform_name(parts[-1])
        stem = naming.without_suffix(parts[-1])
        if owner is None and not export:
            owner = naming.in_file_name(parts[-1], naming.stage_in_name(stem, self.course))
        if owner is not None:
            self.others[owner]  # a row for everyone who has a zip file
            if len(people(archive)) > 1:
                raise UnreadableArchiveError(_OF_SEVERAL)
        self._unpack(archive, _Place(f"{place.file(parts)} › ", owner, stem, place.depth + 1))

    def _unpack(self, archive: Archive, place: _Place) -> None:
        if place.owner is None:
            place = replace(place, peeled=wrapper(archive), is_parcel=is_parcel(archive))
        for member in archive.members():
            if any(map(naming.is_hidden, member.parts)):
                self.ignored += 1
            elif member.parts and member.is_folder:
                if person := place.person((*member.parts, "")):
                    self.others[person]
            elif member.parts:
                self._look_into(archive, member, place)
            else:
                self.ignored += 1

    def _look_into(self, archive: Archive, member: Member, place: _Place) -> None:
        """Note a file in a zip file."""
        parts = member.parts
        name = parts[-1]
        if not naming.is_notebook(name) and not naming.is_archive(name):
            self._pass_over(parts, place)
            return
        short = name[: naming.LONGEST_NAME * 2]
        stage = naming.stage_in_name(short, self.course)
        person = place.person(parts) or naming.in_file_name(short, stage, place.otherwise)
        try:
            if member.refused:
                raise UnreadableArchiveError(member.refused)
            if naming.is_notebook(name):
                content = BytesIO()
                archive.read(member, content, LARGEST)
                self._add(person, parts, place, content.getvalue())
                return
            if place.depth >= DEEPEST:
                raise UnreadableArchiveError(f"lies inside {DEEPEST} zip files: hand in the first")
            with tempfile.TemporaryFile(dir=self.scratch) as copy:
                archive.read(member, copy, LARGEST_ARCHIVE)
                with Archive(copy, archive.budget) as inner:
                    self._enter(inner, parts, place, export=place.is_parcel)
            return
        except UnreadableArchiveError as error:
            self._refuse(person, place.file(parts), str(error), stage.id if stage else "")

    def _add(
        self,
        person: Person,
        parts: tuple[str, ...],
        place: _Place,
        content: bytes,
        path: Path | None = None,
    ) -> None:
        """Note a notebook; without a path its bytes are written to `scratch`."""
        named = naming.stage_in_name(parts[-1], self.course)
        file = place.file(parts)
        digest = hashlib.sha256(content).hexdigest() if len(content) <= LARGEST else ""
        try:
            notebook = parse_notebook(content)
        except UnreadableNotebookError as error:
            self._refuse(person, file, str(error), named.id if named else "", digest)
            return
        claimed = notebook.stage or (named.id if named else _stage_in_code(notebook))
        if claimed in {stage.id for stage in self.course.stages}:
            if path is None:
                path = self.scratch / f"{len(self.found)}.ipynb"
                path.write_bytes(content)
            hand_in = HandIn(person.name, str(claimed), file, path, digest=digest)
            self.found.append((person, hand_in))
            return
        if claimed is None:
            reason = (
                "is no notebook of this course: "
                "neither its metadata nor its name nor its set-up say a stage"
            )
        elif claimed in {stage.id for stage in self.course.planned}:
            reason = f"is of stage {claimed}, which is not written yet"
        else:
            reason = f"is of a stage {claimed[:60]!r}, which this course does not have"
        hand_in = HandIn(person.name, "", file, path, Status.FOREIGN, reason, digest)
        self.found.append((person, hand_in))

    def _refuse(
        self, person: Person, file: str, reason: str, stage: str = "", digest: str = ""
    ) -> None:
        hand_in = HandIn(person.name, stage, file, None, Status.UNREADABLE, reason, digest)
        self.found.append((person, hand_in))

    def _pass_over(self, parts: tuple[str, ...], place: _Place) -> None:
        self.ignored += 1
        if person := place.person(parts) or naming.in_platform_name(parts[-1]):
            self.others[person].append(naming.shown(parts[-1]))


def _stage_in_code(notebook: Notebook) -> str | None:
    """The stage whose check the set-up imports; None where it imports none, or several."""
    found = {
        stage[1] or stage[2]
        for cell in notebook.cells
        if cell.is_code
        for stage in _STAGE_IMPORT.finditer(cell.source)
    }
    return found.pop() if len(found) == 1 else None


def _are_exports(entries: list[Path], depth: int = _DEEPEST_EXPORT) -> bool:
    """Whether all hand-ins here have the names that platforms give, or are a platform's exports."""
    work = [
        entry
        for entry in entries
        if not naming.is_hidden(entry.name)
        and (_is_folder(entry) or naming.is_notebook(entry.name) or naming.is_archive(entry.name))
    ]
    return bool(work) and all(_is_export(entry, depth) for entry in work)


def _is_export(entry: Path, depth: int) -> bool:
    if naming.in_platform_name(entry.name):
        return True
    try:
        if _is_folder(entry):
            is_own = depth > 0 and not entry.is_symlink()
            return is_own and _are_exports(list(entry.iterdir()), depth - 1)
        if not naming.is_archive(entry.name) or not entry.is_file():
            return False
        with Archive(entry, Budget(entry.stat().st_size)) as archive:
            return names_learners(archive)
    except (OSError, UnreadableArchiveError):
        return False


def _walk(folder: Path, parts: tuple[str, ...]) -> Iterator[tuple[Path, tuple[str, ...], str]]:
    """Every file below a folder with its path and, where it cannot be looked at, the reason."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield folder, parts, f"cannot be listed: {error.strerror}"
        return
    for entry in entries:
        inner = (*parts, entry.name)
        if naming.is_hidden(entry.name) or entry.is_symlink() or not _is_folder(entry):
            yield entry, inner, ""
        elif len(inner) > _DEEPEST_FOLDER:
            yield entry, inner, f"lies more than {_DEEPEST_FOLDER} folders deep"
        else:
            yield from _walk(entry, inner)


def _lies_in(path: Path, folder: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # 3.11 and 3.12 raise RuntimeError for a link to itself
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # its folder may be listed, but not entered
        return False


def _name_and_sort(collector: _Collector) -> tuple[HandIn, ...]:
    handed_in = {person for person, _ in collector.found}
    rows = collector.found + [
        (person, HandIn(person.name, status=Status.MISSING, reason=_nothing_but(others)))
        for person, others in collector.others.items()
        if person not in handed_in
    ]
    called = naming.tell_apart((person, hand_in.stage) for person, hand_in in rows)
    return _mark_duplicates(
        replace(hand_in, learner=called(person), platform_id=person.id, late=person.late)
        for person, hand_in in rows
    )


def _nothing_but(others: list[str]) -> str:
    return f"no notebook, only {_list(others)}" if others else "no notebook was handed in"


def _mark_duplicates(found: Iterable[HandIn]) -> tuple[HandIn, ...]:
    groups: dict[tuple[str, str], list[HandIn]] = defaultdict(list)
    for hand_in in sorted(found, key=lambda each: (each.learner, each.stage, each.file)):
        groups[hand_in.learner, hand_in.stage].append(hand_in)
    marked: list[HandIn] = []
    for (_, stage), group in groups.items():
        if not stage or len(group) == 1:
            marked += group
            continue
        first = [each.file for each in group[: _NAMED + 1]]
        to_run = 0
        for hand_in in group:
            others = [file for file in first if file != hand_in.file]
            others += [""] * (len(group) - 1 - len(others))
            verb = "is" if len(others) == 1 else "are"
            note = f"duplicate: {_list(others)} {verb} of the same learner and stage"
            status = hand_in.status
            to_run += status is None
            if status is None and to_run > MOST_DUPLICATES:
                status = Status.UNREADABLE
                note = f"not run, for no more than {MOST_DUPLICATES} are; {note}"
            marked.append(replace(hand_in, status=status, reason=joined(hand_in.reason, note)))
    return tuple(marked)


def _list(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
