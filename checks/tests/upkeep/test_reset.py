"""`course reset`: the released notebook comes back, and the learner's one is kept."""

import os
import subprocess
import sys
from datetime import datetime

import pytest
from typer.testing import CliRunner

from checks import history
from checks.cli import app
from checks.course import ROOT, read_course
from checks.tests.upkeep.releases import MANIFEST, edited, example, exercise, notebook
from checks.upkeep.files import UpkeepError, keep_aside, pristine_path, replace
from checks.upkeep.reset import reset

RELEASED = notebook(exercise("cook"), example("taste"))
WORKED = notebook(edited(exercise("cook"), "soup = 'hot'"), example("taste"))
EVENING = datetime(2026, 11, 21, 18, 30)


@pytest.fixture
def root(tmp_path):
    for folder in ("notebooks", "solutions", "checks/pristine"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "course.yml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "solutions" / "01_soup.py").touch()
    (tmp_path / "checks" / "pristine" / "01_soup.ipynb").write_bytes(RELEASED)
    (tmp_path / "notebooks" / "01_soup.ipynb").write_bytes(WORKED)
    return tmp_path


@pytest.fixture
def worked(root):
    return root / "notebooks" / "01_soup.ipynb"


@pytest.fixture
def stage(root):
    return read_course(root).stage(1)


def kept(root):
    return sorted(path.name for path in (root / "notebooks").iterdir() if "(" in path.name)


def test_the_released_notebook_is_back_byte_for_byte(root, worked, stage):
    reset(root, stage, EVENING)
    assert worked.read_bytes() == RELEASED


def test_the_learners_notebook_is_kept_beside_it_with_the_date(root, worked, stage):
    said = reset(root, stage, EVENING)
    copy = root / "notebooks" / "01_soup (2026-11-21 at 18.30).ipynb"
    assert copy.read_bytes() == WORKED
    assert "notebooks/01_soup (2026-11-21 at 18.30).ipynb" in said


def test_a_vote_of_before_the_reset_is_over(root, worked, stage):
    file = root / "notebooks" / history.FILE
    vote = history.Voted(
        stage="soup", notebook=worked.name, claim="hot", asked="quiz", vote="no", right=True
    )
    history.append(file, vote)
    assert history.History(file, worked.name).vote("soup", "hot", "quiz") == "no"
    reset(root, stage, EVENING)
    assert history.History(file, worked.name).vote("soup", "hot", "quiz") is None
    assert history.read(file)[0][0] == vote


def test_two_resets_in_one_minute_keep_both(root, worked, stage):
    reset(root, stage, EVENING)
    worked.write_bytes(WORKED.replace(b"hot", b"cold"))
    reset(root, stage, EVENING)
    first, second = kept(root)
    assert first == "01_soup (2026-11-21 at 18.30).ipynb"
    assert second == "01_soup (2026-11-21 at 18.30, 2).ipynb"
    assert b"hot" in (worked.parent / first).read_bytes()
    assert b"cold" in (worked.parent / second).read_bytes()


def test_a_notebook_as_it_was_released_is_left_alone(root, worked, stage):
    worked.write_bytes(RELEASED)
    assert "nothing to do" in reset(root, stage, EVENING)
    assert kept(root) == []


def test_what_jupyterlab_notes_at_each_opening_is_no_work(root, worked, stage):
    worked.write_bytes(
        RELEASED.replace(b'"name": "python"', b'"name": "python", "version": "3.13"')
    )
    assert "nothing to do" in reset(root, stage, EVENING)
    assert kept(root) == []


def test_a_missing_notebook_comes_back(root, worked, stage):
    worked.unlink()
    assert "it is back" in reset(root, stage, EVENING)
    assert worked.read_bytes() == RELEASED


@pytest.mark.parametrize("damaged", [b"", b"{", b"\xff\xfe", b"[]", b'{"cells": 1}'])
def test_a_damaged_notebook_is_kept_too(root, worked, stage, damaged):
    worked.write_bytes(damaged)
    reset(root, stage, EVENING)
    [name] = kept(root)
    assert (worked.parent / name).read_bytes() == damaged
    assert worked.read_bytes() == RELEASED


def test_without_the_pristine_copy_nothing_is_touched(root, worked, stage):
    pristine_path(root, stage).unlink()
    with pytest.raises(UpkeepError, match=r"checks/pristine/01_soup.ipynb: cannot be read"):
        reset(root, stage, EVENING)
    assert worked.read_bytes() == WORKED
    assert kept(root) == []


def test_where_nothing_can_be_kept_nothing_is_replaced(root, worked, stage, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("checks.upkeep.files.os.fsync", full)
    with pytest.raises(UpkeepError, match="No space left on device; make room"):
        reset(root, stage, EVENING)
    assert worked.read_bytes() == WORKED


def test_a_failed_replacement_leaves_the_file_whole_and_no_rest(root, worked, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("checks.upkeep.files.os.fsync", full)
    before = sorted(worked.parent.iterdir())
    with pytest.raises(UpkeepError):
        replace(worked, RELEASED, root)
    assert worked.read_bytes() == WORKED
    assert sorted(worked.parent.iterdir()) == before


@pytest.mark.parametrize("forbidden", '<>:"/\\|?*')
def test_the_kept_name_can_be_written_on_every_system(root, worked, forbidden):
    assert forbidden not in keep_aside(worked, root, EVENING).name


@pytest.mark.parametrize("name", ["1", "01", "soup", "01_soup"])
def test_on_the_command_line_a_stage_goes_by_number_id_or_stem(root, worked, name):
    result = CliRunner().invoke(app, ["reset", name, "--root", str(root)])
    assert result.exit_code == 0
    assert worked.read_bytes() == RELEASED


def test_a_terminal_that_cannot_show_every_sign_is_no_obstacle(root, worked):
    command = [sys.executable, "-m", "checks", "reset", "1", "--root", str(root)]
    plain = {**os.environ, "PYTHONIOENCODING": "cp850", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=plain, cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "choose File ? Reload Notebook from Disk" in done.stdout
    assert worked.read_bytes() == RELEASED


def test_an_unknown_stage_is_one_sentence_and_exit_code_2(root):
    result = CliRunner().invoke(app, ["reset", "9", "--root", str(root)])
    assert result.exit_code == 2
    assert result.stderr == "there is no stage '9'; the stages are soup\n"


@pytest.mark.parametrize("stage", read_course().stages, ids=lambda stage: stage.id)
def test_each_stage_of_the_course_has_its_pristine_copy(stage):
    released = (ROOT / "notebooks" / f"{stage.stem}.ipynb").read_bytes()
    assert pristine_path(ROOT, stage).read_bytes() == released
