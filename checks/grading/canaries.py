"""Known wrong answers that follow a hand-in through the checks: one that passes gives it away."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from checks.answers import canaries_path
from checks.course import ROOT, CourseError, StageEntry
from checks.grading.messages import Canary

_BY_EXERCISE = TypeAdapter(dict[str, list[str]])


@cache
def read_canaries(stage: StageEntry, root: Path = ROOT) -> tuple[Canary, ...]:
    """The canaries of a stage, as `course build` has laid them down; none where it has no answers.

    Raises CourseError where the file cannot be read.
    """
    path = canaries_path(root, stage)
    if not path.parent.is_dir():
        return ()
    try:
        by_exercise = _BY_EXERCISE.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        where = path.relative_to(root).as_posix()
        raise CourseError(f"{where} cannot be read; run: course build {stage.id}") from None
    return tuple(Canary(name, code) for name, codes in by_exercise.items() for code in codes)


def pick_canaries(canaries: tuple[Canary, ...], hand_in: str) -> tuple[Canary, ...]:
    """The one canary that follows a hand-in, drawn by its name, so that it is always the same one."""
    return (random.Random(hand_in).choice(canaries),) if canaries else ()
