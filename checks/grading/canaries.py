"""Known wrong answers that follow a hand-in through the checks: one that passes gives it away."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from checks.answers import read_answers
from checks.course import ROOT, CourseError, StageEntry
from checks.grading.messages import Canary


@cache
def read_canaries(stage: StageEntry, root: Path = ROOT) -> tuple[Canary, ...]:
    """The canaries of a stage, which are none where its exercises have no answers."""
    canaries = []
    for entry in stage.exercises:
        try:
            answers = read_answers(stage, entry.id, root)
        except CourseError:
            continue
        canaries += [Canary(entry.id, answer.code) for answer in answers if answer.canary]
    return tuple(canaries)


def pick_canaries(canaries: tuple[Canary, ...], digest: str) -> tuple[Canary, ...]:
    """The one canary that a hand-in with this digest gets: always the same, and foreseen by nobody."""
    return (random.Random(digest).choice(canaries),) if canaries else ()
