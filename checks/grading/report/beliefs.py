"""What the claims of the course say, and whether they hold: an experiment decides, not a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checks.claim import Asked, Vote
from checks.course import StageEntry
from checks.grading.report.experiments import claims_in


@dataclass(frozen=True)
class Belief:
    """A claim in the learner's words; `holds` is what its experiment showed, None where unknown."""

    name: str
    sentence: str
    why: str
    holds: bool | None

    @property
    def truth(self) -> str:
        """What a vote is held against, in the words of the quiz."""
        return {True: "a fact", False: "a myth", None: "not decided"}[self.holds]

    def right(self, vote: str | None) -> bool | None:
        """Whether a vote agrees with the experiment; None where nobody voted or nobody knows."""
        if vote is None or self.holds is None:
            return None
        return self.holds is (vote == Vote.YES)


@dataclass(frozen=True)
class Standing:
    """How one learner stood to a claim, before and after."""

    belief: Belief
    before: str | None
    after: str | None

    @property
    def sign(self) -> str:
        last = self.belief.right(self.after if self.after is not None else self.before)
        return {True: "✔", False: "✘", None: "○"}[last]

    @property
    def tone(self) -> str:
        return {"✔": "good", "✘": "bad", "○": "open"}[self.sign]

    @property
    def words(self) -> str:
        """What became of it, in a few words."""
        before, after = self.belief.right(self.before), self.belief.right(self.after)
        match before, after:
            case (None, None):
                return "not decided"
            case (False, True):
                return "corrected"
            case (False, False):
                return "still believed"
            case (True, False):
                return "lost on the way"
            case (True, True):
                return "known from the start"
            case (None, decided) | (decided, None):
                return "right" if decided else "not right"
        raise AssertionError

    @property
    def before_in_words(self) -> str:
        return _in_words(Asked.PREDICT, self.before)

    @property
    def after_in_words(self) -> str:
        return _in_words(Asked.QUIZ, self.after)


Beliefs = Mapping[str, Mapping[str, Belief]]
"""By stage and name."""


def believe(stage: StageEntry, truths: Mapping[str, bool]) -> dict[str, Belief]:
    """The claims of a stage by name, with what is known of them."""
    return {
        name: Belief(name, claim.sentence, claim.why, truths.get(name))
        for name, claim in claims_in(stage).items()
    }


def _in_words(asked: Asked, vote: str | None) -> str:
    return "–" if vote is None else asked.words[Vote(vote)]
