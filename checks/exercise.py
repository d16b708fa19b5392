"""An exercise: what it asks, what a check observed, and what the learner sees of it."""

from __future__ import annotations

import inspect
import linecache
import re
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, get_type_hints

from checks import display, keyboard, lesson, setup
from checks.attempt import digest, is_blank
from checks.claim import Claim
from checks.course import ExerciseEntry, StageEntry
from checks.fresh import Draw
from checks.history import Checked, Hinted, History, Revealed
from checks.observers import Observers


class Outcome(StrEnum):
    """What a check says of an answer as a whole."""

    SOLVED = "solved"
    NOT_YET = "not yet"
    NOT_ATTEMPTED = "not attempted"
    BROKEN_SETUP = "broken set-up"


class State(StrEnum):
    """What a check says of one criterion."""

    HOLDS = "holds"
    FAILS = "fails"
    BLOCKED = "blocked"
    OPEN = "open"


@dataclass(frozen=True)
class CriterionResult:
    """One line of a check: the criterion, its state, and what was observed where it fails.

    `shares` is how many shares of the exercise's points it is worth.
    """

    text: str
    state: State
    observed: str = ""
    shares: int = 1


@dataclass(frozen=True)
class CheckResult:
    """What one run of a check found out; plain data, without a trace of the values drawn for it.

    `points` is the share of `maximum` that the criteria which hold are worth, rounded to 0.01.
    `diagnosis` is the claim that explains a wrong answer, `message` the sentence for broken set-ups.
    """

    stage: str
    exercise: str
    title: str
    maximum: int
    outcome: Outcome
    criteria: tuple[CriterionResult, ...] = ()
    diagnosis: Claim | None = None
    message: str = ""

    @property
    def points(self) -> float:
        if self.outcome is Outcome.SOLVED:
            return self.maximum
        if self.outcome is not Outcome.NOT_YET:
            return 0
        held = sum(each.shares for each in self.criteria if each.state is State.HOLDS)
        return round(self.maximum * held / max(1, sum(each.shares for each in self.criteria)), 2)


class Unmet(Exception):
    """A criterion does not hold; carries what was observed and the belief that explains it."""

    def __init__(self, observed: str, belief: Claim | None) -> None:
        super().__init__(observed)
        self.belief = belief


@dataclass
class _Attempt:
    """What a running check has noted so far."""

    draw: Draw
    given: frozenset[str]
    criteria: list[CriterionResult] = field(default_factory=list)
    belief: Claim | None = None
    missing: str | None = None


_attempt: ContextVar[_Attempt] = ContextVar("attempt")


class criterion:
    """One line of a check: `with criterion("the row is on disk"):` and what must be true in its body.

    Nothing leaves the body but KeyboardInterrupt: what fails or raises there is noted as observed.
    `needs` names earlier criteria without which this one says nothing: it is then *blocked*.
    `belief` is the claim that explains a failure, `beliefs` the claims that explain an exception of
    the learner's code by its type; `expect` can name another. `shares` is 0 for what only has to be
    there before anything can be observed: it earns no points.
    """

    def __init__(
        self,
        text: str,
        *,
        needs: criterion | tuple[criterion, ...] = (),
        belief: Claim | None = None,
        beliefs: Mapping[type[Exception], Claim] = MappingProxyType({}),
        shares: int = 1,
    ) -> None:
        self.holds = False
        self._text = text
        self._needs = needs if isinstance(needs, tuple) else (needs,)
        self._belief = belief
        self._beliefs = beliefs
        self._shares = shares

    def __enter__(self) -> criterion:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None and not isinstance(error, Exception | SystemExit):
            return False
        state, observed = State.HOLDS, ""
        if not all(needed.holds for needed in self._needs):
            state = State.BLOCKED
        elif error is not None:
            state, observed = State.FAILS, _observed(error)
            self._explain(error)
        self.holds = state is State.HOLDS
        attempt = _attempt.get()
        attempt.criteria.append(
            CriterionResult(self._text, state, attempt.draw.mask(observed), self._shares)
        )
        return True

    def _explain(self, error: BaseException) -> None:
        attempt = _attempt.get()
        if isinstance(error, NameError) and error.name in attempt.given:
            attempt.missing = attempt.missing or error.name
        named = error.belief if isinstance(error, Unmet) else None
        by_type = (claim for kind, claim in self._beliefs.items() if isinstance(error, kind))
        attempt.belief = attempt.belief or named or next(by_type, self._belief)


