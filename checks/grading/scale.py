"""Many hand-ins at once: handed out in batches, a few at a time, and graded in whatever order they end.

Nothing here knows whether the work runs in threads of this process or on a cluster: a pool is an
executor of the standard library's kind, with the two sizes that suit it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from checks.course import CourseError
from checks.grading.collect import HandIn
from checks.grading.grade import Grade
from checks.grading.notebook import LARGEST
from checks.grading.run import end_all
from checks.grading.status import GradingError, Status


@dataclass(frozen=True)
class Submission:
    """A hand-in that can travel: `content` is its notebook, or None where there is nothing to run."""

    hand_in: HandIn
    content: bytes | None = None


Grader = Callable[[Submission], Grade]


def describe(error: Exception) -> str:
    """The kind and the first line of an error."""
    return f"{type(error).__name__}: {error}".strip().splitlines()[0].removesuffix(":")


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
    explain: Callable[[Exception], str] = describe
    look: Callable[[], None] = stand_by
    patience: float = 10


@contextmanager
def open_threads(jobs: int) -> Iterator[Pool]:
    """A pool in this process: `jobs` threads, each of which waits for the process of a hand-in."""
    with ThreadPoolExecutor(jobs) as executor:
        try:
            yield Pool(executor, window=2 * jobs)
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise


def grade_many(hand_ins: Iterable[HandIn], grader: Grader, pool: Pool) -> Iterator[Grade]:
    """Grade hand-ins as fast as the pool can, and hand over each grade as it comes.

    Takes hand-ins only as the pool has room for them, and keeps no grade; closing the iterator cancels
    what is on its way. When a batch fails, nobody can tell which hand-in did it: all of them wait
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
                    yield from grades
        for suspect in suspects:
            future = _submit([suspect], grader, pool)
            running[future] = [suspect]
            _next_done(running, pool)
            yield _grade_alone(running.pop(future)[0], future, pool)
    finally:
        for future in running:
            future.cancel()


def pack(hand_in: HandIn) -> Submission:
    """Read the notebook of a hand-in, so that it can travel; what cannot be read says so."""
    if hand_in.status is not None or hand_in.path is None:
        return Submission(hand_in)
    try:
        if not hand_in.path.is_file():
            return _unreadable(hand_in, "is not a file")
        with hand_in.path.open("rb") as file:
            return Submission(replace(hand_in, path=None), file.read(LARGEST + 1))
    except OSError as error:
        return _unreadable(hand_in, f"cannot be opened: {error.strerror}")


def grade_batch(grader: Grader, submissions: Sequence[Submission]) -> list[Grade]:
    """Grade one batch; this is what runs in the pool."""
    return [grader(submission) for submission in submissions]


def _batches(hand_ins: Iterator[HandIn], size: int) -> Iterator[list[HandIn]]:
    while batch := list(islice(hand_ins, size)):
        yield batch


def _submit(batch: Sequence[HandIn], grader: Grader, pool: Pool) -> Future[list[Grade]]:
    return pool.executor.submit(grade_batch, grader, [pack(hand_in) for hand_in in batch])


def _next_done(running: Iterable[Future[list[Grade]]], pool: Pool) -> Iterable[Future[list[Grade]]]:
    while True:
        done, _ = wait(running, timeout=pool.patience, return_when=FIRST_COMPLETED)
        if done:
            return done
        pool.look()


def _grade_alone(hand_in: HandIn, future: Future[list[Grade]], pool: Pool) -> Grade:
    try:
        [grade] = _result(future)
    except CourseError:
        raise
    except Exception as error:
        reason = f"grading it failed twice, the second time alone: {pool.explain(error)}"
        return Grade(hand_in.learner, hand_in.stage, Status.DIED, reason, file=hand_in.file)
    return grade


def _result(future: Future[list[Grade]]) -> list[Grade]:
    try:
        return future.result()
    except CancelledError:
        raise GradingError("grading was cut off: the work was cancelled from outside") from None


def _unreadable(hand_in: HandIn, reason: str) -> Submission:
    return Submission(replace(hand_in, path=None, status=Status.UNREADABLE, reason=reason))
