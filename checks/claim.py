"""A claim: a sentence one may believe, and the experiment that decides it while you watch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

VOTE_MIME = "application/vnd.course.vote+json"
"""Where a decided card keeps its vote: `{"claim": …, "asked": "predict" | "quiz", "vote": "yes" | "no"}`."""


class Vote(StrEnum):
    """What a learner says of a claim, before it is decided."""

    YES = "yes"
    NO = "no"


YES, NO = Vote.YES, Vote.NO
FACT, MYTH = Vote.YES, Vote.NO


class Asked(StrEnum):
    """Where a claim is put to the vote: before the lesson tells (predict) or at its end (quiz)."""

    PREDICT = "predict"
    QUIZ = "quiz"

    @property
    def words(self) -> dict[Vote, str]:
        """How the two votes are called there."""
        if self is Asked.PREDICT:
            return {Vote.YES: "Yes", Vote.NO: "No"}
        return {Vote.YES: "Fact", Vote.NO: "Myth"}


@dataclass(frozen=True)
class Evidence:
    """What an experiment saw: whether the claim holds, and the lines that show it (no ids, no times)."""

    holds: bool
    seen: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A sentence in the learner's words, its experiment, and the sentence to take away from it."""

    name: str
    sentence: str
    why: str
    experiment: Callable[[], Evidence]


@dataclass(frozen=True)
class Verdict:
    """A claim that was voted on and decided by its experiment."""

    claim: Claim
    asked: Asked
    vote: Vote
    evidence: Evidence

    @property
    def right(self) -> bool:
        """Whether the vote agrees with what the experiment showed."""
        return self.evidence.holds is (self.vote is Vote.YES)


def claim(sentence: str, *, why: str) -> Callable[[Callable[[], Evidence]], Claim]:
    """Make a claim of an experiment; the function's name is the claim's id."""
    return lambda experiment: Claim(experiment.__name__, sentence, why, experiment)


def decide(claim: Claim, asked: Asked, vote: Vote) -> Verdict:
    """Run the experiment of a claim and hold the vote against it."""
    return Verdict(claim, asked, vote, claim.experiment())
