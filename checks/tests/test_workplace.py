"""A learner is where JupyterLab or VS Code has a notebook of the course open, and nowhere else."""

import json
from types import SimpleNamespace

import pytest

from checks import workplace
from checks.claim import VOTE_MIME


@pytest.fixture
def notebook(tmp_path):
    folder = tmp_path / "Küche mit Platz" / "notebooks"
    folder.mkdir(parents=True)
    (folder.parent / "course.yml").touch()
    return folder / "01 mine.ipynb"


@pytest.fixture
def lab(monkeypatch, notebook):
    """A kernel that JupyterLab started for the notebook."""
    shell = SimpleNamespace(kernel=object(), user_ns={})
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: shell)
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
    monkeypatch.delenv("PYTEST_VERSION")
    return shell


def test_jupyterlab_names_the_notebook(lab, notebook):
    assert workplace.notebook() == notebook


def test_vs_code_names_the_notebook(lab, notebook, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    lab.user_ns["__vsc_ipynb_file__"] = str(notebook)
    assert workplace.notebook() == notebook


def test_a_build_or_a_grader_has_no_notebook_open(lab, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert workplace.notebook() is None


def test_a_script_is_no_notebook(lab):
    lab.kernel = None
    assert workplace.notebook() is None


def test_a_test_run_that_was_started_in_a_notebook_is_no_learner(lab, monkeypatch):
    monkeypatch.setenv("PYTEST_VERSION", "9")
    assert workplace.notebook() is None


@pytest.mark.parametrize(
    "elsewhere", ["solutions/01.ipynb", "01.ipynb", "notebooks/old/01.ipynb", "notebooks/01.py"]
)
def test_a_notebook_elsewhere_keeps_no_history(lab, notebook, elsewhere, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook.parents[1] / elsewhere))
    assert workplace.notebook() is None


def test_a_folder_without_a_course_keeps_no_history(lab, notebook):
    (notebook.parents[1] / "course.yml").unlink()
    assert workplace.notebook() is None


def test_the_votes_of_a_saved_notebook_are_found(notebook):
    vote = {"claim": "c", "asked": "quiz", "vote": "no"}
    cells = [
        {"cell_type": "markdown"},
        {"cell_type": "code", "outputs": [{"output_type": "stream", "text": "x"}]},
        {"cell_type": "code", "outputs": [{"data": {VOTE_MIME: vote}}]},
    ]
    about = {"course": {"stage": "s"}}
    notebook.write_text(json.dumps({"metadata": about, "cells": cells}))
    assert workplace.saved_votes(notebook) == {("s", "c", "quiz"): "no"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"metadata": {"course": {"stage": "s"}}}'])
def test_a_damaged_notebook_has_none(notebook, content):
    notebook.write_text(content)
    assert workplace.saved_votes(notebook) == {}


def test_a_missing_notebook_has_none(notebook):
    assert workplace.saved_votes(notebook) == {}
