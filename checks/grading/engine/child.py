"""The process of one hand-in, forked from a worker: runs the cells as Jupyter would."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, NoReturn

from checks.grading.engine.pipe import sender
from checks.grading.engine.reporter import Reporter
from checks.grading.engine.seal import Seal
from checks.grading.engine.shell import Shell, StandardStreams
from checks.grading.messages import Cell, Job, Role, Showed

if TYPE_CHECKING:
    from checks.grading.sandbox import Enclosure

OUT_OF_MEMORY = 86
"""The exit code of a process that has no memory left even to say so."""

NOT_SHUT_IN = 87
"""The exit code of a process that could not enter its sandbox: it has run nothing of the hand-in."""


def run_child(
    read: Callable[[], Job],
    pipe: int,
    key: str,
    enclosure: Enclosure,
    shell: Shell,
    seal: Seal,
) -> NoReturn:
    """Run a job in this process, which ends with it.

    Takes how to read the job, the pipe for messages and the key that each of them carries, the
    enclosure to enter before the first cell, the shell, in which nothing has run yet, and the seal that
    was made before anything of a hand-in ran.
    """
    try:
        job = read()
        shell.begin(job.limits.printed, shown=job.keeps_outputs)
        streams = StandardStreams(shell.outputs, job.limits.printed)
        _shut_in(enclosure, job)
        sys.path.insert(0, "")  # a kernel imports what a cell has written beside it
        asyncio.run(_run(job, shell, streams, pipe, key, seal))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    finally:
        # Threads and tasks that the cells left behind do not hold up the end.
        os._exit(0)


def _shut_in(enclosure: Enclosure, job: Job) -> None:
    """Enter the enclosure; the cells begin in an empty folder, and have another one as their home."""
    try:
        enclosure.enter(job.limits)
        home, cells = enclosure.work / "home", enclosure.work / "cells"
        for folder in (home, cells):
            folder.mkdir()
        os.environ.update(dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR"), str(home)))
        tempfile.tempdir = None
        os.chdir(cells)
    except OSError:
        os._exit(NOT_SHUT_IN)


async def _run(
    job: Job, shell: Shell, streams: StandardStreams, pipe: int, key: str, seal: Seal
) -> None:
    # `asyncio.run` has put a handler of its own there, which would cancel the run.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    send = sender(pipe, key)
    reporter = Reporter(job, shell, send, seal)
    for _ in job.cells:
        cell = reporter.begin()
        error = await _run_cell(cell, shell, reporter)
        streams.collect()
        outputs = shell.outputs.take()
        if job.keeps_outputs:
            send(Showed(outputs))
        reporter.end(cell, error)
    with reporter.listening():
        await reporter.finish()


async def _run_cell(cell: Cell, shell: Shell, reporter: Reporter) -> BaseException | None:
    # What the course has given is plain Python: `course build` refuses anything else.
    is_given = cell.role in (Role.SETUP, Role.CHECK)
    try:
        with reporter.listening() if cell.role is Role.CHECK else nullcontext():
            return await shell.run(cell.source, is_python=is_given)
    except (Exception, KeyboardInterrupt, asyncio.CancelledError) as raised:
        return raised
