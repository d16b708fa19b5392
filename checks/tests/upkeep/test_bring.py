"""`course update --from FOLDER`: the work in an older copy, for those who have no git."""

import shutil

import pytest
from typer.testing import CliRunner

from checks.cli import app
from checks.history import FILE as HISTORY
from checks.tests.upkeep.conftest import ANSWER, LESSON, NOTEBOOK, WORKED
from checks.tests.upkeep.releases import MANIFEST, notebook, prose, texts

NEW = [prose("title", "Cook a better soup."), *LESSON[1:]]


@pytest.fixture
def older(tmp_path):
    return copy_of_the_course(tmp_path / "older copy", *LESSON)


@pytest.fixture
def newer(tmp_path):
    return copy_of_the_course(tmp_path / "newer", *NEW)


def copy_of_the_course(root, *cells):
    for folder in ("notebooks", "checks/pristine", "solutions"):
        (root / folder).mkdir(parents=True)
        (root / folder / "01_soup.ipynb").write_bytes(notebook(*cells))
    (root / "solutions" / "01_soup.py").touch()
    (root / "course.yml").write_text(MANIFEST, encoding="utf-8")
    return root


def bring(older, newer):
    return CliRunner().invoke(app, ["update", "--from", str(older), "--root", str(newer)])


def test_the_work_is_carried_into_the_newer_copy(older, newer):
    (older / NOTEBOOK).write_bytes(notebook(*WORKED))
    result = bring(older, newer)
    assert result.output == f"{NOTEBOOK}: answers: cook; cells of your own: 1\n"
    assert texts((newer / NOTEBOOK).read_bytes())[:2] == ["Cook a better soup.", "soup = 'hot'"]


def test_the_older_copy_stays_as_it_is(older, newer):
    (older / NOTEBOOK).write_bytes(notebook(*WORKED))
    before = {path: path.read_bytes() for path in older.rglob("*") if path.is_file()}
    bring(older, newer)
    assert {path: path.read_bytes() for path in older.rglob("*") if path.is_file()} == before


def test_an_untouched_notebook_brings_nothing(older, newer):
    result = bring(older, newer)
    assert result.output == ""
    assert (newer / NOTEBOOK).read_bytes() == notebook(*NEW)


def test_twice_is_as_good_as_once(older, newer):
    (older / NOTEBOOK).write_bytes(notebook(*WORKED))
    bring(older, newer)
    once = (newer / NOTEBOOK).read_bytes()
    assert "everything is there already" in bring(older, newer).output
    assert (newer / NOTEBOOK).read_bytes() == once


def test_work_in_the_newer_copy_is_never_overwritten(older, newer):
    (older / NOTEBOOK).write_bytes(notebook(*WORKED))
    mine = notebook(LESSON[0], {**ANSWER, "source": ["soup = 'cold'"]})
    (newer / NOTEBOOK).write_bytes(mine)
    result = bring(older, newer)
    assert "it is left alone" in result.output
    assert "course reset 1" in result.output
    assert (newer / NOTEBOOK).read_bytes() == mine


def test_a_copy_from_before_there_were_pristine_ones_brings_its_answers(older, newer):
    shutil.rmtree(older / "checks")
    (older / NOTEBOOK).write_bytes(notebook(*WORKED))
    bring(older, newer)
    found = texts((newer / NOTEBOOK).read_bytes())
    assert found[:2] == ["Cook a better soup.", "soup = 'hot'"]
    assert "print(soup)" in found


def test_everything_else_beside_the_notebooks_comes_along_and_overwrites_nothing(older, newer):
    for name in ("notes.md", "01_soup (2026-11-01 at 18.30).ipynb", "mine/bistro.txt"):
        path = older / "notebooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("older", encoding="utf-8")
    (newer / "notebooks" / "notes.md").write_text("newer", encoding="utf-8")
    bring(older, newer)
    assert (newer / "notebooks" / "notes.md").read_text(encoding="utf-8") == "newer"
    assert (newer / "notebooks" / "mine" / "bistro.txt").is_file()
    assert (newer / "notebooks" / "01_soup (2026-11-01 at 18.30).ipynb").is_file()


def test_the_history_of_both_copies_is_one(older, newer):
    (older / "notebooks" / HISTORY).write_text("a\nb\n", encoding="utf-8")
    (newer / "notebooks" / HISTORY).write_text("b\nc\n", encoding="utf-8")
    bring(older, newer)
    bring(older, newer)
    assert (newer / "notebooks" / HISTORY).read_text(encoding="utf-8") == "a\nb\nc\n"


def test_a_damaged_notebook_is_named_and_the_rest_comes_along(older, newer):
    (older / NOTEBOOK).write_bytes(b"{")
    (older / "notebooks" / "notes.md").touch()
    result = bring(older, newer)
    assert "the one in the older copy is not whole JSON" in result.output
    assert (newer / NOTEBOOK).read_bytes() == notebook(*NEW)
    assert (newer / "notebooks" / "notes.md").exists()


@pytest.mark.parametrize(
    ("folder", "why"), [("newer", "the course itself"), ("", "no copy of the")]
)
def test_a_folder_that_cannot_be_meant_is_one_sentence(older, newer, folder, why):
    result = bring(newer.parent / folder, newer)
    assert result.exit_code == 2
    assert why in result.stderr
    assert len(result.stderr.splitlines()) == 1
