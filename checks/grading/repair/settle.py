"""Steps that settle what counts: of several copies, of answers in other cells, of changed given cells."""

from __future__ import annotations

from checks.grading.messages import Role
from checks.grading.repair import source
from checks.grading.repair.draft import Draft, Piece


def ignore_copies(draft: Draft) -> None:
    """Of several copies of a cell one counts: of an exercise's, the one that Jupyter would have checked.

    That is the released cell where it stands above the check, else the last attempt above it. Other
    attempts above the check run where they stand, as they would in Jupyter.
    """
    groups: dict[int, list[Piece]] = {}
    for piece in draft.pieces:
        if piece.number is not None and not piece.ignored:
            groups.setdefault(piece.number, []).append(piece)
    for number, copies in groups.items():
        if len(copies) < 2:
            continue
        if draft.release.role(number) is Role.EXERCISE:
            _choose(draft, number, copies)
            continue
        for copy in copies[1:]:
            copy.ignored = True
            if draft.release.role(number) is Role.CHECK and (copy.original or copy.kind == "check"):
                draft.note("copies of check cells were left out: {}", draft.exercise(number))


def take_answers_from_elsewhere(draft: Draft) -> None:
    """Where an exercise cell is missing or untouched, what other cells define for it is its answer."""
    for number in draft.release.exercises.values():
        own = [piece for piece in draft.pieces if piece.number == number and not piece.ignored]
        if any(not draft.is_untouched(piece) for piece in own):
            continue
        wanted = draft.release.wanted[number]
        found = [
            (place, answer)
            for place, piece in enumerate(draft.pieces)
            if (answer := _answer(draft, piece, number))
        ]
        check = draft.place_of_check(number)
        above = [each for each in found if each[0] <= check]
        found = above or _with_helpers(draft, found, check)
        if not found:
            continue
        covered = frozenset[str]().union(*(source.defined(answer) for _, answer in found))
        texts = [answer for _, answer in found]
        if not wanted <= covered:
            texts.insert(0, draft.release.cells[number].source)
        for piece in own:
            piece.ignored = True
        for place, _ in found:
            if draft.pieces[place].number is None:
                draft.pieces[place].ignored = True
        place = found[-1][0] + 1 if above else check
        if len(texts) > 1:
            texts = [source.without_timing(text) for text in texts]
        draft.pieces.insert(place, Piece("\n\n".join(texts), number=number))
        draft.note("the answer stood in another cell, and counts: {}", draft.exercise(number))


def _with_helpers(draft: Draft, found: list[tuple[int, str]], check: int) -> list[tuple[int, str]]:
    """The answers that stand below the check, and the added cells above them that they build on."""
    if not found:
        return []
    places = dict(found)
    needed = frozenset[str]().union(*map(source.names, places.values()))
    for place in range(found[-1][0], check, -1):
        piece = draft.pieces[place]
        if place in places or piece.number is not None or piece.ignored or not piece.is_code:
            continue
        provided = source.defined(piece.source).union(
            *map(source.names, source.imports(piece.source))
        )
        if provided & needed:
            places[place] = piece.source
            needed |= source.names(piece.source)
    return sorted(places.items())


def keep_added_definitions(draft: Draft) -> None:
    """What was added to a changed set-up or check cell is run after the released set-up, above the check.

    That is what is imported there, and what is defined there under a name that the lesson does not use.
    """
    pieces: list[Piece] = []
    for piece in draft.pieces:
        role = None if piece.number is None else draft.release.role(piece.number)
        added = "" if piece.ignored or not piece.is_code else _added_definitions(draft, piece, role)
        kept = [Piece(added)] if added else []
        pieces += [*kept, piece] if role is Role.CHECK else [piece, *kept]
    draft.pieces = pieces


def _added_definitions(draft: Draft, piece: Piece, role: Role | None) -> str:
    if piece.number is None or role not in {Role.SETUP, Role.CHECK} or draft.is_untouched(piece):
        return ""
    released = draft.release.cells[piece.number].source
    if role is Role.SETUP:
        known, text = released, piece.source
    else:
        # What was taken as the answer runs there.
        exercise = draft.release.exercises.get(draft.exercise(piece.number))
        answers = [each.source for each in draft.pieces if each.number == exercise]
        known, text = "\n".join([released, *answers]), source.above_check(piece.source)
    given = {source.bare(each) for each in source.imports(known) + source.definitions(known)}
    added = [each for each in source.imports(text) if source.bare(each) not in given]
    taken = source.binds(released).union(*draft.release.wanted.values())
    added += [
        each
        for each in source.definitions(text)
        if taken.isdisjoint(source.defined(each)) and source.bare(each) not in given
    ]
    return "\n".join(added)


def _choose(draft: Draft, number: int, copies: list[Piece]) -> None:
    """Keep one of the copies of an exercise cell; others are ignored, or cells that were added."""
    wanted, check = draft.release.wanted[number], draft.place_of_check(number)
    over = {id(piece) for piece in draft.pieces[:check]}
    attempts = [piece for piece in copies if not draft.is_untouched(piece)]
    above = [piece for piece in attempts if id(piece) in over]
    below = [piece for piece in attempts if id(piece) not in over]
    released = [piece for piece in above if piece.original]
    counts = (released or above[-1:] or below or copies)[0]
    answer = wanted & source.defined(counts.source)
    rivals = [piece for piece in attempts if answer & source.defined(piece.source)]
    late = {id(piece) for piece in rivals} - over
    for piece in copies:
        if piece is not counts:
            piece.ignored = draft.is_untouched(piece) or id(piece) in late
            piece.number = piece.number if piece.ignored else None
    if len(rivals) > 1:
        what = "of several answers, the last above the check counts: {}"
        draft.note(what, draft.exercise(number))


def _answer(draft: Draft, piece: Piece, number: int) -> str:
    """What a piece defines for an exercise cell that it is not; empty where it defines nothing of it."""
    role = None if piece.number is None else draft.release.role(piece.number)
    if not piece.is_code or piece.number == number or (piece.ignored and role is not Role.CHECK):
        return ""
    wanted, defines = draft.release.wanted[number], source.defined(piece.source)
    if piece.number is None:
        return piece.source if wanted & defines else ""
    if draft.is_untouched(piece) or not wanted or not wanted <= defines:
        return ""
    if role is Role.EXERCISE:
        return "" if draft.release.wanted[piece.number] & defines else piece.source
    if wanted & source.defined(draft.release.cells[piece.number].source):
        return ""
    return source.without_checks(piece.source)
