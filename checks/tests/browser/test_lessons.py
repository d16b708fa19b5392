"""Every notebook in a real browser: run, voted in, saved, and opened again the next day."""

from __future__ import annotations

import pytest

from checks.claim import VOTE_MIME
from checks.course import ROOT, read_course
from checks.display import WIDGET_MIME
from checks.tests.browser.visit import Seen, Visit, visit_all

STAGES = {stage.id: stage for stage in read_course().stages}


def files_of_the_checkout():
    return {path: path.stat().st_mtime_ns for path in (ROOT / "notebooks").rglob("*")}


@pytest.fixture(scope="session")
def visits(request, lab, screenshots):
    """The visits of all stages that are tested now, two at a time."""
    asked = {
        item.callspec.params["visit"]
        for item in request.session.items
        if "visit" in getattr(item, "fixturenames", ()) and hasattr(item, "callspec")
    }
    before = files_of_the_checkout()
    visits = visit_all(lab, [STAGES[each] for each in STAGES if each in asked], screenshots)
    assert files_of_the_checkout() == before, "a notebook wrote into the checkout"
    return visits


@pytest.fixture(params=STAGES, scope="session")
def visit(request, visits) -> Visit:
    visit = visits[request.param]
    if isinstance(visit, BaseException):
        pytest.fail(str(visit), pytrace=False)
    return visit


def texts(seen: Seen, ids):
    return {each: " ".join(" ".join(seen[each].texts).split()) for each in ids}


def test_a_fresh_untrusted_notebook_shows_what_is_asked(visit):
    checks, ballots = visit.ids("check"), [*visit.ids("predict"), *visit.ids("quiz")]
    assert all(
        text.startswith("○ Not attempted yet") for text in texts(visit.fresh, checks).values()
    )
    assert all("No vote yet" in text for text in texts(visit.fresh, ballots).values())


def test_every_cell_runs_once_and_in_order_without_an_error(visit):
    code = [cell["id"] for cell in visit.saved["cells"] if cell["cell_type"] == "code"]
    assert {each: visit.run[each].errors for each in code if visit.run[each].errors} == {}
    assert [visit.run[each].runs for each in code] == list(range(1, len(code) + 1))


def test_every_check_draws_its_card(visit):
    cards = {each: visit.run[each].cards for each in visit.ids("check")}
    assert cards == dict.fromkeys(cards, 1)
    assert len(cards) == len(visit.stage.exercises)


def test_every_diagram_is_drawn(visit):
    wanted = {each: cell.diagrams for each, cell in visit.run.items() if cell.diagrams}
    assert wanted
    assert {each: visit.run[each].drawn for each in wanted} == wanted


def test_every_question_has_its_buttons(visit):
    for each in visit.ids("predict"):
        assert visit.run[each].buttons == ["Yes", "No"], each
    for each in visit.ids("quiz"):
        assert visit.run[each].buttons == ["Fact", "Myth"] * len(visit.stage.quiz), each


@pytest.mark.parametrize("when", ["fresh", "run", "voted", "reopened"])
def test_no_widget_fails_to_load(visit, when):
    troubles = ("Loading widget", "Error displaying widget", "model not found")
    shown = {each: " ".join(cell.texts) for each, cell in getattr(visit, when).items()}
    assert [each for each, text in shown.items() for said in troubles if said in text] == []


def test_a_click_turns_the_buttons_into_the_verdict(visit):
    prediction = visit.voted[visit.ids("predict")[0]]
    assert "You said Yes" in prediction.texts[0]
    assert prediction.buttons == []
    assert prediction.cards == 1


def test_the_keyboard_alone_decides_a_question_of_the_quiz(visit):
    before, after = (seen[visit.ids("quiz")[0]] for seen in (visit.run, visit.voted))
    assert "You said Myth" in after.texts[0]
    assert after.buttons == before.buttons[2:]
    assert after.cards == before.cards


def test_the_saved_file_holds_these_votes_and_no_other(visit):
    votes = [
        (cell["id"], output["data"][VOTE_MIME])
        for cell in visit.saved["cells"]
        for output in cell.get("outputs", [])
        if VOTE_MIME in output.get("data", {})
    ]
    assert [(cell, vote["asked"], vote["vote"]) for cell, vote in votes] == [
        (visit.ids("predict")[0], "predict", "yes"),
        (visit.ids("quiz")[0], "quiz", "no"),
    ]


def test_the_next_day_the_votes_are_still_shown(visit):
    voted = [visit.ids("predict")[0], visit.ids("quiz")[0]]
    for each in voted:
        assert visit.reopened[each].texts[0] == visit.voted[each].texts[0]


def test_the_next_day_an_open_question_says_how_to_get_buttons_and_shows_none_that_are_dead(visit):
    for each in visit.ids("predict")[1:]:
        assert "No vote yet: run this cell and click" in " ".join(visit.reopened[each].texts), each
    assert [each for each, cell in visit.reopened.items() if cell.buttons] == []
    assert WIDGET_MIME not in str(visit.saved)
    assert "widgets" not in visit.saved["metadata"]


def test_the_next_day_nothing_else_has_changed(visit):
    for each, cell in visit.reopened.items():
        assert cell.runs == visit.voted[each].runs, each
        assert cell.cards == visit.voted[each].cards, each
        assert cell.drawn == visit.voted[each].drawn, each


def test_the_console_of_the_browser_holds_no_error(visit):
    assert visit.console == []
