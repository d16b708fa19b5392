"""A check as the notebook has it: run on an answer, asked for a hint, asked for a solution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks import display, keyboard, lesson
from checks.attempt import digest
from checks.course import ExerciseEntry, StageEntry
from checks.exercise import Exercise, run
from checks.history import Checked, Hinted, History, Revealed
from checks.observers import Observers
from checks.result import CheckResult

_observers: Observers[CheckResult] = Observers()

observing = _observers.observing
"""Tell an observer the result of every check that runs in the block: `with observing(seen.append):`."""


class Check:
    """One exercise as the notebook has it: `check.greet_guest(build_app)`, `.hint()`, `.solution()`."""

    def __init__(
        self,
        exercise: Exercise,
        entry: ExerciseEntry,
        stage: StageEntry,
        history: History | None = None,
    ) -> None:
        self.exercise = exercise
        self.entry = entry
        self.stage = stage
        self.__doc__ = exercise.function.__doc__
        self._history = history or History()
        self._asked_before = False

    def __call__(self, *arguments: Any, **given: Any) -> display.Card:
        """Hold your answer against the criteria; returns the card that says what was observed."""
        result = run(self.exercise, self.entry, self.stage, arguments, given)
        _observers.tell(result)
        self._history.note(
            Checked(
                stage=self.stage.id,
                exercise=self.entry.id,
                outcome=result.outcome,
                points=result.points,
                attempt=digest(arguments),
            )
        )
        return display.check_card(result, keyboard.unheard(lesson.names(self.stage, self.entry.id)))

    def hint(self) -> display.Card:
        """The next hint; the ones before it stay in sight, also those of another day."""
        every = self.exercise.hints
        known = self._history.hints(self.stage.id, self.entry.id)
        # After a restart, the first call shows what was open: running all cells gives nothing away.
        number = min(known if known and not self._asked_before else known + 1, len(every))
        self._asked_before = True
        if number > known:
            self._history.note(Hinted(stage=self.stage.id, exercise=self.entry.id, number=number))
        return display.hint_card(self.entry.title, every[:number], len(every))

    def solution(self, *, anyway: bool = False) -> display.Card:
        """One way to solve it, after an answer of your own was checked, or `anyway`."""
        name = f"check.{self.entry.id}"
        tried = self._history.tried(self.stage.id, self.entry.id)
        if not (tried or anyway):
            return display.note_card(
                f"Try it first: {self.entry.title}",
                f"Run {name}({', '.join(self.exercise.answers)}) on an answer of your own, right or wrong, "
                f"then ask again. {name}.hint() helps to start; {name}.solution(anyway=True) shows it now.",
            )
        code = lesson.solution(self.stage, self.entry.id)
        if code is None:
            return display.note_card(
                f"No solution at hand: {self.entry.title}", "The folder solutions/ is missing here."
            )
        self._history.note(Revealed(stage=self.stage.id, exercise=self.entry.id, anyway=not tried))
        return display.solution_card(self.entry.title, code)

    def __repr__(self) -> str:
        return f"check.{self.entry.id}({', '.join(self.exercise.answers)}): {self.entry.title}"


class Checks:
    """The checks of a stage: `check.` and Tab lists them."""

    def __init__(self, checks: dict[str, Check]) -> None:
        self._checks = checks

    def __getattr__(self, name: str) -> Check:
        try:
            return self.__dict__["_checks"][name]  # type: ignore[no-any-return]
        except KeyError:
            known = ", ".join(self.__dict__.get("_checks", {}))
            raise AttributeError(f"this stage has no exercise {name!r}; it has {known}") from None

    def __dir__(self) -> list[str]:
        return list(self._checks)

    def __iter__(self) -> Iterator[Check]:
        return iter(self._checks.values())

    def __repr__(self) -> str:
        return "\n".join(map(repr, self))
