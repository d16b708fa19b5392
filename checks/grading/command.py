"""`course grade`: from a folder of hand-ins to a gradebook and a report, or to what would change."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, Any

from rich.console import Console

from checks.course import ROOT
from checks.grading.collect import is_missing
from checks.grading.compare import describe_change, mark_changed
from checks.grading.gradebook.gradebook import FILE, Gradebook, Key
from checks.grading.options import Options
from checks.grading.progress import shown_progress
from checks.grading.report.beliefs import Belief, believe
from checks.grading.report.experiments import Experiments
from checks.grading.report.folder import prepare_report
from checks.grading.report.pages import visible
from checks.grading.report.words import counted
from checks.grading.report.write import write_report
from checks.grading.sandbox import Level, View, probe
from checks.grading.status import GradingError, Status, StoppedError
from checks.grading.work import Work, key_of, prepared

if TYPE_CHECKING:
    from rich.table import Table

_MOST_NAMES = 5


def grade_folder(hand_ins: Path, options: Options, *, root: Path = ROOT) -> None:
    """Grade what has changed, keep it in the gradebook, write the report, and say what came out.

    Takes the folder of the hand-ins, the options and the folder of the course. Raises GradingError
    or CourseError, each with one line, where it cannot begin or cannot write, and StoppedError
    where somebody stopped it: every grade until then is in the gradebook.
    """
    with _stoppable(), prepared(hand_ins, options, root) as work:
        _grade(work, hand_ins)


def _grade(work: Work, hand_ins: Path) -> None:
    options = work.options
    assert options.out is not None
    prepare_report(options.out, hand_ins)
    console = Console()
    path = options.out / FILE
    with Gradebook(path) as gradebook, _experiments(work, gradebook) as experiments:
        due, left = work.due(gradebook)
        unchanged = ready = len(work.hand_ins) - len(due) - left
        isolation: set[str] = set()
        try:
            with (
                shown_progress(Console(stderr=True), len(due)) as advance,
                closing(work.grade(due)) as grades,
            ):
                for hand_in, grade in grades:
                    gradebook.record(grade, work.fingerprint(hand_in))
                    isolation.add(grade.isolation)
                    experiments.ask(grade.stage, grade.claims)
                    ready += 1
                    advance()
            deleted = gradebook.others(work.keys) if options.prune else ()
            if deleted:
                gradebook.forget(deleted)
            grades_now = work.grades(gradebook)
            beliefs = _beliefs(work, gradebook, experiments)
            stages = {hand_in.stage for hand_in in work.hand_ins}
            counts = write_report(options.out, work.course, grades_now, beliefs, stages)
        except KeyboardInterrupt:
            raise StoppedError(
                f"stopped: {ready} of {len(work.hand_ins)} hand-ins are graded and kept in {path}; "
                "the same command goes on from there, and writes the report"
            ) from None
        others = len(gradebook.others(work.keys))
    console.print(_summary(counts, work))
    say = [f"Graded now: {len(due)}; unchanged since they were graded: {unchanged}"]
    if left:
        say.append(_left(left))
    say += _held_back(isolation, here=options.scheduler is None)
    if deleted:
        say.append(f"Deleted from the gradebook: {_named(deleted)}")
    if others:
        say.append(
            f"Not among the hand-ins any more: {others}; they stay in the gradebook, "
            "and out of the report (--prune deletes them)"
        )
    say.append(
        f"Report: {options.out / 'class.html'}, and beside it report.csv, report.json, feedback/"
    )
    for line in say:
        console.print(visible(line), soft_wrap=True, markup=False, highlight=False)


def dry_run(hand_ins: Path, options: Options, *, root: Path = ROOT) -> bool:
    """Grade what has changed into nowhere, and say whose mark would change, and why.

    Takes and raises what `grade_folder` does. Returns whether a mark would change.
    """
    with _stoppable(), prepared(hand_ins, options, root) as work:
        return _compare(work)


def _compare(work: Work) -> bool:
    options = work.options
    against = options.against or options.out
    assert against is not None
    console = Console()
    with _copy_of(against) as gradebook:
        due, left = work.due(gradebook)
        changes: list[tuple[object, str]] = []
        new = 0
        try:
            with (
                shown_progress(Console(stderr=True), len(due)) as advance,
                closing(work.grade(due)) as grades,
            ):
                for hand_in, after in grades:
                    before = next(gradebook.grades([key_of(hand_in)]), None)
                    if before is None:
                        new += 1
                    elif mark_changed(before, after):
                        changes.append((key_of(hand_in), describe_change(before, after)))
                    advance()
        except KeyboardInterrupt:
            raise StoppedError("stopped: a dry run writes nothing, so nothing is kept") from None
        others = len(gradebook.others(work.keys))
    lines = [text for _, text in sorted(changes)]
    lines.append(
        f"Marks that would change: {len(changes)}; found again as they are: "
        f"{len(due) - len(changes) - new}; unchanged, so not run: "
        f"{len(work.hand_ins) - len(due) - left}; new: {new}; not among the hand-ins any more: {others}"
    )
    if left:
        lines.append(_left(left))
    for line in lines:
        console.print(visible(line), soft_wrap=True, markup=False, highlight=False)
    return bool(changes)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let the end of the terminal or of the machine stop a run as Ctrl-C does.

    Raises StoppedError where it was stopped and nothing better was said.
    """

    def stop(*_: object) -> None:
        for each in before:  # a terminal that is closed says so more than once
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = _endings() if current_thread() is main_thread() else {}
    try:
        for each in before:
            signal.signal(each, stop)
        yield
    except KeyboardInterrupt:
        raise StoppedError("stopped; give the same command once more") from None
    finally:
        for each, does in before.items():
            signal.signal(each, does)


