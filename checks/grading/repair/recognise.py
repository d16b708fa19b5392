"""Steps that find out which released cell each cell of a hand-in is."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher

from checks.grading.messages import Role
from checks.grading.repair import source
from checks.grading.repair.draft import Draft, Piece
from checks.grading.repair.release import Release

_GIVEN = {"setup", "example", "demo", "predict", "quiz"}
_ALIKE = 0.6
_ANSWER = 0.75
_MOST_COMPARED = 100
_MOST_LINES = 300


def recognise_by_id(draft: Draft) -> None:
    """A cell with a released cell's id is that cell."""
    for piece in draft.pieces:
        if piece.id is not None:
            piece.number = draft.release.by_id.get(piece.id)
            piece.original = piece.number is not None


def recognise_by_metadata(draft: Draft) -> None:
    """A cell that says of which exercise it is the exercise or check cell is that cell."""
    cells = {"exercise": draft.release.exercises, "check": draft.release.checks}
    for piece in draft.strangers():
        if piece.kind in cells:
            piece.number = cells[piece.kind].get(piece.exercise or "")


def recognise_same_text(draft: Draft) -> None:
    """A cell with a released cell's text is that cell, whatever type it has now."""
    for piece in draft.strangers():
        piece.number = draft.release.by_text.get(source.bare(piece.source))


def recognise_calls(draft: Draft) -> None:
    """A cell that only checks, predicts or asks is that released cell, or a copy of it."""
    for piece in draft.strangers():
        call = source.only_calls(piece.source) if piece.is_code else None
        if call is not None:
            piece.number = draft.release.by_call.get(call)
            piece.ignored = piece.number is None


def recognise_edited(draft: Draft) -> None:
    """A cell that is much like a missing cell is that cell, edited; the most alike come first."""
    cells = draft.release.cells
    present = draft.present()
    absent = [
        number
        for number, cell in enumerate(cells)
        if cell.is_code and cell.kind in {*_GIVEN, "exercise"} and number not in present
    ]
    if not absent:
        return
    strangers = [piece for piece in draft.strangers() if piece.is_code][:_MOST_COMPARED]
    pairs = [
        (_likeness(piece.source, number, draft.release), piece, number)
        for piece in strangers
        for number in absent
    ]
    for likeness, piece, number in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= _ALIKE and piece.number is None and number in absent:
            piece.number = number
            absent.remove(number)


def recognise_answers(draft: Draft) -> None:
    """A cell that defines all that a missing exercise cell is to define is that cell."""
    for number in draft.missing(Role.EXERCISE):
        wanted = draft.release.wanted[number]
        _take(draft, number, lambda names, wanted=wanted: bool(wanted) and wanted <= names)  # type: ignore[misc]


def ignore_cells_of_another_release(draft: Draft) -> None:
    """Given cells that this release does not have are not run: it has its own."""
    for piece in draft.strangers():
        if piece.kind == "check" or (draft.of_another_release and piece.kind in _GIVEN):
            piece.ignored = not any(
                wanted & source.defined(piece.source) for wanted in draft.release.wanted.values()
            )


def recognise_by_place(draft: Draft) -> None:
    """A missing exercise cell is a cell that defines a part of it, else the one right above its check."""
    for number in draft.missing(Role.EXERCISE):
        wanted = draft.release.wanted[number]
        if _take(draft, number, lambda names, wanted=wanted: bool(wanted & names)):  # type: ignore[misc]
            continue
        place = draft.place_of_check(number)
        above = [piece for piece in draft.pieces[:place] if piece.is_code and not piece.ignored]
        if place < len(draft.pieces) and above and above[-1].number is None:
            above[-1].number = number


def _take(draft: Draft, number: int, fits: Callable[[frozenset[str]], bool]) -> bool:
    """Recognise the strangers that fit as this exercise cell; prefer code cells to others."""
    for is_code in (True, False):
        found = []
        for piece in draft.strangers():
            if piece.is_code is is_code:
                text = piece.source if is_code else source.unfenced(piece.source)
                if fits(source.defined(text)):
                    found.append((piece, text))
        for piece, text in found:
            _become(draft, piece, number, text)
        if found:
            return True
    return False


def _become(draft: Draft, piece: Piece, number: int, text: str) -> None:
    piece.number = number
    if not piece.is_code:
        piece.source, piece.is_code = text, True
        draft.note(
            "the exercise cell of {} was no code cell: its code was run", draft.exercise(number)
        )


def _likeness(text: str, number: int, release: Release) -> float:
    """From 0 to 1; what defines all that an exercise asks for is much like it, whatever else it says."""
    wanted = release.wanted.get(number)
    least = _ANSWER if wanted and wanted <= source.defined(text) else 0
    lines = source.bare(text).splitlines()[:_MOST_LINES]
    given = source.bare(release.cells[number].source).splitlines()[:_MOST_LINES]
    matcher = SequenceMatcher(None, lines, given, autojunk=False)
    if min(matcher.real_quick_ratio(), matcher.quick_ratio()) < _ALIKE:
        return least
    return max(least, matcher.ratio())
