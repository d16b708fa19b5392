"""Small notebooks of a course, as a release has them and as a learner leaves them."""

from __future__ import annotations

import json
from typing import Any

from checks.claim import Asked, Claim, Evidence, Vote, decide
from checks.display import question_card, verdict_card
from checks.upkeep.cells import written

Cell = dict[str, Any]

MANIFEST = """
title: A small course
version: "1"
stages:
  - id: soup
    number: 1
    title: Soup
    question: What is in it?
    minutes: 5
    builds_on: []
    goals: [cook it]
    exercises: [{id: cook, title: Cook the soup, points: 2}]
    predictions: [water_is_wet]
    quiz: [water_is_wet]
"""


def prose(name: str, text: str = "Some words.") -> Cell:
    return _given(name, "prose", text)


def example(name: str, code: str = "1 + 1") -> Cell:
    return _given(name, "example", code)


def setup(code: str = "import math") -> Cell:
    return _given("setup", "setup", code)


def exercise(name: str, code: str = "soup = ...", *, cell: str | None = None) -> Cell:
    return _given(cell or name, "exercise", code, name)


def check(name: str, said: str = "not attempted") -> Cell:
    given = _given(f"{name}-check", "check", f"check.{name}()", name)
    return {**given, "outputs": [_output({"text/plain": said})], "execution_count": 1}


def predict(claim: str) -> Cell:
    given = _given(f"predict-{claim.replace('_', '-')}", "predict", f"predict.{claim}()")
    return {**given, "outputs": [_question(claim, Asked.PREDICT)], "execution_count": 1}


def quiz(*claims: str) -> Cell:
    questions = [_question(claim, Asked.QUIZ) for claim in claims]
    return {**_given("quiz", "quiz", "quiz()"), "outputs": questions, "execution_count": 1}


def voted(cell: Cell, *claims: str) -> Cell:
    """The cell after a vote on these claims."""
    asked = Asked.QUIZ if cell["id"] == "quiz" else Asked.PREDICT
    outputs = []
    for output in cell["outputs"]:
        named = [claim for claim in claims if claim in json.dumps(output)]
        outputs.append(_decided(named[0], asked) if named else output)
    return {**cell, "outputs": outputs}


def own(name: str, text: str, *, markdown: bool = False) -> Cell:
    """A cell that the learner added."""
    cell = _cell(name, "markdown" if markdown else "code", text)
    return {**cell, "metadata": {}}


def edited(cell: Cell, text: str) -> Cell:
    """The cell with another text."""
    return {**cell, "source": text.splitlines(keepends=True)}


def notebook(*cells: Cell, stage: str = "soup", version: str = "1") -> bytes:
    about = {"stage": stage, "course_version": version}
    metadata = {"course": about, "language_info": {"name": "python"}}
    return written({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def cells(content: bytes) -> list[Cell]:
    return json.loads(content)["cells"]  # type: ignore[no-any-return]


def texts(content: bytes) -> list[str]:
    """The text of each cell, in order."""
    return ["".join(cell["source"]) for cell in cells(content)]


def _given(name: str, kind: str, text: str, of: str | None = None) -> Cell:
    cell = _cell(name, "markdown" if kind == "prose" else "code", text)
    about = {"kind": kind} if of is None else {"kind": kind, "exercise": of}
    return {**cell, "metadata": {"course": about}}


def _cell(name: str, kind: str, text: str) -> Cell:
    cell: Cell = {"cell_type": kind, "id": name, "source": text.splitlines(keepends=True)}
    return {**cell, "outputs": [], "execution_count": None} if kind == "code" else cell


def _output(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


def _claim(name: str) -> Claim:
    return Claim(name, f"The sentence of {name}.", "This is why.", water_is_wet)


def water_is_wet() -> Evidence:
    return Evidence(True, ("seen",))


def _question(name: str, asked: Asked) -> dict[str, Any]:
    return _output(question_card(_claim(name), asked)._repr_mimebundle_())


def _decided(name: str, asked: Asked) -> dict[str, Any]:
    verdict = decide(_claim(name), asked, Vote.YES)
    return _output(verdict_card(verdict)._repr_mimebundle_())
