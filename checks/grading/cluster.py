"""A Dask cluster as the pool that hand-ins are graded in.

The threads of a Dask worker only wait: each hand-in runs in a process of its own, which no worker
forks itself. So a hand-in that ends its process never reaches Dask; should it end the worker all the
same, Dask starts the worker again and `grade_many` finds out which hand-in it was.
"""

from __future__ import annotations

import atexit
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from checks.course import ROOT, read_course
from checks.error_text import in_words
from checks.grading.dask_executor import DaskExecutor, lost
from checks.grading.grade import Grade
from checks.grading.grader import Grader, open_grader
from checks.grading.installation import difference, read_installation
from checks.grading.limits import Limits
from checks.grading.scale import Pool
from checks.grading.status import GradingError
from checks.grading.submission import Submission

if TYPE_CHECKING:
    from distributed import Client

BATCH = 20
"""Hand-ins that travel together; Dask needs about 1.5 ms for each task, whatever is in it."""

_BATCHES_PER_THREAD = 3
_SECONDS_TO_ANSWER = 10
_SECONDS_TO_LEAVE = 2
_SECONDS_WITHOUT_WORKERS = 180
_MEND = "install the same on all machines, and start the workers again"


@dataclass(frozen=True)
class CourseGrader:
    """Grades a hand-in anywhere where the course is installed as it is here.

    `installation` is what the grade depends on, as the grader has it. `root` is the folder of the
    course on every machine, None where it is the one that this package is installed with; `limits`,
    `whole`, `portable` and `strict` are as for a grader of one machine.
    """

    installation: dict[str, str]
    limits: Limits
    whole: bool = False
    portable: bool = False
    strict: bool = False
    root: Path | None = None

    def __call__(self, submission: Submission) -> Grade:
        """Grade one hand-in; raises GradingError where this is another course."""
        # A worker may have joined after the others were asked.
        root = self.root or ROOT
        if found := difference(self.installation, read_installation(root)):
            raise GradingError(f"--scheduler: a worker has {found}; {_MEND}")
        with _opening:
            grader = _grader_of(self.limits, self.whole, self.portable, self.strict, root)
        return grader(submission)


_opening = Lock()
"""Held while the grader of this process is opened, which several threads may ask for at once."""


@cache
def _grader_of(limits: Limits, whole: bool, portable: bool, strict: bool, root: Path) -> Grader:
    """The one grader of this process; its engines are opened as its threads need them."""
    course = read_course(root)
    grader = open_grader(course, root, limits=limits, whole=whole, portable=portable, strict=strict)
    atexit.register(grader.close)
    return grader


@contextmanager
def open_cluster(
    address: str, hand_ins: int, *, installation: dict[str, str], root: Path | None = None
) -> Iterator[Pool]:
    """Connect to a Dask cluster.

    Takes the scheduler's address, such as `tcp://host:8786`, how many hand-ins there are to grade, and
    what every worker must have installed; `root` as for `CourseGrader`. Raises GradingError with one line where no scheduler
    answers, where it has no workers, or where one of them has something else installed.
    """
    with _quiet(), _connect(address) as client:
        _compare(client, address, installation, root)
        batches = _BATCHES_PER_THREAD * max(1, sum(_threads(client).values()))
        yield Pool(
            DaskExecutor(client, address),
            window=batches,
            # A small class is to keep every thread busy, too.
            batch=max(1, min(BATCH, hand_ins // batches)),
            explain=_explain,
            look=_Look(client, address),
        )


@contextmanager
def _connect(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ModuleNotFoundError:
        raise GradingError(
            "--scheduler: the package distributed is not installed; run: pip install -r requirements.txt"
        ) from None
    try:
        get_address_host_port(address)  # a client that cannot read its address hangs at its end
        client = Client(address, timeout=_SECONDS_TO_ANSWER, set_as_default=False)
    except (OSError, ValueError) as error:
        raise GradingError(
            f"--scheduler: no Dask scheduler answers at {address} ({in_words(error)}); "
            "start one with `dask scheduler` and give the address that it prints"
        ) from None
    try:
        yield client
    finally:
        client.close(timeout=_SECONDS_TO_LEAVE)


def _compare(client: Client, address: str, installation: dict[str, str], root: Path | None) -> None:
    if not _threads(client):
        raise GradingError(
            f"--scheduler: the cluster at {address} has no workers; "
            f"start some with `dask worker {address}`"
        )
    place = () if root is None else (root,)
    found: dict[str, Any] = client.run(read_installation, *place, on_error="return")
    for worker, there in sorted(found.items()):
        if not isinstance(there, dict):
            raise GradingError(
                f"--scheduler: worker {worker} cannot load the course ({in_words(there)}); "
                "install it there as it is here"
            )
        if differs := difference(installation, there):
            raise GradingError(f"--scheduler: worker {worker} has {differs}; {_MEND}")


def _threads(client: Client) -> dict[str, int]:
    threads: dict[str, int] = client.nthreads()
    return threads


class _Look:
    """Nothing has come back for a while: is the cluster still there?"""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address
        self._alone_since: float | None = None

    def __call__(self) -> None:
        try:
            workers = _threads(self._client)
        except OSError:
            raise lost(self._address) from None
        if workers:
            self._alone_since = None
            return
        now = time.monotonic()
        self._alone_since = self._alone_since or now
        if now - self._alone_since >= _SECONDS_WITHOUT_WORKERS:
            raise GradingError(
                f"--scheduler: the cluster at {self._address} has lost all its workers; "
                "start some and grade again"
            )


def _explain(error: Exception) -> str:
    from distributed import KilledWorker

    if isinstance(error, KilledWorker):
        return "it ended the cluster's worker each time"
    return in_words(error)


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs about lost workers and connections is said by us, once and in words."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
