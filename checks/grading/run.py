"""The parent of one hand-in's process: starts it, listens to it, and ends it in time.

The process has an empty folder, an environment and a process group of its own; the whole group is
killed when the hand-in is done or its time is up. This does not hold back code that means harm: a
process that leaves the group survives, files and network are within reach, and the checks run
beside the learner's code. The sandbox is a later layer around the same process.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from checks.course import ROOT
from checks.grading.child import OUT_OF_MEMORY
from checks.grading.messages import (
    JOB,
    MESSAGE,
    Begins,
    Cell,
    Done,
    ExerciseResult,
    Found,
    Job,
    LacksMemory,
    Message,
)
from checks.grading.status import Status

# `-I` keeps the instructor's PYTHONPATH and working folder out; so the package itself is put back.
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from checks.grading.child import main; main()"
)
_LONGEST_LINE = 1024**2
_SECONDS_BETWEEN_LOOKS = 0.2

_running: set[subprocess.Popen[bytes]] = set()


@dataclass(frozen=True)
class Run:
    """How the process of a hand-in ended, and the first result that each exercise got."""

    status: Status
    reason: str
    results: dict[str, ExerciseResult]


def run(cells: tuple[Cell, ...], *, timeout: float) -> Run:
    """Run the cells of one hand-in in a process of their own.

    Takes the cells in order and the seconds that they may take, the start of Python included.
    Returns what was found until the process was done or ended. Raises OSError where this machine
    cannot start a process, and nothing that the cells do.
    """
    deadline = time.monotonic() + timeout
    with (
        tempfile.TemporaryDirectory(prefix="hand-in-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as job,
        tempfile.TemporaryFile() as printed,
    ):
        job.write(JOB.dump_json(Job(cells, timeout)))
        job.seek(0)
        home, work = Path(folder, "home"), Path(folder, "work")
        home.mkdir()
        work.mkdir()
        hearing, speaking = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-X", "utf8", "-c", _START, str(ROOT), str(speaking)],
                stdin=job,
                stdout=printed,
                stderr=printed,
                cwd=work,
                env=_environment(home),
                pass_fds=(speaking,),
                start_new_session=True,
            )
        finally:
            os.close(speaking)
        _running.add(process)
        try:
            heard = _Heard(cells)
            for message in _listen(hearing, process, deadline):
                heard.note(message)
                if heard.done:
                    break
            ended = None if heard.done else _exit_code(process, deadline)
        finally:
            _kill(process)
            _running.discard(process)
            os.close(hearing)
        return heard.as_run(ended, timeout)


def end_all() -> None:
    """Kill every process that is running a hand-in: somebody interrupted the grading."""
    for process in tuple(_running):
        _kill_group(process)


class _Heard:
    """What the process has said so far; what it cannot know of is passed over."""

    def __init__(self, cells: tuple[Cell, ...]) -> None:
        self.done = False
        self._names = {cell.name for cell in cells}
        self._exercises = {cell.exercise for cell in cells}
        self._cell = ""
        self._lacked_memory = ""
        self._results: dict[str, ExerciseResult] = {}

    def note(self, message: Message) -> None:
        match message:
            case Begins(cell=cell) if cell in self._names:
                self._cell = cell
            case Found(result=result) if result.exercise in self._exercises:
                self._results.setdefault(result.exercise, result)
            case LacksMemory(cell=cell) if cell in self._names:
                self._lacked_memory = self._lacked_memory or cell
            case Done():
                self.done = True

    def as_run(self, ended: int | None, timeout: float) -> Run:
        where = f" in {self._cell}" if self._cell else " before the first cell"
        # The limit on processor time may strike a moment before the one on time.
        late = ended is None or (sys.platform != "win32" and ended == -signal.SIGXCPU)
        if late and not self.done:
            return Run(Status.TIMEOUT, f"not finished after {timeout:g} s{where}", self._results)
        if self._lacked_memory or ended == OUT_OF_MEMORY:
            cell = self._lacked_memory or self._cell
            return Run(Status.OUT_OF_MEMORY, f"no memory was left in {cell}", self._results)
        if ended is None:
            return Run(Status.GRADED, "", self._results)
        return Run(Status.DIED, f"{_in_words(ended)}{where}", self._results)


def _listen(hearing: int, process: subprocess.Popen[bytes], deadline: float) -> Iterator[Message]:
    """What the process says, until it falls silent for good or the time is up."""
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(hearing, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if not selector.select(min(left, _SECONDS_BETWEEN_LOOKS)):
                # Somebody that the process has started may keep its end of the pipe open.
                if process.poll() is not None:
                    return
                continue
            chunk = os.read(hearing, 65536)
            if not chunk:
                return
            *lines, received = (received + chunk).split(b"\n")
            received = received[:_LONGEST_LINE]
            for line in lines:
                # The hand-in can write here too: what is no message is passed over.
                with suppress(ValidationError):
                    yield MESSAGE.validate_json(line)


def _exit_code(process: subprocess.Popen[bytes], deadline: float) -> int | None:
    try:
        return process.wait(max(0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    _kill_group(process)
    process.wait()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    with suppress(ProcessLookupError, PermissionError):  # the group has ended already
        os.killpg(process.pid, signal.SIGKILL)


def _in_words(ended: int) -> str:
    if ended >= 0:
        return f"the process ended with exit code {ended}"
    try:
        name = signal.Signals(-ended).name
    except ValueError:
        name = str(-ended)
    return f"the process was ended by signal {name}"


def _environment(home: Path) -> dict[str, str]:
    python = Path(sys.executable).parent
    return {
        "PATH": f"{python}{os.pathsep}{os.defpath}",
        "HOME": str(home),
        "TMPDIR": str(home),
        "IPYTHONDIR": str(home),
        "LANG": "C.UTF-8",
        # Each thread's arena takes address space, and that is limited.
        "MALLOC_ARENA_MAX": "2",
    }
