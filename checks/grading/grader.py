"""A grader of this machine: an engine for each hand-in that is under way at the same time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from checks.course import ROOT, Course
from checks.grading.engine import Engine, open_engine
from checks.grading.grade import Grade, grade
from checks.grading.limits import Limits
from checks.grading.repair import Release, read_releases
from checks.grading.sandbox import Level, View, probe, require
from checks.grading.status import GradingError
from checks.grading.submission import Submission


class Grader:
    """Grades hand-ins, called from as many threads as like: each keeps an engine busy.

    Takes the releases by stage, the limits of each hand-in, whether every code cell is run, and how to
    open an engine. A context manager that closes the engines.
    """

    def __init__(
        self,
        releases: Mapping[str, Release],
        open_engine: Callable[[], Engine],
        *,
        limits: Limits,
        whole: bool = False,
    ) -> None:
        self._releases = releases
        self._open_engine = open_engine
        self._limits = limits
        self._whole = whole
        self._free: SimpleQueue[Engine] = SimpleQueue()
        self._engines = ExitStack()

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, engines: int) -> None:
        """Open some engines at once, so that they get ready side by side.

        Raises GradingError where one cannot be started.
        """
        for _ in range(engines):
            engine = self._engines.enter_context(self._open_engine())
            engine.start()
            self._free.put(engine)

    def __call__(self, submission: Submission) -> Grade:
        """Grade a hand-in; raises nothing that lies in it."""
        try:
            engine = self._free.get_nowait()
        except Empty:
            engine = self._engines.enter_context(self._open_engine())
        try:
            return grade(submission, self._releases, engine, limits=self._limits, whole=self._whole)
        finally:
            self._free.put(engine)

    def close(self) -> None:
        """End at once whatever is running; may be called from another thread."""
        self._engines.close()


def open_grader(
    course: Course,
    root: Path,
    *,
    limits: Limits,
    stages: Collection[str] | None = None,
    whole: bool = False,
    portable: bool = False,
    strict: bool = False,
    hidden: Collection[Path] = (),
) -> Grader:
    """The grader of this machine for the course at `root`.

    `stages` are those that will come, if that is known: a worker imports what they need. `portable`
    asks for Jupyter kernels, `strict` for a machine that can confine hand-ins. `hidden` are folders
    that no hand-in may see, wherever they lie. Raises GradingError where it cannot, and CourseError
    where a released notebook cannot be read.
    """
    releases = read_releases(course, root)
    # The checks are this package's, wherever the course is that they are asked to grade.
    sandbox = probe(View.of_course(ROOT, () if root == ROOT else (root,), hidden))
    if strict:
        require(sandbox, Level.CONFINED)
        if portable:
            raise GradingError(
                "--strict: a Jupyter kernel cannot be confined here; leave --portable out"
            )
    needed = [stage for stage in releases if stages is None or stage in stages]
    open_one = partial(open_engine, needed, portable=portable, sandbox=sandbox)
    return Grader(releases, open_one, limits=limits, whole=whole)
