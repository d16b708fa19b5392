"""The solved notebooks get full marks, although examples, demos and predictions are not run."""

from __future__ import annotations

import sys

import pytest

from checks.course import ROOT, the_course
from checks.grading.collect import HandIn
from checks.grading.grade import grade
from checks.grading.repair import read_releases

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="grading needs Linux or macOS")


@pytest.mark.parametrize("stage", the_course().stages, ids=lambda stage: stage.id)
def test_no_exercise_needs_what_is_not_run(stage) -> None:  # type: ignore[no-untyped-def]
    path = ROOT / "solutions" / f"{stage.stem}.ipynb"
    releases = read_releases(the_course(), ROOT)
    row = grade(HandIn("learner-1", stage.id, path.name, path), releases, timeout=60)
    assert (row.points, row.maximum, row.reason) == (stage.points, stage.points, "")