def _endings() -> dict[int, Any]:
    """The signals that ask a program to end, with what they do now; what `nohup` ignores is none."""
    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    now = {each: signal.getsignal(each) for each in known}
    return {each: does for each, does in now.items() if does not in (None, signal.SIG_IGN)}


def _left(number: int) -> str:
    return f"New or changed, and left for another time (--only): {number}"


def _held_back(isolation: set[str], *, here: bool) -> Iterator[str]:
    """How far the hand-ins of a run were held back and, if they ran here, what would help further."""
    levels = sorted(Level[name.upper()] for name in isolation if name)
    if levels:
        yield f"Isolation: {levels[0].name.lower()}. {levels[0].sentence}"
    if here and levels and levels[0] < Level.FULL:
        yield from (f"  {sentence}" for sentence in probe(View.of_course(ROOT)).missing)


def _experiments(work: Work, gradebook: Gradebook) -> Experiments:
    """The experiments of this run; what the gradebook knows already need not be found out again."""
    stages = work.course.stages
    known = {stage.id: gradebook.truths(stage.id, work.states[stage.id]) for stage in stages}
    return Experiments(stages, known)


def _beliefs(
    work: Work, gradebook: Gradebook, experiments: Experiments
) -> dict[str, dict[str, Belief]]:
    """What the claims of the course say; those that matter here and are not decided yet are now."""
    stages = work.course.stages
    for stage in stages:
        experiments.ask(stage.id, gradebook.claims(stage.id))
    for name, found in experiments.found().items():
        gradebook.record_truths(name, work.states[name], found)
    return {
        stage.id: believe(stage, gradebook.truths(stage.id, work.states[stage.id]))
        for stage in stages
    }


def _named(keys: Sequence[Key]) -> str:
    """How many hand-ins these are, and whose; the first learners by name."""
    learners = list(dict.fromkeys(key.learner for key in keys))
    more = ["…"] if len(learners) > _MOST_NAMES else []
    return f"{counted(len(keys), 'hand-in')} ({', '.join(learners[:_MOST_NAMES] + more)})"


@contextmanager
def _copy_of(against: Path) -> Iterator[Gradebook]:
    """A copy of a gradebook, so that reading it, or bringing its schema up to date, changes nothing."""
    with TemporaryDirectory(prefix="gradebook-") as folder:
        path = against
        try:
            path = against / FILE if against.is_dir() else against
            if is_missing(path) or not path.is_file():
                raise GradingError(
                    f"--against: {path} does not exist; name a report or its gradebook"
                )
            copy = Path(folder, path.name)
            shutil.copyfile(path, copy)
            with suppress(FileNotFoundError):  # only a gradebook that is being written has a log
                shutil.copyfile(path.with_name(f"{path.name}-wal"), f"{copy}-wal")
        except OSError as error:
            raise GradingError(f"--against: {path} cannot be read: {error.strerror}") from None
        try:
            gradebook = Gradebook(copy)
        except GradingError as error:
            said, found, _ = str(error).replace(str(copy), str(path)).partition("; move it aside")
            mend = "; name a report folder or its gradebook" if found else ""
            raise GradingError(f"--against: {said}{mend}") from None
        with gradebook:
            yield gradebook


def _summary(counts: Counter[Status], work: Work) -> Table:
    from rich.table import Table

    caption = f"{counted(work.ignored, 'other file')} ignored" if work.ignored else None
    table = Table("status", caption=caption, show_footer=True)
    table.columns[0].footer = "hand-ins"
    table.add_column("hand-ins", justify="right", footer=str(counts.total()))
    for status in Status:
        if counts[status]:
            table.add_row(status, str(counts[status]))
    return table
