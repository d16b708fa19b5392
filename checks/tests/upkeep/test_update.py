"""`course update` in a git clone: the newest release, and nothing of the learner's is lost."""

import pytest
from typer.testing import CliRunner

from checks.cli import app
from checks.tests.upkeep.conftest import ANSWER, KEPT, LESSON, NOTEBOOK, WORKED, git, lesson
from checks.tests.upkeep.releases import check, exercise, notebook, prose, texts
from checks.upkeep.clone import Clone, GitError
from checks.upkeep.files import UpkeepError

NEW_WORDS = [prose("title", "Cook a better soup."), *LESSON[1:]]
MINE = notebook(*WORKED)


def test_an_untouched_clone_becomes_the_newest_release(updates):
    updates.release(lesson(*NEW_WORDS, version="2"))
    updates.update()
    assert updates.path().read_bytes() == notebook(*NEW_WORDS, version="2")
    assert not updates.path(KEPT).exists()
    assert git(updates.clone, "status", "--short") == ""


def test_where_nothing_is_new_nothing_is_done(updates):
    updates.path().write_bytes(MINE)
    updates.update()
    assert updates.said == ["This is the newest release: there is nothing to do."]
    assert updates.path().read_bytes() == MINE


def test_half_done_work_is_carried_into_a_changed_lesson(updates):
    updates.path().write_bytes(MINE)
    updates.release(lesson(*NEW_WORDS, version="2"))
    updates.update()
    assert texts(updates.path().read_bytes()) == [
        "Cook a better soup.",
        "soup = 'hot'",
        "check.cook()",
        "print(soup)",
        "Some words.",
    ]
    assert updates.path(KEPT).read_bytes() == MINE
    assert f"kept: {KEPT}" in updates.said
    assert f"{NOTEBOOK}: answers: cook; cells of your own: 1" in updates.said


def test_work_that_was_staged_is_carried_too(updates):
    updates.path().write_bytes(MINE)
    git(updates.clone, "add", NOTEBOOK)
    updates.release(lesson(*NEW_WORDS, version="2"))
    updates.update()
    assert "soup = 'hot'" in texts(updates.path().read_bytes())


def test_a_worked_notebook_that_the_release_does_not_touch_stays_as_it_is(updates):
    updates.path().write_bytes(MINE)
    updates.release({"course.yml": b"title: another\n"})
    updates.update()
    assert updates.path().read_bytes() == MINE
    assert not updates.path(KEPT).exists()


def test_a_removed_exercise_an_added_one_and_a_moved_section(updates):
    updates.path().write_bytes(MINE)
    bake = [exercise("bake", "bread = ..."), check("bake")]
    updates.release(lesson(LESSON[3], *bake, LESSON[0], version="2"))
    updates.update()
    found = texts(updates.path().read_bytes())
    assert found[:4] == ["Some words.", "bread = ...", "check.bake()", "Cook a soup."]
    assert any("soup = 'hot'" in text for text in found)
    assert "print(soup)" in found
    assert any("exercise cook is no longer part" in line for line in updates.said)


def test_a_stage_with_a_new_number_gets_the_work_of_the_old_one(updates):
    updates.path().write_bytes(MINE)
    renumbered = {
        "notebooks/02_soup.ipynb": notebook(*NEW_WORDS, version="2"),
        "notebooks/01_salad.ipynb": notebook(LESSON[0], stage="salad", version="2"),
        NOTEBOOK: None,
    }
    updates.release(renumbered)
    updates.update()
    assert "soup = 'hot'" in texts(updates.path("notebooks/02_soup.ipynb").read_bytes())
    assert not updates.path().exists()


def test_a_stage_that_is_gone_leaves_the_kept_notebook(updates):
    updates.path().write_bytes(MINE)
    updates.release({NOTEBOOK: None})
    updates.update()
    assert updates.path(KEPT).read_bytes() == MINE
    assert any("no longer part of the course" in line for line in updates.said)


def test_a_notebook_that_the_learner_deleted_is_there_again(updates):
    updates.path().unlink()
    updates.release(lesson(*NEW_WORDS, version="2"))
    updates.update()
    assert updates.path().read_bytes() == notebook(*NEW_WORDS, version="2")


def test_a_damaged_notebook_is_kept_and_replaced(updates):
    updates.path().write_bytes(b'{"cells": [')
    updates.release(lesson(*NEW_WORDS, version="2"))
    updates.update()
    assert updates.path(KEPT).read_bytes() == b'{"cells": ['
    assert updates.path().read_bytes() == notebook(*NEW_WORDS, version="2")
    assert any("is not whole JSON; it stays kept" in line for line in updates.said)


def test_a_solved_notebook_that_was_run_is_kept_and_the_new_one_taken(updates):
    name = "solutions/01_soup.ipynb"
    updates.release({name: b"one"})
    updates.update()
    updates.path(name).write_bytes(b"run")
    updates.release({name: b"two"})
    updates.update()
    assert updates.path(name).read_bytes() == b"two"
    assert updates.path("solutions/01_soup (2026-11-21 at 18.30).ipynb").read_bytes() == b"run"


