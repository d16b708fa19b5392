"""A vote is cast by a click or typed, and the experiment decides while you watch."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from checks.ballot import Ballot, Predictions, Quiz, observing
from checks.claim import FACT, MYTH, NO, VOTE_MIME, YES, Asked, Evidence, claim, decide


@claim("Water is <wet>.", why="It is `H2O`.")
def water_is_wet():
    return Evidence(True, ("touched: wet",))


@claim("Fire is cold.", why="It is not.")
def fire_is_cold():
    return Evidence(False, ("touched: hot",))


@pytest.fixture(autouse=True)
def shell():
    """The place where `display` shows things; without a kernel, as in a script."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.warn_venv = False
    yield InteractiveShell.instance(config=config)
    InteractiveShell.clear_instance()


def shown_by(show, *arguments, **votes):
    with capture_output() as captured:
        show(*arguments, **votes)
    return [output.data for output in captured.outputs]


@pytest.mark.parametrize(
    ("belief", "vote", "right"),
    [
        (water_is_wet, YES, True),
        (water_is_wet, NO, False),
        (fire_is_cold, NO, True),
        (fire_is_cold, YES, False),
    ],
)
def test_the_experiment_decides_not_a_stored_key(belief, vote, right):
    assert decide(belief, Asked.PREDICT, vote).right is right


def test_an_open_question_says_how_to_vote():
    (card,) = shown_by(Predictions({"fire_is_cold": fire_is_cold}).fire_is_cold)
    assert "No vote yet" in card["text/plain"]
    assert "predict.fire_is_cold(YES) or predict.fire_is_cold(NO)" in card["text/plain"]
    assert VOTE_MIME not in card


def test_a_typed_vote_shows_the_evidence_and_is_kept_in_the_card():
    (card,) = shown_by(Predictions({"fire_is_cold": fire_is_cold}).fire_is_cold, NO)
    assert "touched: hot" in card["text/plain"]
    assert "You were right, it does not hold" in card["text/plain"]
    assert "return Evidence(False" in card["text/html"]
    assert card[VOTE_MIME] == {"claim": "fire_is_cold", "asked": "predict", "vote": "no"}


@pytest.mark.parametrize("vote", [False, "no", "NO ", "myth", MYTH])
def test_a_vote_may_be_typed_in_many_ways(vote):
    (card,) = shown_by(Ballot(fire_is_cold, Asked.PREDICT), vote)
    assert card[VOTE_MIME]["vote"] == "no"


@pytest.mark.parametrize("vote", [7, "perhaps", object])
def test_what_is_no_vote_is_said(vote):
    (card,) = shown_by(Ballot(fire_is_cold, Asked.PREDICT), vote)
    assert "is no vote: say YES or NO" in card["text/plain"]


def test_running_the_cell_again_brings_the_vote_back():
    ballot = Ballot(fire_is_cold, Asked.PREDICT)
    shown_by(ballot, NO)
    (again,) = shown_by(ballot)
    assert again[VOTE_MIME]["vote"] == "no"


def test_a_quiz_shows_every_claim_and_decides_those_that_were_voted_on():
    quiz = Quiz({"water_is_wet": water_is_wet, "fire_is_cold": fire_is_cold})
    wet, cold = shown_by(quiz, fire_is_cold=FACT)
    assert "quiz(water_is_wet=FACT) or quiz(water_is_wet=MYTH)" in wet["text/plain"]
    assert "Not so, it does not hold" in cold["text/plain"]
    assert cold[VOTE_MIME] == {"claim": "fire_is_cold", "asked": "quiz", "vote": "yes"}


def test_a_quiz_says_which_claims_it_has():
    unknown, *rest = shown_by(Quiz({"fire_is_cold": fire_is_cold}), fire_is_hot=FACT)
    assert "no claim 'fire_is_hot' here; the claims are fire_is_cold" in unknown["text/plain"]
    assert len(rest) == 1


def test_a_prediction_that_does_not_exist_lists_those_that_do():
    predict = Predictions({"fire_is_cold": fire_is_cold})
    assert dir(predict) == ["fire_is_cold"]
    with pytest.raises(AttributeError, match="no claim 'x'; it has fire_is_cold"):
        predict.x  # noqa: B018


def test_observers_hear_each_verdict():
    seen = []
    with observing(seen.append):
        shown_by(Ballot(water_is_wet, Asked.QUIZ), MYTH)
    assert [(each.claim.name, each.right) for each in seen] == [("water_is_wet", False)]


def test_a_sentence_is_escaped():
    (card,) = shown_by(Ballot(water_is_wet, Asked.QUIZ))
    assert "Water is &lt;wet&gt;." in card["text/html"]
