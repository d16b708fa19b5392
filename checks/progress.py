"""Your progress, as a notebook shows it."""

from __future__ import annotations

from checks import display, history
from checks.course import the_course
from checks.course_progress import progress_of, skipped


def progress() -> display.Card:
    """Your progress through the course, as a card: what is solved, which myths fell, where to go on."""
    mine = history.the_history()
    remarks = []
    entries, damaged = list(mine), 0
    if mine.path is None:
        remarks.append(
            "Only what was done since this kernel started: the notebook does not lie in the folder "
            "notebooks/ of the course, so nothing is written down."
        )
    elif mine.trouble:
        remarks.append(
            f"Your history is not kept, {mine.trouble}. What you do is remembered until the kernel ends."
        )
    else:
        entries, damaged = history.read(mine.path)
    if damaged:
        remarks.append(skipped(damaged))
    return display.progress_card(progress_of(the_course(), entries, tuple(remarks)))
