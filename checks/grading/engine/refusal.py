"""What is said where this machine can run no hand-in at all: it is nobody's mark."""

from __future__ import annotations

from checks.grading.status import GradingError


def refusal(why: str | None) -> GradingError:
    """The error to raise; takes the last words of the process that was to run hand-ins."""
    return GradingError(f"the process that runs hand-ins could not be started: {why}")
