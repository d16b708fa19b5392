"""Inside the kernel of the portable engine: reports on each cell that the engine has it run."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.grading.engine.pipe import sender
from checks.grading.engine.reporter import Reporter
from checks.grading.engine.seal import Seal
from checks.grading.engine.shell import no_input
from checks.grading.engine.worker import preload
from checks.grading.limits import Limits
from checks.grading.messages import JOB, Cell, Role

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_running: list[_Hooks] = []


def begin(job_file: str, key: str, messages: str) -> None:
    """Get ready for the first cell.

    Takes the file with the job, the key that each message carries, and the file that messages are
    added to. Both files stand outside of the folder in which the cells run.
    """
    from IPython import get_ipython

    job = JOB.validate_json(Path(job_file).read_bytes())
    pipe = os.open(messages, os.O_WRONLY | os.O_APPEND)
    preload(job.stage)
    shell = get_ipython()
    shell.InteractiveTB.set_mode("Plain")  # the others cost half a second for each error
    shell.ask_exit = _stay
    shell.kernel.raw_input = no_input

    # The engine keeps the time, and more than the cells takes some.
    _enter_limits(replace(job.limits, seconds=job.limits.seconds + 60))
    _running.append(_Hooks(Reporter(job, shell, sender(pipe, key), Seal()), shell))


async def finish() -> None:
    """Run the canaries, after the last cell."""
    [hooks] = _running
    await hooks.finish()


class _Hooks:
    """Calls the reporter around each cell; what is executed silently is none."""

    def __init__(self, reporter: Reporter, shell: InteractiveShell) -> None:
        self._reporter = reporter
        self._shell = shell
        self._cell: Cell | None = None
        self._listening = ExitStack()
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)

    async def finish(self) -> None:
        self._end_cancelled()
        with self._reporter.listening():
            await self._reporter.finish()

    def _begin(self, _: Any) -> None:
        self._end_cancelled()
        self._cell = self._reporter.begin()
        if self._cell.role is Role.CHECK:
            self._listening.enter_context(self._reporter.listening())

    def _end(self, result: Any) -> None:
        self._end_with(result.error_before_exec or result.error_in_exec)

    def _end_cancelled(self) -> None:
        # A cell that is interrupted while it awaits something ends without an event.
        if self._cell is not None:
            self._end_with(asyncio.CancelledError())

    def _end_with(self, error: BaseException | None) -> None:
        self._listening.close()
        cell, self._cell = self._cell, None
        if cell is not None:
            self._reporter.end(cell, error)


def _stay() -> None:
    """A cell with `exit()` ends, and the kernel goes on."""


def _enter_limits(limits: Limits) -> None:
    from checks.grading.sandbox import resources

    resources.limit(limits, count_processes=False)
