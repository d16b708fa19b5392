"""From a folder to the list of hand-ins: whose, of which stage, and where.

A folder in HANDINS is a learner's; its notebooks, however deep, are what the learner handed in.
A notebook that lies directly in HANDINS names its learner in its file name.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from checks.course import Course, StageEntry
from checks.grading.notebook import UnreadableNotebookError, printable, read_notebook
from checks.grading.status import GradingError, Status

_SEPARATORS = " _-.,+"


@dataclass(frozen=True)
class HandIn:
    """One hand-in; `status` is None as long as nothing speaks against running it.

    `stage` is the stage's id, or empty where nobody can tell; `file` is the path relative to HANDINS;
    `digest` is the SHA-256 of the notebook's bytes, empty where it could not be read.
    """

    learner: str
    stage: str = ""
    file: str = ""
    path: Path | None = None
    status: Status | None = None
    reason: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Collection:
    """The hand-ins by learner, stage and file, and how many other files were passed over."""

    hand_ins: tuple[HandIn, ...]
    ignored: int


def collect(folder: Path, course: Course) -> Collection:
    """Find every hand-in below `folder`.

    Returns at least one hand-in per learner's folder and one per notebook. Raises GradingError where
    `folder` is not there, is no folder, or cannot be listed; nothing that lies in it raises.
    """
    if not folder.exists():
        raise GradingError(f"HANDINS: {folder} does not exist; name the folder with the hand-ins")
    if not folder.is_dir():
        raise GradingError(f"HANDINS: {folder} is not a folder; name the folder with the hand-ins")
    collector = _Collector(folder, course)
    try:
        collector.collect()
    except OSError as error:
        raise GradingError(f"HANDINS: {folder} cannot be listed: {error.strerror}") from None
    return Collection(_mark_duplicates(collector.found), collector.ignored)


class _Collector:
    """Walks through HANDINS, and notes what it finds."""

    def __init__(self, folder: Path, course: Course) -> None:
        self.found: list[HandIn] = []
        self.ignored = 0
        self._folder = folder
        self._course = course

    def collect(self) -> None:
        for entry in sorted(self._folder.iterdir()):
            if _is_hidden(entry):
                self.ignored += 1
            elif entry.is_dir():
                self._collect_learner(entry)
            elif _is_notebook(entry):
                stage = _stage_in_name(entry.stem, self._course)
                self._add(entry, learner=_learner_in_name(entry.stem, stage), base=self._folder)
            else:
                self.ignored += 1

    def _collect_learner(self, folder: Path) -> None:
        learner = printable(folder.name)
        before = len(self.found)
        if folder.is_symlink():
            self._refuse(
                learner, folder, "is a link to a folder elsewhere: hand in the files themselves"
            )
            return
        self._walk(folder, learner, folder)
        if len(self.found) == before:
            self.found.append(
                HandIn(learner, status=Status.MISSING, reason="the folder has no notebook")
            )

    def _walk(self, folder: Path, learner: str, base: Path) -> None:
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            self._refuse(learner, folder, f"cannot be listed: {error.strerror}")
            return
        for entry in entries:
            if _is_hidden(entry):
                self.ignored += 1
            elif entry.is_dir() and not entry.is_symlink():
                self._walk(entry, learner, base)
            elif _is_notebook(entry):
                self._add(entry, learner, base)
            else:
                self.ignored += 1

    def _add(self, path: Path, learner: str, base: Path) -> None:
        named = _stage_in_name(path.stem, self._course)
        if path.is_symlink() and not _lies_in(path, base):
            self._refuse(
                learner, path, "is a link to a file elsewhere: hand in the file itself", named
            )
            return
        try:
            notebook = read_notebook(path)
        except UnreadableNotebookError as error:
            self._refuse(learner, path, str(error), named)
            return
        claimed = notebook.stage or (named.id if named else None)
        for stage in self._course.stages:
            if stage.id == claimed:
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                hand_in = HandIn(learner, stage.id, self._relative(path), path, digest=digest)
                self.found.append(hand_in)
                return
        if claimed is None:
            reason = "is no notebook of this course: neither its metadata nor its name say a stage"
        elif claimed in {stage.id for stage in self._course.planned}:
            reason = f"is of stage {claimed}, which is not written yet"
        else:
            reason = f"is of a stage {claimed[:60]!r}, which this course does not have"
        self.found.append(HandIn(learner, "", self._relative(path), path, Status.FOREIGN, reason))

    def _refuse(
        self, learner: str, path: Path, reason: str, stage: StageEntry | None = None
    ) -> None:
        hand_in = HandIn(learner, stage.id if stage else "", self._relative(path), path)
        self.found.append(replace(hand_in, status=Status.UNREADABLE, reason=reason))

    def _relative(self, path: Path) -> str:
        return printable(path.relative_to(self._folder).as_posix())


def _is_hidden(path: Path) -> bool:
    # `__MACOSX` is what macOS adds to the zip files it makes.
    return path.name.startswith(".") or path.name == "__MACOSX"


def _is_notebook(path: Path) -> bool:
    return path.suffix.lower() == ".ipynb"


def _lies_in(path: Path, folder: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # 3.11 and 3.12 raise RuntimeError for a link to itself
        return False


def _stage_in_name(name: str, course: Course) -> StageEntry | None:
    for stage in course.stages:
        if _stem(stage).search(name):
            return stage
    return None


def _learner_in_name(name: str, stage: StageEntry | None) -> str:
    rest = _stem(stage).sub("", name, count=1).strip(_SEPARATORS) if stage else ""
    return printable(rest or name)


def _stem(stage: StageEntry) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){re.escape(stage.stem)}(?![^\W_])", re.IGNORECASE)


def _mark_duplicates(found: list[HandIn]) -> tuple[HandIn, ...]:
    groups: dict[tuple[str, str], list[HandIn]] = defaultdict(list)
    for hand_in in sorted(found, key=lambda each: (each.learner, each.stage, each.file)):
        groups[hand_in.learner, hand_in.stage].append(hand_in)
    marked: list[HandIn] = []
    for (_, stage), group in groups.items():
        for hand_in in group:
            others = ", ".join(other.file for other in group if other is not hand_in)
            if stage and others:
                note = f"duplicate: {others} is of the same learner and stage"
                marked.append(
                    replace(hand_in, reason="; ".join(filter(None, [hand_in.reason, note])))
                )
            else:
                marked.append(hand_in)
    return tuple(marked)
