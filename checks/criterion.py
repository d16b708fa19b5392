"""A criterion: one line of a check, what it demands, and what was observed where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType

from checks.claim import Claim
from checks.error_text import first_line
from checks.fresh import Draw
from checks.result import CriterionResult, State


class Unmet(Exception):
    """A criterion does not hold; carries what was observed and the belief that explains it."""

    def __init__(self, observed: str, belief: Claim | None) -> None:
        super().__init__(observed)
        self.belief = belief


@dataclass
class Attempt:
    """What a running check has noted so far."""

    draw: Draw
    given: frozenset[str]
    criteria: list[CriterionResult] = field(default_factory=list)
    belief: Claim | None = None
    missing: str | None = None


attempt_under_way: ContextVar[Attempt] = ContextVar("attempt")
"""The attempt of the check that is running here."""


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
        if isinstance(error, KeyboardInterrupt | GeneratorExit):
            return False
        state, observed = State.HOLDS, ""
        if not all(needed.holds for needed in self._needs):
            state = State.BLOCKED
        elif error is not None:
            state = State.FAILS
            observed = str(error) if isinstance(error, Unmet) else first_line(error)
            self._explain(error)
        self.holds = state is State.HOLDS
        attempt = attempt_under_way.get()
        attempt.criteria.append(
            CriterionResult(self._text, state, attempt.draw.mask(observed), self._shares)
        )
        return True

    def _explain(self, error: BaseException) -> None:
        attempt = attempt_under_way.get()
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
    return attempt_under_way.get().draw
