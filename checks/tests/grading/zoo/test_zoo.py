"""Hostile hand-ins: each ends with its status, gains nothing, harms nobody and leaves nothing behind."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks.answers import read_answers
from checks.course import ROOT, read_course
from checks.grading.engine.fast import FastEngine
from checks.grading.grade import Grade
from checks.grading.messages import Cell, Job, Role
from checks.grading.notebook import read_notebook
from checks.grading.sandbox import Layer, Level, Sandbox, View
from checks.grading.status import Status
from checks.tests.grading.small_course import SOLVED, lesson
from checks.tests.grading.zoo.endings import ENDINGS
from checks.tests.grading.zoo.forgers import FORGERS, KNOWN_GAPS, OF_NO_USE, PERMISSIVE, STAGE
from checks.tests.grading.zoo.keeper import grade_all, hand_in
from checks.tests.grading.zoo.reaching import WITHIN_REACH, reaching

LOOKS_INTO_ITS_MEMORY = """
import ctypes, os, re
libc = ctypes.CDLL(None)
libc.sbrk.restype, libc.sbrk.argtypes = ctypes.c_void_p, [ctypes.c_long]
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
file = os.open("pages", os.O_RDWR | os.O_CREAT)
mine = "needle " + "".join(map(str, range(10)))
shifted = PATTERNS
shift = bytes((each + 1) % 256 for each in range(256))
found, here = set(), id(object()) & ~0xffff
for start, step in ((libc.sbrk(0) & ~0xffff, -65536), (here, 65536), (here, -65536)):
    for number in range(4000):
        begin, end = start + number * step, start + number * step + 65536 + 256
        os.lseek(file, 0, os.SEEK_SET)
        while begin < end:
            # Where nothing is mapped, this gives an error instead of a crash; so on to the next page.
            size = libc.write(file, begin, end - begin)
            begin = (begin + max(size, 0)) // 4096 * 4096 + 4096
        page = os.pread(file, os.lseek(file, 0, os.SEEK_CUR), 0)
        found |= set(re.findall(rb"needle (?:[0-9]{10}|[a-j]{10})", page))
        found |= {line for line in shifted if line in page.translate(shift)}
print(sorted(found))
"""
"""Prints the needles that it finds in its memory, and those of PATTERNS that stand there.

