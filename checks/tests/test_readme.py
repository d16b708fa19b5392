"""The README says what the manifest says."""

import re

import pytest

from checks.course import ROOT, read_course

README = (ROOT / "README.md").read_text(encoding="utf-8")
COURSE = read_course()
STAGES = [*COURSE.stages, *COURSE.planned]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.id)
def test_each_stage_has_its_line_in_the_table(stage):
    line = next(each for each in README.splitlines() if each.startswith(f"| {stage.number} |"))
    assert stage.question in line
    assert f"| {stage.minutes} |" in line
    assert (f"notebooks/{stage.stem}.ipynb" in line) is stage.written


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_each_link_leads_to_a_file(target):
    assert (ROOT / target).exists()


@pytest.mark.parametrize("name", ["start", "tests"])
def test_the_two_commands_are_one_line_each(name):
    (command,) = re.findall(rf"<!-- command: {name} -->\n```bash\n(.+?)\n```", README, re.DOTALL)
    assert "\n" not in command
    assert "-r requirements.txt" in command
