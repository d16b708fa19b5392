"""What `course grade` was asked for, held against what can be done."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from checks.grading.limits import Limits
from checks.grading.status import GradingError

_LONGEST = 24 * 60 * 60


@dataclass(frozen=True)
class Options:
    """The options of `course grade`; raises GradingError, with one line, where one cannot be.

    `out` is the folder of the report, `jobs` how many hand-ins run at once (None: one per core),
    `timeout` the seconds that each may take. `scheduler` is the address of a Dask cluster that does the
    work. `whole` runs every code cell, `portable` a Jupyter kernel for each hand-in; `strict` refuses to
    run where hand-ins cannot be confined. `force` grades again what has not changed, `only` names the
    learners whose hand-ins are graded now (none: all), `prune` deletes from the gradebook what is not
    among the hand-ins. `dry_run` writes nothing, and says which marks in the gradebook `against` would
    change.
    """

    out: Path | None = None
    jobs: int | None = None
    scheduler: str | None = None
    timeout: float = 60
    whole: bool = False
    portable: bool = False
    strict: bool = False
    force: bool = False
    only: tuple[str, ...] = ()
    prune: bool = False
    dry_run: bool = False
    against: Path | None = None

    def __post_init__(self) -> None:
        if self.jobs is not None and self.jobs < 1:
            raise GradingError(f"--jobs: {self.jobs} is too few; say 1 or more")
        if not (math.isfinite(self.timeout) and self.timeout > 0):
            raise GradingError(
                f"--timeout: {self.timeout:g} is no time to run in; say a number of seconds above 0"
            )
        if self.timeout > _LONGEST:
            raise GradingError(
                f"--timeout: {self.timeout:g} s is longer than a day; say {_LONGEST} or less"
            )
        if self.scheduler is not None and self.jobs is not None:
            raise GradingError(
                "--jobs: the cluster's workers say how many; leave it out with --scheduler"
            )
        if self.strict and self.portable:
            raise GradingError(
                "--strict: a Jupyter kernel cannot be confined; leave --portable out, or --strict"
            )
        if self.against is not None and not self.dry_run:
            raise GradingError("--against: goes with --dry-run only; add it, or leave both out")
        if self.prune and self.dry_run:
            raise GradingError("--prune: deletes, and --dry-run writes nothing; leave one out")
        if self.out is None and not self.dry_run:
            raise GradingError("--out: is missing; name the folder of the report")
        if self.dry_run and self.out is None and self.against is None:
            raise GradingError(
                "--dry-run: against which marks? Add --against and the folder of a report"
            )

    @property
    def change_marks(self) -> dict[str, object]:
        """Those options that can change a mark, or how far it is believed: another value grades again."""
        return {"timeout": self.timeout, "whole": self.whole, "strict": self.strict}

    @property
    def limits(self) -> Limits:
        """What each hand-in may use."""
        return Limits(seconds=self.timeout, cell_seconds=min(self.timeout, Limits().cell_seconds))

    @property
    def workers(self) -> int:
        """How many hand-ins run at once."""
        if self.jobs is not None:
            return self.jobs
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
