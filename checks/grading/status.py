"""The statuses of a hand-in: a closed set, so that every hand-in has a row and a reason."""

from __future__ import annotations

from enum import StrEnum

from checks.course import CourseError


class Status(StrEnum):
    """What became of a hand-in.

    After a timeout, a death or a lack of memory, the points of what was checked count.
    """

    GRADED = "graded"
    NOT_ATTEMPTED = "not-attempted"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out-of-memory"
    DIED = "died"
    UNREADABLE = "unreadable"
    FOREIGN = "foreign"
    MISSING = "missing"
    TAMPERED = "tampered"


def joined(*reasons: str) -> str:
    """Several reasons as one; empty ones are none."""
    return "; ".join(filter(None, reasons))


class GradingError(CourseError):
    """Grading cannot begin or go on as it was asked for; the message is one line that says how to mend it."""


class StoppedError(GradingError):
    """Somebody stopped the grading; the message says what is done, and how to go on."""

    exit_code = 130
