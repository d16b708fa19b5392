"""What the claims of the course say, and whether they hold: an experiment decides, not a list.

The experiments that the report needs run in a process of their own, once for each state of the course.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from checks.answers import claims_of
from checks.claim import Asked, Vote
from checks.course import ROOT, StageEntry

_SECONDS = 120
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from checks.grading.report.beliefs import main; main(sys.argv[2], sys.argv[3:])"
)


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
        for name, claim in _claims(stage).items()
    }


def decide_claims(stage: StageEntry, names: Iterable[str]) -> dict[str, bool]:
    """Run the experiments of these claims in a process of their own.

    Returns by name whether each holds; names that are no claims of the stage, and experiments that
    fail here, are left out.
    """
    wanted = sorted(_claims(stage).keys() & set(names))
    if not wanted:
        return {}
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _START, str(ROOT), stage.id, *wanted],
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        holds: dict[str, bool] = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return {}
    return holds


def main(stage: str, names: list[str]) -> None:
    """Decide these claims, and print a JSON object of what holds."""
    from checks.course import the_course

    claims = claims_of(the_course().stage(stage))
    holds: dict[str, bool] = {}
    for name in names:
        try:
            holds[name] = claims[name].experiment().holds
        except Exception as error:  # one experiment that fails here leaves the others alone
            print(f"{name}: {error!r}", file=sys.stderr)
    print(f"\n{json.dumps(holds)}")


def _claims(stage: StageEntry) -> dict[str, Any]:
    if find_spec(f"checks.stages.{stage.id}") is None:
        return {}
    return claims_of(stage)


def _in_words(asked: Asked, vote: str | None) -> str:
    return "–" if vote is None else asked.words[Vote(vote)]
