"""`course grade`: from a folder of hand-ins to a report, with a bar while it runs."""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from checks.course import ROOT, read_course
from checks.grading.cluster import CourseGrader, open_cluster
from checks.grading.collect import collect
from checks.grading.fingerprint import read_fingerprint
from checks.grading.grade import Grade
from checks.grading.report import prepare_report, write_report
from checks.grading.scale import grade_many, open_threads
from checks.grading.status import GradingError, Status

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table


def grade_folder(
    hand_ins: Path,
    report: Path,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    timeout: float = 60,
    root: Path = ROOT,
) -> tuple[Grade, ...]:
    """Grade every hand-in of a folder, write the report, and say on the terminal what came out.

    Takes the two folders, how many hand-ins run at once (by default one per core) or the scheduler of
    a cluster, the seconds that each may take, and the folder of the course. Returns the grades. Raises
    GradingError or CourseError, each with one line, where it cannot begin or cannot write.
    """
    from rich.console import Console

    if sys.platform == "win32":
        raise GradingError("course grade needs Linux or macOS: run it in WSL")
    if jobs is not None and jobs < 1:
        raise GradingError(f"--jobs: {jobs} is too few; say 1 or more")
    if jobs is not None and scheduler is not None:
        raise GradingError(
            "--jobs: the cluster's workers say how many hand-ins run at once; leave out --jobs or --scheduler"
        )
    if not (math.isfinite(timeout) and timeout > 0):
        raise GradingError(
            f"--timeout: {timeout:g} is no time to run in; say a number of seconds above 0"
        )
    course = read_course(root)
    collection = collect(hand_ins, course)
    if not collection.hand_ins:
        raise GradingError(f"HANDINS: {hand_ins} has neither notebooks nor learners' folders in it")
    prepare_report(report, hand_ins)
    console = Console()
    fingerprint = read_fingerprint(root)
    with (
        open_cluster(scheduler, len(collection.hand_ins), fingerprint=fingerprint, root=root)
        if scheduler is not None
        else open_threads(jobs or _cores()) as pool,
        _progress(console.is_terminal) as progress,
    ):
        task = progress.add_task("Grading", total=len(collection.hand_ins))
        graded = []
        for grade in grade_many(
            collection.hand_ins, CourseGrader(timeout, fingerprint, root), pool
        ):
            graded.append(grade)
            progress.advance(task)
    grades = tuple(sorted(graded, key=lambda each: (each.learner, each.stage, each.file)))
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
