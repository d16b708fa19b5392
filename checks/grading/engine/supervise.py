"""The parent of one hand-in's process: listens to it, keeps its time, and ends it."""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

from pydantic import ValidationError

from checks.grading.engine.child import NOT_SHUT_IN, OUT_OF_MEMORY
from checks.grading.messages import (
    MESSAGE,
    Begins,
    Canary,
    Done,
    ExerciseResult,
    Found,
    Interrupted,
    Job,
    LacksMemory,
    Role,
    Run,
    Said,
    Showed,
    Tampered,
    Tried,
)
from checks.grading.status import Status

_LONGEST_LINE = 8 * 1024**2
_SECONDS_OF_GRACE = 1

_SECONDS_BETWEEN_LOOKS = 0.2


class Heard:
    """What a hand-in's process has said so far, and what it means for the hand-in.

    Takes the job and the key that every message carries. What comes without the key, a second time
    or out of its order was not said by the runner: the hand-in has tampered with it. `interrupts` are
    the numbers of the cells that the engine has interrupted: others have raised such an error themselves.
    """

    def __init__(self, job: Job, key: str) -> None:
        self.done = False
        self.cell = -1
        self.interrupts: set[int] = set()
        self._job = job
        self._key = key
        self._lacked_memory = ""
        self._interrupted = ""
        self._tried = 0
        self._tampered = ""
        self._results: dict[str, ExerciseResult] = {}
        self._doubted: set[str] = set()
        self.outputs: list[tuple[dict[str, object], ...]] = []

    def note(self, line: bytes) -> None:
        """Take in one line of the process."""
        try:
            message = MESSAGE.validate_json(line)
        except ValidationError:
            self._forged()
            return
        if message.key != self._key:
            self._forged()
        elif self._in_order(message.said):
            self._note(message.said)
        else:
            # Somebody has the key: nothing of what came with it is believed, the past included.
            self._forged()
            self._doubted |= set(self._results)

    def where(self) -> str:
        """The cell that is running, in words."""
        if self.cell < 0:
            return " before the first cell"
        if self.cell < len(self._job.cells):
            return f" in {self._job.cells[self.cell].name}"
        return " after the last cell"

    def as_run(self, ended: int | None, *, late: float | None) -> Run:
        """What became of the hand-in.

        Takes the exit code of its process (negative for a signal, None while it ran), and the limit
        in seconds that it was ended for, if it was.
        """
        if ended == NOT_SHUT_IN and self.cell < 0:  # later it is a number like any other
            return Run(Status.DIED, unable="a hand-in could not be shut in its sandbox")
        status, reason = self._status(ended, late=late)
        return Run(status, reason, self._results, frozenset(self._doubted), tuple(self.outputs))

    def _status(self, ended: int | None, *, late: float | None) -> tuple[Status, str]:
        limits = self._job.limits
        if self._tampered:
            return Status.TAMPERED, self._tampered
        # The limit on processor time may strike a moment before the one on time.
        if ended is not None and ended < 0 and -ended == getattr(signal, "SIGXCPU", None):
            late = limits.seconds
        if not self.done and late:
            return Status.TIMEOUT, f"not finished after {late:g} s{self.where()}"
        if self._lacked_memory or ended == OUT_OF_MEMORY:
            where = self._lacked_memory or self.where()
            return Status.OUT_OF_MEMORY, f"no memory was left{where}"
        if self._interrupted:
            reason = f"interrupted after {limits.cell_seconds:g} s{self._interrupted}"
            return Status.TIMEOUT, reason
        if self.done:
            return Status.GRADED, ""
        return Status.DIED, f"{_in_words(ended)}{self.where()}"

    def _in_order(self, said: Said) -> bool:
        running = self._job.cells[self.cell] if 0 <= self.cell < len(self._job.cells) else None
        match said:
            case Begins(cell=cell):
                return cell == self.cell + 1
            case Found(result=result):
                return (
                    running is not None
                    and running.role is Role.CHECK
                    and running.exercise == result.exercise
                    and result.exercise not in self._results
                )
            case Tried(exercise=exercise):
                canaries = self._canaries[self._tried : self._tried + 1]
                ready = self.cell == len(self._job.cells)
                return ready and [each.exercise for each in canaries] == [exercise]
            case Done():
                ready = self.cell == len(self._job.cells)
                return ready and self._tried == len(self._canaries)
        return True

    @property
    def _canaries(self) -> tuple[Canary, ...]:
        """Those that must go through the checks: none where the hand-in has won nothing."""
        has_points = any(result.points > 0 for result in self._results.values())
        return self._job.canaries if has_points else ()

    def _note(self, said: Said) -> None:
        match said:
            case Begins(cell=cell):
                self.cell = cell
            case Found(result=result):
                self._results[result.exercise] = result
                if self._tampered:
                    self._doubted.add(result.exercise)
            case LacksMemory():
                self._lacked_memory = self._lacked_memory or self.where()
            case Interrupted() if self.cell in self.interrupts:
                self._interrupted = self._interrupted or self.where()
            case Showed(outputs=outputs):
                self.outputs.append(outputs)
            case Tampered(what=what):
                self._tampered = self._tampered or f"it replaced {what}, as was seen{self._after()}"
            case Tried(exercise=exercise, passed=passed):
                self._tried += 1
                if passed:
                    self._tampered = self._tampered or (
                        f"a known wrong answer to {exercise} passed its check after the hand-in had run"
                    )
                    self._doubted |= set(self._results)
            case Done():
                self.done = True

    def _after(self) -> str:
        ran = self._job.cells[: self.cell + 1]
        return f" after {ran[-1].name}" if ran else " at once"

    def _forged(self) -> None:
        if not self._tampered:
            self._tampered = f"it wrote where only results are written{self.where()}"


