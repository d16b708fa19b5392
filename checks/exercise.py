"""An exercise: what it asks, and how an answer is held against its criteria."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, get_type_hints

from checks import lesson
from checks.attempt import is_blank
from checks.course import ExerciseEntry, StageEntry
from checks.criterion import Attempt, attempt_under_way
from checks.display import a, kind_of
from checks.fresh import Draw
from checks.result import CheckResult, CriterionResult, Outcome, State
from checks.shadowing import overwritten_for, sentence_on


@dataclass(frozen=True)
class Exercise:
    """A check function with its hints; what `@exercise` makes."""

    function: Callable[..., None]
    hints: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def answers(self) -> tuple[str, ...]:
        """The names of what the learner hands over."""
        return tuple(
            name for name, kind in self._parameters() if kind is not inspect.Parameter.KEYWORD_ONLY
        )

    @property
    def given(self) -> dict[str, Any]:
        """The names and types of what the notebook gives: the keyword-only parameters."""
        hints = get_type_hints(self.function)
        return {
            name: hints.get(name, object)
            for name, kind in self._parameters()
            if kind is inspect.Parameter.KEYWORD_ONLY
        }

    def _parameters(self) -> Iterator[tuple[str, Any]]:
        for name, parameter in inspect.signature(self.function).parameters.items():
            yield name, parameter.kind


def exercise(*, hints: tuple[str, ...]) -> Callable[[Callable[..., None]], Exercise]:
    """Make an exercise of a check function.

    The function's name is the exercise's id in `course.yml`. Its positional parameters are what the
    learner hands over, its keyword-only parameters what the notebook gives (checked by type).
    """
    return lambda function: Exercise(function, hints)


def run(
    exercise: Exercise,
    entry: ExerciseEntry,
    stage: StageEntry,
    arguments: tuple[Any, ...],
    given: dict[str, Any],
    *,
    draw: Draw | None = None,
) -> CheckResult:
    """Hold an answer against the criteria of an exercise.

    Takes the learner's objects, the given ones by name, and a draw for repeatable data (tests).
    Returns what was found out; raises nothing that the learner's code raises.
    """
    found = partial(CheckResult, stage.id, entry.id, entry.title, entry.points)
    if complaint := _wrong_call(exercise, arguments, given):
        return found(Outcome.BROKEN_SETUP, message=complaint)
    attempt = Attempt(draw or Draw(), lesson.given_names(stage))
    token = attempt_under_way.set(attempt)
    try:
        with _quiet_warnings():
            exercise.function(*arguments, **given)
    finally:
        attempt_under_way.reset(token)
    criteria = tuple(attempt.criteria)
    if criteria and all(each.state is State.HOLDS for each in criteria):
        return found(Outcome.SOLVED, criteria)
    if is_blank(arguments, lesson.blank(stage, entry.id)):
        asked = tuple(
            CriterionResult(each.text, State.OPEN, shares=each.shares) for each in criteria
        )
        return found(Outcome.NOT_ATTEMPTED, asked)
    if attempt.missing:
        message = (
            f"`{attempt.missing}` is missing, although the set-up defines it: "
            "run the set-up cells above once more, then this one."
        )
        return found(Outcome.BROKEN_SETUP, message=message)
    if changed := overwritten_for(arguments, stage):
        return found(Outcome.BROKEN_SETUP, message=sentence_on(*changed))
    return found(Outcome.NOT_YET, criteria, diagnosis=attempt.belief)


def _wrong_call(exercise: Exercise, arguments: tuple[Any, ...], given: dict[str, Any]) -> str:
    wanted = exercise.given
    call = ", ".join([*exercise.answers, *(f"{name}={name}" for name in wanted)])
    if len(arguments) != len(exercise.answers) or set(given) != set(wanted):
        return f"Call it as check.{exercise.name}({call})."
    for name, kind in wanted.items():
        if isinstance(kind, type) and not isinstance(given[name], kind):
            return (
                f"`{name}` should be {a(kind.__name__)} but is {kind_of(given[name])}: "
                "run the set-up cells above once more, then this one."
            )
    return ""


@contextmanager
def _quiet_warnings() -> Iterator[None]:
    # A library's deprecation is no fault of the answer, even where warnings were made errors.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
