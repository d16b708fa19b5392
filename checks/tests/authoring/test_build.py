"""What `course build` makes of a source, and what it says when it cannot."""

import json

import nbformat
import pytest
from typer.testing import CliRunner

from checks.cli import app

SOURCE = """\
# %% [markdown] cid="intro"
# # Hello

# %% cid="imports" kind="setup" jupyter={"source_hidden": true}
import pathlib
from IPython.display import display
from ipywidgets import Button
print("ready")

# %% cid="shown" kind="example"
print("one")
print("two", flush=True)
display("three")
print("four")

# %% cid="clock" kind="demo" tags=["nbval-ignore-output"] why="it is a clock"
len("folder") and pathlib.Path.cwd().name

# %% cid="failing" kind="demo" tags=["raises-exception"]
1 / 0

# %% [markdown] cid="task" exercise="greet_guest"
# Set `x`.

# %% cid="greet" kind="exercise" exercise="greet_guest"
x = 42  # SOLUTION
x

# %% cid="checked" kind="check" exercise="greet_guest"
"not attempted" if x is ... else "solved"

# %% cid="voted" kind="predict"
Button(description="yes")

# %% cid="asked" kind="quiz"
# BEGIN SOLUTION: None
"a vote"
# END SOLUTION
"""


def course(tiny, *arguments):
    return CliRunner().invoke(app, [*arguments, "--root", str(tiny.root)])


def cells(path):
    return {cell["id"]: cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]}


@pytest.fixture(scope="module")
def built(tiny_of_module):
    tiny_of_module.write(SOURCE)
    result = course(tiny_of_module, "build", "1")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "notebooks/01_fastapi_basics.ipynb: written",
        "solutions/01_fastapi_basics.ipynb: written",
        "checks/pristine/01_fastapi_basics.ipynb: written",
    ]
    return tiny_of_module


def test_both_notebooks_are_valid_and_say_what_they_are(built):
    for path, role in ((built.learner, "learner"), (built.solved, "solved")):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert notebook.nbformat_minor == 5
        assert notebook.metadata.kernelspec.display_name == "Python 3 (ipykernel)"
        assert "version" not in notebook.metadata.language_info
        assert notebook.metadata.course == {
            "stage": "fastapi_basics",
            "number": 1,
            "course_version": "1.0",
            "role": role,
            "source": "solutions/01_fastapi_basics.py",
            "built_by": "course build",
        }


def test_cells_say_what_they_are_for(built):
    found = cells(built.learner)
    assert list(found) == [
        *("intro", "imports", "shown", "clock", "failing"),
        *("task", "greet", "checked", "voted", "asked"),
    ]
    assert found["task"]["metadata"] == {"course": {"kind": "prose", "exercise": "greet_guest"}}
    assert found["clock"]["metadata"] == {
        "course": {"kind": "demo", "why": "it is a clock"},
        "tags": ["nbval-ignore-output"],
    }
    assert found["imports"]["metadata"]["jupyter"] == {"source_hidden": True}


def test_only_given_cells_are_locked(built):
    locks = {
        name: {key: cell["metadata"].get(key) for key in ("editable", "deletable")}
        for name, cell in cells(built.learner).items()
    }
    locked = {"editable": False, "deletable": False}
    assert locks.pop("imports") == locks.pop("checked") == locked
    assert locks.pop("greet") == {"editable": None, "deletable": False}
    assert all(lock == {"editable": None, "deletable": None} for lock in locks.values())


def test_the_learner_gets_blanks_and_the_solved_notebook_the_code(built):
    learner, solved = cells(built.learner), cells(built.solved)
    assert learner["greet"]["source"] == ["x = ...\n", "x"]
    assert solved["greet"]["source"] == ["x = 42\n", "x"]
    assert learner["asked"]["source"] == ["None"]


def test_only_the_solved_notebook_keeps_what_the_blank_was(built):
    assert cells(built.solved)["greet"]["metadata"]["course"]["blank"] == "x = ...\nx"
    assert "blank" not in cells(built.learner)["greet"]["metadata"]["course"]


