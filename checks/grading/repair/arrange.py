"""The last step: the cells to run in their order."""

from __future__ import annotations

from collections import defaultdict

from checks.grading.messages import Cell, Role
from checks.grading.repair.draft import Draft, Piece

_NAMES = {
    Role.SETUP: "the set-up cell {0.id}",
    Role.EXERCISE: "the exercise cell of {0.exercise}",
    Role.CHECK: "the check cell of {0.exercise}",
}


def in_released_order(draft: Draft) -> tuple[Cell, ...]:
    """What grading needs: set-up, exercise and check cells, and behind each what the learner added."""
    answers = _answers(draft)
    added: dict[int | None, list[Cell]] = defaultdict(list)
    above: int | None = None
    for piece in draft.pieces:
        if piece.ignored:
            continue
        if piece.number is not None:
            above = piece.number
        elif _is_run(piece):
            added[above].append(_added(draft, piece, above))
    cells = list(added[None])
    for number in range(len(draft.release.cells)):
        if draft.release.role(number) is not None:
            cells.append(_released(draft, number, answers))
        cells += added[number]
    return tuple(cells)


def in_own_order(draft: Draft) -> tuple[Cell, ...]:
    """Every code cell in the hand-in's order; a check never stands above its exercise cell."""
    answers = _answers(draft)
    order: list[tuple[int | None, Cell]] = []
    above: int | None = None
    for piece in draft.pieces:
        if piece.ignored or not _is_run(piece):
            continue
        number = piece.number
        above = above if number is None else number
        if number is None:
            order.append((None, _added(draft, piece, above)))
        elif draft.release.role(number) is not None:
            order.append((number, _released(draft, number, answers)))
        else:
            name = f"the cell {draft.release.cells[number].id}"
            order.append((number, Cell(name, Role.EXTRA, piece.source)))
    for exercise, check in draft.release.checks.items():
        numbers = [number for number, _ in order]
        cell = draft.release.exercises.get(exercise)
        if check in numbers and cell in numbers and numbers.index(check) < numbers.index(cell):
            del order[numbers.index(check)]
    for number in range(len(draft.release.cells)):
        if draft.release.role(number) is not None and number not in {each for each, _ in order}:
            order.insert(_place(order, number), (number, _released(draft, number, answers)))
    return tuple(cell for _, cell in order)


def _place(order: list[tuple[int | None, Cell]], number: int) -> int:
    """Behind the nearest released cell before this one, and behind what was added there."""
    before = [each for each, _ in order if each is not None and each < number]
    if not before:
        return 0
    place = [each for each, _ in order].index(max(before)) + 1
    while place < len(order) and order[place][0] is None:
        place += 1
    return place


def _answers(draft: Draft) -> dict[int, str]:
    return {
        piece.number: piece.source
        for piece in draft.pieces
        if piece.number is not None and not piece.ignored
    }


def _released(draft: Draft, number: int, answers: dict[int, str]) -> Cell:
    cell = draft.release.cells[number]
    role = draft.release.role(number)
    assert role is not None
    text = answers.get(number, cell.source) if role is Role.EXERCISE else cell.source
    return Cell(_NAMES[role].format(cell), role, text, cell.exercise)


def _added(draft: Draft, piece: Piece, above: int | None) -> Cell:
    where = "at the top" if above is None else f"after {draft.release.cells[above].id}"
    return Cell(f"an added cell {where}", Role.EXTRA, piece.source)


def _is_run(piece: Piece) -> bool:
    return piece.is_code and bool(piece.source.strip())
