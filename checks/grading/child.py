"""The process of one hand-in: runs its cells as Jupyter would, and reports on a private pipe.

The job comes on the standard input. What the cells print goes to the standard output, and is cut
off where it gets long. The last thing this process does is to say that it is done.
"""

from __future__ import annotations

import asyncio
import builtins
import io
import math
import os
import signal
import sys
import traceback
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from checks.exercise import CheckResult, Outcome, observing
from checks.grading.messages import (
    JOB,
    MESSAGE,
    Begins,
    Cell,
    Done,
    ExerciseResult,
    Found,
    LacksMemory,
    Message,
    Role,
)
from checks.grading.notebook import printable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

OUT_OF_MEMORY = 86
"""The exit code of a process that has no memory left even to say so."""

_MEMORY = 2 * 1024**3
_FILE_SIZE = 64 * 1024**2
_OPEN_FILES = 256
_PRINTED = 200_000
_LONGEST_TEXT = 500
_SECONDS_OF_GRACE = 5


def main() -> None:
    """Run the job on the standard input; the one argument is the number of the pipe for messages."""
    pipe = int(sys.argv[1])
    os.set_inheritable(pipe, False)
    job = JOB.validate_json(sys.stdin.buffer.read())
    _set_limits(job.timeout)
    _seal_standard_streams()
    try:
        asyncio.run(_Runner(pipe).run(job.cells))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


class _Runner:
    """Runs cell after cell in one shell and on one running loop, as a Jupyter kernel does."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._shell = _open_shell()
        self._reasons: dict[str | None, str] = {}
        self._left_empty: set[str | None] = set()

    async def run(self, cells: tuple[Cell, ...]) -> NoReturn:
        # `asyncio.run` has put a handler of its own there, which would cancel the run.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for cell in cells:
            self._send(Begins(cell.name))
            match cell.role:
                case Role.CHECK:
                    await self._check(cell)
                case Role.EXERCISE:
                    error = await self._run(cell)
                    if not cell.source.strip():
                        self._left_empty.add(cell.exercise)
                    if error is not None:
                        self._reasons[cell.exercise] = self._describe(error, "the exercise cell")
                case _:
                    await self._run(cell)
        self._send(Done())
        # Threads and tasks that the cells left behind do not hold up the end.
        os._exit(0)

    async def _check(self, cell: Cell) -> None:
        assert cell.exercise is not None
        found: list[CheckResult] = []
        with observing(found.append):
            error = await self._run(cell)
        reason = self._reasons.get(cell.exercise, "")
        own = [result for result in found if result.exercise == cell.exercise]
        if own:
            self._send(Found(_plain(own[-1], reason)))
            return
        if cell.exercise in self._left_empty:
            self._send(Found(ExerciseResult(cell.exercise, Outcome.NOT_ATTEMPTED, 0)))
            return
        if not reason and error is not None:
            reason = self._describe(error, "the check cell")
        reason = reason or "the check cell came to no result"
        self._send(Found(ExerciseResult(cell.exercise, Outcome.NOT_YET, 0, reason=reason)))

    async def _run(self, cell: Cell) -> BaseException | None:
        """Run a cell; returns what it raised."""
        try:
            result = await _run_cell(self._shell, cell.source)
            error = result.error_before_exec or result.error_in_exec
        except (Exception, KeyboardInterrupt, asyncio.CancelledError) as raised:
            error = raised
        if isinstance(error, MemoryError):
            self._send(LacksMemory(cell.name))
        return error

    def _describe(self, error: BaseException, where: str) -> str:
        """The first line of an error, with the line of the cell that just ran."""
        line = None
        for frame in traceback.extract_tb(error.__traceback__):
            if self._shell.compile.format_code_name(frame.filename) is not None:
                line = frame.lineno
        if isinstance(error, SyntaxError):
            line = error.lineno
        try:
            said = f"{type(error).__name__}: {error}".strip().splitlines()[0].removesuffix(":")
        except Exception:  # the error is the learner's class, and cannot say what it is
            said = type(error).__name__
        return _short(f"{said} ({f'line {line} of ' if line else 'in '}{where})")

    def _send(self, message: Message) -> None:
        line = MESSAGE.dump_json(message) + b"\n"
        while line:
            line = line[os.write(self._pipe, line) :]


async def _run_cell(shell: InteractiveShell, source: str) -> ExecutionResult:
    try:
        transformed, failure = shell.transform_cell(source), None
    except Exception:
        transformed, failure = source, sys.exc_info()
    result = await shell.run_cell_async(
        source, store_history=True, transformed_cell=transformed, preprocessing_exc_tuple=failure
    )
    shell.events.trigger("post_execute")
    shell.events.trigger("post_run_cell", result)
    return result


def _open_shell() -> InteractiveShell:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"  # the others cost half a second for each error
    shell: InteractiveShell = InteractiveShell.instance(config=config)
    sys.path.insert(0, "")  # a kernel imports what a cell has written beside it
    return shell


def _plain(result: CheckResult, reason: str) -> ExerciseResult:
    return ExerciseResult(
        exercise=result.exercise,
        outcome=result.outcome,
        points=result.points,
        criteria=tuple(replace(each, observed=_short(each.observed)) for each in result.criteria),
        diagnosis=result.diagnosis.name if result.diagnosis else None,
        reason=result.message or ("" if result.outcome is Outcome.SOLVED else reason),
    )


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


class _Capped(io.TextIOBase):
    """A text stream that swallows what goes beyond its limit."""

    encoding = "utf-8"

    def __init__(self, stream: io.TextIOWrapper) -> None:
        stream.reconfigure(errors="backslashreplace")
        self._stream = stream
        self._left = _PRINTED

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        kept = text[: self._left]
        self._left -= len(kept)
        self._stream.write(kept)
        return len(text)

    def writable(self) -> bool:
        return True

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()


def _seal_standard_streams() -> None:
    from IPython.core.error import StdinNotImplementedError

    def no_input(prompt: Any = "") -> NoReturn:
        raise StdinNotImplementedError(
            "nobody is there to answer input() while a hand-in is graded"
        )

    builtins.input = no_input
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    for name in ("stdout", "stderr"):
        setattr(sys, name, _Capped(getattr(sys, name)))


def _set_limits(timeout: float) -> None:
    # The grader keeps the time; these hold where the grader itself was killed.
    signal.setitimer(signal.ITIMER_REAL, timeout + _SECONDS_OF_GRACE)
    import resource

    seconds = math.ceil(timeout)
    for name, soft, hard in (
        ("RLIMIT_AS", _MEMORY, _MEMORY),
        ("RLIMIT_CPU", seconds, seconds + _SECONDS_OF_GRACE),
        ("RLIMIT_FSIZE", _FILE_SIZE, _FILE_SIZE),
        ("RLIMIT_NOFILE", _OPEN_FILES, _OPEN_FILES),
        ("RLIMIT_CORE", 0, 0),
    ):
        with suppress(AttributeError, ValueError, OSError):  # macOS has not all of them
            _set_limit(getattr(resource, name), soft, hard)


def _set_limit(number: int, soft: int, hard: int) -> None:
    import resource

    allowed = resource.getrlimit(number)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(number, (soft, hard))
