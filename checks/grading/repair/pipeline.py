"""The repair as a whole: its steps in their order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from checks.grading.messages import Cell
from checks.grading.notebook import Notebook
from checks.grading.repair import source
from checks.grading.repair.arrange import in_own_order, in_released_order
from checks.grading.repair.draft import Draft
from checks.grading.repair.recognise import (
    ignore_cells_of_another_release,
    recognise_answers,
    recognise_by_id,
    recognise_by_metadata,
    recognise_by_place,
    recognise_calls,
    recognise_edited,
    recognise_same_text,
)
from checks.grading.repair.release import Release
from checks.grading.repair.reshape import join_split_cells, split_merged_cells, turn_into_code
from checks.grading.repair.settle import (
    ignore_copies,
    keep_added_definitions,
    take_answers_from_elsewhere,
)
from checks.grading.repair.tell import (
    tell_of_another_release,
    tell_what_was_changed,
    tell_what_was_missing,
    tell_what_was_moved,
)

STEPS: tuple[Callable[[Draft], None], ...] = (
    recognise_by_id,
    recognise_by_metadata,
    turn_into_code,
    join_split_cells,
    recognise_same_text,
    recognise_calls,
    split_merged_cells,
    recognise_edited,
    recognise_answers,
    ignore_cells_of_another_release,
    recognise_by_place,
    ignore_copies,
    take_answers_from_elsewhere,
    tell_of_another_release,
    tell_what_was_missing,
    tell_what_was_changed,
    tell_what_was_moved,
    keep_added_definitions,
)
"""Each step changes the draft by one rule, and may rely on those before it."""


@dataclass(frozen=True)
class Repaired:
    """The cells to run, and one polite note for each kind of thing that had to be mended."""

    cells: tuple[Cell, ...]
    notes: tuple[str, ...]


def repair(hand_in: Notebook, release: Release, *, whole: bool = False) -> Repaired:
    """Align a hand-in with its release; raises nothing, whatever the hand-in looks like.

    Takes also whether all code cells are to be run in the hand-in's order, instead of only those that
    grading needs in the release's.
    """
    draft = Draft.of(hand_in, release)
    try:
        for step in STEPS:
            step(draft)
        cells = in_own_order(draft) if whole else in_released_order(draft)
    finally:
        source.forget()
    return Repaired(cells, draft.all_notes())
