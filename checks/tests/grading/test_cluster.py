"""Grading on a Dask cluster: the same grades as here, and no hand-in takes the cluster down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checks.cli import app
from checks.course import ROOT, Course
from checks.grading import cluster
from checks.grading.cluster import CourseGrader, open_cluster
from checks.grading.collect import HandIn, collect
from checks.grading.grade import Grade
from checks.grading.installation import COURSE, read_installation
from checks.grading.limits import Limits
from checks.grading.scale import Pool, grade_many
from checks.grading.status import GradingError, Status
from checks.grading.submission import Submission
from checks.tests.grading.conftest import Write
from checks.tests.grading.small_course import SOLVED

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="grading needs Linux or macOS")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two worker processes, which are started again when they die."""
    import dask
    from distributed import LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.deploy.lost-worker-timeout": "1 hour",
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=60
        ) as local,
    ):
        yield local.scheduler_address


def poisoned(submission: Submission) -> Grade:
    """Grade quickly, but for one hand-in that ends the process of the Dask worker itself."""
    if submission.hand_in.learner == "learner-13":
        os._exit(9)
    return Grade(submission.hand_in.learner, submission.hand_in.stage, Status.GRADED, points=3)


def test_a_hand_in_that_kills_its_worker_has_its_row_and_all_others_are_graded(
    scheduler: str,
) -> None:
    learners = {f"learner-{number}" for number in range(60)}
    with open_cluster(scheduler, len(learners), installation=read_installation()) as pool:
        assert pool.batch > 1
        rows = [grade for _, grade in grade_many(map(HandIn, sorted(learners)), poisoned, pool)]
    assert len(rows) == 60
    assert {row.learner for row in rows} == learners
    [died] = [row for row in rows if row.status is not Status.GRADED]
    assert (died.learner, died.status, died.points) == ("learner-13", Status.DIED, 0)
    assert died.reason.endswith("it ended the cluster's worker each time")


def test_a_cluster_gives_the_same_grades(
    scheduler: str,
    hand_ins: Path,
    hand_in: Write,
    grades: Callable[..., dict[str, Grade]],
    course: Course,
    root: Path,
    tmp_path: Path,
) -> None:
    hand_in("solved.ipynb", **SOLVED)
    hand_in("dies.ipynb", **{**SOLVED, "greet": "import os\nos._exit(7)"})
    hand_in("foreign.ipynb", stage="salad")
    hand_in("broken.ipynb", content=b"{")
    (hand_ins / "missing").mkdir()
    installation = read_installation(root)
    with open_cluster(scheduler, 5, installation=installation, root=root) as pool:
        grader = CourseGrader(installation, Limits(seconds=30), root=root)
        found = collect(hand_ins, course, tmp_path).hand_ins
        there = [grade for _, grade in grade_many(found, grader, pool)]
    assert {row.learner: row for row in there} == grades()
    assert len(there) == 5


@pytest.mark.parametrize(
    ("differing", "said"),
    [
        ({COURSE: "0"}, "another version of the course; install the same on all machines"),
        ({"sqlalchemy": "1.4"}, r"sqlalchemy [\d.]+ \(here 1.4\); install the same"),
    ],
)
def test_workers_with_something_else_installed_are_refused(
    scheduler: str, differing: dict[str, str], said: str
) -> None:
    other = {**read_installation(), **differing}
    with (
        pytest.raises(GradingError, match=f"^--scheduler: worker tcp://.* has {said}"),
        open_cluster(scheduler, 1, installation=other),
    ):
        pass


def test_a_worker_that_joins_later_with_something_else_grades_nothing() -> None:
    grader = CourseGrader({**read_installation(), "python": "3.99"}, Limits())
    with pytest.raises(GradingError, match=r"a worker has python .* \(here 3.99\)"):
        grader(Submission(HandIn("learner-1")))


@pytest.fixture
def own_scheduler() -> Iterator[tuple[str, Callable[[], None]]]:
    """A cluster inside this process, without workers: its address, and how to end it."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=60) as local:
        yield local.scheduler_address, local.close


def test_a_cluster_without_workers_is_refused(
    own_scheduler: tuple[str, Callable[[], None]],
) -> None:
    address, _ = own_scheduler
    with (
        pytest.raises(GradingError, match="has no workers; start some with `dask worker tcp:"),
        open_cluster(address, 1, installation=read_installation()),
    ):
        pass


@pytest.fixture
def own_pool(
    own_scheduler: tuple[str, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Pool, Callable[[], None]]]:
    """The cluster without workers as a pool, and how to end it."""
    address, end = own_scheduler
    monkeypatch.setattr(cluster, "_compare", lambda *_: None)
    monkeypatch.setattr(cluster, "_SECONDS_TO_ANSWER", 2)
    with open_cluster(address, 1, installation={}) as pool:
        yield pool, end


def test_a_cluster_that_loses_its_workers_or_ends_is_noticed(
    own_pool: tuple[Pool, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, end = own_pool
    monkeypatch.setattr(cluster, "_SECONDS_WITHOUT_WORKERS", 0)
    pool = replace(pool, window=2, patience=0.01)
    with pytest.raises(GradingError, match="has lost all its workers; start some"):
        list(grade_many([HandIn("learner-1")], poisoned, pool))
    end()
    with pytest.raises(GradingError, match="no longer answers; start it again"):
        list(grade_many([HandIn("learner-1")], poisoned, pool))


def test_work_that_is_on_its_way_when_the_cluster_ends_says_so(
    own_pool: tuple[Pool, Callable[[], None]],
) -> None:
    pool, end = own_pool
    on_its_way = pool.executor.submit(poisoned, Submission(HandIn("learner-1")))
    pool.look()  # when this has an answer, the scheduler has the work
    end()
    with pytest.raises(GradingError, match="no longer answers; start it again"):
        on_its_way.result(timeout=30)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scheduler", "127.0.0.1:1"], "no Dask scheduler answers at 127.0.0.1:1"),
        (["--scheduler", "http://here:1"], "no Dask scheduler answers at http://here:1"),
        (["--scheduler", ""], "no Dask scheduler answers at"),
        (["--scheduler", "x", "--jobs", "2"], "--jobs: the cluster's workers say how many"),
    ],
)
def test_wrong_addresses_are_one_clear_line(
    options: list[str],
    said: str,
    hand_ins: Path,
    hand_in: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "_SECONDS_TO_ANSWER", 0.2)
    hand_in("learner-1_01_fastapi_basics.ipynb")
    arguments = ["grade", str(hand_ins), "--out", str(tmp_path / "report"), *options]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2, result.output
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr


@pytest.mark.parametrize("address", ["here", "http://here:1"])
def test_an_address_that_is_none_is_one_line_and_nothing_is_waited_for(
    address: str, hand_ins: Path, hand_in: Write, tmp_path: Path
) -> None:
    hand_in("learner-1_01_fastapi_basics.ipynb")
    command = [sys.executable, "-m", "checks", "grade", str(hand_ins)]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "report"), "--scheduler", address],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"--scheduler: no Dask scheduler answers at {address} (ValueError: ")