def test_the_learner_sees_only_what_spoils_nothing(built):
    found = cells(built.learner)
    for name in ("imports", "shown", "clock", "failing", "greet"):
        assert (found[name]["outputs"], found[name]["execution_count"]) == ([], None)
    assert found["checked"]["outputs"][0]["data"]["text/plain"] == ["'not attempted'"]
    assert all(found[name]["execution_count"] for name in ("checked", "voted", "asked"))


def test_the_solved_notebook_keeps_every_output(built):
    found = cells(built.solved)
    assert all(found[name]["execution_count"] for name in found if name not in ("intro", "task"))
    assert found["checked"]["outputs"][0]["data"]["text/plain"] == ["'solved'"]
    texts = [out.get("text") or out["data"]["text/plain"] for out in found["shown"]["outputs"]]
    assert texts == [["one\n", "two\n"], ["'three'"], ["four\n"]]


def test_cells_run_in_the_folder_of_their_notebook(built):
    assert cells(built.solved)["clock"]["outputs"][0]["data"]["text/plain"] == ["'solutions'"]


def test_an_expected_error_keeps_its_message_and_no_traceback(built):
    [output] = cells(built.solved)["failing"]["outputs"]
    assert output["traceback"] == ["ZeroDivisionError: division by zero"]


def test_the_learners_notebook_is_written_once_more_for_a_reset(built):
    pristine = built.root / "checks" / "pristine" / built.learner.name
    assert pristine.read_bytes() == built.learner.read_bytes()


def test_no_widget_view_is_stored(built):
    for path in (built.learner, built.solved):
        [output] = cells(path)["voted"]["outputs"]
        assert set(output["data"]) == {"text/plain"}
        assert "widgets" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]


def test_a_second_build_gives_the_same_bytes(built):
    result = course(built, "build", "--check")
    assert result.exit_code == 0
    assert result.output == "2 notebooks are as a build would write them\n"


def test_check_names_an_edited_file_and_the_command_and_leaves_it_alone(built):
    before = built.learner.read_bytes()
    edited = before.replace(b"Hello", b"Hallo")
    built.learner.write_bytes(edited)
    try:
        result = course(built, "build", "--check")
        assert built.learner.read_bytes() == edited
    finally:
        built.learner.write_bytes(before)
    assert result.exit_code == 1
    [line] = result.output.splitlines()
    assert line.startswith("notebooks/01_fastapi_basics.ipynb: ")
    assert line.endswith("run: course build")


def test_a_cell_that_raises_is_reported_for_each_notebook_and_nothing_is_written(tiny):
    tiny.write(
        '# %% cid="fine" kind="setup"\nx = 1\n\n# %% cid="bad" kind="demo"\nraise ValueError("a\\nb")\n'
    )
    tiny.solved.write_text("as it was")
    result = course(tiny, "build")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"solutions/01_fastapi_basics.py:4: cell bad of the {role} notebook raises ValueError: a"
        for role in ("learner", "solved")
    ]
    assert tiny.solved.read_text() == "as it was"
    assert not tiny.learner.exists()


def test_mistakes_in_the_source_come_as_lines_and_exit_code_2(tiny):
    tiny.write('# %% kind="demo"\n# %% cid="b"\n1\n')
    result = course(tiny, "build")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 2
    assert "Traceback" not in result.output


def test_a_stage_that_does_not_exist_is_one_sentence(tiny):
    tiny.write("")
    result = course(tiny, "build", "9")
    assert result.exit_code == 2
    assert result.stderr == "there is no stage '9'; the stages are fastapi_basics\n"


def test_a_build_that_was_started_in_a_notebook_is_not_taken_for_its_learner(tiny, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "mine.ipynb")
    tiny.write(
        '# %% cid="a" kind="setup"\nimport os\n\nassert "JPY_SESSION_NAME" not in os.environ\n'
    )
    assert course(tiny, "build").exit_code == 0
