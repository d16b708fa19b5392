"""Do collecting, scheduling and recording keep up with a cluster that grades 100,000 hand-ins?

    python -m checks.tests.benchmarks.simulate_cluster [--quick]

The hand-ins are real files, really collected, read, sent, scheduled and recorded, one transaction
each. Only the run is left out: a thread of a Dask worker sleeps for as long as a run takes. Such a
thread stands for a core, so that two cores can play a cluster of many.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from checks.course import read_course, the_course
from checks.grading.cluster import open_cluster
from checks.grading.collect import HandIn, collect
from checks.grading.grade import Answer, ExerciseGrade, Grade
from checks.grading.gradebook.gradebook import Gradebook
from checks.grading.installation import read_installation
from checks.grading.likeness import likeness
from checks.grading.scale import Submission, grade_many
from checks.grading.status import Status
from checks.result import CriterionResult, Outcome, State

CRITERIA = 4
CODE = """
def answer(dishes):
    total = 0
    for dish in dishes:
        total += dish.price
    return total
"""


@dataclass(frozen=True)
class Sleeper:
    """Grades nothing: sleeps for as long as a run takes (in seconds) and returns a grade of full size."""

    run: float

    def __call__(self, submission: Submission) -> Grade:
        hand_in = submission.hand_in
        assert submission.content
        time.sleep(self.run)
        stage = the_course().stage(hand_in.stage)
        criteria = tuple(
            CriterionResult(f"what must hold, number {number}", State.HOLDS)
            for number in range(CRITERIA)
        )
        exercises = tuple(
            ExerciseGrade(
                each.id, each.title, Outcome.SOLVED, each.points, each.points, criteria=criteria
            )
            for each in stage.exercises
        )
        return Grade(
            hand_in.learner,
            hand_in.stage,
            Status.GRADED,
            points=stage.points,
            maximum=stage.points,
            file=hand_in.file,
            exercises=exercises,
            digest=hand_in.digest,
            answers=tuple(Answer(each.id, CODE, likeness(CODE)) for each in stage.exercises),
        )


def write_hand_ins(folder: Path, number: int) -> None:
    """A folder per learner with one small notebook of the first stage."""
    stage = read_course().stages[0]
    cell = {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": "answer = 42\n" * 100,
    }
    metadata = {"course": {"stage": stage.id}}
    notebook = {"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    content = json.dumps(notebook).encode()
    for learner in range(number):
        home = folder / f"learner-{learner}"
        home.mkdir()
        (home / f"{stage.stem}.ipynb").write_bytes(content)


def of_this_process() -> float:
    """The memory of this process, in MiB."""
    return psutil.Process().memory_info().rss / 2**20


class Clock:
    """How long each part took, in seconds, and the memory of this process after it, in MiB."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, int, float, float]] = []

    @contextmanager
    def part(self, name: str, number: int) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.parts.append((name, number, time.perf_counter() - begun, of_this_process()))

    def table(self) -> Table:
        table = Table("part", "hand-ins", "seconds", "hand-ins/s", "grader and scheduler, MiB")
        for name, number, seconds, memory in self.parts:
            rate = f"{number / seconds:,.0f}"
            table.add_row(name, f"{number:,}", f"{seconds:.1f}", rate, f"{memory:.0f}")
        return table


def simulate(number: int, *, cores: int, run: float, address: str, folder: Path) -> Table:
    """Each part alone, then scheduling and recording together; returns the figures."""
    clock = Clock()
    hand_ins = folder / "hand-ins"
    hand_ins.mkdir()
    write_hand_ins(hand_ins, number)
    course = read_course()
    with clock.part("collect", number):
        collection = collect(hand_ins, course, folder / "unpacked")
    found: tuple[HandIn, ...] = collection.hand_ins
    assert len(found) == number
    installation = read_installation()
    with open_cluster(address, number, installation=installation) as pool:
        few = found[: number // 10]
        with clock.part("schedule, runs of 0 s", len(few)):
            assert _count(grade_many(few, Sleeper(0), pool)) == len(few)
        example = Sleeper(0)(Submission(found[0], b"{}"))
        with Gradebook(folder / "alone.sqlite") as gradebook, clock.part("record", len(few)):
            for hand_in in few:
                gradebook.record(replace(example, learner=hand_in.learner), "fingerprint")
        work = f"schedule and record, {cores} cores, runs of {run:g} s"
        with Gradebook(folder / "gradebook.sqlite") as gradebook:
            grades = grade_many(found, Sleeper(run), pool)
            for half in ("first", "second"):
                with clock.part(f"{work}, {half} half", number // 2):
                    for _, grade in islice(grades, number // 2):
                        gradebook.record(grade, "fingerprint")
    return clock.table()


def _count(grades: Iterable[object]) -> int:
    return sum(1 for _ in grades)


def main() -> None:
    """Start a local cluster, simulate, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hand-ins", type=int, default=100_000)
    parser.add_argument("--run", type=float, default=0.2, help="seconds that a run takes")
    parser.add_argument("--cores", type=int, default=200, help="how many runs go on at once")
    parser.add_argument("--quick", action="store_true", help="a tenth of the hand-ins")
    options = parser.parse_args()
    number = options.hand_ins // 10 if options.quick else options.hand_ins
    from distributed import LocalCluster

    with (
        tempfile.TemporaryDirectory(prefix="simulation-") as folder,
        LocalCluster(
            n_workers=2,
            threads_per_worker=options.cores // 2,
            dashboard_address=":0",
            memory_limit=0,
            silence_logs=60,
        ) as cluster,
    ):
        table = simulate(
            number,
            cores=options.cores // 2 * 2,
            run=options.run,
            address=cluster.scheduler_address,
            folder=Path(folder),
        )
    console = Console()
    console.print(table)
    ideal = options.cores / options.run
    console.print(f"ideal rate of the runs: {ideal:,.0f} hand-ins/s")


if __name__ == "__main__":
    main()
