"""The last step: the cells to run in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from checks.grading.messages import Cell, Role
from checks.grading.repair import source
from checks.grading.repair.draft import Draft, Piece
from checks.grading.repair.release import Release

_NAMES = {
    Role.SETUP: "the set-up cell {0.id}",
    Role.EXERCISE: "the exercise cell of {0.exercise}",
    Role.CHECK: "the check cell of {0.exercise}",
}

_MOST_READ = 2_000_000


def in_released_order(draft: Draft) -> tuple[Cell, ...]:
    """What grading needs: set-up, exercise and check cells, and behind each what the learner added.

    Other cells of the lesson are run where the learner's code takes a name from them.
    """
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
    spare: dict[int, Cell] = {}
    for number, cell in enumerate(draft.release.cells):
        if draft.release.role(number) is not None:
            cells.append(_released(draft, number, answers))
        elif cell.is_code:
            other = _other(draft, number, answers.get(number, cell.source))
            spare[len(cells)] = other
            cells.append(other)
        cells += added[number]
    left_out = spare.keys() - _lenders(cells, spare)
    return tuple(cell for place, cell in enumerate(cells) if place not in left_out)


def _lenders(cells: list[Cell], spare: Mapping[int, Cell]) -> set[int]:
    """The spare cells that define what the learner's code takes from none of the others.

    Both are known by their places in `cells`; of several that define a name, the last one above counts.
    None lends where there is more to read than any learner writes.
    """
    if sum(len(cell.source) for cell in cells) > _MOST_READ:
        return set()
    on_offer = frozenset[str]().union(*(source.binds(cell.source) for cell in spare.values()))
    given: list[frozenset[str]] = []
    so_far = frozenset[str]()
    for place, cell in enumerate(cells):
        given.append(so_far)
        if place not in spare and (named := on_offer & source.names(cell.source)):
            so_far |= named & source.binds(cell.source)
    lenders: set[int] = set()
    wanted = frozenset[str]()
    for place, cell in reversed(list(enumerate(cells))):
        if place in spare:
            if not wanted or not (found := wanted & source.binds(cell.source)):
                continue
            lenders.add(place)
            wanted -= found
        if cell.role in {Role.EXERCISE, Role.EXTRA} and on_offer & source.names(cell.source):
            wanted |= (on_offer & source.needs(cell.source)) - given[place]
    return lenders


def in_own_order(draft: Draft) -> tuple[Cell, ...]:
    """Every code cell in the hand-in's order.

    A check never stands above its exercise cell, nor a set-up cell below an exercise that is to follow.
    """
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
            order.append((number, _other(draft, number, piece.source)))
    for exercise, check in draft.release.checks.items():
        numbers = [number for number, _ in order]
        cell = draft.release.exercises.get(exercise)
        if check in numbers and cell in numbers and numbers.index(check) < numbers.index(cell):
            del order[numbers.index(check)]
    for number in range(len(draft.release.cells)):
        if draft.release.role(number) is not None and number not in {each for each, _ in order}:
            order.insert(_place(order, number), (number, _released(draft, number, answers)))
    for number in draft.release.numbers(Role.SETUP):
        _move_up(order, number, draft.release)
    return tuple(cell for _, cell in order)


def _move_up(order: list[tuple[int | None, Cell]], number: int, release: Release) -> None:
    """Move a set-up cell that stands below an exercise or check which follows it in the release."""
    numbers = [each for each, _ in order]
    place = numbers.index(number)
    exercises = {*release.exercises.values(), *release.checks.values()}
    first = next(
        (
            where
            for where, each in enumerate(numbers)
            if each is not None and each > number and each in exercises
        ),
        place,
    )
    if first < place:
        cell = order.pop(place)
        order.insert(min(first, _place(order, number)), cell)


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
        if piece.number is not None and not piece.ignored and piece.is_code
    }


def _released(draft: Draft, number: int, answers: dict[int, str]) -> Cell:
    cell = draft.release.cells[number]
    role = draft.release.role(number)
    assert role is not None
    text = answers.get(number, cell.source) if role is Role.EXERCISE else cell.source
    return Cell(_NAMES[role].format(cell), role, text, cell.exercise)


def _other(draft: Draft, number: int, text: str) -> Cell:
    return Cell(f"the cell {draft.release.cells[number].id}", Role.EXTRA, text)


def _added(draft: Draft, piece: Piece, above: int | None) -> Cell:
    where = "at the top" if above is None else f"after {draft.release.cells[above].id}"
    return Cell(f"an added cell {where}", Role.EXTRA, piece.source)


def _is_run(piece: Piece) -> bool:
    return piece.is_code and bool(piece.source.strip())
