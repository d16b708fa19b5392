"""Claims as the notebook asks them: one to be predicted, or all those of a quiz."""

from __future__ import annotations

from typing import Any

from checks import display
from checks.claim import NO, YES, Asked, Claim, Verdict, Vote, decide
from checks.history import History, Voted
from checks.observers import Observers

_observers: Observers[Verdict] = Observers()

observing = _observers.observing
"""Tell an observer every verdict that is reached in the block: `with observing(seen.append):`."""


class Ballot:
    """One claim as the notebook asks it: shows buttons, or the verdict where it was voted on."""

    def __init__(
        self, claim: Claim, asked: Asked, stage: str = "", history: History | None = None
    ) -> None:
        self.claim = claim
        self.asked = asked
        self.__doc__ = claim.sentence
        self._stage = stage
        self._history = history or History()

    def __call__(self, vote: Any = None) -> None:
        """Show the claim; with a vote, YES or NO (in a quiz FACT or MYTH), decide it.

        Without one, a vote of before is shown again. `again()` asks anew.
        """
        from IPython.display import display as show

        if vote is not None:
            cast = _as_vote(vote)
            if cast is None:
                words = " or ".join(word.upper() for word in self.asked.words.values())
                show(display.note_card(self.claim.sentence, f"{vote!r} is no vote: say {words}."))
            else:
                show(self._decided(cast))
        elif before := self._history.vote(self._stage, self.claim.name, self.asked):
            show(self._decided(Vote(before), again=True))
        else:
            self.again()

    def again(self) -> None:
        """Ask the claim anew, whatever was voted before."""
        from IPython.display import display as show

        question = display.question_card(self.claim, self.asked)
        handle = show(
            display.with_buttons(question, self.asked.words, self._clicked), display_id=True
        )
        self._update = handle.update if handle is not None else None

    def _clicked(self, vote: Vote) -> None:
        if self._update is not None:
            self._update(self._decided(vote))

    def _decided(self, vote: Vote, *, again: bool = False) -> display.Card:
        verdict = decide(self.claim, self.asked, vote)
        _observers.tell(verdict)
        self._history.note(
            Voted(
                stage=self._stage,
                claim=self.claim.name,
                asked=self.asked.value,
                vote=vote.value,
                right=verdict.right,
            )
        )
        return display.verdict_card(verdict, again=again)

    def __repr__(self) -> str:
        return f"{self.asked}: {self.claim.sentence}"


class Predictions:
    """The claims of a stage to be predicted: `predict.async_is_always_faster(NO)`.

    Every claim of the stage can be asked here, also those that only a check names.
    """

    def __init__(
        self, claims: dict[str, Claim], stage: str = "", history: History | None = None
    ) -> None:
        history = history or History()
        self._ballots = {
            name: Ballot(claim, Asked.PREDICT, stage, history) for name, claim in claims.items()
        }

    def __getattr__(self, name: str) -> Ballot:
        try:
            return self.__dict__["_ballots"][name]  # type: ignore[no-any-return]
        except KeyError:
            known = ", ".join(self.__dict__.get("_ballots", {}))
            raise AttributeError(f"this stage has no claim {name!r}; it has {known}") from None

    def __dir__(self) -> list[str]:
        return list(self._ballots)

    def __repr__(self) -> str:
        return "predict." + ", predict.".join(self._ballots)


class Quiz:
    """The myths of a stage, to be called facts or myths: `quiz(async_is_always_faster=MYTH)`."""

    def __init__(
        self, claims: dict[str, Claim], stage: str = "", history: History | None = None
    ) -> None:
        history = history or History()
        self._ballots = {
            name: Ballot(claim, Asked.QUIZ, stage, history) for name, claim in claims.items()
        }
        self.__doc__ = "The myths of this stage: " + ", ".join(claims)

    def __call__(self, **votes: Any) -> None:
        """Show every claim of the quiz; those that a vote names are decided."""
        from IPython.display import display as show

        for name in votes.keys() - self._ballots.keys():
            known = ", ".join(self._ballots)
            show(
                display.note_card(
                    "Quiz", f"There is no claim {name!r} here; the claims are {known}."
                )
            )
        for name, ballot in self._ballots.items():
            ballot(votes.get(name))

    def again(self) -> None:
        """Ask every claim of the quiz anew, whatever was voted before."""
        for ballot in self._ballots.values():
            ballot.again()

    def __repr__(self) -> str:
        return self.__doc__ or ""


def _as_vote(vote: Any) -> Vote | None:
    known = {"yes": YES, "fact": YES, "true": YES, "no": NO, "myth": NO, "false": NO}
    return known.get(str(vote).strip().lower())
