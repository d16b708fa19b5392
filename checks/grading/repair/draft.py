"""What the steps of the repair work on: the cells of the hand-in, and what is known of each so far."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from checks.grading.messages import Role
from checks.grading.notebook import Notebook
from checks.grading.repair import source
from checks.grading.repair.release import Release


@dataclass
class Piece:
    """A cell of the hand-in, or a part of one.

    `number` is the released cell that it is, None for one that the learner added; `original` says that
    it was recognised by its id. An `ignored` piece takes no part in what is run.
    """

    source: str
    is_code: bool = True
    id: str | None = None
    kind: str | None = None
    exercise: str | None = None
    number: int | None = None
    original: bool = False
    ignored: bool = False


@dataclass
class Draft:
    """The pieces in the hand-in's order, and the notes: the names of cells by what is said of them."""

    release: Release
    pieces: list[Piece]
    version: str | None = None
    notes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, hand_in: Notebook, release: Release) -> Draft:
        """The draft before the first step."""
        pieces = [
            Piece(cell.source, cell.is_code, cell.id, cell.kind, cell.exercise)
            for cell in hand_in.cells
        ]
        return cls(release, pieces, hand_in.version)

    @property
    def of_another_release(self) -> bool:
        """Whether the hand-in says that it was made from another release."""
        return None not in (self.version, self.release.version) and (
            self.version != self.release.version
        )

    def strangers(self) -> list[Piece]:
        """The pieces that are no released cell, as far as is known."""
        return [piece for piece in self.pieces if piece.number is None and not piece.ignored]

    def present(self) -> set[int]:
        """The released cells that the hand-in has."""
        return {
            piece.number for piece in self.pieces if piece.number is not None and not piece.ignored
        }

    def missing(self, role: Role) -> list[int]:
        """The released cells of this role that the hand-in does not have."""
        present = self.present()
        return [number for number in self.release.numbers(role) if number not in present]

    def unanswered(self) -> set[int]:
        """The exercise cells that are missing or untouched."""
        answered = {
            piece.number
            for piece in self.pieces
            if piece.number is not None and not piece.ignored and not self.is_untouched(piece)
        }
        return set(self.release.numbers(Role.EXERCISE)) - answered

    def place_of_check(self, number: int) -> int:
        """Where among the pieces the check of this exercise cell stands; behind all where it does not."""
        check = self.release.checks.get(self.exercise(number))
        for place, piece in enumerate(self.pieces):
            if piece.number == check is not None and not piece.ignored:
                return place
        return len(self.pieces)

    def exercise(self, number: int) -> str:
        """The exercise that a released cell belongs to."""
        return str(self.release.cells[number].exercise)

    def is_untouched(self, piece: Piece) -> bool:
        """Whether the learner left the released cell as it was, or emptied it."""
        text = source.code(piece.source)
        return not text or (
            piece.number is not None
            and text == source.code(self.release.cells[piece.number].source)
        )

    def note(self, what: str, name: str) -> None:
        """Note what became of a cell; `what` has a place for the names of all such cells."""
        if name not in self.notes[what]:
            self.notes[what].append(name)

    def all_notes(self) -> tuple[str, ...]:
        """The notes as sentences, one for each kind of mending."""
        return tuple(what.format(", ".join(names)) for what, names in self.notes.items() if names)
