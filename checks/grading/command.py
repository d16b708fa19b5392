"""`course grade`: from a folder of hand-ins to a report, with a bar while it runs."""

from __future__ import annotations

import math
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from checks.course import ROOT, read_course
from checks.grading.collect import collect
from checks.grading.engine import open_engine
from checks.grading.grade import Grade, Options
from checks.grading.grader import Grader
from checks.grading.limits import Limits
from checks.grading.repair import read_releases
from checks.grading.report import prepare_report, write_report
from checks.grading.status import GradingError, Status

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table


def grade_folder(
    hand_ins: Path, report: Path, *, jobs: int | None = None, timeout: float = 60, root: Path = ROOT
) -> tuple[Grade, ...]:
    """Grade every hand-in of a folder, write the report, and say on the terminal what came out.

    Takes the two folders, how many hand-ins run at once (by default one per core), the seconds that
    each may take, and the folder of the course. Returns the grades. Raises GradingError or
    CourseError, each with one line, where it cannot begin or cannot write.
    """
    from rich.console import Console

    if jobs is not None and jobs < 1:
        raise GradingError(f"--jobs: {jobs} is too few; say 1 or more")
    if not (math.isfinite(timeout) and timeout > 0):
        raise GradingError(
            f"--timeout: {timeout:g} is no time to run in; say a number of seconds above 0"
        )
    course = read_course(root)
    releases = read_releases(course, root)
    with tempfile.TemporaryDirectory(prefix="hand-ins-") as scratch:
        collection = collect(hand_ins, course, Path(scratch))
        if not collection.hand_ins:
            raise GradingError(
                f"HANDINS: {hand_ins} has neither notebooks nor learners' folders in it"
            )
        prepare_report(report, hand_ins)
        console = Console()
        stages = sorted({hand_in.stage for hand_in in collection.hand_ins} & releases.keys())
        at_once = min(jobs or _cores(), len(collection.hand_ins))
        options = Options(Limits(seconds=timeout))
        with (
            _progress(console.is_terminal) as progress,
            ThreadPoolExecutor(at_once) as executor,
            Grader(releases, options, partial(open_engine, stages), at_once) as grader,
        ):
            task = progress.add_task("Grading", total=len(collection.hand_ins))
            futures = [executor.submit(grader, hand_in) for hand_in in collection.hand_ins]
            rows = []
            try:
                for future in as_completed(futures):
                    rows.append(future.result())
                    progress.advance(task)
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                raise
    grades = tuple(sorted(rows, key=lambda each: (each.learner, each.stage, each.file)))
    paths = write_report(report, course, grades)
    console.print(_summary(grades, collection.ignored))
    console.print(
        f"Report: {' and '.join(str(path) for path in paths)}",
        soft_wrap=True,
        markup=False,
        highlight=False,
    )
    return grades


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _progress(shown: bool) -> Progress:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        transient=True,
        disable=not shown,
    )


def _summary(grades: Sequence[Grade], ignored: int) -> Table:
    from rich.table import Table

    counts = Counter(grade.status for grade in grades)
    table = Table(
        "status", caption=f"{ignored} other files ignored" if ignored else None, show_footer=True
    )
    table.columns[0].footer = "hand-ins"
    table.add_column("hand-ins", justify="right", footer=str(len(grades)))
    for status in Status:
        if counts[status]:
            table.add_row(status, str(counts[status]))
    return table
