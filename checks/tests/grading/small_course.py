"""A small course to grade: one written stage of three exercises that is quick to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MANIFEST = """
title: Soup
version: "1"
stages:
  - id: soup
    number: 1
    title: Soup
    question: How is soup made?
    minutes: 5
    builds_on: []
    goals: [make soup]
    exercises:
      - {id: double, title: Double it, points: 4}
      - {id: greet, title: Greet, points: 3}
      - {id: total, title: The total, points: 2}
    predictions: []
    quiz: []
  - id: salad
    number: 2
    title: Salad
    question: How is salad made?
    written: false
    minutes: 5
    builds_on: [soup]
    goals: [make salad]
    exercises: [{id: toss, title: Toss, points: 1}]
    predictions: []
    quiz: []
"""

SETUP = """
from checks.course import read_course
from checks.check import Check, Checks
from checks.criterion import criterion, expect
from checks.exercise import exercise
from pathlib import Path

@exercise(hints=("add",))
def double(double):
    with criterion("it doubles 2"):
        expect(double(2) == 4, f"{double(2)}")
    with criterion("it doubles text"):
        expect(double("a") == "aa", f"{double('a')}")

@exercise(hints=("say it",))
def greet(greet):
    with criterion("it greets"):
        expect(greet("you") == "Hello you", f"{greet('you')}")

@exercise(hints=("sum",))
def total(total):
    with criterion("it adds"):
        expect(total([1, 2]) == 3, f"{total([1, 2])}")

stage = read_course(Path(ROOT)).stage("soup")
check = Checks({each.name: Check(each, stage.exercise(each.name), stage) for each in (double, greet, total)})
del double, greet, total
"""

SOLVED = {
    "double": "def double(value):\n    return value * 2",
    "greet": "async def kitchen():\n    return 'Hello'\n\nhello = await kitchen()\n\n"
    "def greet(name):\n    return f'{hello} {name}'",
    "total": "def total(prices):\n    return sum(prices)",
}
BLANK = {name: f"def {name}(value):\n    ..." for name in SOLVED}

Cell = dict[str, Any]


def code(
    identifier: str, source: Any, kind: str | None = None, exercise: str | None = None
) -> Cell:
    about = {key: value for key, value in {"kind": kind, "exercise": exercise}.items() if value}
    return {
        "cell_type": "code",
        "id": identifier,
        "metadata": {"course": about} if about else {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def notebook(cells: list[Cell], stage: str | None = "soup") -> dict[str, Any]:
    metadata = {"course": {"stage": stage}} if stage else {}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def lesson(root: Path, **answers: str) -> list[Cell]:
    """The cells of the small stage: blank, but for the `answers`."""
    cells = [code("s-setup", f"ROOT = {str(root)!r}\n{SETUP}", "setup")]
    cells.append(code("s-demo", "raise RuntimeError('a demo is not run')", "demo"))
    for name, blank in BLANK.items():
        cells.append(code(f"s-{name}", answers.get(name, blank), "exercise", name))
        cells.append(code(f"s-{name}-check", f"check.{name}({name})", "check", name))
    return cells
