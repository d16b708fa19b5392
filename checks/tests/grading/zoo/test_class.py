"""A class of sixty with sixteen hostile hand-ins among them: nobody else loses a mark."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from checks.grading.sandbox import Layer, Level, Sandbox
from checks.grading.status import Status
from checks.tests.grading.small_course import SOLVED, lesson
from checks.tests.grading.zoo.endings import ENDINGS
from checks.tests.grading.zoo.keeper import grade_all, hand_in
from checks.tests.grading.zoo.reaching import reaching

CORRECT = 60
HOSTILE = (
    "loops without end",
    "loops and swallows the interrupt",
    "exits at once",
    "kills itself",
    "closes all descriptors",
    "takes all memory",
    "starts threads without end",
    "writes to its output without end",
    "fills the disk with one file",
    "raises an error with a huge message",
    "leaves threads and functions for the end",
    "starts processes without end",
    "leaves a daemon behind",
    "kills everybody",
    "kills the first hundred processes",
    "leaves a file for its neighbours",
)


@pytest.mark.parametrize("namespaces", [True, False], ids=["namespaces", "no namespaces"])
def test_all_who_are_right_keep_full_marks(
    namespaces: bool, root: Path, sandbox: Sandbox, tmp_path: Path
) -> None:
    if not namespaces:
        # Another user may be unable to read the folder of this test.
        without = {Layer.NAMESPACES, Layer.BUBBLEWRAP, Layer.USER}
        layers = tuple(layer for layer in sandbox.layers if layer not in without)
        sandbox = replace(sandbox, layers=layers)
    if sandbox.level < Level.CONFINED:
        pytest.skip(f"this machine cannot confine a hand-in: {sandbox.missing}")
    animals = {animal.name: animal for animal in (*ENDINGS, *reaching("", 0, ""))}
    class_of = [SOLVED] * CORRECT + [animals[name].answers for name in HOSTILE]
    random.Random(len(class_of)).shuffle(class_of)
    folder, scratch = tmp_path / "hand-ins", tmp_path / "scratch"
    for place in (folder, scratch):
        place.mkdir()
    for number, answers in enumerate(class_of):
        hand_in(folder, f"learner-{number:02}", lesson(root, **answers), "soup")

    grades = grade_all(folder, scratch, root, sandbox)

    correct = {
        f"learner-{number:02}" for number, answers in enumerate(class_of) if answers is SOLVED
    }
    assert len(grades) - len(correct) == len(HOSTILE) == 16
    kept = {(grades[name].status, grades[name].points, grades[name].reason) for name in correct}
    assert kept == {(Status.GRADED, 9, "")}
