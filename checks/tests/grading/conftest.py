"""What the tests of grading share: the small course, a folder of hand-ins, and its grades."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from checks.course import ROOT, Course, read_course
from checks.grading.collect import collect
from checks.grading.engine import Engine, open_engine
from checks.grading.grade import Grade, grade
from checks.grading.limits import Limits
from checks.grading.repair import Release, read_releases
from checks.grading.sandbox import Sandbox, View, probe
from checks.grading.submission import pack
from checks.tests.grading.small_course import MANIFEST, Cell, lesson, notebook

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small course."""
    root = tmp_path_factory.mktemp("course")
    root.chmod(0o755)  # hand-ins may run as another user
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


@pytest.fixture(scope="session")
def sandbox(root: Path) -> Sandbox:
    """What this machine offers; the small course can be read from inside."""
    return probe(View.of_course(ROOT, [root]))


@pytest.fixture(scope="session")
def engines(sandbox: Sandbox) -> Iterator[dict[str, Engine]]:
    """Both engines, as far as this machine has them; the worker of the fast one is started once."""
    with ExitStack() as stack:
        kinds = {"portable": True, "fast": False} if sys.platform == "linux" else {"portable": True}
        yield {
            name: stack.enter_context(open_engine((), portable=portable, sandbox=sandbox))
            for name, portable in kinds.items()
        }


@pytest.fixture
def engine(request: pytest.FixtureRequest, engines: dict[str, Engine]) -> Engine:
    """The fast engine where there is one; tests marked with `both_engines` see one after the other."""
    kind = getattr(request, "param", "fast" if "fast" in engines else "portable")
    if kind not in engines:
        pytest.skip("the fast engine needs Linux")
    return engines[kind]


both_engines = pytest.mark.parametrize("engine", ["fast", "portable"], indirect=True)


@pytest.fixture
def grades(
    hand_ins: Path, course: Course, root: Path, tmp_path: Path, engine: Engine
) -> Callable[..., dict[str, Grade]]:
    """Grade what was handed in; the grades by learner."""

    def grade_them(seconds: float = 30, cell_seconds: float = 10) -> dict[str, Grade]:
        limits = Limits(seconds=seconds, cell_seconds=cell_seconds)
        releases = read_releases(course, root)
        scratch = tmp_path / "scratch"
        scratch.mkdir(exist_ok=True)
        found = collect(hand_ins, course, scratch).hand_ins
        rows = [grade(pack(each), releases, engine, limits=limits) for each in found]
        return {row.learner: row for row in rows}

    return grade_them
