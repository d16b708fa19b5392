"""A course of one stage whose cells do nothing: what grading it costs is the engine's own work."""

from __future__ import annotations

from pathlib import Path

from checks.tests.benchmarks import same_hand_ins

STAGE = "nothing"
NOTEBOOK = "01_nothing.ipynb"

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


def write(root: Path) -> same_hand_ins.Notebook:
    """Write the course into a folder; returns its notebook."""
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
    metadata = {"course": {"stage": STAGE}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    same_hand_ins.write(notebook, root / "notebooks" / NOTEBOOK)
    (root / "course.yml").write_text(_MANIFEST, encoding="utf-8")
    (root / "solutions").mkdir()
    (root / "solutions" / "01_nothing.py").touch()
    return notebook
