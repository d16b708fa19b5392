"""The learner's own history: appended to, never in the way, and damaged lines cost only themselves."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from checks import history
from checks.history import Checked, Hinted, History, Restored, Revealed, Voted, append, read

HINT = Hinted(stage="s", exercise="e", number=1)
NO = Voted(stage="s", claim="c", asked="predict", vote="no", right=True)
YES = NO.model_copy(update={"vote": "yes", "right": False})


@pytest.fixture
def path(tmp_path):
    return tmp_path / history.FILE


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "entry",
    [
        Checked(stage="s", exercise="e", outcome="not yet", points=1.5, attempt="0f"),
        HINT,
        Revealed(stage="s", exercise="e", anyway=True),
        NO,
        Restored(stage="s"),
    ],
    ids=lambda entry: entry.kind,
)
def test_what_was_written_is_read_again(path, entry):
    append(path, entry)
    assert read(path) == ([entry], 0)
    assert entry.at.utcoffset().total_seconds() == 0
    assert len(lines(path)) == 1


def test_without_a_file_nothing_has_happened(path):
    assert read(path) == ([], 0)


@pytest.mark.parametrize(
    "damage",
    [b"{", b"\xff\xfe", b"null", b'{"kind": "vote"}', b'{"kind": "of tomorrow"}', b"\0" * 9],
)
def test_a_damaged_line_is_skipped_and_counted(path, damage):
    append(path, HINT)
    with path.open("ab") as file:
        file.write(damage + b"\n")
    append(path, NO)
    assert read(path) == ([HINT, NO], 1)


def test_a_line_that_was_torn_does_not_take_the_next_one_with_it(path):
    append(path, HINT)
    path.write_bytes(path.read_bytes()[:-20])
    append(path, NO)
    assert read(path) == ([NO], 1)


def test_a_newer_course_may_say_more(path):
    append(path, HINT)
    path.write_text(lines(path)[0].replace("{", '{"mood": "good", ', 1))
    assert read(path) == ([HINT], 0)


def test_notebooks_that_write_at_once_do_not_mix_their_lines(path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: append(path, HINT), range(200)))
    entries, damaged = read(path)
    assert (len(entries), damaged) == (200, 0)


def test_what_cannot_be_written_is_remembered_all_the_same(path):
    path.mkdir()
    mine = History(path, "a.ipynb")
    assert "cannot be read" in mine.trouble
    mine.note(NO)
    assert mine.vote("s", "c", "predict") == "no"
    assert "cannot be written" in mine.trouble


def test_the_newest_vote_counts(path):
    mine = History(path, "a.ipynb")
    mine.note(NO)
    mine.note(YES)
    assert History(path, "a.ipynb").vote("s", "c", "predict") == "yes"


def test_running_a_cell_again_adds_no_line(path):
    mine = History(path, "a.ipynb")
    for entry in (NO, NO, YES, YES, NO):
        mine.note(entry)
    assert [entry.vote for entry in mine] == ["no", "yes", "no"]
    assert len(lines(path)) == 3


def test_the_same_answer_checked_again_adds_no_line_and_another_one_does(path):
    mine = History(path, "a.ipynb")
    wrong = Checked(stage="s", exercise="e", outcome="not yet", points=1, attempt="0f")
    changed = wrong.model_copy(update={"attempt": "1f"})
    elsewhere = wrong.model_copy(update={"exercise": "f"})
    for entry in (wrong, elsewhere, wrong, changed, changed, wrong):
        mine.note(entry)
    assert [(each.exercise, each.attempt) for each in mine] == [
        ("e", "0f"),
        ("f", "0f"),
        ("e", "1f"),
        ("e", "0f"),
    ]


@pytest.mark.parametrize(
    ("notebook", "stage", "claim", "asked"),
    [
        ("copy_of_another_learner.ipynb", "s", "c", "predict"),
        ("a.ipynb", "another", "c", "predict"),
        ("a.ipynb", "s", "another", "predict"),
        ("a.ipynb", "s", "c", "quiz"),
    ],
)
def test_a_vote_appears_only_where_it_was_cast(path, notebook, stage, claim, asked):
    History(path, "a.ipynb").note(NO)
    assert History(path, notebook).vote(stage, claim, asked) is None


def test_a_pristine_notebook_has_no_votes(path):
    mine = History(path, "a.ipynb")
    mine.note(NO)
    mine.note(Restored(stage="s"))
    assert mine.vote("s", "c", "predict") is None
    mine.note(NO)
    assert mine.vote("s", "c", "predict") == "no"


def test_the_cards_of_the_saved_notebook_stand_in_for_a_history_that_was_lost(path):
    saved = {("s", "c", "predict"): "yes"}
    mine = History(path, "a.ipynb", saved)
    assert mine.vote("s", "c", "predict") == "yes"
    mine.note(NO)
    assert mine.vote("s", "c", "predict") == "no"


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="only Linux has a disk that is always full"
)
def test_a_full_disk_is_no_reason_to_stop(path):
    mine = History(path, "a.ipynb")
    mine.path = Path("/dev/full")
    mine.note(HINT)
    assert "it cannot be written: No space left" in mine.trouble
    assert mine.hints("s", "e") == 1
