"""Many hand-ins at once: handed out in batches, a few at a time, and graded in whatever order they end.

Nothing here knows whether the work runs in threads of this process or on a cluster: a pool is an
executor of the standard library's kind, with the two sizes that suit it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from checks.course import CourseError
from checks.error_text import in_words
from checks.grading.collect import HandIn
from checks.grading.grade import Grade
from checks.grading.status import GradingError, Status, joined
from checks.grading.submission import Submission, pack

Grading = Callable[[Submission], Grade]
"""How one hand-in is graded; it raises nothing that lies in the hand-in."""


def stand_by() -> None:
    """Nothing can be wrong with threads of this process: wait on."""


@dataclass(frozen=True)
class Pool:
    """Where the work is done.

    `batch` is how many hand-ins travel together, `window` how many batches are on their way at once.
    `explain` says why work was lost. `look` is called after each `patience` seconds in which nothing
    has come back; it raises GradingError where nothing ever will.
    """

    executor: Executor
    window: int
    batch: int = 1
    explain: Callable[[Exception], str] = in_words
    look: Callable[[], None] = stand_by
    patience: float = 10


@contextmanager
def open_threads(jobs: int, stop: Callable[[], object]) -> Iterator[Pool]:
    """A pool in this process: `jobs` threads, each of which waits for the process of a hand-in.

    `stop` ends what is running, for when the block is left before everything is done.
    """
    with ThreadPoolExecutor(jobs) as executor:
        try:
            yield Pool(executor, window=2 * jobs)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            stop()
            raise


def grade_many(
    hand_ins: Iterable[HandIn],
    grader: Grading,
    pool: Pool,
    maxima: Mapping[str, int] = MappingProxyType({}),
) -> Generator[tuple[HandIn, Grade], None, None]:
    """Grade hand-ins as fast as the pool can, and hand over each with its grade as it comes.

    Takes hand-ins only as the pool has room for them, and keeps no grade; closing the iterator cancels
    what is on its way. `maxima` are the points that each stage is worth. When a batch fails, nobody can tell which hand-in did it: all of them wait
    until the pool is idle and are graded alone, and the one that fails again has *died*. Raises
    CourseError where no hand-in can be graded at all.
    """
    waiting = _batches(iter(hand_ins), pool.batch)
    suspects: list[HandIn] = []
    running: dict[Future[list[Grade]], list[HandIn]] = {}
    try:
        while True:
            for batch in islice(waiting, pool.window - len(running)):
                running[_submit(batch, grader, pool)] = batch
            if not running:
                break
            for future in _next_done(running, pool):
                batch = running.pop(future)
                try:
                    grades = _result(future)
                except CourseError:
                    raise
                except Exception:
                    suspects += batch
                else:
                    yield from zip(batch, grades, strict=True)
        for suspect in suspects:
            future = _submit([suspect], grader, pool)
            running[future] = [suspect]
            _next_done(running, pool)
            yield suspect, _grade_alone(running.pop(future)[0], future, pool, maxima)
    finally:
        for future in running:
            future.cancel()


def grade_batch(grader: Grading, submissions: Sequence[Submission]) -> list[Grade]:
    """Grade one batch; this is what runs in the pool."""
    return [grader(submission) for submission in submissions]


def _batches(hand_ins: Iterator[HandIn], size: int) -> Iterator[list[HandIn]]:
    while batch := list(islice(hand_ins, size)):
        yield batch


def _submit(batch: Sequence[HandIn], grader: Grading, pool: Pool) -> Future[list[Grade]]:
    return pool.executor.submit(grade_batch, grader, [pack(hand_in) for hand_in in batch])


def _next_done(running: Iterable[Future[list[Grade]]], pool: Pool) -> Iterable[Future[list[Grade]]]:
    while True:
        done, _ = wait(running, timeout=pool.patience, return_when=FIRST_COMPLETED)
        if done:
            return done
        pool.look()


def _grade_alone(
    hand_in: HandIn, future: Future[list[Grade]], pool: Pool, maxima: Mapping[str, int]
) -> Grade:
    try:
        [grade] = _result(future)
    except CourseError:
        raise
    except Exception as error:
        reason = f"grading it failed twice, the second time alone: {pool.explain(error)}"
        return Grade(
            hand_in.learner,
            hand_in.stage,
            Status.DIED,
            joined(reason, hand_in.reason),
            maximum=maxima.get(hand_in.stage, 0),
            file=hand_in.file,
            digest=hand_in.digest,
        )
    return grade


def _result(future: Future[list[Grade]]) -> list[Grade]:
    try:
        return future.result()
    except CancelledError:
        raise GradingError("grading was cut off: the work was cancelled from outside") from None
