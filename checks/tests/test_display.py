"""A card is complete as text, reads well without its style sheet, and carries nothing that moves."""

import html.parser

import pytest

from checks.claim import Asked, Claim, Evidence, Verdict, Vote
from checks.display import (
    check_card,
    hint_card,
    note_card,
    question_card,
    shortened,
    solution_card,
    verdict_card,
)
from checks.result import CheckResult, CriterionResult, Outcome, State

BELIEF = Claim(
    "a_belief", "A `belief` & more.", "Because <it> is.", lambda: Evidence(False, ("x < y",))
)
NOT_YET = CheckResult(
    "stage",
    "name",
    "Do <it>",
    4,
    Outcome.NOT_YET,
    (
        CriterionResult("it runs", State.HOLDS),
        CriterionResult("it `works`", State.FAILS, "<b>no</b>"),
        CriterionResult("it lasts", State.BLOCKED),
    ),
    diagnosis=BELIEF,
)
CARDS = {
    "not yet": check_card(NOT_YET),
    "broken": check_card(
        CheckResult("s", "n", "Do", 4, Outcome.BROKEN_SETUP, message="Run `x` again.")
    ),
    "blank": check_card(
        CheckResult("s", "n", "Do", 4, Outcome.NOT_ATTEMPTED, (CriterionResult("a", State.OPEN),))
    ),
    "hint": hint_card("Do", ("First", "then `this`"), 3),
    "solution": solution_card("Do", "if 1 < 2:\n    pass"),
    "note": note_card("Do", "Say & do."),
    "question": question_card(BELIEF, Asked.QUIZ),
    "verdict": verdict_card(Verdict(BELIEF, Asked.PREDICT, Vote.NO, Evidence(False, ("x < y",)))),
}


class _Nesting(html.parser.HTMLParser):
    """Complains about tags that do not close in order, and collects the visible words."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.words = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)


def parsed(card):
    parser = _Nesting()
    parser.feed(card.html)
    assert parser.open == []
    return parser


@pytest.mark.parametrize("name", CARDS)
def test_the_html_is_well_formed_and_has_no_script_and_no_ids(name):
    parser = parsed(CARDS[name])
    assert parser.tags <= {
        "style", "div", "p", "b", "br", "ul", "ol", "li", "code", "pre", "details", "summary"
    }  # fmt: skip
    assert " id=" not in CARDS[name].html


@pytest.mark.parametrize("name", CARDS)
def test_the_html_says_what_the_text_says(name):
    words = " ".join(" ".join(parsed(CARDS[name]).words).split())
    first_line = CARDS[name].text.splitlines()[0].replace("`", "")
    for word in first_line.split():
        assert word in words


def test_the_card_of_a_check_as_text():
    assert CARDS["not yet"].text.splitlines() == [
        "✘ Not yet: Do <it> (1.33 of 4 points)",
        "  ✔ it runs",
        "  ✘ it `works`",
        "      observed: <b>no</b>",
        "  – it lasts (blocked: needs what failed above)",
        "  The belief behind it may be: “A `belief` & more.”",
        "  Put it to the test: predict.a_belief()",
    ]


def test_what_a_learner_wrote_is_escaped():
    assert "&lt;b&gt;no&lt;/b&gt;" in CARDS["not yet"].html
    assert "<b>no</b>" not in CARDS["not yet"].html


def test_backticks_become_code():
    assert "it <code>works</code>" in CARDS["not yet"].html


def test_a_lonely_backtick_stays_what_it_is():
    assert "a ` b" in note_card("t", "a ` b").html


def test_a_state_is_never_told_by_colour_alone():
    for sign in ("✔", "✘", "–"):
        assert sign in CARDS["not yet"].html
    assert "Not yet" in CARDS["not yet"].html


def test_a_blank_says_what_will_be_observed():
    assert "This is what will be observed" in CARDS["blank"].text


def test_a_long_text_is_cut_to_one_line():
    assert shortened("a\n b  c", 10) == "a b c"
    assert shortened("abcdef", 4) == "abc…"
