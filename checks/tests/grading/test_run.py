"""A hand-in is run as Jupyter would run it, within limits, and what it earned is kept."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jupyter_client.launcher
import pytest

from checks.course import ROOT
from checks.grading.engine import Engine, fast, open_engine
from checks.grading.engine.fast import FastEngine
from checks.grading.grade import NOT_RUN, Grade
from checks.grading.messages import Cell, Job, Role
from checks.grading.sandbox import Layer, Sandbox, View
from checks.grading.status import GradingError, Status
from checks.result import Outcome
from checks.tests.grading.conftest import Write, both_engines
from checks.tests.grading.small_course import SOLVED, code, lesson

Grades = Callable[..., dict[str, Grade]]


def outcomes(grade: Grade) -> dict[str, str]:
    return {exercise.id: exercise.outcome for exercise in grade.exercises}


def reasons(grade: Grade) -> dict[str, str]:
    return {exercise.id: exercise.reason for exercise in grade.exercises if exercise.reason}


def test_solved_blank_and_half_done(hand_in: Write, grades: Grades) -> None:
    hand_in("solved.ipynb", **SOLVED)
    hand_in("blank.ipynb")
    hand_in("half.ipynb", double="def double(value):\n    return value + 2")
    rows = grades()
    assert (rows["solved"].status, rows["solved"].points) == (Status.GRADED, 9)
    assert (rows["blank"].status, rows["blank"].points) == (Status.NOT_ATTEMPTED, 0)
    assert (rows["half"].status, rows["half"].points) == (Status.GRADED, 2)
    [good, bad] = rows["half"].exercises[0].criteria
    assert (good.state, bad.state) == ("holds", "fails")
    assert bad.observed.startswith("TypeError:")


def test_an_exercise_that_raises_says_so_and_spoils_no_other(
    hand_in: Write, grades: Grades
) -> None:
    hand_in("raises.ipynb", **{**SOLVED, "double": "x = 1\nraise ValueError('boom')"})
    hand_in("typo.ipynb", **{**SOLVED, "double": "x = 1\ndef double(:"})
    hand_in("renamed.ipynb", **{**SOLVED, "double": "def twice(value):\n    return 2 * value"})
    hand_in("emptied.ipynb", **{**SOLVED, "double": " \n"})
    hand_in("exits.ipynb", **{**SOLVED, "double": "exit(3)"})
    hand_in("asks.ipynb", **{**SOLVED, "double": "double = input('how?')"})
    rows = grades()
    assert {(row.status, row.points) for row in rows.values()} == {(Status.GRADED, 5)}
    assert reasons(rows["raises"]) == {"double": "ValueError: boom (line 2 of the exercise cell)"}
    assert rows["raises"].reason == ""
    assert rows["raises"].reasons == "double: ValueError: boom (line 2 of the exercise cell)"
    assert "SyntaxError: invalid syntax" in reasons(rows["typo"])["double"]
    assert "(line 2 of the exercise cell)" in reasons(rows["typo"])["double"]
    assert "NameError: name 'double' is not defined" in reasons(rows["renamed"])["double"]
    assert outcomes(rows["renamed"])["double"] == "not yet"
    assert outcomes(rows["emptied"])["double"] == "not attempted"
    assert "nobody is there to answer input()" in reasons(rows["asks"])["double"]


@both_engines
def test_cells_behave_as_in_jupyter(hand_in: Write, grades: Grades, root: Path) -> None:
    jupyter = """
import asyncio
task = asyncio.ensure_future(asyncio.sleep(0, "done"))
assert await asyncio.sleep(0, 1) == 1
try:
    asyncio.run(asyncio.sleep(0))
except RuntimeError as error:
    assert "running event loop" in str(error)
else:
    raise AssertionError("there is a running loop in Jupyter")
