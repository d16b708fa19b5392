"""Progress says what is solved, which myths fell and where to go on: from the history alone."""

import pytest
from typer.testing import CliRunner

from checks import history
from checks.cli import app
from checks.course import ROOT, the_course
from checks.course_progress import Share, progress_of
from checks.display import progress_card
from checks.history import Checked, Revealed, Voted, append
from checks.stages.fastapi_basics.claims import validate_by_hand

COURSE = the_course()
FIRST, SECOND = COURSE.stages[:2]


def checked(exercise, outcome="solved", points=3, stage=FIRST):
    return Checked(stage=stage.id, exercise=exercise, outcome=outcome, points=points, attempt="")


def voted(asked, right, claim="validate_by_hand"):
    vote = "no" if right else "yes"
    return Voted(stage=FIRST.id, claim=claim, asked=asked, vote=vote, right=right)


def test_who_did_nothing_starts_with_the_first_exercise():
    progress = progress_of(COURSE, [])
    assert progress.solved == Share(0, sum(len(stage.exercises) for stage in COURSE.stages))
    assert progress.points == Share(0, sum(stage.points for stage in COURSE.stages))
    assert progress.next == (FIRST, FIRST.exercises[0])


def test_the_best_check_of_an_exercise_counts():
    worse = checked("greet_guest", "not yet", 1)
    progress = progress_of(COURSE, [worse, checked("greet_guest"), worse])
    assert progress.stages[0].solved == Share(1, 6)
    assert progress.stages[0].points == Share(3, 20)


def test_a_share_of_the_points_counts_before_it_is_solved():
    progress = progress_of(COURSE, [checked("greet_guest", "not yet", 1.5)])
    assert progress.solved.reached == 0
    assert progress.points.reached == 1.5


def test_it_goes_on_in_the_stage_that_was_worked_on_last():
    entries = [checked("greet_guest"), checked("open_the_kitchen", stage=SECOND)]
    assert progress_of(COURSE, entries).next == (SECOND, SECOND.exercises[1])


def test_after_a_whole_stage_it_goes_on_where_something_is_left():
    entries = [checked(each.id, stage=SECOND) for each in SECOND.exercises]
    progress = progress_of(COURSE, entries)
    assert progress.stages[1].done
    assert progress.next == (FIRST, FIRST.exercises[0])


def test_who_solved_everything_goes_nowhere():
    entries = [checked(each.id, stage=stage) for stage in COURSE.stages for each in stage.exercises]
    progress = progress_of(COURSE, entries)
    assert progress.next is None
    assert "Every exercise is solved." in repr(progress_card(progress))


def test_an_exercise_of_another_release_counts_nothing():
    assert progress_of(COURSE, [checked("gone_since")]).solved.reached == 0


@pytest.mark.parametrize(
    ("votes", "busted", "alive"),
    [
        ([voted("predict", False)], 0, 1),
        ([voted("predict", False), voted("quiz", True)], 1, 0),
        ([voted("predict", False), voted("quiz", False)], 0, 1),
        ([voted("predict", True), voted("quiz", True)], 0, 0),
        ([voted("predict", True), voted("quiz", False)], 0, 1),
        ([voted("quiz", False), voted("quiz", True)], 0, 0),
        ([voted("quiz", False), voted("predict", True)], 0, 0),
        ([voted("quiz", True), voted("predict", False)], 0, 1),
    ],
)
def test_a_myth_is_busted_where_the_quiz_mends_a_prediction(votes, busted, alive):
    progress = progress_of(COURSE, votes)
    assert (len(progress.busted), len(progress.alive)) == (busted, alive)
    assert set(progress.busted + progress.alive) <= {validate_by_hand.sentence}


class TestCard:
    ENTRIES = (checked("greet_guest"), voted("predict", False), voted("quiz", True))

    def test_the_text_is_complete(self):
        text = repr(progress_card(progress_of(COURSE, self.ENTRIES, ("One remark.",))))
        assert "Your progress: 1 of 45 exercises solved, 3 of 144 points" in text
        assert "Busted: judged wrongly before the lesson" in text
        assert "Go on with “Search the menu” in 01_fastapi_basics.ipynb" in text
        assert "One remark." in text
        assert max(map(len, text.splitlines())) < 120

    def test_the_html_links_to_the_notebook(self):
        html = progress_card(progress_of(COURSE, self.ENTRIES)).html
        assert '<a href="01_fastapi_basics.ipynb">' in html
        assert html.count("<tr>") == 1 + len(COURSE.stages)


class TestOnTheTerminal:
    @pytest.fixture
    def root(self, tmp_path, monkeypatch):
        monkeypatch.setenv("COLUMNS", "120")
        (tmp_path / "notebooks").mkdir()
        for name in ("course.yml", "solutions"):
            (tmp_path / name).symlink_to(ROOT / name)
        return tmp_path

    def run(self, root):
        return CliRunner().invoke(app, ["progress", "--root", str(root)])

    def test_it_shows_the_table_and_where_to_go_on(self, root):
        path = root / "notebooks" / history.FILE
        for entry in (*TestCard.ENTRIES, Revealed(stage=FIRST.id, exercise="x", anyway=True)):
            append(path, entry)
        with path.open("a") as file:
            file.write("{\n")
        result = self.run(root)
        assert result.exit_code == 0
        assert "1 of 45" in result.output
        assert "Busted" in result.output
        assert "Go on with Search the menu in notebooks/01_fastapi_basics.ipynb" in result.output
        assert "1 damaged line of your history could not be read" in result.output

    def test_without_a_history_it_starts_at_the_first_exercise(self, root):
        result = self.run(root)
        assert result.exit_code == 0
        assert "Go on with Greet the guest by name" in result.output

    def test_a_history_that_cannot_be_read_is_said_in_one_line(self, root):
        (root / "notebooks" / history.FILE).mkdir()
        result = self.run(root)
        assert result.exit_code == 2
        assert result.output.startswith("notebooks/.history.jsonl: cannot be read: ")
        assert len(result.output.splitlines()) == 1
