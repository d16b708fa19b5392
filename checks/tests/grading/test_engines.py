"""Both engines find the same: the same verdicts and the same outputs, cell by cell, in every stage."""

from __future__ import annotations

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from checks.answers import read_answers
from checks.course import ROOT, StageEntry, the_course
from checks.grading.engine import open_engine
from checks.grading.limits import Limits
from checks.grading.messages import Cell, Job, Role, Run
from checks.grading.status import Status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fast engine needs Linux")

STAGES = [pytest.param(stage, id=stage.id) for stage in the_course().stages]
_ROLES = {"setup": Role.SETUP, "exercise": Role.EXERCISE, "check": Role.CHECK}


def code_cells(stage: StageEntry) -> list[dict[str, Any]]:
    text = (ROOT / "solutions" / f"{stage.stem}.ipynb").read_text(encoding="utf-8")
    return [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


def lesson(stage: StageEntry) -> Job:
    """Every code cell of a stage; each second exercise has a wrong answer."""
    wrong = {
        entry.id: next(answer.code for answer in read_answers(stage, entry.id) if answer.claim)
        for entry in stage.exercises[::2]
    }
    cells = []
    for cell in code_cells(stage):
        about = cell["metadata"]["course"]
        role = _ROLES.get(about["kind"], Role.EXTRA)
        source = "".join(cell["source"])
        if role is Role.EXERCISE:
            source = wrong.get(about["exercise"], source)
        cells.append(Cell(cell["id"], role, source, about.get("exercise")))
    limits = Limits(seconds=120, cell_seconds=60)
    return Job(stage.id, tuple(cells), limits=limits, keeps_outputs=True)


@pytest.fixture(scope="module")
def runs() -> dict[tuple[str, bool], Run]:
    """What each engine found in each stage."""

    def run(stage: StageEntry) -> list[tuple[tuple[str, bool], Run]]:
        found = []
        for portable in (True, False):
            with open_engine([stage.id], portable=portable) as engine:
                found.append(((stage.id, portable), engine.run(lesson(stage))))
        return found

    with ThreadPoolExecutor(2) as executor:
        return dict(pair for pairs in executor.map(run, the_course().stages) for pair in pairs)


@pytest.mark.parametrize("stage", STAGES)
def test_both_engines_come_to_the_same_verdicts(
    stage: StageEntry, runs: dict[tuple[str, bool], Run]
) -> None:
    fast, portable = runs[stage.id, False], runs[stage.id, True]
    assert (fast.status, fast.reason) == (portable.status, portable.reason) == (Status.GRADED, "")
    assert fast.results == portable.results
    assert set(fast.results) == {entry.id for entry in stage.exercises}
    wrong = {entry.id for entry in stage.exercises[::2]}
    assert {name for name, result in fast.results.items() if result.diagnosis} == wrong


@pytest.mark.parametrize("stage", STAGES)
def test_both_engines_keep_the_same_outputs(
    stage: StageEntry, runs: dict[tuple[str, bool], Run]
) -> None:
    for number, cell in enumerate(code_cells(stage)):
        if "nbval-ignore-output" in cell["metadata"].get("tags", []):
            continue
        fast, portable = (normal(runs[stage.id, kind].outputs[number]) for kind in (False, True))
        assert fast == portable, cell["id"]


def normal(outputs: tuple[dict[str, Any], ...]) -> list[Any]:
    """What is left of the outputs of a cell without what differs from run to run or is known to differ.

    That is the count and the addresses, the traceback's frames and colours, where one piece of what was
    printed ends, and the file that Python takes the cell for.
    """
    streams: dict[str, str] = {}
    shown: list[Any] = []
    for output in outputs:
        match output["output_type"]:
            case "stream":
                streams[output["name"]] = streams.get(output["name"], "") + output["text"]
            case "error":
                shown.append((output["ename"], plain(output["evalue"])))
            case kind:
                data = {
                    mime: plain(json.dumps(content))
                    for mime, content in output["data"].items()
                    if "widget" not in mime
                }
                shown.append((kind, data))
    return [{name: plain(text) for name, text in streams.items()}, *shown]


def plain(text: str) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    return re.sub(r"<ipython-input-[^>]+>|\S*/ipykernel_\d+/\d+\.py", "<cell>", text)
