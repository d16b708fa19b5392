"""The benchmarks do not run with the tests; but what they import is there, and they say what they do."""

import asyncio
from importlib import import_module
from pathlib import Path

import pytest

from checks.answers import run_cells
from checks.course import the_course
from checks.tests.benchmarks import same_hand_ins

NAMES = sorted(path.stem for path in Path(__file__).with_name("benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_can_be_imported_and_is_described(name: str) -> None:
    assert import_module(f"checks.tests.benchmarks.{name}").__doc__


def test_what_other_graders_are_given_finds_a_solved_stage_solved() -> None:
    notebook = same_hand_ins.for_nbgrader(the_course().stage("fastapi_basics"))
    needed = {"setup", "exercise", "check"}
    cells = [each for each in notebook["cells"] if each["metadata"]["course"]["kind"] in needed]
    asyncio.run(run_cells(["".join(cell["source"]) for cell in cells], "hand-in"))
