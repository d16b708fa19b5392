"""What grading a hand-in costs beyond its cells: hand-ins and their bare cells, run in turn.

    python -m checks.tests.benchmarks.overhead [STAGE] [HAND-INS]

How fast the machine is just now meets both alike. Prints milliseconds of processor time for each
hand-in: of its cells alone, and of each part of `course grade` but its start.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import psutil

from checks.course import ROOT, StageEntry, read_course, the_course
from checks.grading.collect import HandIn
from checks.grading.engine import open_engine
from checks.grading.gradebook.gradebook import FILE, Gradebook
from checks.grading.grader import open_grader
from checks.grading.limits import Limits
from checks.grading.messages import Job
from checks.grading.notebook import read_notebook
from checks.grading.options import Options
from checks.grading.repair import read_releases, repair
from checks.grading.report.beliefs import Beliefs
from checks.grading.report.folder import prepare_report
from checks.grading.report.write import write_report
from checks.grading.status import Status
from checks.grading.submission import pack
from checks.grading.work import key_of, prepared
from checks.tests.benchmarks import empty_course, same_hand_ins
from checks.tests.benchmarks.lower_bound import BareCells

_FEW = 3

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Spent:
    """Seconds of processor time per hand-in: of its cells alone, and of what grades it.

    `run` is spent by the process that runs the cells and its children, the rest by the grader itself.
    """

    alone: float
    collect: float
    run: float
    prepare: float
    record: float
    report: float

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {1000 * spent:.1f}" for name, spent in vars(self).items())
        return f"{parts}; graded {1000 * self.graded:.1f} ms of processor time each"

    @property
    def graded(self) -> float:
        """All that `course grade` spends on a hand-in."""
        return self.collect + self.run + self.prepare + self.record + self.report


def measure_overhead(stage: StageEntry, number: int) -> Spent:
    """Grade `number` hand-ins of a solved stage, each followed by its cells alone.

    Raises RuntimeError where a hand-in does not get full marks.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, BareCells(stage) as bare:
        return _measure(stage, ROOT, same_hand_ins.solved(stage), number, Path(folder), bare)


def measure_nothing(number: int) -> Spent:
    """Grade `number` hand-ins whose cells do nothing: what that costs is the engine's own work."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        root = Path(folder, "course")
        notebook = empty_course.write(root)
        stage = read_course(root).stage(empty_course.STAGE)
        return _measure(stage, root, notebook, number, Path(folder), None)


def measure_cold_start() -> float:
    """Seconds on the clock from nothing to the first result: the process starts, imports, and runs."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        root = Path(folder, "course")
        empty_course.write(root)
        course = read_course(root)
        [cells] = (
            repair(read_notebook(root / "notebooks" / empty_course.NOTEBOOK), release).cells
            for release in read_releases(course, root).values()
        )
        began = time.perf_counter()
        with open_engine([empty_course.STAGE]) as engine:
            run = engine.run(Job(empty_course.STAGE, cells, (), Limits()))
            seconds = time.perf_counter() - began
        if run.status is not Status.GRADED:
            raise RuntimeError(f"{run.status}: {run.reason}")
        return seconds


def _measure(
    stage: StageEntry,
    root: Path,
    notebook: same_hand_ins.Notebook,
    number: int,
    folder: Path,
    bare: BareCells | None,
) -> Spent:
    for learner in range(_FEW + number):
        for place in ("few", "all") if learner < _FEW else ("all",):
            path = folder / place / f"learner-{learner}" / f"{stage.stem}.ipynb"
            same_hand_ins.write(notebook, path)
    options = Options(out=folder / "report", jobs=1)
    assert options.out is not None
    prepare_report(options.out, folder / "all")

    def collect_only(place: str) -> None:
        with prepared(folder / place, options, root):
            pass

    with (
        prepared(folder / "all", options, root) as work,
        Gradebook(options.out / FILE) as gradebook,
        open_grader(work.course, root, limits=options.limits, stages={stage.id}) as grader,
    ):
        alone = record = run = prepare = 0.0
        for count, hand_in in enumerate(work.hand_ins):
            if count == _FEW:
                alone, record, run, prepare = 0.0, 0.0, -_used_below(bare), -time.process_time()
            grade = grader(pack(hand_in))
            if grade.status is not Status.GRADED or (bare and grade.points != stage.points):
                raise RuntimeError(f"{grade.status}, {grade.points} points: {grade.reason}")
            record += _seconds(gradebook.record, grade, work.fingerprint(hand_in))
            alone += bare.run() if bare else 0
        run += _used_below(bare)
        prepare += time.process_time() - record

        def report_only(hand_ins: Sequence[HandIn]) -> None:
            grades = gradebook.grades(map(key_of, hand_ins))
            beliefs: Beliefs = {each.id: {} for each in work.course.stages}
            write_report(folder / "report", work.course, grades, beliefs, {stage.id})

        report = _marginal(report_only, work.hand_ins[:_FEW], work.hand_ins)
    return Spent(
        alone=alone / number,
        collect=_marginal(collect_only, "few", "all") / number,
        run=run / number,
        prepare=prepare / number,
        record=record / number,
        report=report / number,
    )


def _seconds(action: Callable[P, object], *arguments: P.args, **options: P.kwargs) -> float:
    """The processor time that this process spends on a call."""
    began = time.process_time()
    action(*arguments, **options)
    return time.process_time() - began


def _marginal(action: Callable[[T], object], few: T, everything: T) -> float:
    """What everything costs beyond a few: the processor time that is paid once is in both."""
    action(few)
    return -_seconds(action, few) + _seconds(action, everything)


def _used_below(bare: BareCells | None) -> float:
    """The processor time of all processes that this one has started, and of those that they ended."""
    started = [each for each in psutil.Process().children() if not bare or each.pid != bare.number]
    below = [each for process in started for each in (process, *process.children(recursive=True))]
    return sum(sum(process.cpu_times()[:4]) for process in below)


def main() -> None:
    """Measure, and print a line for each part."""
    stage = the_course().stage(sys.argv[1] if len(sys.argv) > 1 else "fastapi_basics")
    spent = measure_overhead(stage, int(sys.argv[2]) if len(sys.argv) > 2 else 40)
    print(f"{spent}, {spent.graded / spent.alone:.2f} times its cells")


if __name__ == "__main__":
    main()
