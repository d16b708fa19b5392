"""The generated notebooks are what a build would write today, and every lesson keeps the rules."""

import json

import pytest

from checks.authoring.build import stale_files
from checks.authoring.lint import lint
from checks.course import ROOT, read_course

COURSE = read_course()


@pytest.mark.parametrize("stage", COURSE.stages, ids=lambda stage: stage.id)
def test_a_build_would_write_the_same_bytes(stage):
    assert stale_files(ROOT, stage) == [], "run: course build"


def test_lint_has_nothing_to_complain_about():
    assert list(lint(ROOT, COURSE).problems) == []


def outputs(folder, stage, kind):
    """The text of the last output of each cell of this kind, as it is stored."""
    notebook = json.loads((ROOT / folder / f"{stage.stem}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"]["course"]["kind"] == kind:
            yield "".join(cell["outputs"][-1]["data"]["text/plain"])


# That these stored outputs are true is what the first test shows: it runs the notebooks.


@pytest.mark.parametrize("stage", COURSE.stages, ids=lambda stage: stage.id)
def test_in_a_blank_notebook_every_check_says_not_attempted(stage):
    said = list(outputs("notebooks", stage, "check"))
    assert len(said) == len(stage.exercises)
    assert all(text.startswith("○ Not attempted yet") for text in said), said


@pytest.mark.parametrize("stage", COURSE.stages, ids=lambda stage: stage.id)
def test_in_a_solved_notebook_every_check_says_solved(stage):
    said = list(outputs("solutions", stage, "check"))
    assert len(said) == len(stage.exercises)
    assert all(text.startswith("✔ Solved") for text in said), said


@pytest.mark.parametrize("stage", COURSE.stages, ids=lambda stage: stage.id)
def test_in_a_blank_notebook_nobody_has_voted(stage):
    said = [*outputs("notebooks", stage, "predict"), *outputs("notebooks", stage, "quiz")]
    assert said
    assert all("No vote yet" in text for text in said), said
