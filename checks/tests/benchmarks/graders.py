"""The three graders, each of which grades the same number of equal hand-ins by its command line."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

from checks.course import ROOT, StageEntry
from checks.installed import notebook_requirements
from checks.tests.benchmarks import same_hand_ins
from checks.tests.benchmarks.measuring import Cost, measure

NBGRADER = "nbgrader==0.9.6"
OTTER = "otter-grader==7.0.0"
_AT_A_TIME = 2


class WrongMarksError(Exception):
    """A grader did not give every hand-in full marks: its figures would mean nothing."""


class Course:
    """`course grade`, as it stands in this checkout."""

    name = "course grade"

    def grade(self, stage: StageEntry, number: int, folder: Path, *, look: bool = False) -> Cost:
        """Grade `number` hand-ins in an empty folder; returns what that cost."""
        notebook = same_hand_ins.solved(stage)
        for learner in range(number):
            path = folder / "hand-ins" / f"learner-{learner}" / f"{stage.stem}.ipynb"
            same_hand_ins.write(notebook, path)
        command = [sys.executable, "-m", "checks", "grade", "hand-ins", "--out", "report"]
        cost = measure(command, folder=folder, look=look, PYTHONPATH=str(ROOT))
        with (folder / "report" / "report.csv").open(encoding="utf-8-sig", newline="") as file:
            marks = [float(row["points"]) for row in csv.DictReader(file)]
        return _believe(self.name, cost, marks, number, stage)


class Nbgrader:
    """nbgrader: one command for all, one hand-in after the other."""

    name = NBGRADER

    def __init__(self, cache: Path) -> None:
        self._bin = install(NBGRADER, cache)
        self._environment = activated(self._bin)

    def grade(self, stage: StageEntry, number: int, folder: Path) -> Cost:
        """Grade `number` hand-ins in an empty folder; returns what that cost."""
        notebook = same_hand_ins.for_nbgrader(stage)
        file = f"{stage.stem}.ipynb"
        same_hand_ins.write(notebook, folder / "source" / stage.stem / file)
        (folder / "nbgrader_config.py").write_text("c = get_config()\n")
        nbgrader = str(self._bin / "nbgrader")
        release = [nbgrader, "generate_assignment", stage.stem, "--create", "--force"]
        measure(release, folder=folder, **self._environment)
        for learner in range(number):
            path = folder / "submitted" / f"learner-{learner}" / stage.stem / file
            same_hand_ins.write(notebook, path)
        cost = measure([nbgrader, "autograde", stage.stem], folder=folder, **self._environment)
        with sqlite3.connect(folder / "gradebook.db") as gradebook:
            query = (
                "select sum(auto_score) from grade join submitted_notebook"
                " on grade.notebook_id = submitted_notebook.id group by submitted_notebook.id"
            )
            marks = [mark for (mark,) in gradebook.execute(query)]
        gradebook.close()
        return _believe(self.name, cost, marks, number, stage)


class Otter:
    """otter-grader without Docker: a command for each hand-in, two at a time."""

    name = OTTER

    def __init__(self, cache: Path) -> None:
        self._bin = install(OTTER, cache)
        self._environment = activated(self._bin)

    def grade(self, stage: StageEntry, number: int, folder: Path) -> Cost:
        """Grade `number` hand-ins in an empty folder; returns what that cost."""
        notebook, tests = same_hand_ins.for_otter(stage)
        with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
            archive.writestr("otter_config.json", json.dumps({"lang": "python", "pdf": False}))
            for name, test in tests.items():
                archive.writestr(f"tests/{name}", test)
        driver = Path(__file__).with_name("otter_driver.py")
        for learner in range(number):
            same_hand_ins.write(notebook, folder / f"learner-{learner}" / f"{stage.stem}.ipynb")
        command = [sys.executable, str(driver), str(self._bin / "otter"), str(_AT_A_TIME)]
        cost = measure(command, folder=folder, **self._environment)
        marks = []
        for path in folder.glob("learner-*/results.json"):
            results = json.loads(path.read_text(encoding="utf-8"))["tests"]
            marks.append(sum(each.get("score", 0) for each in results))
        return _believe(self.name, cost, marks, number, stage)


def install(requirement: str, cache: Path) -> Path:
    """An environment of its own with a grader and what notebooks need; returns its `bin` folder."""
    home = cache / requirement.replace("==", "-")
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    wanted = "\n".join([requirement, "ipykernel", *notebook_requirements(text)])
    installed = home / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *wanted.splitlines()], check=True)
        installed.write_text(wanted, encoding="utf-8")
    return home / "bin"


def activated(folder: Path) -> dict[str, str]:
    """What `activate` sets for this `bin` folder, and where the course's checks are."""
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "VIRTUAL_ENV": str(folder.parent), "PYTHONPATH": str(ROOT)}


def _believe(name: str, cost: Cost, marks: list[float], number: int, stage: StageEntry) -> Cost:
    if marks != [stage.points] * number:
        raise WrongMarksError(
            f"{name} gave {marks[:5]} … for {number} solved hand-ins of {stage.id},"
            f" which are worth {stage.points} each"
        )
    return cost
