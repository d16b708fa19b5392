"""`course grade` on the small course, with the run replaced by something quick and repeatable.

Tests start this file as a program: `quick_course.py ROOT HANDINS REPORT MOMENT [REPORT MOMENT]…`. For
each moment a process of its own grades into that report, and resumes what an earlier one left behind:

- `KIND:NUMBER` ends it by SIGKILL when something of that kind happens for the n-th time,
- `after:SECONDS` ends it then, wherever it is,
- `wait:NUMBER` says "waiting" at that hand-in and waits for Ctrl-C, in this very process,
- `none` lets it go on to its end, `twice` lets two do so at once.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from checks.cli import app
from checks.grading import command, work
from checks.grading.grade import ExerciseGrade, Grade
from checks.grading.notebook import Vote
from checks.grading.status import Status
from checks.grading.submission import Submission
from checks.result import CriterionResult, Outcome, State


def quick_grade(submission: Submission) -> Grade:
    """A grade that depends on the hand-in alone."""
    hand_in = submission.hand_in
    points = round(4 * int(hand_in.digest[:8] or "0", 16) / 16**8, 6)
    criterion = CriterionResult("it doubles 2", State.FAILS, f"{points}")
    exercise = ExerciseGrade(
        "double", "Double it", Outcome.NOT_YET, points, 4, criteria=(criterion,)
    )
    return Grade(
        learner=hand_in.learner,
        stage=hand_in.stage,
        status=hand_in.status or Status.GRADED,
        reason=hand_in.reason,
        points=points,
        maximum=9,
        file=hand_in.file,
        exercises=(exercise,),
        votes=(Vote("soup_is_hot", "quiz", "no"),),
        digest=hand_in.digest,
    )


class QuickGrader:
    """Stands where a grader with engines would; `close` is where those would be ended."""

    grade = staticmethod(quick_grade)
    closed = threading.Event()

    def __enter__(self) -> QuickGrader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, engines: int) -> None:
        pass

    def __call__(self, submission: Submission) -> Grade:
        return type(self).grade(submission)

    def close(self) -> None:
        self.closed.set()


class _Moments:
    """Counts what happens, and acts at the n-th time."""

    def __init__(self, kind: str, number: int, act: Callable[[], object]) -> None:
        self._wanted = kind, number
        self._act = act
        self._seen: Counter[str] = Counter()

    def note(self, kind: str) -> None:
        self._seen[kind] += 1
        if (kind, self._seen[kind]) == self._wanted:
            self._act()

    def watch(self) -> None:
        event.listen(Engine, "after_cursor_execute", lambda *_: self.note("statement"))
        event.listen(Engine, "commit", lambda *_: self.note("commit"))
        QuickGrader.grade = staticmethod(self._noting("grade", QuickGrader.grade))
        Path.replace = self._noting("replace", Path.replace)  # type: ignore[method-assign]
        Path.open = self._noting("temporary", Path.open)  # type: ignore[method-assign]

    def _noting(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            self.note(kind)
            return function(*arguments, **named)

        return noted


def _wait_for_the_end() -> None:
    QuickGrader.closed.clear()
    print("waiting", file=sys.stderr, flush=True)
    QuickGrader.closed.wait(60)


def _grade(root: str, hand_ins: str, report: str) -> None:
    command.prepared = _prepared_in(Path(root))
    app(["grade", hand_ins, "--out", report, "--jobs", "1"])


def _prepared_in(root: Path) -> Callable[..., Any]:
    return lambda hand_ins, options, _: work.prepared(hand_ins, options, root)


def _end_at(moment: str) -> None:
    kind, _, number = moment.partition(":")
    if kind == "after":
        signal.setitimer(signal.ITIMER_REAL, float(number))
    elif kind not in {"none", "twice"}:
        _Moments(kind, int(number), lambda: os.kill(os.getpid(), signal.SIGKILL)).watch()


def main() -> None:
    root, hand_ins, *pairs = sys.argv[1:]
    steps = list(zip(pairs[::2], pairs[1::2], strict=True))
    work.open_grader = lambda *_, **__: QuickGrader()
    for report, moment in steps:
        if moment.startswith("wait:"):
            _Moments("grade", int(moment.removeprefix("wait:")), _wait_for_the_end).watch()
            _grade(root, hand_ins, report)
    if len(steps) > 1:  # what one run has imported and compiled, all processes have from the start
        with tempfile.TemporaryDirectory() as folder, suppress(SystemExit):
            _grade(root, hand_ins, folder)
    for report, moment in steps:
        children = []
        for _ in range(2 if moment == "twice" else 1):
            children.append(os.fork())
            if children[-1] == 0:
                _end_at(moment)
                _grade(root, hand_ins, report)
        for child in children:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            print(Path(report).name, moment, status, file=sys.stderr)


if __name__ == "__main__":
    main()
