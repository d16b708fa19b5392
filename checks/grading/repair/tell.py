"""Steps that change nothing, and say what the released notebook has put right."""

from __future__ import annotations

from bisect import bisect_left

from checks.grading.messages import Role
from checks.grading.repair import source
from checks.grading.repair.draft import Draft

_RUN = {Role.SETUP: "set-up", Role.EXERCISE: "exercise", Role.CHECK: "check"}


def tell_of_another_release(draft: Draft) -> None:
    """Say that the hand-in was made from another release."""
    if draft.of_another_release:
        draft.note(
            "the notebook is of release {}: it was graded by release "
            f"{_literal(str(draft.release.version))}",
            str(draft.version)[:40],
        )


def tell_what_was_missing(draft: Draft) -> None:
    """Say which cells were put back."""
    for role, name in _RUN.items():
        for number in draft.missing(role):
            draft.note(f"{name} cells that were missing were put back: {{}}", _name(draft, number))


def tell_what_was_changed(draft: Draft) -> None:
    """Say which set-up and check cells were run as they were released."""
    for piece in draft.pieces:
        if piece.number is None or piece.ignored:
            continue
        role = draft.release.role(piece.number)
        if role not in {Role.SETUP, Role.CHECK}:
            continue
        released = source.bare(draft.release.cells[piece.number].source)
        if source.bare(piece.source) != released or not piece.is_code:
            draft.note(
                f"{_RUN[role]} cells that were changed were run as they were given: {{}}",
                _name(draft, piece.number),
            )


def tell_what_was_moved(draft: Draft) -> None:
    """Say which set-up, exercise and check cells were run in another place than they stood in."""
    numbers = [
        piece.number for piece in draft.pieces if piece.number is not None and not piece.ignored
    ]
    for number in sorted(set(numbers) - _in_order(numbers)):
        role = draft.release.role(number)
        if role is not None:
            draft.note(
                f"{_RUN[role]} cells that had been moved were run in their section: {{}}",
                _name(draft, number),
            )


def _in_order(numbers: list[int]) -> set[int]:
    """The longest of the rising sequences in `numbers`."""
    ends: list[int] = []
    chains: list[list[int]] = []
    for number in numbers:
        place = bisect_left(ends, number)
        chain = [*(chains[place - 1] if place else []), number]
        ends[place : place + 1] = [number]
        chains[place : place + 1] = [chain]
    return set(chains[-1]) if chains else set()


def _name(draft: Draft, number: int) -> str:
    cell = draft.release.cells[number]
    return str(cell.exercise or cell.id)


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
