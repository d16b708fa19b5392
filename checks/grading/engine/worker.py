"""A worker: a process that has imported everything, and forks one child for each hand-in.

It has one thread and no connection open, so that forking it is safe. Jobs come on the standard input,
one at a time, and each is answered by one line on the standard output. What a worker reads stays in its
memory, and each child has a copy of that: so a worker never reads what was handed in, only its outline,
and no solution either.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from checks import lesson
from checks.course import CourseError, StageEntry, the_course
from checks.grading.engine.child import run_child
from checks.grading.engine.pipe import Outline, read_job, read_outline, skip_job, write_line
from checks.grading.engine.seal import Seal
from checks.grading.engine.shell import Shell
from checks.grading.engine.supervise import kill_group, supervise
from checks.grading.messages import READY, RUN, Run
from checks.grading.sandbox import Enclosure, Sandbox
from checks.grading.status import Status


def main() -> None:
    """Serve jobs until the standard input ends.

    The arguments are the sandbox, as it is dumped, and the stages to import at once. Garbage is
    collected from the first hand-in on, and not before.
    """
    sandbox, *stages = sys.argv[1:]
    del sys.argv[1:]  # a hand-in need not know where things lie on this machine
    enclosure = Sandbox.loads(sandbox).settle(Path(tempfile.mkdtemp(prefix="hand-ins-")))
    for stage in stages:
        preload(stage, _read_elsewhere)
    enclosure.close()
    worker = _Worker(enclosure)
    write_line(1, READY)
    while outline := read_outline(0):
        write_line(1, RUN.dump_json(worker.run(outline)))


_ALWAYS = (
    "fastapi.testclient",
    "sqlalchemy.orm",
    "sqlalchemy.ext.asyncio",
    # What the first request and the first engine would import, in each child anew.
    "anyio._backends._asyncio",
    "pydantic.v1",
    "sqlalchemy.dialects.sqlite",
)


_YOUNG = 50_000
"""How many objects are new when a hand-in's garbage is looked for; most hand-ins end before.

Python's own 700 means some forty looks in a heavy stage, and 10,000 two larger ones: either way they
are a few hundredths of its time. The garbage of 50,000 objects is some ten megabytes.
"""


def preload(
    stage: str, read: Callable[[StageEntry], list[dict[str, Any]]] = lesson.without_solutions
) -> None:
    """Import what the hand-ins of a stage need; a stage that is no room of the course needs less.

    Takes also how to read its lesson without the solutions.
    """
    for name in _ALWAYS:
        import_module(name)
    try:
        entry = the_course().stage(stage)
        import_module(f"checks.stages.{stage}")
    except (CourseError, ModuleNotFoundError):
        return
    lesson.keep(entry, read(entry))
    for statement in lesson.given_code(entry):
        match statement:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module)):
                modules = [module]
            case _:
                continue
        for name in modules:
            import_module(name)


def _read_elsewhere(stage: StageEntry) -> list[dict[str, Any]]:
    """The lesson of a stage without its solutions, read by a process that ends with what it has read."""
    hearing, speaking = os.pipe()
    reader = os.fork()
    if reader == 0:
        try:
            write_line(speaking, json.dumps(lesson.without_solutions(stage)).encode())
        finally:
            os._exit(0)
    os.close(speaking)
    with os.fdopen(hearing, "rb") as pipe:
        cells: list[dict[str, Any]] = json.load(pipe)
    os.waitpid(reader, 0)
    return cells


class _Worker:
    def __init__(self, enclosure: Enclosure) -> None:
        self._enclosure = enclosure
        self._shell = Shell.open()
        self._seal = Seal()
        # The children share these objects with the worker as long as nobody writes to them.
        gc.freeze()
        gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
        gc.enable()

    def run(self, outline: Outline) -> Run:
        try:
            return self._run(outline)
        except OSError as error:
            return Run(Status.DIED, unable=f"no process for a hand-in: {error.strerror}")
        finally:
            self._enclosure.sweep()

    def _run(self, outline: Outline) -> Run:
        key = secrets.token_hex(8)
        hearing, speaking = os.pipe()
        try:
            child = self._enclosure.fork()
            if child == 0:
                os.setsid()
                os.close(hearing)
                job = partial(read_job, 0, outline)
                run_child(job, speaking, key, self._enclosure, self._shell, self._seal)
        except OSError:
            skip_job(0, outline)
            raise
        finally:
            os.close(speaking)
        signal.signal(signal.SIGTERM, lambda *_: _end(child))
        try:
            return supervise(outline.job, key, hearing, child)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.close(hearing)


def _end(child: int) -> None:
    kill_group(child)
    os._exit(1)


if __name__ == "__main__":
    main()
