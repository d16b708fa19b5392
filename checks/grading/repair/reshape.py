"""Steps that give cells their shape back: retyped, split and merged ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from checks.grading.messages import Role
from checks.grading.repair import source
from checks.grading.repair.draft import Draft, Piece
from checks.grading.repair.release import Release


def turn_into_code(draft: Draft) -> None:
    """An exercise cell that became text or raw is code again, without the fences around it."""
    for piece in draft.pieces:
        if piece.number is None or piece.is_code:
            continue
        if draft.release.role(piece.number) is Role.EXERCISE:
            piece.source, piece.is_code = source.unfenced(piece.source), True
            draft.note(
                "the exercise cell of {} was no code cell: its code was run",
                draft.exercise(piece.number),
            )


def join_split_cells(draft: Draft) -> None:
    """A cell that begins in the middle of a block goes on with the cell above."""
    cells: list[list[Piece]] = []
    above: list[Piece] = []
    for piece in draft.pieces:
        if above and _is_own(draft, piece) and _continues(draft, piece, above):
            above.append(piece)
            first = above[0]
            if first.number is None:
                first.number, first.original = piece.number, piece.original
            draft.note("a cell that had been split was joined again: {}", _name(draft, first))
            continue
        cells.append([piece])
        if piece.is_code:
            above = cells[-1]
    for first, *others in cells:
        if others:
            first.source = "\n".join(piece.source.rstrip() for piece in (first, *others))
    draft.pieces = [first for first, *_ in cells]


def split_merged_cells(draft: Draft) -> None:
    """Where exercises have no answer or no check, cells that hold several are taken apart."""
    unanswered = draft.unanswered()
    if not unanswered and not draft.missing(Role.CHECK):
        return
    absent = set(range(len(draft.release.cells))) - draft.present() | unanswered
    pieces: list[Piece] = []
    for piece in draft.pieces:
        parts = list(_parts(draft.release, piece, absent)) if _may_be_merged(draft, piece) else []
        numbers = {part.number for part in parts if part.number is not None}
        if len(numbers) > 1 and numbers & absent:
            pieces += parts
            for number in sorted(numbers):
                if draft.release.role(number) is Role.EXERCISE:
                    what = "cells that had been merged were taken apart: {}"
                    draft.note(what, draft.exercise(number))
        else:
            pieces.append(piece)
    draft.pieces = pieces


def _is_own(draft: Draft, piece: Piece) -> bool:
    if not piece.is_code or piece.ignored:
        return False
    return piece.number is None or draft.release.role(piece.number) is Role.EXERCISE


def _continues(draft: Draft, piece: Piece, above: list[Piece]) -> bool:
    """Whether the piece goes on with the cell above, of which these parts are known."""
    one = {piece.number, above[0].number} - {None}
    return (
        len(one) <= 1
        and _is_own(draft, above[0])
        and source.continues(piece.source)
        and source.ends_inside(above[-1].source)
    )


def _name(draft: Draft, piece: Piece) -> str:
    return "an added one" if piece.number is None else draft.exercise(piece.number)


def _may_be_merged(draft: Draft, piece: Piece) -> bool:
    if not piece.is_code or piece.ignored:
        return False
    return piece.number is None or not draft.is_untouched(piece)


def _parts(release: Release, piece: Piece, absent: set[int]) -> Iterator[Piece]:
    """The parts of a merged cell: whole given cells, checks, and what defines an exercise's names."""
    lines = piece.source.split("\n")
    is_exercise = piece.number is not None and release.role(piece.number) is Role.EXERCISE
    borders: dict[int, int | None] = {0: piece.number if is_exercise else None}
    possible: set[int | None] = {*absent, piece.number}
    taken = _mark_given(release, lines, possible, borders)
    _mark_own(release, lines, possible, borders, taken)
    places = sorted(borders)
    for begin, end in zip(places, [*places[1:], len(lines)], strict=True):
        text = "\n".join(lines[begin:end]).strip("\n")
        if source.code(text):
            yield replace(piece, source=text, number=borders[begin], original=False)


def _mark_given(
    release: Release,
    lines: list[str],
    possible: set[int | None],
    borders: dict[int, int | None],
) -> set[int]:
    """Mark where whole given cells stand; returns the places of their lines."""
    filled = [(place, source.bare(line)) for place, line in enumerate(lines) if line.strip()]
    texts = [text for _, text in filled]
    starts: dict[str, list[int]] = {}
    for start, text in enumerate(texts):
        starts.setdefault(text, []).append(start)
    taken: set[int] = set()
    for number, cell in enumerate(release.cells):
        if number not in possible or cell.kind == Role.EXERCISE:
            continue
        block = source.bare(cell.source).splitlines()
        for start in starts.get(block[0], ())[:100] if block else ():
            here = {place for place, _ in filled[start : start + len(block)]}
            if texts[start : start + len(block)] == block and taken.isdisjoint(here):
                taken |= here
                borders[min(here)] = number
                borders.setdefault(max(here) + 1, None)
                break
    return taken


def _mark_own(
    release: Release,
    lines: list[str],
    possible: set[int | None],
    borders: dict[int, int | None],
    taken: set[int],
) -> None:
    """Mark where an exercise is checked, and where the first of its names is defined."""
    current = borders[0]
    for place, line in source.top_lines("\n".join(lines)):
        if place in taken:
            current = None
            continue
        exercise = source.checked(line)
        if exercise is not None and exercise in release.checks:
            borders[place] = release.checks[exercise]
            borders.setdefault(place + 1, None)
            current = None
            continue
        for number in {release.definers.get(name) for name in source.defined_by(line)} & possible:
            if number is not None and number != current:
                begin = source.start_of(place, lines)
                borders[place if begin in taken else begin] = current = number
