"""The fingerprint of a stage changes with all that its marks depend on, and with nothing else."""

from __future__ import annotations

import json
import re
import shutil
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from checks.course import ROOT, Course, StageEntry, the_course
from checks.grading import fingerprint as module
from checks.grading.fingerprint import LIBRARIES, fingerprints


def fingerprint(stage: StageEntry, root: Path) -> str:
    return fingerprints([stage], root)[stage.id]


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    return shutil.copytree(root, tmp_path / "course")


def test_it_is_the_same_for_the_same_course_elsewhere(
    course: Course, root: Path, copy: Path
) -> None:
    stage = course.stages[0]
    assert fingerprint(stage, root) == fingerprint(stage, copy)


@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
def test_it_changes_with_a_notebook(folder: str, course: Course, copy: Path) -> None:
    stage = course.stages[0]
    before = fingerprint(stage, copy)
    with (copy / folder / "01_soup.ipynb").open("a") as file:
        file.write("\n")
    assert fingerprint(stage, copy) != before


def test_it_changes_with_points_and_libraries(
    course: Course, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = course.stages[0]
    first = stage.exercises[0].model_copy(update={"points": 5})
    dearer = stage.model_copy(update={"exercises": (first, *stage.exercises[1:])})
    found = {
        fingerprint(stage, root),
        fingerprint(dearer, root),
    }
    monkeypatch.setattr(module, "library_versions", lambda: {"fastapi": "0"})
    found.add(fingerprint(stage, root))
    assert len(found) == 3


def test_it_changes_with_the_stages_own_room_and_those_that_it_borrows_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room, text in {"a": "from checks.stages.b import x", "b": "x = 1", "c": "y = 1"}.items():
        (tmp_path / "stages" / room).mkdir(parents=True)
        (tmp_path / "stages" / room / "claims.py").write_text(text)
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    stage = the_course().stages[0].model_copy(update={"id": "a"})
    found = [fingerprint(stage, tmp_path)]
    for room in "cba":
        (tmp_path / "stages" / room / "claims.py").write_text(
            "z = 2\nfrom checks.stages.b import x"
        )
        found.append(fingerprint(stage, tmp_path))
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_every_library_that_lessons_and_rooms_import_is_part_of_it() -> None:
    sources = [
        "".join(cell["source"])
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    sources += [
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "checks" / "stages").rglob("*.py"))
    ]
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", "\n".join(sources), re.MULTILINE))
    known = packages_distributions()
    third = {known[name][0].lower() for name in imported - sys.stdlib_module_names if name in known}
    assert third - {"sqlalchemy-with-fastapi-course"} <= set(LIBRARIES)
