"""A learner's work carried from the notebook of one release into that of the next.

Three notebooks are held against each other, cell by cell: the old release, what the learner made of
it, and the new release. What only one side changed is taken from that side. Where both did, an
exercise keeps the learner's answer, any other cell is the new one, and what had to give way stands
below it as a note. So nothing that a learner wrote is ever left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count

from checks.upkeep.cells import (
    Cell,
    by_id,
    exercise,
    kind,
    outputs,
    parse,
    recognised,
    source,
    written,
)
from checks.upkeep.votes import votes_in, with_votes


@dataclass
class Carried:
    """A notebook of the new release with the learner's work in it, and what that was.

    `answers` are the exercises whose answer came along, `added` and `edited` count the learner's own
    and changed cells, `votes` the votes. `notes` are sentences about what has no place any more.
    """

    content: bytes
    answers: list[str] = field(default_factory=list)
    edited: int = 0
    added: int = 0
    votes: int = 0
    notes: list[str] = field(default_factory=list)


def carry(base: bytes | None, mine: bytes, new: bytes) -> Carried:
    """Carry the work in the notebook `mine` from the release `base` into the release `new`.

    Where `base` is not at hand (None), only exercises, added cells and votes can be told from what was
    given. Raises NoNotebookError where one of them is no notebook.
    """
    if base == new:
        return Carried(mine)
    release = parse(new)
    old = by_id(parse(base)["cells"]) if base is not None else {}
    return _Carrier(old, parse(mine)["cells"], release["cells"]).into(release)


class _Carrier:
    def __init__(self, old: dict[str, Cell], mine: list[Cell], new: list[Cell]) -> None:
        self._old = _renamed(old, new)
        self._new = by_id(new)
        self._has_base = bool(old)
        self._mine: dict[str, Cell] = {}
        self._added: dict[str | None, list[Cell]] = defaultdict(list)
        self._votes = votes_in(mine)
        self._report = Carried(b"")
        self._names = set(self._new)
        above: str | None = None
        for name, cell in recognised(_renamed_cells(mine, old, self._old), self._old, self._new):
            if name in self._new:
                above = name
                self._mine[name] = cell
            elif name is None:
                self._added[above].append(self._own(cell))
            elif source(cell) != source(self._old[name]):
                self._added[above].append(self._removed(cell))

    def into(self, release: dict[str, object]) -> Carried:
        """The notebook of the new release with everything in it."""
        cells = list(self._added[None])
        for name, given in self._new.items():
            cells += self._placed(given, self._mine.get(name), self._old.get(name))
            cells += self._added[name]
        cells = [with_votes(cell, self._votes) for cell in cells]
        self._report.votes = len(kept := votes_in(cells))
        for _, claim in self._votes.keys() - kept.keys():
            self._report.notes.append(f"the vote on {claim} is no longer asked for here")
        self._report.content = written({**release, "cells": cells})
        return self._report

    def _placed(self, given: Cell, mine: Cell | None, old: Cell | None) -> list[Cell]:
        """The cell of the new release as the learner gets it, with a note where something gave way."""
        if mine is None:
            return [given]
        if old is None and not self._has_base and kind(given) == "exercise":
            old = given
        unchanged = old is not None and _same(given, old)
        edited = old is not None and source(mine) != source(old) and kind(given) != "check"
        if not edited:
            return [_ran(given, mine) if unchanged else given]
        if unchanged or (old is not None and source(given) == source(old)):
            self._count(given)
            return [_ran({**given, "source": mine.get("source", "")}, mine)]
        if source(mine) == source(given):
            return [given]
        if kind(given) == "exercise":
            self._count(given)
            said = f"In the new release, the exercise `{exercise(given)}` begins like this:"
            self._report.notes.append(
                f"the exercise {exercise(given)} has changed: its new start stands below your answer"
            )
            answer = _ran({**given, "source": mine.get("source", "")}, mine)
            return [answer, self._note(said, given)]
        if kind(given) in {"predict", "quiz"}:
            return [given]  # what was typed there is a vote, and comes along as one
        self._report.edited += 1
        self._report.notes.append(
            f"a cell that you had changed is new in this release: yours stands below it ({given['id']})"
        )
        return [given, self._note("Before the update, you had changed the cell above to:", mine)]

    def _count(self, given: Cell) -> None:
        if kind(given) == "exercise":
            self._report.answers.append(str(exercise(given)))
        elif kind(given) not in {"predict", "quiz"}:
            self._report.edited += 1

    def _own(self, cell: Cell) -> Cell:
        self._report.added += 1
        metadata = cell.get("metadata")
        kept = dict(metadata) if isinstance(metadata, dict) else {}
        for key in ("course", "editable", "deletable"):  # of a given cell that was copied
            kept.pop(key, None)
        return {**cell, "id": self._fresh(str(cell.get("id") or "added")), "metadata": kept}

    def _removed(self, cell: Cell) -> Cell:
        """What the learner wrote into a cell that the new release does not have."""
        name = exercise(cell)
        if name and kind(cell) == "exercise":
            self._report.notes.append(
                f"the exercise {name} is no longer part of this stage: your answer is kept as a note"
            )
            return self._note(f"Your answer to `{name}`, which this stage no longer asks:", cell)
        self._report.notes.append(
            "a cell that you had changed is no longer part of this stage: yours is kept as a note"
        )
        return self._note("You had changed a cell that this stage no longer has:", cell)

    def _note(self, sentence: str, cell: Cell) -> Cell:
        """A Markdown cell with the text of another: it is kept, and never run."""
        body = source(cell)
        if cell.get("cell_type") == "code":
            fence = "`" * max(3, 1 + _longest_run(body))
            body = f"{fence}python\n{body}\n{fence}"
        text = f"*{sentence}*\n\n{body}"
        return {
            "cell_type": "markdown",
            "id": self._fresh(f"kept-{cell.get('id') or 'cell'}"),
            "metadata": {},
            "source": text.splitlines(keepends=True),
        }

    def _fresh(self, wanted: str) -> str:
        """An id that no other cell has; nbformat allows 64 characters."""
        tries = (f"{wanted[:56]}-{number}" if number else wanted[:64] for number in count())
        name = next(each for each in tries if each not in self._names)
        self._names.add(name)
        return name


def _renamed(old: dict[str, Cell], new: list[Cell]) -> dict[str, Cell]:
    """The old release by the ids of the new one: an exercise stays itself under another cell id."""
    there = {exercise(cell): cell["id"] for cell in new if kind(cell) == "exercise"}
    ids = set(by_id(new))
    return {
        there.get(exercise(cell), name)
        if name not in ids and kind(cell) == "exercise"
        else name: cell
        for name, cell in old.items()
    }


def _renamed_cells(mine: list[Cell], old: dict[str, Cell], renamed: dict[str, Cell]) -> list[Cell]:
    """The learner's cells with the ids that `_renamed` gave."""
    ids = dict(zip(old, renamed, strict=True)) if len(old) == len(renamed) else {}
    return [{**cell, "id": ids.get(cell.get("id", ""), cell.get("id"))} for cell in mine]


def _same(one: Cell, other: Cell) -> bool:
    return source(one) == source(other) and outputs(one) == outputs(other)


def _ran(given: Cell, mine: Cell) -> Cell:
    """The given cell with what the learner's one shows: its outputs and pasted pictures."""
    ran = dict(given)
    ran.update(
        {key: mine[key] for key in ("outputs", "execution_count", "attachments") if key in mine}
    )
    return ran


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest
