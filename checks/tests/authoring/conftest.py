"""A tiny course of one stage, to be built and linted in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

STEM = "01_fastapi_basics"

STAGE = {
    "id": "fastapi_basics",
    "number": 1,
    "title": "Basics",
    "question": "What?",
    "minutes": 50,
    "builds_on": [],
    "goals": ["know it"],
    "exercises": [{"id": "greet_guest", "title": "Greet", "points": 3}],
    "predictions": [],
    "quiz": [],
}


class TinyCourse:
    """A course root with one written stage; `write` sets its source, `stage` its manifest entry."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = root / "solutions" / f"{STEM}.py"
        self.solved = root / "solutions" / f"{STEM}.ipynb"
        self.learner = root / "notebooks" / f"{STEM}.ipynb"
        self.source.parent.mkdir()
        self.learner.parent.mkdir()
        self.stage()

    def stage(self, **changes: object) -> None:
        manifest = {"title": "Tiny", "version": "1.0", "stages": [{**STAGE, **changes}]}
        (self.root / "course.yml").write_text(yaml.safe_dump(manifest), encoding="utf-8")

    def write(self, source: str) -> None:
        self.source.write_text(source, encoding="utf-8")


@pytest.fixture
def tiny(tmp_path: Path) -> TinyCourse:
    return TinyCourse(tmp_path)


@pytest.fixture(scope="module")
def tiny_of_module(tmp_path_factory: pytest.TempPathFactory) -> TinyCourse:
    return TinyCourse(tmp_path_factory.mktemp("course"))