def supervise(job: Job, key: str, hearing: int, group: int) -> Run:
    """Listen to the process of a hand-in until it is done or its time is up, then end it.

    Takes the job, the key of its messages, the pipe they come on, and the number of the process,
    which leads a group of its own. A cell that takes too long is interrupted and, if that does not
    help, the process killed. Returns what became of the hand-in; the group has ended by then.
    """
    heard = Heard(job, key)
    deadlines = _Deadlines(job, group)
    ended: int | None = None
    late: float | None = None
    try:
        for line in _lines(hearing, group, deadlines):
            before = heard.cell
            if deadlines.interrupted:
                heard.interrupts.add(before)
            heard.note(line)
            if heard.cell != before:
                deadlines.next_cell()
            if heard.done:
                break
    finally:
        if not heard.done:
            ended = _wait(group, deadlines)
            late = deadlines.enforce() if ended is None else None
        kill_group(group)
        if ended is None:
            with suppress(ChildProcessError):
                os.waitpid(group, 0)
    return heard.as_run(ended, late=late)


def kill_group(group: int) -> None:
    """Kill a process and the group it leads."""
    with suppress(ProcessLookupError, PermissionError):  # the group has ended already
        os.killpg(group, signal.SIGKILL)
    with suppress(ProcessLookupError, PermissionError):
        os.kill(group, signal.SIGKILL)


class _Deadlines:
    """When a cell is to be interrupted, and when everything is to end."""

    def __init__(self, job: Job, group: int) -> None:
        self._limits = job.limits
        self._group = group
        self._end = time.monotonic() + job.limits.seconds
        self.next_cell()

    def next_cell(self) -> None:
        self.interrupted = False
        self._interrupt: float | None = time.monotonic() + self._limits.cell_seconds
        self._kill: float | None = None

    def enforce(self) -> float | None:
        """The limit in seconds for which the process is to end now; interrupts a cell that takes long."""
        now = time.monotonic()
        if self._interrupt is not None and now >= self._interrupt:
            self._interrupt, self._kill = None, now + _SECONDS_OF_GRACE
            self.interrupted = True
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGINT)
        if self._kill is not None and now >= self._kill:
            return self._limits.cell_seconds
        return self._limits.seconds if now >= self._end else None

    @property
    def seconds_left(self) -> float:
        moments = [self._end, self._interrupt, self._kill]
        first = min(moment for moment in moments if moment is not None)
        return max(0, min(first - time.monotonic(), _SECONDS_BETWEEN_LOOKS))


def _lines(hearing: int, process: int, deadlines: _Deadlines) -> Iterator[bytes]:
    """What the process writes, line by line, until it falls silent for good or its time is up."""
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(hearing, selectors.EVENT_READ)
        while not deadlines.enforce():
            if not selector.select(deadlines.seconds_left):
                # Somebody that the process has started may keep its end of the pipe open.
                if _has_ended(process):
                    return
                continue
            chunk = os.read(hearing, 2**20)
            if not chunk:
                return
            *lines, received = (received + chunk).split(b"\n")
            received = received[:_LONGEST_LINE]
            yield from lines


def _has_ended(process: int) -> bool:
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _wait(process: int, deadlines: _Deadlines) -> int | None:
    """The exit code of a process that has fallen silent, or None where it does not end in time."""
    while not deadlines.enforce():
        number, status = os.waitpid(process, os.WNOHANG)
        if number:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    return None


def _in_words(ended: int | None) -> str:
    if ended is None or ended >= 0:
        return f"the process ended with exit code {ended or 0}"
    try:
        name = signal.Signals(-ended).name
    except ValueError:
        name = str(-ended)
    return f"the process was ended by signal {name}"
