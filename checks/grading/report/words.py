"""How the report calls statuses, outcomes and states: a sign, a word, a tone; colour is never alone."""

from __future__ import annotations

from dataclasses import dataclass

from checks.grading.grade import NOT_BELIEVED, NOT_RUN
from checks.grading.status import Status
from checks.result import Outcome, State


@dataclass(frozen=True)
class Word:
    """`tone` is the class of the style sheet: good, bad or open."""

    sign: str
    text: str
    tone: str


def counted(number: int, noun: str) -> str:
    """So many of something whose plural ends with s: `1 hand-in`, `2 hand-ins`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


STATUSES = {
    Status.GRADED: Word("✔", "graded: it ran to its end", "good"),
    Status.NOT_ATTEMPTED: Word("○", "not attempted: every exercise is still blank", "open"),
    Status.TIMEOUT: Word(
        "✘", "timeout: a cell, or all of it, did not end in time; what was checked counts", "bad"
    ),
    Status.OUT_OF_MEMORY: Word(
        "✘", "out of memory: it wanted more than it gets; what was checked counts", "bad"
    ),
    Status.DIED: Word("✘", "died: its process ended early; what was checked counts", "bad"),
    Status.UNREADABLE: Word(
        "✘", "unreadable: the file is no whole notebook, or was refused", "bad"
    ),
    Status.FOREIGN: Word("✘", "foreign: a notebook, but of no stage of this course", "bad"),
    Status.MISSING: Word("○", "missing: there is no notebook", "open"),
    Status.TAMPERED: Word(
        "!", "tampered: it changed what it is checked by; a person has to look at it", "bad"
    ),
}
OUTCOMES = {
    Outcome.SOLVED: Word("✔", "Solved", "good"),
    Outcome.NOT_YET: Word("✘", "Not yet", "bad"),
    Outcome.NOT_ATTEMPTED: Word("○", "Not attempted", "open"),
    Outcome.BROKEN_SETUP: Word("!", "Not checked", "bad"),
    NOT_RUN: Word("–", "Not run", "open"),
    NOT_BELIEVED: Word("!", "Not believed", "bad"),
}
STATES = {
    State.HOLDS: Word("✔", "holds", "good"),
    State.FAILS: Word("✘", "fails", "bad"),
    State.BLOCKED: Word("–", "blocked: it needs what failed above", "open"),
    State.OPEN: Word("○", "open", "open"),
}
