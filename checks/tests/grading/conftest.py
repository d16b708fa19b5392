"""What the tests of grading share: the small course, a folder of hand-ins, and its grades."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from checks.course import Course, read_course
from checks.grading.collect import collect
from checks.grading.grade import Grade, grade_all
from checks.grading.repair import Release, read_releases
from checks.tests.grading.small_course import MANIFEST, Cell, lesson, notebook

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small course."""
    root = tmp_path_factory.mktemp("course")
    (root / "course.yml").write_text(MANIFEST, encoding="utf-8")
    for folder in ("notebooks", "solutions"):
        (root / folder).mkdir()
    (root / "solutions" / "01_soup.py").touch()
    released = json.dumps(notebook(lesson(root)))
    (root / "notebooks" / "01_soup.ipynb").write_text(released, encoding="utf-8")
    return root


@pytest.fixture
def course(root: Path) -> Course:
    return read_course(root)


@pytest.fixture(scope="session")
def a_course(root: Path) -> Course:
    """The small course, for tests that try many examples."""
    return read_course(root)


@pytest.fixture
def release(root: Path, course: Course) -> Release:
    return read_releases(course, root)["soup"]


@pytest.fixture
def hand_ins(tmp_path: Path) -> Path:
    folder = tmp_path / "hand-ins"
    folder.mkdir()
    return folder


@pytest.fixture
def hand_in(hand_ins: Path, root: Path) -> Write:
    """Write a hand-in: the small stage with the `answers`, or the `cells`, the `content` as given."""

    def write(
        file: str,
        *,
        cells: list[Cell] | None = None,
        stage: str | None = "soup",
        content: bytes | None = None,
        **answers: str,
    ) -> Path:
        path = hand_ins / file
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            content = json.dumps(notebook(cells or lesson(root, **answers), stage)).encode()
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def grades(hand_ins: Path, course: Course, root: Path) -> Callable[..., dict[str, Grade]]:
    """Grade what was handed in; the grades by learner."""

    def grade(timeout: float = 20) -> dict[str, Grade]:
        found = collect(hand_ins, course).hand_ins
        with ThreadPoolExecutor(2) as executor:
            rows = grade_all(found, read_releases(course, root), timeout=timeout, executor=executor)
        return {row.learner: row for row in rows}

    return grade
