"""What a check found out: the outcome, and each criterion with what was observed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checks.claim import Claim


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
