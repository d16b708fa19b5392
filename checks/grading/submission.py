"""A hand-in that can travel: to a thread of this process, or to another machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

from checks.grading.collect import HandIn
from checks.grading.notebook import UnreadableNotebookError, read_content
from checks.grading.status import Status, joined


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
        content = read_content(hand_in.path)
    except UnreadableNotebookError as error:
        return _unreadable(hand_in, str(error))
    return Submission(replace(hand_in, path=None), content)


def _unreadable(hand_in: HandIn, reason: str) -> Submission:
    # Without the digest of what was there before, the next run tries it again.
    unread = replace(
        hand_in,
        path=None,
        digest="",
        status=Status.UNREADABLE,
        reason=joined(reason, hand_in.reason),
    )
    return Submission(unread)
