"""One solved stage as a hand-in to each of three graders: the whole notebook, as a learner saves it.

The check cells of the other graders call the same checks and assert that they find the exercise
solved. How much of a notebook it runs is each grader's own affair.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from checks.course import ROOT, StageEntry

Notebook = dict[str, Any]


def solved(stage: StageEntry) -> Notebook:
    """The solved notebook of a stage without outputs."""
    text = (ROOT / "solutions" / f"{stage.stem}.ipynb").read_text(encoding="utf-8")
    notebook: Notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def for_nbgrader(stage: StageEntry) -> Notebook:
    """The same notebook with nbgrader's marks on its exercise and check cells."""
    notebook = copy.deepcopy(solved(stage))
    for cell in notebook["cells"]:
        kind, exercise = _about(cell).get("kind"), _about(cell).get("exercise")
        if kind not in {"exercise", "check"}:
            continue
        mark = {"grade_id": cell["id"], "schema_version": 3, "task": False}
        if kind == "exercise":
            mark |= {"grade": False, "solution": True, "locked": False}
        else:
            cell["source"] = "\n".join(_asserting(cell))
            points = stage.exercise(exercise).points
            mark |= {"grade": True, "solution": False, "locked": True, "points": points}
        cell["metadata"]["nbgrader"] = mark
    return notebook


def for_otter(stage: StageEntry) -> tuple[Notebook, dict[str, str]]:
    """The same notebook with otter-grader's checks, and its test files by name.

    Only set-up, exercise and check cells are left in: after a cell that raises, as some demos do, it
    would give no points.
    """
    notebook = copy.deepcopy(solved(stage))
    needed = {"setup", "exercise", "check"}
    notebook["cells"] = [each for each in notebook["cells"] if _about(each).get("kind") in needed]
    tests = {}
    for cell in notebook["cells"]:
        if _about(cell).get("kind") != "check":
            continue
        exercise = _about(cell)["exercise"]
        first, *others = _asserting(cell)
        code = "\n".join(
            [
                f">>> {line}" if not line.startswith(" ") else f"... {line}"
                for line in (first, *others)
            ]
        )
        suite = {
            "cases": [{"code": code, "hidden": False, "locked": False}],
            "scored": True,
            "setup": "",
            "teardown": "",
            "type": "doctest",
        }
        points = stage.exercise(exercise).points
        test = {"name": exercise, "points": points, "suites": [suite]}
        tests[f"{exercise}.py"] = f"OK_FORMAT = True\n\ntest = {test!r}\n"
        cell["source"] = f'grader.check("{exercise}")'
    start = copy.deepcopy(next(cell for cell in notebook["cells"] if cell["cell_type"] == "code"))
    start |= {"id": "otter", "source": "import otter\ngrader = otter.Notebook()"}
    notebook["cells"].insert(0, start)
    return notebook, tests


def write(notebook: Notebook, path: Path) -> None:
    """Write a notebook, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _about(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("course", {})


def _asserting(cell: dict[str, Any]) -> list[str]:
    source = "".join(cell["source"])
    return [
        "from checks.check import observing",
        "found = []",
        "with observing(found.append):",
        f"    card = {source}",
        "assert found[-1].outcome == 'solved'",
    ]
