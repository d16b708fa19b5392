"""`course update --from FOLDER`: a learner's work brought from an older copy of the course."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from checks import history
from checks.course import Course, StageEntry
from checks.upkeep.carry import carry
from checks.upkeep.cells import NoNotebookError, parse, stage_of
from checks.upkeep.files import PRISTINE, UpkeepError, pristine_path, read, replace, shown
from checks.upkeep.update import Say, describe

_NAME = re.compile(r"\d+_([a-z0-9_]+)")
"""What the notebook of a stage is called; a kept one has the date behind it."""
_NOT_BROUGHT = {".ipynb_checkpoints", "__pycache__", ".virtual_documents"}


def bring(old: Path, root: Path, course: Course, say: Say) -> None:
    """Carry the work in the course at `old` into the one at `root`; the old folder stays as it is.

    A notebook that was already worked on at `root` is left alone. Raises UpkeepError where `old` is
    no copy of the course, or a file cannot be read or written.
    """
    old, root = old.resolve(), root.resolve()
    if old == root:
        raise UpkeepError("--from: this is the course itself; name the folder of the older copy")
    try:
        is_a_copy = (old / "notebooks").is_dir()
    except OSError as error:
        raise UpkeepError(f"--from: {old} cannot be read: {error.strerror}") from None
    if not is_a_copy:
        raise UpkeepError(f"--from: {old} is no copy of the course: it has no folder notebooks/")
    worked = _by_stage(old)
    for stage in course.stages:
        if stage.id in worked:
            _bring_stage(worked[stage.id], old, root, stage, say)
    gone = worked.keys() - {stage.id for stage in course.stages}
    for name in sorted(gone):
        say(f"stage {name} is no longer part of the course; yours stays in {worked[name]}")
    for path in _other_files(old, set(worked.values())):
        target = root / path.relative_to(old)
        if not target.exists():
            _copy(path, target)
            say(f"{shown(target, root)}: brought along")
        elif path.name == history.FILE:
            _join(path, target, root)


def _bring_stage(worked: Path, old: Path, root: Path, stage: StageEntry, say: Say) -> None:
    target = root / "notebooks" / f"{stage.stem}.ipynb"
    name = shown(target, root)
    released = old / PRISTINE / worked.name
    base = released.read_bytes() if released.is_file() else None
    mine, new = read(worked, old), read(pristine_path(root, stage), root)
    try:
        if base is not None and parse(base)["cells"] == parse(mine)["cells"]:
            return
        carried = carry(base, mine, new)
    except NoNotebookError as error:
        say(f"{name}: the one in the older copy {error}; it stays there: {worked}")
        return
    there = target.read_bytes() if target.exists() else new
    if there == carried.content:
        say(f"{name}: everything is there already")
        return
    if not _untouched(there, new):
        say(
            f"{name}: you have worked in it here, so it is left alone. To take the older one instead: "
            f"course reset {stage.number}, and once more course update --from"
        )
        return
    replace(target, carried.content, root)
    for line in describe(name, carried):
        say(line)


def _by_stage(old: Path) -> dict[str, Path]:
    """The notebook of each stage in the older copy, under whatever number it had there."""
    found: dict[str, Path] = {}
    for path in sorted((old / "notebooks").glob("*.ipynb")):
        if name := _NAME.fullmatch(path.stem):
            try:
                stage = stage_of(parse(read(path, old)))
            except NoNotebookError:
                stage = None
            found.setdefault(stage or name[1], path)
    return found


def _other_files(old: Path, notebooks: set[Path]) -> list[Path]:
    """Everything else that lies beside the notebooks: copies, notes, databases, the history."""
    return [
        path
        for path in sorted((old / "notebooks").rglob("*"))
        if path.is_file()
        and path not in notebooks
        and not _NOT_BROUGHT & set(path.relative_to(old).parts)
    ]


def _copy(path: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    except OSError as error:
        raise UpkeepError(f"{path} cannot be copied: {error.strerror}") from None


def _join(older: Path, newer: Path, root: Path) -> None:
    """Put the lines of the older history before those of the newer one, each once."""
    before = read(older, root).splitlines()
    since = [line for line in read(newer, root).splitlines() if line not in before]
    replace(newer, b"".join(line + b"\n" for line in (*before, *since)), root)


def _untouched(content: bytes, pristine: bytes) -> bool:
    try:
        return bool(parse(content)["cells"] == parse(pristine)["cells"])
    except NoNotebookError:
        return False