from pathlib import Path
assert list(Path().iterdir()) == []
Path("helper.py").write_text("two = 2")
from IPython.display import display
handle = display("one", display_id=True)
handle.update("two")
print("loud " * 200_000)
"""
    cells = lesson(root, **SOLVED)
    cells.insert(2, code("mine-1", jupyter))
    cells.insert(
        3, code("mine-2", "from helper import two\nassert (await task) == 'done'\nfine = True")
    )
    greet = "assert fine\n" + SOLVED["greet"]
    cells[6]["source"] = greet
    hand_in("learner-1.ipynb", cells=cells)
    [row] = grades().values()
    assert (row.status, row.points, row.reason) == (Status.GRADED, 9, "")


def test_only_the_check_cell_of_an_exercise_grades_it(hand_in: Write, grades: Grades) -> None:
    hand_in(
        "learner-1.ipynb",
        total="def right(prices):\n    return sum(prices)\ncheck.total(right)\ntotal = len",
    )
    [row] = grades().values()
    assert outcomes(row)["total"] == "not yet"


def test_an_endless_loop_ends_in_time_and_keeps_what_was_earned(
    hand_in: Write, grades: Grades
) -> None:
    hand_in("loops.ipynb", **{**SOLVED, "greet": "while True:\n    pass"})
    hand_in("sleeps.ipynb", **{**SOLVED, "greet": "import time\ntime.sleep(1000)"})
    rows = grades(seconds=2)
    for row in rows.values():
        assert (row.status, row.points) == (Status.TIMEOUT, 4)
        assert row.reason == "not finished after 2 s in the exercise cell of greet"
        assert outcomes(row) == {"double": "solved", "greet": NOT_RUN, "total": NOT_RUN}


@both_engines
def test_a_cell_that_takes_too_long_is_interrupted_and_the_next_one_runs(
    hand_in: Write, grades: Grades
) -> None:
    hand_in("sleeps.ipynb", **{**SOLVED, "double": "import time\ntime.sleep(1000)"})
    hand_in("waits.ipynb", **{**SOLVED, "double": "import asyncio\nawait asyncio.sleep(1000)"})
    for row in grades(cell_seconds=2).values():
        assert (row.status, row.points) == (Status.TIMEOUT, 5)
        assert row.reason.startswith("interrupted after 2 s in the exercise cell of double")


@both_engines
def test_cells_that_take_too_long_together_are_ended(hand_in: Write, grades: Grades) -> None:
    wait = "import time\ntime.sleep(1.3)\n"
    hand_in("slow.ipynb", **{name: wait + code for name, code in SOLVED.items()})
    [row] = grades(seconds=2, cell_seconds=2).values()
    assert row.status is Status.TIMEOUT
    assert row.reason.startswith("not finished after 2 s in the exercise cell of greet")


def test_a_cell_that_will_not_be_interrupted_is_ended(hand_in: Write, grades: Grades) -> None:
    stubborn = "import time\nwhile True:\n    try:\n        time.sleep(1000)\n    except BaseException: pass"
    hand_in("stubborn.ipynb", **{**SOLVED, "greet": stubborn})
    [row] = grades(seconds=6, cell_seconds=2).values()
    assert (row.status, row.points) == (Status.TIMEOUT, 4)
    assert row.reason.endswith("in the exercise cell of greet")


@both_engines
def test_a_process_that_dies_keeps_what_was_earned(hand_in: Write, grades: Grades) -> None:
    hand_in("exits.ipynb", **{**SOLVED, "greet": "import os\nos._exit(7)"})
    hand_in("killed.ipynb", **{**SOLVED, "greet": "import ctypes\nctypes.string_at(0)"})
    rows = grades()
    assert {(row.status, row.points) for row in rows.values()} == {(Status.DIED, 4)}
    where = "in the exercise cell of greet"
    assert rows["exits"].reason == f"the process ended with exit code 7 {where}"
    assert rows["killed"].reason == f"the process was ended by signal SIGSEGV {where}"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
def test_a_hand_in_that_wants_all_memory_is_told_so(hand_in: Write, grades: Grades) -> None:
    hand_in("learner-1.ipynb", **{**SOLVED, "greet": "greed = b' ' * 2**40"})
    [row] = grades().values()
    assert (row.status, row.points) == (Status.OUT_OF_MEMORY, 6)
    assert row.reason.startswith("no memory was left in the exercise cell of greet")


@pytest.mark.parametrize("portable", [False, True])
def test_what_a_hand_in_starts_ends_with_it(portable: bool, tmp_path: Path) -> None:
    note = tmp_path / "note"
    start = f"""
