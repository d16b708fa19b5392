"""How long a learner waits for a check.

    python -m checks.tests.benchmarks.check_latency

Prints, for every exercise, the median of 15 checks of a right and of a wrong answer, in
milliseconds. A figure to look at, not a test: the promise is a median below 100 ms.
"""

from __future__ import annotations

import statistics
import time

from rich.console import Console
from rich.table import Table

from checks.answers import check_answer, read_answers
from checks.course import the_course

RUNS = 15


def milliseconds(stage, exercise: str, code: str) -> float:
    """The median time of one check, its set-up and answer cells included, in milliseconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        check_answer(stage, exercise, code)
        times.append(1_000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> None:
    """Measure every exercise and print the table."""
    table = Table("stage", "exercise", "right, ms", "wrong, ms")
    medians = []
    for stage in the_course().stages:
        for entry in stage.exercises:
            answers = read_answers(stage, entry.id)
            right = next(answer.code for answer in answers if answer.right)
            wrong = next(answer.code for answer in answers if not answer.right)
            both = [milliseconds(stage, entry.id, code) for code in (right, wrong)]
            medians += both
            table.add_row(stage.id, entry.id, *(f"{each:.1f}" for each in both))
    console = Console()
    console.print(table)
    console.print(
        f"median over all: {statistics.median(medians):.1f} ms, largest: {max(medians):.1f} ms"
    )


if __name__ == "__main__":
    main()