def expect(condition: bool, observed: str, *, belief: Claim | None = None) -> None:
    """Say what a criterion demands: where `condition` is not True, it fails with what was `observed`.

    `belief` is the claim that explains why a learner would build it so.
    """
    if condition is not True:
        raise Unmet(observed, belief)


def fresh() -> Draw:
    """The draw of the check that is running: data that no answer can know beforehand."""
    return _attempt.get().draw


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
    attempt = _Attempt(draw or Draw(), lesson.given_names(stage))
    token = _attempt.set(attempt)
    try:
        with _quiet_warnings():
            exercise.function(*arguments, **given)
    finally:
        _attempt.reset(token)
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
    if changed := setup.overwritten_for(arguments, stage):
        return found(Outcome.BROKEN_SETUP, message=setup.said(*changed))
    return found(Outcome.NOT_YET, criteria, diagnosis=attempt.belief)


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


def _wrong_call(exercise: Exercise, arguments: tuple[Any, ...], given: dict[str, Any]) -> str:
    wanted = exercise.given
    call = ", ".join([*exercise.answers, *(f"{name}={name}" for name in wanted)])
    if len(arguments) != len(exercise.answers) or set(given) != set(wanted):
        return f"Call it as check.{exercise.name}({call})."
    for name, kind in wanted.items():
        if isinstance(kind, type) and not isinstance(given[name], kind):
            return (
                f"`{name}` should be {_a(kind.__name__)} but is {_a(type(given[name]).__name__)}: "
                "run the set-up cells above once more, then this one."
            )
    return ""


def _a(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


_UNSTABLE = re.compile(r" at 0x[0-9A-Fa-f]+| \(Background on this error at: \S+\)")
"""What an exception's message says anew each time, or with each version of a library."""


def _observed(error: BaseException) -> str:
    if isinstance(error, Unmet):
        return str(error)
    # Imported late, because the grader has no other use for FastAPI.
    from fastapi.exceptions import ResponseValidationError

    if isinstance(error, ResponseValidationError):
        broken = error.errors()[0]
        place = ".".join(str(part) for part in broken["loc"])
        return (
            f"the answer breaks the promise of its return type or model: {place}: {broken['msg']}"
        )
    first_line = _UNSTABLE.sub("", (str(error).splitlines() or [""])[0])
    said = f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__
    where = _learners_line(error)
    return f"{said} ({where})" if where else said


_LIBRARIES = tuple(
    {
        str(Path(sysconfig.get_path(name)).resolve())
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
)
_HERE = str(Path(__file__).resolve().parent)


def _learners_line(error: BaseException) -> str:
    """The deepest line of the learner's own code that the error went through, or nothing."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.lineno and not _of_a_library(frame.filename):
            code = linecache.getline(frame.filename, frame.lineno).strip()
            return (
                f"line {frame.lineno} of your cell: `{code}`"
                if code
                else f"line {frame.lineno} of your cell"
            )
    return ""


def _of_a_library(filename: str) -> bool:
    """Whether code is not the learner's; what SQLAlchemy generates or compiles has no file here."""
    compiled = not filename.startswith("<") and not Path(filename).is_absolute()
    generated = ("<frozen", "<string>", "<sqlalchemy generated")
    return compiled or filename.startswith((_HERE, *generated, *_LIBRARIES))


@contextmanager
def _quiet_warnings() -> Iterator[None]:
    # A library's deprecation is no fault of the answer, even where warnings were made errors.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