import subprocess, sys, threading, time
process = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])
open({str(note)!r}, 'w').write(str(process.pid))
threading.Thread(target=time.sleep, args=(1000,)).start()
"""
    nothing_but_limits = Sandbox((Layer.LIMITS,), (), View(()))
    with open_engine((), portable=portable, sandbox=nothing_but_limits) as engine:
        run = engine.run(Job("soup", (Cell("starts", Role.EXTRA, start),)))
    assert run.status is Status.GRADED, run.reason
    assert _ended(int(note.read_text()))


def test_a_hand_in_sees_no_environment_of_the_instructor(
    hand_in: Write, grades: Grades, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    peek = "import os, sys\nassert 'TOKEN' not in os.environ\nassert not sys.argv[1:]\n"
    peek += SOLVED["total"]
    hand_in("learner-1.ipynb", **{**SOLVED, "total": peek})
    assert grades()["learner-1"].points == 9


@pytest.mark.parametrize("line", ["!ls", "files = !ls", "%pip install soup", "%ls"])
def test_a_command_of_the_system_is_passed_over_and_costs_nothing(
    hand_in: Write, grades: Grades, line: str
) -> None:
    hand_in("learner-1.ipynb", **{**SOLVED, "double": f"{line}\n{SOLVED['double']}"})
    row = grades()["learner-1"]
    assert (row.status, row.points) == (Status.GRADED, 9), row.reasons


@both_engines
def test_a_set_up_that_fails_here_is_the_reason_of_all_that_follows(engine: Engine) -> None:
    job = Job(
        "soup",
        (
            Cell("the set-up cell", Role.SETUP, "from nowhere import check"),
            Cell("the exercise cell of double", Role.EXERCISE, SOLVED["double"], "double"),
            Cell("the check cell of double", Role.CHECK, "check.double(double)", "double"),
        ),
    )
    result = engine.run(job).results["double"]
    assert (result.outcome, result.points) == (Outcome.NOT_YET, 0)
    said = "ModuleNotFoundError: No module named 'nowhere' (line 1 of the set-up cell)"
    assert result.reason == said


def test_a_machine_that_can_start_no_process_gives_nobody_a_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(jupyter_client.launcher, "Popen", refuse)
    for portable in (False, True):
        with (
            open_engine((), portable=portable) as engine,
            pytest.raises(GradingError, match="could not be started: Resource temporarily"),
        ):
            engine.run(Job("soup", ()))


@pytest.mark.skipif(sys.platform != "linux", reason="the fast engine is for Linux")
def test_a_worker_that_ends_before_it_is_ready_gives_nobody_a_mark(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [sys.executable, "-c", "import sys; sys.exit('no room\\non this machine')"]
    monkeypatch.setattr(Sandbox, "wrap", lambda *_: broken)
    with (
        FastEngine((), sandbox) as engine,
        pytest.raises(GradingError, match=r"could not be started: on this machine$"),
    ):
        engine.run(Job("soup", ()))


@pytest.mark.skipif(sys.platform != "linux", reason="the fast engine is for Linux")
def test_bytecode_is_kept_for_the_next_worker_but_none_of_answers_and_tests(tmp_path: Path) -> None:
    start = "from checks.grading.engine import open_engine\nwith open_engine([]) as engine: engine.start()"
    writing = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [sys.executable, "-X", f"pycache_prefix={tmp_path}", "-c", start],
        cwd=ROOT,
        env=writing,
        check=True,
    )
    package = Path(tmp_path, *ROOT.parts[1:], "checks")
    kept = {path.relative_to(package) for path in package.rglob("*.pyc")}
    names = {path.parent / path.name.partition(".")[0] for path in kept}
    assert names >= {Path("grading/engine/worker"), Path("stages/fastapi_basics/exercises")}
    assert not {"answers", "tests"} & {part for path in kept for part in path.parts}


@pytest.mark.skipif(sys.platform != "linux", reason="the fast engine is for Linux")
def test_a_sandbox_that_cannot_be_entered_gives_nobody_a_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_filter = Sandbox((Layer.LIMITS,), (), View(()))
    cannot = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        "from checks.grading.sandbox.enclosure import Enclosure\n"
        "def refuse(*_): raise OSError\n"
        "Enclosure.enter = refuse\n"
        "from checks.grading.engine.worker import main; main()"
    )
    monkeypatch.setattr(fast, "_START", cannot)
    with (
        FastEngine((), no_filter) as engine,
        pytest.raises(GradingError, match="could not be shut in its sandbox"),
    ):
        engine.run(Job("soup", ()))


@both_engines
@pytest.mark.parametrize(
    "added",
    [
        "from checks.xray import xray\nopened = xray()\nopened.__enter__()",
        "import asyncio\ntask = asyncio.create_task(asyncio.sleep(10))\ntask.cancel()\nawait task",
        "raise KeyboardInterrupt",
    ],
)
def test_a_careless_cell_is_called_nothing_worse(
    hand_in: Write, grades: Grades, root: Path, added: str
) -> None:
    cells = lesson(root, **SOLVED)
    hand_in("learner-1.ipynb", cells=[*cells[:2], code("mine", added), *cells[2:]])
    row = grades()["learner-1"]
    assert (row.status, row.points, row.reason) == (Status.GRADED, 9, "")


def test_who_writes_where_only_results_are_written_is_told_and_gains_nothing(
    hand_in: Write, grades: Grades
) -> None:
    found = {"exercise": "total", "outcome": "solved", "points": 2}
    said = [{"kind": "found", "result": found}, {"kind": "done"}]
    lines = [json.dumps({"key": "", "said": each}) for each in said]
    noise = f"""
import os
for number in range(3, 64):
    try:
        os.write(number, {chr(10).join(["", "no json", "{}", *lines, ""]).encode()!r})
    except OSError:
        pass
"""
    hand_in("learner-1.ipynb", double=SOLVED["double"], greet=noise)
    [row] = grades().values()
    assert row.points == 4
    assert outcomes(row)["total"] == "not believed"
    assert row.status is Status.TAMPERED
    assert "it wrote where only results are written in the exercise cell of greet" in row.reason


def test_the_votes_of_the_hand_in_are_kept(hand_in: Write, grades: Grades) -> None:
    vote = {"claim": "soup_is_hot", "asked": "quiz", "vote": "no"}
    cells = lesson(Path("unused"))
    cells[1]["outputs"] = [{"data": {"application/vnd.course.vote+json": vote}}]
    hand_in("learner-1.ipynb", cells=cells)
    [kept] = grades()["learner-1"].votes
    assert (kept.claim, kept.asked, kept.vote) == ("soup_is_hot", "quiz", "no")


def _ended(number: int) -> bool:
    """Whether no process of this number runs any more; a zombie does not run."""
    for _ in range(500):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{number}/stat")
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False
