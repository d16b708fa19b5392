"""Many hand-ins at once: lazily, in bounded memory, and none pays for what another one does."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from checks.grading.collect import HandIn
from checks.grading.grade import Grade
from checks.grading.scale import Pool, grade_many
from checks.grading.status import GradingError, Status
from checks.grading.submission import Submission, pack


def hand_ins(number: int) -> Iterator[HandIn]:
    return (HandIn(f"learner-{each}", "soup", digest=f"learner-{each}") for each in range(number))


def quick(submission: Submission) -> Grade:
    return Grade(submission.hand_in.learner, submission.hand_in.stage, Status.GRADED)


def rows(graded: Iterator[tuple[HandIn, Grade]]) -> dict[str, Grade]:
    whole = []
    for hand_in, grade in graded:
        assert grade.learner == hand_in.learner
        whole.append(grade)
    by_learner = {grade.learner: grade for grade in whole}
    assert len(by_learner) == len(whole)
    return by_learner


@pytest.fixture
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.mark.parametrize("batch", [1, 3, 20, 1000])
def test_every_hand_in_has_one_grade_whatever_the_batches(threads: Executor, batch: int) -> None:
    found = rows(grade_many(hand_ins(50), quick, Pool(threads, window=2, batch=batch)))
    assert set(found) == {f"learner-{each}" for each in range(50)}


def test_nothing_to_grade_is_no_work(threads: Executor) -> None:
    assert list(grade_many(hand_ins(0), quick, Pool(threads, window=2))) == []


def test_hand_ins_are_taken_only_as_there_is_room_for_them(threads: Executor) -> None:
    taken = []

    def watched() -> Iterator[HandIn]:
        for hand_in in hand_ins(10_000):
            taken.append(hand_in)
            yield hand_in

    grades = grade_many(watched(), quick, Pool(threads, window=3, batch=4))
    assert taken == []
    next(grades)
    assert len(taken) <= 3 * 4
    grades.close()
    assert len(taken) <= 3 * 4


def test_a_hand_in_that_fails_costs_nobody_else_a_mark(threads: Executor) -> None:
    def grader(submission: Submission) -> Grade:
        if submission.hand_in.learner in {"learner-7", "learner-8", "learner-31"}:
            raise KeyError("soup")
        return quick(submission)

    pool = Pool(threads, window=2, batch=10)
    found = rows(grade_many(hand_ins(40), grader, pool, {"soup": 9}))
    died = {learner: grade.reason for learner, grade in found.items() if grade.status == "died"}
    assert set(died) == {"learner-7", "learner-8", "learner-31"}
    assert {grade.status for grade in found.values()} == {Status.DIED, Status.GRADED}
    assert died["learner-7"] == ("grading it failed twice, the second time alone: KeyError: 'soup'")
    row = found["learner-7"]
    assert (row.points, row.maximum, row.digest) == (0, 9, "learner-7"), "it counts as graded"


def test_whoever_fails_only_beside_others_is_graded_alone(threads: Executor) -> None:
    both = threading.Barrier(2)
    alone = threading.Event()

    def grader(submission: Submission) -> Grade:
        if not alone.is_set():
            both.wait(30)
            alone.set()
            raise RuntimeError("somebody beside me")
        return quick(submission)

    found = rows(grade_many(hand_ins(2), grader, Pool(threads, window=2)))
    assert [grade.status for grade in found.values()] == [Status.GRADED] * 2


def test_closing_it_cancels_what_is_on_its_way() -> None:
    class Idle(Executor):
        """An executor that does the first call at once, and the others never."""

        def __init__(self) -> None:
            self.futures: list[Future] = []

        def submit(self, fn, /, *args, **kwargs):
            future: Future = Future()
            if not self.futures:
                future.set_result(fn(*args, **kwargs))
            self.futures.append(future)
            return future

    executor = Idle()
    grades = grade_many(hand_ins(100), quick, Pool(executor, window=5))
    assert next(grades)[0].learner == "learner-0"
    grades.close()
    first, *others = executor.futures
    assert not first.cancelled()
    assert len(others) == 4
    assert all(future.cancelled() for future in others)


def test_a_pool_that_is_of_no_more_use_ends_the_run(threads: Executor) -> None:
    def elsewhere(submission: Submission) -> Grade:
        raise GradingError("another course")

    with pytest.raises(GradingError, match="another course"):
        list(grade_many(hand_ins(10), elsewhere, Pool(threads, window=2, batch=2)))


def test_while_nothing_comes_back_the_pool_is_looked_at(threads: Executor) -> None:
    looked = threading.Event()

    def slow(submission: Submission) -> Grade:
        assert looked.wait(30)
        return quick(submission)

    pool = Pool(threads, window=2, look=looked.set, patience=0.01)
    assert len(rows(grade_many(hand_ins(2), slow, pool))) == 2


def test_a_notebook_travels_as_bytes_and_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    notebook = tmp_path / "01_soup.ipynb"
    notebook.write_bytes(b"{}")
    assert pack(HandIn("learner-1", path=notebook)).content == b"{}"
    missing = HandIn("learner-2", status=Status.MISSING)
    assert pack(missing) == Submission(missing)
    gone = "cannot be opened: No such file or directory"
    for path, reason in ((tmp_path / "gone.ipynb", gone), (tmp_path, "is not a file")):
        packed = pack(HandIn("learner-3", path=path, reason="a duplicate", digest="of before"))
        assert (packed.content, packed.hand_in.status) == (None, Status.UNREADABLE)
        assert packed.hand_in.reason == f"{reason}; a duplicate"
        assert packed.hand_in.digest == "", "so that it is tried again next time"


def test_ten_times_the_hand_ins_take_no_more_memory(threads: Executor, tmp_path: Path) -> None:
    notebook = tmp_path / "01_soup.ipynb"
    notebook.write_bytes(b" " * 100_000)

    def peak(number: int) -> int:
        gc.collect()
        tracemalloc.start()
        try:
            submitted = (HandIn(f"learner-{each}", path=notebook) for each in range(number))
            for _, grade in grade_many(submitted, quick, Pool(threads, window=4, batch=5)):
                assert grade.status is Status.GRADED
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(20)
    # All of them together are 200 MB.
    assert peak(2_000) < peak(200) + 5_000_000