def test_another_file_that_both_changed_stops_it_before_anything_happens(updates):
    updates.path().write_bytes(MINE)
    updates.path("course.yml").write_bytes(b"mine")
    updates.release({"course.yml": b"theirs", **lesson(*NEW_WORDS, version="2")})
    before = updates.head()
    with pytest.raises(UpkeepError, match=r"changed here and in the new release: course.yml; noth"):
        updates.update()
    assert (updates.head(), updates.path().read_bytes()) == (before, MINE)
    assert updates.path("course.yml").read_bytes() == b"mine"


def test_a_file_of_ones_own_where_the_release_brings_one_stops_it(updates):
    updates.path("notes.md").write_bytes(b"mine")
    updates.release({"notes.md": b"theirs"})
    with pytest.raises(UpkeepError, match=r"new release: notes.md; nothing was changed"):
        updates.update()
    assert updates.path("notes.md").read_bytes() == b"mine"


def test_a_file_that_only_the_learner_changed_is_no_conflict(updates):
    updates.path("course.yml").write_bytes(b"mine")
    updates.release(lesson(*NEW_WORDS, version="2"))
    updates.update()
    assert updates.path("course.yml").read_bytes() == b"mine"


def test_commits_of_ones_own_stop_it_and_the_other_way_is_named(updates):
    updates.path().write_bytes(MINE)
    git(updates.clone, "commit", "--quiet", "--all", "-m", "My work")
    updates.release(lesson(*NEW_WORDS, version="2"))
    with pytest.raises(UpkeepError, match=r"commits of your own here.*course update --from FOLDER"):
        updates.update()
    assert updates.path().read_bytes() == MINE


def test_without_a_network_nothing_is_changed(updates):
    updates.path().write_bytes(MINE)
    (updates.makers.parent / "remote.git").rename(updates.makers.parent / "away")
    with pytest.raises(UpkeepError, match=r"cannot be fetched: .*; nothing was changed, try again"):
        updates.update()
    assert updates.path().read_bytes() == MINE
    assert not updates.path(KEPT).exists()


def test_a_branch_that_follows_nothing_is_named(updates):
    git(updates.clone, "switch", "--quiet", "--create", "mine")
    with pytest.raises(UpkeepError, match="follows no branch of the course"):
        updates.update()


def test_a_folder_without_git_hears_of_the_other_way(tmp_path):
    result = CliRunner().invoke(app, ["update", "--root", str(tmp_path)])
    assert result.exit_code == 2
    assert "course update --from FOLDER" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_where_git_refuses_the_notebooks_are_as_they_were(updates, monkeypatch):
    updates.path().write_bytes(MINE)
    updates.release(lesson(*NEW_WORDS, version="2"))

    def refuse(clone, commit):
        raise GitError("index.lock exists")

    monkeypatch.setattr(Clone, "forward", refuse)
    with pytest.raises(UpkeepError, match=r"index.lock exists; your notebooks are as they were"):
        updates.update()
    assert updates.path().read_bytes() == MINE


STEPS = ["restore", "forward"]


class Killed(BaseException):
    """The process ends here: not even `finally` may be relied on."""


@pytest.fixture
def killed_in(updates, monkeypatch):
    """Run an update that ends before or after one of its steps, and does nothing more."""

    def run(step, *, after):
        updates.path().write_bytes(MINE)
        updates.release(lesson(*NEW_WORDS, version="2"))
        whole = getattr(Clone, step)

        def cut(*arguments):
            if after:
                whole(*arguments)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(Clone, step, cut)
            patch.setattr(
                "checks.upkeep.update._finish", lambda *arguments: (_ for _ in ()).throw(Killed)
            )
            with pytest.raises(Killed):
                updates.update()

    return run


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_work_is_kept_and_the_next_update_ends_it(
    updates, killed_in, step, after
):
    killed_in(step, after=after)
    assert updates.path(KEPT).read_bytes() == MINE
    updates.update()
    assert updates.said[0].startswith("An earlier update was interrupted")
    found = texts(updates.path().read_bytes())
    assert found[:2] == ["Cook a better soup.", "soup = 'hot'"]
    updates.update()
    assert updates.said == ["This is the newest release: there is nothing to do."]


def test_what_was_done_since_the_interruption_is_kept_as_well(updates, killed_in):
    killed_in("forward", after=True)
    since = notebook(LESSON[0], {**ANSWER, "source": ["soup = 'cold'"]})
    updates.path().write_bytes(since)
    updates.update()
    again = "notebooks/01_soup (2026-11-21 at 18.30, 2).ipynb"
    assert updates.path(again).read_bytes() == since
    assert f"kept: {again}" in updates.said


def test_ctrl_c_in_the_middle_puts_everything_back(updates, monkeypatch):
    updates.path().write_bytes(MINE)
    updates.release(lesson(*NEW_WORDS, version="2"))

    def interrupted(clone, commit):
        raise KeyboardInterrupt

    monkeypatch.setattr(Clone, "forward", interrupted)
    with pytest.raises(KeyboardInterrupt):
        updates.update()
    assert updates.path().read_bytes() == MINE


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml", ".jupyter/overrides.json"])
def test_what_the_release_needs_is_installed(updates, name):
    updates.release({name: b"new"})
    updates.update()
    assert updates.installed == 1


def test_where_no_requirement_changed_nothing_is_installed(updates):
    updates.release(lesson(*NEW_WORDS, version="2"))
    updates.update()
    assert updates.installed == 0
