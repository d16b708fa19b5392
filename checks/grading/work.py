"""The hand-ins of one call of `course grade`, and which of them are to be graded."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory

from checks.course import ROOT, Course, read_course
from checks.grading.collect import HandIn, collect
from checks.grading.fingerprint import fingerprints
from checks.grading.grade import Grade
from checks.grading.gradebook.gradebook import Gradebook, Key, Version
from checks.grading.grader import open_grader
from checks.grading.options import Options
from checks.grading.scale import grade_many, open_threads
from checks.grading.status import GradingError


@dataclass(frozen=True)
class Work:
    """What was handed in, by learner, stage and file, and all that grading it needs.

    `folder` is where the hand-ins lie, `root` where the course does; `states` are the digests of what
    the marks of each stage depend on.
    """

    folder: Path
    options: Options
    course: Course
    root: Path
    states: Mapping[str, str]
    hand_ins: tuple[HandIn, ...]
    ignored: int

    @property
    def keys(self) -> Iterator[Key]:
        """What the hand-ins are found by in a gradebook, in their order."""
        return map(key_of, self.hand_ins)

    @property
    def _maxima(self) -> dict[str, int]:
        return {stage.id: stage.points for stage in self.course.stages}

    def fingerprint(self, hand_in: HandIn) -> str:
        """The digest of all that the grade of a hand-in depends on, its bytes excepted."""
        state = self.states.get(hand_in.stage, "")
        options = sorted(self.options.change_marks.items())
        said = f"{state}\n{options}\n{hand_in.status or ''}\n{hand_in.reason}"
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()

    def due(self, gradebook: Gradebook) -> tuple[tuple[HandIn, ...], int]:
        """The hand-ins to grade now, and how many others would be due if all learners were asked for.

        Due is one whose grade is not in the gradebook, or would not be found like that today.
        """
        now, left = [], 0
        for hand_in, (_, version) in zip(self.hand_ins, gradebook.versions(self.keys), strict=True):
            is_due = version != Version(hand_in.digest, self.fingerprint(hand_in))
            if self.options.only and hand_in.learner not in self.options.only:
                left += is_due
            elif is_due or self.options.force:
                now.append(hand_in)
        return tuple(now), left

    def grades(self, gradebook: Gradebook) -> Iterator[Grade]:
        """The grades of all hand-ins that the gradebook knows, in their order."""
        handed_in = {key_of(hand_in): hand_in for hand_in in self.hand_ins}
        for grade in gradebook.grades(self.keys):
            hand_in = handed_in[Key(grade.learner, grade.stage, grade.file)]
            yield replace(grade, platform_id=hand_in.platform_id, late=hand_in.late)

    def grade(self, hand_ins: tuple[HandIn, ...]) -> Generator[tuple[HandIn, Grade], None, None]:
        """Grade these hand-ins, as many at once as the options say; each comes as it is done.

        When the iterator is closed early, what is running is ended at once.
        """
        if not hand_ins:
            return
        if self.options.scheduler is None:
            yield from self._grade_here(hand_ins)
        else:
            yield from self._grade_on_cluster(hand_ins, self.options.scheduler)

    def _grade_here(
        self, hand_ins: tuple[HandIn, ...]
    ) -> Generator[tuple[HandIn, Grade], None, None]:
        options = self.options
        jobs = min(options.workers, len(hand_ins))
        with (
            open_grader(
                self.course,
                self.root,
                limits=options.limits,
                stages={hand_in.stage for hand_in in hand_ins},
                whole=options.whole,
                portable=options.portable,
                strict=options.strict,
                hidden=[self.folder, *([options.out] if options.out else [])],
            ) as grader,
            open_threads(jobs, grader.close) as pool,
        ):
            grader.start(jobs)
            yield from grade_many(hand_ins, grader, pool, self._maxima)

    def _grade_on_cluster(
        self, hand_ins: tuple[HandIn, ...], scheduler: str
    ) -> Generator[tuple[HandIn, Grade], None, None]:
        from checks.grading.cluster import CourseGrader, open_cluster
        from checks.grading.installation import read_installation

        options, installation = self.options, read_installation(self.root)
        root = None if self.root == ROOT else self.root
        grader = CourseGrader(
            installation,
            options.limits,
            options.whole,
            options.portable,
            options.strict,
            root,
        )
        with open_cluster(scheduler, len(hand_ins), installation=installation, root=root) as pool:
            yield from grade_many(hand_ins, grader, pool, self._maxima)


@contextmanager
def prepared(hand_ins: Path, options: Options, root: Path) -> Iterator[Work]:
    """Collect what was handed in, and read what it is graded with.

    Takes the folder of the hand-ins, the options and the folder of the course. What was unpacked is
    gone when the block ends. Raises GradingError or CourseError, each with one line, where grading
    cannot begin.
    """
    with TemporaryDirectory(prefix="hand-ins-", ignore_cleanup_errors=True) as scratch:
        yield _prepare(hand_ins, options, root, Path(scratch))


def _prepare(hand_ins: Path, options: Options, root: Path, scratch: Path) -> Work:
    course = read_course(root)
    collection = collect(hand_ins, course, scratch)
    if not collection.hand_ins:
        raise GradingError(f"HANDINS: {hand_ins} has neither notebooks nor learners' folders in it")
    numbers = {stage.id: stage.number for stage in course.stages}
    in_order = sorted(
        collection.hand_ins,
        key=lambda each: (each.learner, numbers.get(each.stage, 0), each.stage, each.file),
    )
    told_apart = tuple(_told_apart(in_order))
    _require_known(options.only, {each.learner for each in told_apart})
    states = fingerprints(course.stages, root)
    return Work(hand_ins, options, course, root, states, told_apart, collection.ignored)


def _require_known(names: tuple[str, ...], learners: set[str]) -> None:
    for name in names:
        if name not in learners:
            alike = get_close_matches(name, sorted(learners), 1)
            hint = (
                f"did you mean {alike[0]!r}?"
                if alike
                else f"the first of them is {min(learners)!r}"
            )
            raise GradingError(f"--only: nobody of the name {name!r} has handed in; {hint}")


def key_of(hand_in: HandIn) -> Key:
    """What a hand-in is found by in a gradebook."""
    return Key(hand_in.learner, hand_in.stage, hand_in.file)


def _told_apart(hand_ins: list[HandIn]) -> Iterator[HandIn]:
    """Names that differ only in what is no text get a number, so that each has its own row."""
    seen: Counter[Key] = Counter()
    for hand_in in hand_ins:
        key = key_of(hand_in)
        seen[key] += 1
        yield (
            replace(hand_in, file=f"{hand_in.file} ({seen[key]})".strip())
            if seen[key] > 1
            else hand_in
        )
