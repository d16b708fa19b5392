"""`course grade` beside nbgrader and otter-grader, on the same hand-ins, and beside its own promises.

    python -m checks.tests.benchmarks.compare_graders [--quick] [--own]

Each round runs every grader once, one after the other, so that what else the machine does meets all
of them; the figures are medians of the rounds. Exit code 1 where a promise is not kept.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from checks.course import StageEntry, the_course
from checks.tests.benchmarks.graders import NBGRADER, OTTER, Course, Nbgrader, Otter
from checks.tests.benchmarks.measuring import Cost
from checks.tests.benchmarks.overhead import measure_cold_start, measure_nothing, measure_overhead


@dataclass(frozen=True)
class Size:
    """How much is measured: rounds, hand-ins per run, and the numbers over which growth is watched."""

    rounds: int
    heavy: int
    light: int
    growth: tuple[int, int, int]


FULL = Size(rounds=3, heavy=100, light=100, growth=(10, 100, 1000))
QUICK = Size(rounds=1, heavy=4, light=4, growth=(2, 4, 12))

_STARTS = 11
"""How often the engine is started; one start takes less than a second, and two differ by a tenth."""


@dataclass(frozen=True)
class Figure:
    """One line of the table; the promise is kept where `kept` says so of the value."""

    name: str
    value: float
    unit: str
    promise: str
    kept: Callable[[float], bool]


def at_least(name: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(name, value, unit, f"≥ {limit:g}", lambda found: found >= limit)


def at_most(name: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(name, value, unit, f"≤ {limit:g}", lambda found: found <= limit)


def compare(
    size: Size, stages: dict[str, StageEntry], peers: list[Nbgrader | Otter], say: Console
) -> Iterator[Figure]:
    """Hand-ins per second of `course grade`, in multiples of each peer's."""
    course = Course()
    for weight, stage in stages.items():
        number = size.heavy if weight == "heavy" else size.light
        rates: dict[str, list[float]] = defaultdict(list)
        for _ in range(size.rounds):
            for grader in (course, *peers):
                with empty_folder() as folder:
                    cost = grader.grade(stage, number, folder)
                rates[grader.name].append(number / cost.wall)
                say.print(
                    f"{weight}: {grader.name}: {number / cost.wall:.2f} hand-ins/s, "
                    f"{cost.cpu / number:.2f} s of processor time each"
                )
        own = statistics.median(rates[course.name])
        for peer, limit in ((NBGRADER, 10 if weight == "heavy" else 20), (OTTER, 12)):
            ratio = own / statistics.median(rates[peer])
            yield at_least(f"hand-ins/s of {peer}, {weight}", ratio, "times", limit)


def overhead(size: Size, stages: dict[str, StageEntry], say: Console) -> Iterator[Figure]:
    """Processor time per hand-in, in multiples of what its cells cost alone."""
    for weight, stage in stages.items():
        number = size.heavy if weight == "heavy" else size.light
        found = [measure_overhead(stage, number) for _ in range(size.rounds)]
        for spent in found:
            say.print(f"{weight}: {spent}")
        limit = 1.1 if weight == "heavy" else 1.25
        for part, ratios in {
            "run": [spent.run / spent.alone for spent in found],
            "all of it": [spent.graded / spent.alone for spent in found],
        }.items():
            name = f"processor time per hand-in, {weight}, {part}"
            yield at_most(name, statistics.median(ratios), "times its cells", limit)


def engine(size: Size) -> Iterator[Figure]:
    """What is left of the engine when the cells do nothing, and its cold start."""
    found = [measure_nothing(2 * size.light) for _ in range(size.rounds)]
    for part, seconds in {
        "run": [spent.run for spent in found],
        "all of it": [spent.graded for spent in found],
    }.items():
        value = 1000 * statistics.median(seconds)
        yield at_most(f"engine per hand-in of no work, {part}", value, "ms", 18)
    starts = [measure_cold_start() for _ in range(_STARTS)]
    yield at_most("cold start of the engine", statistics.median(starts), "s", 0.6)


def growth(size: Size, stage: StageEntry, say: Console) -> Iterator[Figure]:
    """Cost and memory over numbers of hand-ins that grow tenfold."""
    course = Course()
    costs: list[Cost] = []
    for number in size.growth:
        with empty_folder() as folder:
            costs.append(course.grade(stage, number, folder, look=True))
        say.print(
            f"growth: {number} hand-ins: {costs[-1].cpu / number:.3f} s of processor time each, "
            f"grader {costs[-1].own:.0f} MiB, largest process below it {costs[-1].child:.0f} MiB"
        )
    few, some, many = size.growth
    first, second, third = costs
    early = (second.cpu - first.cpu) / (some - few)
    late = (third.cpu - second.cpu) / (many - some)
    yield at_most(f"cost of a hand-in at {many} against {some}", late / early, "times", 1.1)
    yield at_most("largest worker", max(cost.child for cost in costs), "MiB", 100)
    grown = third.own - second.own
    yield at_most(f"grader's growth from {some} to {many}", grown, "MiB", 25)


@contextmanager
def empty_folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        yield Path(folder)


def main() -> None:
    """Measure, print the table, and leave with 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="few hand-ins, one round: does it run?"
    )
    parser.add_argument("--own", action="store_true", help="only the promises about itself")
    parser.add_argument("--rounds", type=int, help="how often everything is measured")
    parser.add_argument("--heavy", default="integrating_endpoints", help="the heavy stage")
    parser.add_argument("--light", default="fastapi_basics", help="the light stage")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir(), "course-benchmark-graders"),
        help="the folder for the other graders' virtual environments",
    )
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    size = replace(size, rounds=options.rounds or size.rounds)
    stages = {
        "heavy": the_course().stage(options.heavy),
        "light": the_course().stage(options.light),
    }
    say = Console()
    figures: list[Figure] = []
    if not options.own:
        options.cache.mkdir(parents=True, exist_ok=True)
        figures += compare(size, stages, [Nbgrader(options.cache), Otter(options.cache)], say)
    figures += [
        *overhead(size, stages, say),
        *engine(size),
        *growth(size, stages["light"], say),
    ]
    table = Table("figure", "median", "unit", "promise", "kept")
    for figure in figures:
        kept = "yes" if figure.kept(figure.value) else "NO"
        table.add_row(figure.name, f"{figure.value:.2f}", figure.unit, figure.promise, kept)
    say.print(table)
    broken = [figure.name for figure in figures if not figure.kept(figure.value)]
    if broken:
        say.print(f"not kept: {'; '.join(broken)}")
        sys.exit(1)


if __name__ == "__main__":
    main()
