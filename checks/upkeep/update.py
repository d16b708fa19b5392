"""`course update`: a newer release of the course, with the learner's work carried into it.

In a git clone, the worked notebooks are kept aside, the branch is moved forward, and the work is
carried into the new notebooks. A note among git's files says what is under way: an update that was
interrupted is brought to its end by the next one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from checks.upkeep.carry import Carried, carry
from checks.upkeep.cells import NoNotebookError, parse, stage_of
from checks.upkeep.clone import Clone, GitError
from checks.upkeep.files import UpkeepError, keep_aside, replace, shown

Say = Callable[[str], None]

WITHOUT_GIT = (
    "Without git, the way is: download the new release, unpack it beside this folder, install it as its "
    "README says, and run there: course update --from FOLDER (this one)"
)
_UNDER_WAY = "course-update.json"
_INSTALLED = {"requirements.txt", "pyproject.toml"}


@dataclass(frozen=True)
class _Journal:
    """What is under way: the commit that was worked on, and where each worked notebook is kept."""

    base: str
    kept: dict[str, str]


def update(root: Path, say: Say, install: Callable[[], None], now: datetime) -> None:
    """Bring the clone at `root` to the newest release, and carry the learner's work into it.

    Takes what tells the learner a sentence, what installs the requirements, and the time for the
    names of what is kept. Raises UpkeepError where it cannot go on; nothing is lost then.
    """
    clone = _clone(root)
    journal = clone.own_file(_UNDER_WAY)
    if journal.exists():
        say("An earlier update was interrupted: it is brought to its end.")
        _finish(clone, _read(journal), say, now)
        journal.unlink()
    base, target = _commits(clone)
    if clone.is_ancestor(target, base):
        say("This is the newest release: there is nothing to do.")
        return
    theirs = clone.changed(base, target)
    worked = _worked(clone, base, target, theirs)
    kept = {path: keep_aside(root / path, root, now) for path in worked if (root / path).exists()}
    for path in kept.values():
        say(f"kept: {shown(path, root)}")
    under_way = _Journal(base, {name: shown(path, root) for name, path in kept.items()})
    replace(journal, json.dumps(asdict(under_way)).encode(), root)
    try:
        clone.restore(worked)
        clone.forward(target)
    except GitError as error:
        raise UpkeepError(
            f"git could not take the new release: {error}; your notebooks are as they were"
        ) from None
    finally:
        _finish(clone, under_way, say, now)
        journal.unlink()
    if theirs & _INSTALLED or any(path.startswith(".jupyter/") for path in theirs):
        install()
    say(
        "This is the newest release now. If JupyterLab is running, restart it; "
        "if it asks about a changed file, choose Revert."
    )


def describe(name: str, carried: Carried) -> list[str]:
    """What was carried into a notebook, as lines for the learner."""
    parts = [
        f"answers: {', '.join(carried.answers)}" if carried.answers else "",
        f"votes: {carried.votes}" if carried.votes else "",
        f"cells of your own: {carried.added}" if carried.added else "",
        f"cells that you changed: {carried.edited}" if carried.edited else "",
    ]
    what = "; ".join(part for part in parts if part) or "nothing to carry"
    return [f"{name}: {what}", *(f"  {note}" for note in carried.notes)]


def _clone(root: Path) -> Clone:
    try:
        return Clone(root)
    except GitError as error:
        raise UpkeepError(f"this folder cannot be updated by git: {error}. {WITHOUT_GIT}") from None


def _commits(clone: Clone) -> tuple[str, str]:
    """The commit here and the newest one there."""
    try:
        followed = clone.upstream
    except GitError:
        raise UpkeepError(
            "the branch that is checked out follows no branch of the course; "
            "choose the one you cloned, such as: git switch main"
        ) from None
    try:
        clone.fetch()
    except GitError as error:
        raise UpkeepError(
            f"the newest release cannot be fetched: {error}; nothing was changed, try again online"
        ) from None
    base, target = clone.commit("HEAD"), clone.upstream
    if not (clone.is_ancestor(base, target) or clone.is_ancestor(target, base)):
        gone = (
            "" if clone.is_ancestor(followed, target) else "the course's history was rewritten, or "
        )
        raise UpkeepError(
            f"{gone}there are commits of your own here: nothing was changed. Clone the course into "
            "another folder, install it, and run there: course update --from FOLDER (this one)"
        )
    return base, target


def _worked(clone: Clone, base: str, target: str, theirs: set[str]) -> list[str]:
    """The notebooks that both the learner and the release changed; other files are a conflict."""
    both = theirs & clone.changed(base)
    notebooks = {path for path in both if _is_notebook(path)}
    unknown = {path for path in theirs - clone.tracked() if (clone.root / path).exists()}
    in_the_way = (both - notebooks) | unknown
    if in_the_way:
        names = ", ".join(sorted(in_the_way))
        raise UpkeepError(
            f"changed here and in the new release: {names}; nothing was changed. "
            "Move your version elsewhere (git stash push -u -- FILE), and try again"
        )
    return sorted(notebooks)


def _is_notebook(path: str) -> bool:
    return Path(path).suffix == ".ipynb" and Path(path).parts[0] in {"notebooks", "solutions"}


def _finish(clone: Clone, journal: _Journal, say: Say, now: datetime) -> None:
    """Put each kept notebook back, carried into the release that is there now; can be repeated."""
    moved = clone.commit("HEAD") != journal.base
    for name, kept in journal.kept.items():
        mine = (clone.root / kept).read_bytes()
        target = _same_stage(clone.root, name, mine)
        if target is None:
            say(f"{name} is no longer part of the course; yours stays kept: {kept}")
            continue
        if moved and not name.startswith("notebooks/"):
            continue  # a solved notebook is no place to work in: the new one stands, the old is kept
        new = clone.content("HEAD", shown(target, clone.root))
        old = clone.content(journal.base, name)
        try:
            carried = carry(old, mine, new) if moved and new is not None else Carried(mine)
        except NoNotebookError as error:
            say(f"{name}: yours {error}; it stays kept: {kept}")
            continue
        there = target.read_bytes() if target.exists() else None
        if there not in {None, new, carried.content}:  # worked on since the interruption
            say(f"kept: {shown(keep_aside(target, clone.root, now), clone.root)}")
        if there != carried.content:
            replace(target, carried.content, clone.root)
        if moved:
            for line in describe(shown(target, clone.root), carried):
                say(line)


def _same_stage(root: Path, name: str, mine: bytes) -> Path | None:
    """The notebook of the same stage in the release that is there now: it may have a new number."""
    if (root / name).exists():
        return root / name
    try:
        stage = stage_of(parse(mine))
    except NoNotebookError:
        return None
    for path in sorted((root / name).parent.glob("*.ipynb")):
        try:
            if (
                stage is not None
                and stage_of(parse(path.read_bytes())) == stage
                and "(" not in path.name
            ):
                return path
        except NoNotebookError:
            continue
    return None


def _read(journal: Path) -> _Journal:
    return _Journal(**json.loads(journal.read_text(encoding="utf-8")))
