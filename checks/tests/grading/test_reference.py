"""The solved notebooks get full marks, although examples, demos and predictions are not run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks.course import ROOT, StageEntry, the_course
from checks.grading.collect import HandIn
from checks.grading.grader import Grader, open_grader
from checks.grading.limits import Limits
from checks.grading.submission import pack


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with open_grader(the_course(), ROOT, limits=Limits()) as grader:
        yield grader


@pytest.mark.parametrize("stage", the_course().stages, ids=lambda stage: stage.id)
def test_no_exercise_needs_what_is_not_run(stage: StageEntry, grader: Grader) -> None:
    path = ROOT / "solutions" / f"{stage.stem}.ipynb"
    row = grader(pack(HandIn("learner-1", stage.id, path.name, path)))
    assert (row.points, row.maximum, row.reason) == (stage.points, stage.points, "")
