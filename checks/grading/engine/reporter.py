"""What becomes of a hand-in's cells, told to the grader as they run; the same for both engines."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from checks.answers import run_cells
from checks.check import observing
from checks.error_text import in_words
from checks.grading.engine.seal import Seal
from checks.grading.messages import (
    LONGEST_TEXT,
    Begins,
    Canary,
    Cell,
    Done,
    ExerciseResult,
    Found,
    Interrupted,
    Job,
    LacksMemory,
    Role,
    Said,
    Tampered,
    Tried,
)
from checks.grading.notebook import printable
from checks.result import CheckResult, Outcome

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Reporter:
    """Listens to the checks while the cells of a job run, and says what they found.

    Takes the job, the shell that runs it, how to send a message, and the seal of the untouched
    process. Whoever runs the cells calls `begin` and `end` around each, and `finish` after the last.
    """

    def __init__(
        self, job: Job, shell: InteractiveShell, send: Callable[[Said], object], seal: Seal
    ) -> None:
        self._job = job
        self._shell = shell
        self._send = send
        self._seal = seal
        self._tampered = False
        self._has_points = False
        self._next = 0
        self._found: list[CheckResult] = []
        self._reasons: dict[str | None, str] = {}
        self._left_empty: set[str | None] = set()
        self._broken_setup = ""
        self._given: list[tuple[list[Any], list[Any]]] = []
        self._own: set[str] = set()
        self._check: Any = None

    def begin(self) -> Cell:
        """Say that the next cell begins; returns it."""
        cell = self._job.cells[self._next]
        if self._next == 0:
            self._given, self._own = _lists_of(self._shell), set(vars(self._shell))
        self._restore()
        self._send(Begins(self._next))
        self._next += 1
        self._found.clear()
        if cell.role is Role.CHECK:
            if self._check is not None:
                self._shell.user_ns["check"] = self._check
            if what := self._seal.begin_check():
                self._tamper(what)
        return cell

    def end(self, cell: Cell, error: BaseException | None) -> None:
        """Say what came of a cell; takes what it raised."""
        self._restore()
        if isinstance(error, MemoryError):
            self._send(LacksMemory())
        if isinstance(error, KeyboardInterrupt | asyncio.CancelledError):
            self._send(Interrupted())
        match cell.role:
            case Role.SETUP:
                # A learner's own variable of this name is no reason to lose the later checks.
                self._check = self._check or self._shell.user_ns.get("check")
                if error is not None and not self._broken_setup:
                    self._broken_setup = self._describe(error, "the set-up cell")
            case Role.EXERCISE:
                if not cell.source.strip():
                    self._left_empty.add(cell.exercise)
                if error is not None:
                    self._reasons[cell.exercise] = self._describe(error, "the exercise cell")
            case Role.CHECK:
                self._look_at_the_seal()
                result = self._result(cell, error)
                self._has_points = self._has_points or result.points > 0
                self._send(Found(result))

    def listening(self) -> Any:
        """A block in which the results of checks are heard."""
        return observing(self._found.append)

    async def finish(self) -> None:
        """Run the canaries, if there are points to guard, and say that everything has run."""
        if self._job.cells and self._job.cells[-1].role is not Role.CHECK:
            self._look_at_the_seal()
        self._send(Begins(len(self._job.cells)))
        for canary in self._job.canaries if self._has_points else ():
            self._send(Tried(canary.exercise, passed=await self._passes(canary)))
        self._send(Done())

    def _result(self, cell: Cell, error: BaseException | None) -> ExerciseResult:
        assert cell.exercise is not None
        reason = self._reasons.get(cell.exercise, "")
        own = [result for result in self._found if result.exercise == cell.exercise]
        if len(own) > 1:
            self._tamper(f"the result of {cell.exercise}")
        if own:
            return _plain(own[-1], reason)
        if cell.exercise in self._left_empty:
            return ExerciseResult(cell.exercise, Outcome.NOT_ATTEMPTED, 0)
        # The released set-up works; where it did not here, all that follows is a consequence.
        reason = self._broken_setup or reason
        if not reason and error is not None:
            reason = self._describe(error, "the check cell")
        reason = reason or "the check cell came to no result"
        return ExerciseResult(cell.exercise, Outcome.NOT_YET, 0, reason=reason)

    async def _passes(self, canary: Canary) -> bool:
        sources = []
        for cell in self._job.cells:
            if cell.role is Role.SETUP:
                sources.append(cell.source)
            if cell.role is Role.CHECK and cell.exercise == canary.exercise:
                sources += [canary.source, cell.source]
                break
        self._found.clear()
        try:
            await run_cells(sources, canary.exercise)
        except Exception:  # what the hand-in has broken does not pass
            return False
        return any(
            result.exercise == canary.exercise and result.outcome is Outcome.SOLVED
            for result in self._found
        )

    def _restore(self) -> None:
        """Take away what a cell has put between the next cells and the shell that runs them."""
        for now, then in self._given:
            now[:] = then
        for name in vars(self._shell).keys() - self._own:
            if hasattr(type(self._shell), name):  # it stands before a method
                delattr(self._shell, name)

    def _look_at_the_seal(self) -> None:
        if self._tampered:
            return
        if what := self._seal.broken():
            self._tamper(what)

    def _tamper(self, what: str) -> None:
        if not self._tampered:
            self._tampered = True
            self._send(Tampered(what))

    def _describe(self, error: BaseException, where: str) -> str:
        """The first line of an error, with the line of the cell that just ran."""
        line = None
        for frame in traceback.extract_tb(error.__traceback__):
            if self._shell.compile.format_code_name(frame.filename) is not None:
                line = frame.lineno
        if isinstance(error, SyntaxError):
            line = error.lineno
        return _short(f"{in_words(error)} ({f'line {line} of ' if line else 'in '}{where})")


def _lists_of(shell: InteractiveShell) -> list[tuple[list[Any], list[Any]]]:
    """The lists of what changes code before it runs or is called around it, each as it is now."""
    manager = shell.input_transformer_manager
    lists = (
        shell.ast_transformers,
        manager.cleanup_transforms,
        manager.line_transforms,
        manager.token_transformers,
        shell.input_transformers_post,
        *shell.events.callbacks.values(),
    )
    return [(each, list(each)) for each in lists]


def _plain(result: CheckResult, reason: str) -> ExerciseResult:
    return ExerciseResult(
        exercise=result.exercise,
        outcome=result.outcome,
        points=result.points,
        criteria=tuple(replace(each, observed=_short(each.observed)) for each in result.criteria),
        diagnosis=result.diagnosis.name if result.diagnosis else None,
        reason=_short(result.message) or ("" if result.outcome is Outcome.SOLVED else reason),
    )


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
