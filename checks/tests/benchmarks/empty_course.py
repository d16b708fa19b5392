"""A course of one stage whose cells do nothing: what grading it costs is the engine's own work."""

from __future__ import annotations

import sys
from pathlib import Path

from checks.course import ROOT
from checks.tests.benchmarks import same_hand_ins
from checks.tests.benchmarks.measuring import Cost, measure

_MANIFEST = """
title: Nothing
version: "1"
stages:
  - id: nothing
    number: 1
    title: Nothing
    question: What does nothing cost?
    minutes: 1
    builds_on: []
    goals: [do nothing]
    exercises: [{id: nothing, title: Nothing, points: 1}]
    predictions: []
    quiz: []
"""
_GRADE = (
    "from pathlib import Path; from checks.grading.command import grade_folder;"
    "from checks.grading.options import Options;"
    "grade_folder(Path('hand-ins'), Options(out=Path('report')), root=Path('course'))"
)


def grade_nothing(number: int, folder: Path) -> Cost:
    """Grade `number` hand-ins of no work in an empty folder; returns what that cost."""
    cells = [
        {
            "cell_type": "code",
            "id": kind,
            "metadata": {"course": {"kind": kind, "exercise": "nothing"}},
            "execution_count": None,
            "outputs": [],
            "source": "pass",
        }
        for kind in ("setup", "exercise", "check")
    ]
    metadata = {"course": {"stage": "nothing"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    course = folder / "course"
    same_hand_ins.write(notebook, course / "notebooks" / "01_nothing.ipynb")
    (course / "course.yml").write_text(_MANIFEST, encoding="utf-8")
    (course / "solutions").mkdir()
    (course / "solutions" / "01_nothing.py").touch()
    for learner in range(number):
        path = folder / "hand-ins" / f"learner-{learner}" / "01_nothing.ipynb"
        same_hand_ins.write(notebook, path)
    return measure([sys.executable, "-c", _GRADE], folder=folder, PYTHONPATH=str(ROOT))
