"""A hand-in that can travel: to a thread of this process, or to another machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

from checks.grading.collect import HandIn
from checks.grading.notebook import LARGEST
from checks.grading.status import Status


@dataclass(frozen=True)
class Submission:
    """A hand-in with the bytes of its notebook, or None where there is nothing to run."""

    hand_in: HandIn
    content: bytes | None = None


def pack(hand_in: HandIn) -> Submission:
    """Read the notebook of a hand-in, so that it can travel; what cannot be read says so."""
    if hand_in.status is not None or hand_in.path is None:
        return Submission(hand_in)
    try:
        if not hand_in.path.is_file():
            return _unreadable(hand_in, "is not a file")
        with hand_in.path.open("rb") as file:
            return Submission(replace(hand_in, path=None), file.read(LARGEST + 1))
    except OSError as error:
        return _unreadable(hand_in, f"cannot be opened: {error.strerror}")


def _unreadable(hand_in: HandIn, reason: str) -> Submission:
    return Submission(replace(hand_in, path=None, status=Status.UNREADABLE, reason=reason))
