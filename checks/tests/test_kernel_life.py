"""What outlives a kernel that is interrupted, restarted or started anew: a real one, no imitation."""

import json
import shutil

import pytest

from checks import history
from checks.claim import VOTE_MIME
from checks.course import ROOT
from checks.tests.real_kernel import running_kernel

SET_UP = """
from fastapi import FastAPI
from fastapi.testclient import TestClient
from checks.stages.fastapi_basics import FACT, MYTH, NO, YES, check, predict, quiz
from checks.progress import progress
"""
WRONG = "def greeting_app():\n    app = FastAPI()\n    return app"
CHECK = "check.greet_guest(greeting_app)"
PREDICT = "predict.app_remembers()"
CONFIGURATION = ROOT / ".jupyter" / "ipython_kernel_config.json"
NAME = "01_fastapi_basics.ipynb"


@pytest.fixture(scope="module")
def learners_copy(tmp_path_factory):
    """A learner's copy of the course, in a path with blanks and an umlaut."""
    folder = tmp_path_factory.mktemp("Küche mit Platz") / "notebooks"
    folder.mkdir()
    shutil.copy(ROOT / "course.yml", folder.parent)
    return folder


@pytest.fixture(scope="module")
def one_kernel(learners_copy):
    with running_kernel(learners_copy / NAME) as kernel:
        yield kernel


@pytest.fixture
def notebook(learners_copy):
    """A fresh notebook without any history."""
    shutil.copy(ROOT / "notebooks" / NAME, learners_copy)
    past = learners_copy / history.FILE
    past.rmdir() if past.is_dir() else past.unlink(missing_ok=True)
    return learners_copy / NAME


@pytest.fixture
def kernel(notebook, one_kernel):
    """A kernel that has run the set-up and nothing else."""
    start_again(one_kernel)
    return one_kernel


def start_again(kernel):
    kernel.restart()
    assert kernel.run(SET_UP).error == ""


def start_as_configured(kernel):
    """Restart the kernel as JupyterLab starts one in the course's environment."""
    (extension,) = json.loads(CONFIGURATION.read_text())["IPKernelApp"]["extensions"]
    kernel.restart()
    kernel.run(f"%load_ext {extension}")


def save_vote(notebook, vote):
    """Save the notebook with a decided card, as JupyterLab does."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    cell = next(
        each for each in content["cells"] if each["metadata"]["course"]["kind"] == "predict"
    )
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {VOTE_MIME: vote}}]
    notebook.write_text(json.dumps(content), encoding="utf-8")


def test_a_click_becomes_a_card_and_comes_back_after_a_restart(kernel, notebook):
    asked = kernel.run(PREDICT)
    assert list(asked.buttons) == ["Yes", "No"]
    clicked = kernel.click(asked, "Yes")
    assert clicked.cards[-1][VOTE_MIME]["vote"] == "yes"

    start_again(kernel)
    back = kernel.run(PREDICT)
    assert back.cards[-1][VOTE_MIME]["vote"] == "yes"
    assert "You voted before. To vote anew: predict.app_remembers.again()" in back.text
    assert "No vote yet" in kernel.run("predict.validate_by_hand()").text

    anew = kernel.run("predict.app_remembers.again()")
    assert list(anew.buttons) == ["Yes", "No"]
    kernel.click(anew, "No")
    assert kernel.run(PREDICT).cards[-1][VOTE_MIME]["vote"] == "no"
    entries, _ = history.read(notebook.parent / history.FILE)
    assert [(each.claim, each.vote, each.right) for each in entries] == [
        ("app_remembers", "yes", False),
        ("app_remembers", "no", True),
    ]


def test_where_the_history_was_lost_the_saved_card_brings_the_vote_back(notebook, one_kernel):
    save_vote(notebook, {"claim": "app_remembers", "asked": "predict", "vote": "yes"})
    start_again(one_kernel)
    assert one_kernel.run(PREDICT).cards[-1][VOTE_MIME]["vote"] == "yes"
    assert "0 of 45 exercises solved" in one_kernel.run("progress()").text
    entries, _ = history.read(notebook.parent / history.FILE)
    assert [each.vote for each in entries] == ["yes"]


def test_a_try_and_its_hints_are_remembered_after_a_restart(kernel, notebook):
    assert "Try it first" in kernel.run("check.greet_guest.solution()").text
    kernel.run(WRONG)
    assert "Not yet" in kernel.run(CHECK).text
    assert "Hint 1 of" in kernel.run("check.greet_guest.hint()").text

    start_again(kernel)
    assert "run its cell first" in kernel.run(CHECK).text
    assert "Hint 1 of" in kernel.run("check.greet_guest.hint()").text
    assert "Hint 2 of" in kernel.run("check.greet_guest.hint()").text
    assert "One way to solve it" in kernel.run("check.greet_guest.solution()").text
    entries, _ = history.read(notebook.parent / history.FILE)
    assert [each.kind for each in entries] == ["check", "hint", "hint", "solution"]


def test_a_restart_in_the_middle_says_that_the_cells_above_are_forgotten(notebook, one_kernel):
    start_as_configured(one_kernel)
    said = one_kernel.run(CHECK)
    assert said.error == "NameError"
    assert "This kernel has started anew and knows nothing of the cells above." in said.text
    one_kernel.run(SET_UP)
    assert "This kernel has started anew" not in one_kernel.run(CHECK).text


def test_a_check_that_is_interrupted_harms_nothing(kernel):
    kernel.run("def greeting_app():\n    print('busy')\n    while True: pass")
    stopped = kernel.run_and_interrupt(CHECK, when="busy")
    assert stopped.error == "KeyboardInterrupt"
    kernel.run(WRONG)
    assert kernel.run(CHECK).text.startswith("✘ Not yet")


def test_a_cell_that_awaits_can_be_interrupted(notebook, one_kernel):
    start_as_configured(one_kernel)
    one_kernel.run("import asyncio")
    waits = "print('waiting')\nawait asyncio.sleep(1_000)"
    assert one_kernel.run_and_interrupt(waits, when="waiting").error == "CancelledError"
    assert one_kernel.run("print('soup')").text == "soup\n"


def test_a_cell_that_is_no_python_is_told_by_its_check(kernel):
    kernel.run(WRONG)
    assert kernel.run("def greeting_app(:").error == "SyntaxError"
    assert "Your cell that defines `greeting_app` is no Python yet" in kernel.run(CHECK).text


def test_where_nothing_can_be_written_work_goes_on_and_progress_says_so(notebook, one_kernel):
    (notebook.parent / history.FILE).mkdir()  # as unwritable as a read-only folder, for root too
    start_again(one_kernel)
    one_kernel.run("predict.app_remembers(YES)")
    assert one_kernel.run(PREDICT).cards[-1][VOTE_MIME]["vote"] == "yes"
    assert "Your history is not kept" in one_kernel.run("progress()").text


def test_a_kernel_that_nobody_opened_a_notebook_with_writes_nothing(notebook):
    with running_kernel(notebook, named=False) as kernel:
        kernel.run(SET_UP)
        kernel.run("predict.app_remembers(YES)")
        assert "nothing is written down" in kernel.run("progress()").text
    assert not (notebook.parent / history.FILE).exists()
