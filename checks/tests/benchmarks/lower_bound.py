"""What the cells of a hand-in cost by themselves: nothing can grade them for less.

A process that has imported everything forks; its child compiles and executes the cells, with nothing
captured and nobody watching.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from checks.answers import run_cells
from checks.check import observing
from checks.course import ROOT, StageEntry, read_course
from checks.grading.notebook import read_notebook
from checks.grading.repair import read_releases, repair


class BareCells:
    """Runs the cells of a solved stage, as often as asked, in children of a process of their own.

    A context manager; `number` is that of the process.
    """

    def __init__(self, stage: StageEntry) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "checks.tests.benchmarks.lower_bound", stage.id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=ROOT,
        )
        self.number = self._process.pid

    def __enter__(self) -> BareCells:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self) -> float:
        """Run the cells once; returns the seconds of processor time that they took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        return float(self._process.stdout.readline())


def main() -> None:
    """Run the cells of a solved stage, its argument, once for each line of the standard input."""
    course = read_course()
    stage = course.stage(sys.argv[1])
    notebook = read_notebook(ROOT / "solutions" / f"{stage.stem}.ipynb")
    sources = [
        cell.source for cell in repair(notebook, read_releases(course, ROOT)[stage.id]).cells
    ]
    # What a hand-in imports is imported by running it once, in a child, and looking.
    for name in imported(sources):
        importlib.import_module(name)
    importlib.import_module(f"checks.stages.{stage.id}")
    gc.freeze()
    for _ in sys.stdin:
        print(seconds(sources), flush=True)


def seconds(sources: list[str]) -> float:
    """The processor time of one forked child that runs the cells; raises RuntimeError if it fails."""
    child = os.fork()
    if child == 0:
        _run_quietly(sources)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    if status:
        raise RuntimeError("the solved cells do not run")
    return used.ru_utime + used.ru_stime


def imported(sources: list[str]) -> list[str]:
    """The modules of the standard library and of others that one run of the cells has loaded."""
    hearing, speaking = os.pipe()
    child = os.fork()
    if child == 0:
        before = set(sys.modules)
        _run_quietly(sources)
        names = [
            name
            for name, module in sys.modules.items()
            if name not in before
            and getattr(module, "__spec__", None)
            and "site-packages" in str(module)
        ]
        os.write(speaking, "\n".join(names).encode())
        os._exit(0)
    os.close(speaking)
    with os.fdopen(hearing) as file:
        names = file.read().split()
    os.waitpid(child, 0)
    return [name for name in names if not name.startswith("_")]


def _run_quietly(sources: list[str]) -> None:
    said = os.fdopen(os.dup(2), "w")
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            os.dup2(nothing, number)
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            found: list[str] = []
            with observing(lambda result: found.append(f"{result.exercise}: {result.outcome}")):
                asyncio.run(run_cells(sources, "hand-in"))
            assert found, "no check ran"
            assert all(each.endswith(": solved") for each in found), found
            os.chdir(Path(folder).parent)
    except BaseException:
        traceback.print_exc(file=said)
        said.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