In PATTERNS each byte is the next one, so that what is looked for is not in memory because it is looked
for, nor because a page was shifted.
"""

ANIMALS = {animal.name: animal for animal in (*ENDINGS, *reaching("", 0, ""))}
NEIGHBOURS = 6


@dataclass(frozen=True)
class Zoo:
    """What became of all of them, and what was left when it was closed."""

    grades: dict[str, Grade]
    secret: str
    files: list[str]
    processes: list[str]


@pytest.fixture(scope="session")
def zoo(root: Path, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """All hand-ins, graded side by side: each hostile one has honest neighbours."""
    if sandbox.level < Level.CONFINED:
        pytest.skip(f"this machine cannot confine a hand-in: {sandbox.missing}")
    folder, scratch = tmp_path_factory.mktemp("hand-ins"), tmp_path_factory.mktemp("scratch")
    scratch.chmod(0o711)
    secret = tmp_path_factory.mktemp("instructor") / "gradebook.db"
    secret.write_text("the marks of all")
    secret.chmod(0o666)
    with _listening() as (port, name), pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        patch.setenv("COURSE_TOKEN", "secret")
        animals = (*ENDINGS, *reaching(str(secret), port, name))
        for animal in animals:
            if animal.needs not in (None, *sandbox.layers):
                continue
            hand_in(folder, animal.name, lesson(root, **animal.answers), "soup")
        for number in range(NEIGHBOURS):
            hand_in(folder, f"neighbour {number}", lesson(root, **SOLVED), "soup")
        for name, code in {
            "cheats not": "",
            **KNOWN_GAPS,
            **FORGERS,
        }.items():
            hand_in(folder, name, _cheat(code), STAGE)
        hand_in(folder, "gives back what equals everything", _permissive(), STAGE)
        before = set(_workers(root))
        grades = grade_all(folder, tmp_path_factory.mktemp("unpacked"), root, sandbox)
    return Zoo(
        grades,
        secret.read_text(),
        sorted(str(path) for path in scratch.rglob("*")),
        sorted(set(_workers(root)) - before),
    )


@pytest.mark.parametrize("name", ANIMALS)
def test_it_ends_as_it_must(zoo: Zoo, sandbox: Sandbox, name: str) -> None:
    if ANIMALS[name].needs not in (None, *sandbox.layers):
        pytest.skip(f"this machine lacks {ANIMALS[name].needs}: {sandbox.missing}")
    row, ends = zoo.grades[name], ANIMALS[name].ends
    assert row.status in ends, row.reason
    assert row.points == ends[row.status], row.reason
    assert len(row.reason) < 2000


@pytest.mark.skipif(sys.platform != "linux", reason="the fast engine is for Linux")
def test_the_code_of_an_earlier_hand_in_is_not_in_its_memory(sandbox: Sandbox) -> None:
    before = Cell("before", Role.EXTRA, "kept = ['needle abcdefghij'] * 1000")
    with FastEngine((), sandbox) as engine:
        for cell in (
            before,
            Cell("looks", Role.EXTRA, LOOKS_INTO_ITS_MEMORY.replace("PATTERNS", "[]")),
        ):
            run = engine.run(Job("soup", (cell,), keeps_outputs=True))
            assert run.status is Status.GRADED, run.reason
    [[output]] = run.outputs
    assert output["text"] == "[b'needle 0123456789']\n", "its own, and no other"


@pytest.mark.skipif(sys.platform != "linux", reason="the fast engine is for Linux")
def test_no_solution_is_in_its_memory(sandbox: Sandbox) -> None:
    stem = read_course(ROOT).stage(STAGE).stem
    solved = read_notebook(ROOT / "solutions" / f"{stem}.ipynb").cells
    shown = "".join(cell.source for cell in solved if cell.kind != "exercise")
    for path in (ROOT / "notebooks" / f"{stem}.ipynb", *(ROOT / "checks/stages").glob("*/*.py")):
        shown += path.read_text(encoding="utf-8")
    secret = [
        line.strip()
        for cell in solved
        if cell.kind == "exercise"
        for line in cell.source.splitlines()
        if len(line.strip()) > 30 and line.strip() not in shown
    ]
    assert secret
    shifted = [bytes(each + 1 for each in line.encode()) for line in secret]
    looks = LOOKS_INTO_ITS_MEMORY.replace("PATTERNS", repr(shifted))
    with FastEngine([STAGE], sandbox) as engine:
        run = engine.run(Job(STAGE, (Cell("looks", Role.EXTRA, looks),), keeps_outputs=True))
    [[output]] = run.outputs
    assert output["text"] == "[b'needle 0123456789']\n", run


@pytest.mark.skipif(sys.platform != "linux", reason="the fast engine is for Linux")
def test_without_a_sandbox_they_would_get_there(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the marks of all")
    (tmp_path / "hand-ins").mkdir()
    bare = Sandbox((Layer.LIMITS,), (), View(()))
    with _listening() as (port, name):
        for animal in reaching(str(tmp_path / "secret"), port, name):
            if animal.name in WITHIN_REACH:
                hand_in(tmp_path / "hand-ins", animal.name, lesson(root, **animal.answers), "soup")
        grades = grade_all(tmp_path / "hand-ins", tmp_path / "unpacked", root, bare)
    assert {name: grade.points for name, grade in grades.items()} == dict.fromkeys(WITHIN_REACH, 5)


@pytest.mark.parametrize("name", FORGERS)
def test_it_is_found_out_unless_it_was_of_no_use(zoo: Zoo, name: str) -> None:
    row = zoo.grades[name]
    assert row.status is (Status.GRADED if name in OF_NO_USE else Status.TAMPERED), row.reason


@pytest.mark.parametrize("name", FORGERS)
def test_it_gains_nothing(zoo: Zoo, name: str) -> None:
    honest, row = zoo.grades["cheats not"], zoo.grades[name]
    assert honest.status is Status.GRADED
    assert row.points <= honest.points, (row.status, row.reason)
    for mine, theirs in zip(row.exercises, honest.exercises, strict=True):
        assert mine.points <= theirs.points


@pytest.mark.xfail(strict=True, reason="the checks run in the process of the hand-in")
@pytest.mark.parametrize("name", KNOWN_GAPS)
def test_who_reaches_the_live_objects_of_the_runner_gains_nothing(zoo: Zoo, name: str) -> None:
    assert zoo.grades[name].points <= zoo.grades["cheats not"].points


def test_what_equals_everything_is_no_answer(zoo: Zoo) -> None:
    row = zoo.grades["gives back what equals everything"]
    [answer] = [each for each in row.exercises if each.id == "ask_the_pantry"]
    assert (answer.outcome, answer.points) == ("not yet", 0)


@pytest.mark.parametrize("number", range(NEIGHBOURS))
def test_an_honest_neighbour_keeps_its_points(zoo: Zoo, number: int) -> None:
    row = zoo.grades[f"neighbour {number}"]
    assert (row.status, row.points, row.reason) == (Status.GRADED, 9, "")


def test_nothing_is_left_behind(zoo: Zoo) -> None:
    assert zoo.secret == "the marks of all"
    assert zoo.files == []
    assert zoo.processes == []


@contextmanager
def _listening() -> Iterator[tuple[int, str]]:
    """Somebody who can be reached: on a port of this machine, and by an abstract name."""
    name = f"course-zoo-{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        abstract.bind(f"\0{name}")
        abstract.listen()
        yield server.getsockname()[1], name


def _cells(answers: dict[str, str]) -> list[Any]:
    stage = read_course(ROOT).stage(STAGE)
    whole = json.loads((ROOT / "notebooks" / f"{stage.stem}.ipynb").read_text(encoding="utf-8"))
    cells: list[Any] = whole["cells"]
    for cell in cells:
        about = cell["metadata"].get("course", {})
        if about.get("kind") == "exercise" and about["exercise"] in answers:
            cell["source"] = answers[about["exercise"]]
    return cells


def _cheat(code: str) -> list[Any]:
    """Wrong answers to two exercises, the code above the first of them, and the others blank."""
    stage = read_course(ROOT).stage(STAGE)
    wrong = {
        exercise: next(answer.code for answer in read_answers(stage, exercise) if not answer.right)
        for exercise in ("open_the_kitchen", "ask_the_pantry")
    }
    tell = "\n_given_kitchen = open_kitchen\ndef open_kitchen(file):\n    tell()\n    return _given_kitchen(file)"
    wrong["open_the_kitchen"] = f"{code}\n{wrong['open_the_kitchen']}" + (
        tell if "def tell" in code else ""
    )
    return _cells(wrong)


def _permissive() -> list[Any]:
    return _cells({"ask_the_pantry": PERMISSIVE})


def _workers(root: Path) -> Iterator[str]:
    """Every process of an engine for the small course, by its number."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            line = path.read_bytes()
            if str(root).encode() in line and b"engine.worker" in line:
                yield path.parent.name
