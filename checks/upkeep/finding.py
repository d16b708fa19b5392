"""What the doctor finds: something in order, something to know, something to mend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How much a finding matters."""

    GOOD = "good"
    ADVICE = "advice"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One sentence about this installation, and how to mend it where something is amiss."""

    state: State
    what: str
    mend: str = ""


def good(what: str) -> Finding:
    """Something that is as it should be."""
    return Finding(State.GOOD, what)


def advice(what: str, mend: str) -> Finding:
    """Something that works, and could be better."""
    return Finding(State.ADVICE, what, mend)


def wrong(what: str, mend: str) -> Finding:
    """Something that has to be mended."""
    return Finding(State.WRONG, what, mend)
