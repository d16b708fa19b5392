"""What happens when the keyboard slips: each mistake gets a sentence, or simply works."""

import json

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from checks import keyboard
from checks.course import ROOT, the_course
from checks.stages.fastapi_basics import check, predict, quiz

STAGE = the_course().stage("fastapi_basics")
RIGHT = """
def greeting_app() -> FastAPI:
    app = FastAPI()

    @app.get("/guests/{name}/seats/{number}")
    def greet(name: str, number: int) -> dict[str, str | int]:
        return {"message": f"Welcome, {name}!", "neighbour": number + 1}

    return app
"""
CHECK = "check.greet_guest(greeting_app)"


def set_up():
    """The code of the first set-up cell, as the notebook has it."""
    cells = json.loads((ROOT / "notebooks" / f"{STAGE.stem}.ipynb").read_text())["cells"]
    return next(
        "".join(each["source"])
        for each in cells
        if each["metadata"].get("course", {}).get("kind") == "setup"
    )


class Notebook:
    """A notebook in this process: cells go in, the text of what they show comes out on one line."""

    def __init__(self, shell):
        self.shell = shell

    def run(self, code):
        with capture_output() as captured:
            self.shell.run_cell(code)
        cards = [each.data["text/plain"] for each in captured.outputs]
        return " ".join(" ".join([*cards, captured.stdout]).split())


@pytest.fixture
def blank(monkeypatch, tmp_path):
    """A notebook of stage 1 in which nothing has run."""
    monkeypatch.chdir(tmp_path)
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.warn_venv = False
    shell = InteractiveShell.instance(config=config)
    monkeypatch.setattr(keyboard, "_failed", {})
    keyboard.watch(STAGE, {"check": check, "predict": predict, "quiz": quiz})
    yield Notebook(shell)
    InteractiveShell.clear_instance()


@pytest.fixture
def notebook(blank):
    """The same after its set-up."""
    assert blank.run(set_up()) == ""
    return blank


class TestOutOfOrder:
    def test_the_set_up_was_skipped(self, blank):
        said = blank.run("app = FastAPI()")
        assert "NameError" in said
        assert "`FastAPI` comes from a set-up cell: run that first, then this one." in said

    def test_the_exercise_was_not_run_before_its_check(self, notebook):
        said = notebook.run(CHECK)
        assert "NameError" in said
        assert "`greeting_app` comes from the exercise “Greet the guest by name”" in said

    def test_a_cell_further_up_was_skipped(self, notebook):
        assert "`bistro` comes from a cell further up" in notebook.run("bistro")

    def test_a_name_that_nobody_gives_is_left_to_python(self, notebook):
        assert "What may have happened" not in notebook.run("gretting_app")

    def test_the_set_up_may_run_again_at_any_time(self, notebook):
        notebook.run(RIGHT)
        notebook.run(set_up())
        assert "✔ Solved" in notebook.run(CHECK)


class TestOverwritten:
    @pytest.mark.parametrize(
        ("name", "call"),
        [
            ("check", CHECK),
            ("predict", "predict.app_remembers()"),
            ("quiz", "quiz()"),
        ],
    )
    @pytest.mark.parametrize("how", ["{name} = 3", "del {name}", "def {name}(): return 1 / 0"])
    def test_the_tools_of_the_stage(self, notebook, name, call, how):
        notebook.run(RIGHT)
        notebook.run(how.format(name=name))
        assert f"`{name}` was overwritten in this notebook" in notebook.run(call)
        notebook.run(set_up())
        assert "overwritten" not in notebook.run(call)

    def test_an_import_that_the_answer_needs(self, notebook):
        notebook.run(RIGHT)
        notebook.run("FastAPI = 3")
        said = notebook.run(CHECK)
        assert "! Not checked: Greet the guest by name" in said
        assert "`FastAPI` is no longer what the set-up gives: it is an int now" in said
        notebook.run(set_up())
        assert "✔ Solved" in notebook.run(CHECK)

    def test_an_import_that_any_other_cell_needs(self, notebook):
        notebook.run("TestClient = None")
        said = notebook.run("TestClient(FastAPI())")
        assert "`TestClient` is no longer what the set-up gives: it is None now" in said

    def test_an_answer_that_redefines_a_name_for_itself_is_judged(self, notebook):
        notebook.run(RIGHT.replace("number + 1", "number") + "\nTestClient = 3")
        assert "✘ Not yet" in notebook.run(CHECK)

    def test_a_wrong_answer_that_does_not_use_the_name_is_judged(self, notebook):
        notebook.run("TestClient = 3")
        notebook.run(RIGHT.replace("number + 1", "number"))
        assert "✘ Not yet" in notebook.run(CHECK)


class TestACellThatFailed:
    def test_a_check_says_that_the_newest_version_never_ran(self, notebook):
        notebook.run(RIGHT)
        notebook.run(RIGHT + "\nreturn )")
        said = notebook.run(CHECK)
        assert "Your cell that defines `greeting_app` is no Python yet (SyntaxError in line" in said
        assert "✔ Solved" in said

    def test_a_check_says_that_the_cell_stopped_half_way(self, notebook):
        notebook.run(RIGHT + "\n1 / 0")
        assert "`greeting_app` ended in ZeroDivisionError when it ran last" in notebook.run(CHECK)

    def test_once_the_cell_ran_nothing_is_said(self, notebook):
        notebook.run("def greeting_app(:")
        notebook.run(RIGHT)
        assert "when it ran last" not in notebook.run(CHECK)
        assert "no Python yet" not in notebook.run(CHECK)

    def test_another_cell_that_failed_is_not_mentioned(self, notebook):
        notebook.run(RIGHT)
        notebook.run("def menu_app(:")
        notebook.run("greeting_app == 1 / 0")
        said = notebook.run(CHECK)
        assert "✔ Solved" in said
        assert "Your cell" not in said


def test_a_model_that_is_defined_twice_on_one_base(notebook):
    notebook.run(
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n"
        "class Base(DeclarativeBase): pass"
    )
    model = "class Dish(Base):\n    __tablename__ = 'dish'\n    id: Mapped[int] = mapped_column(primary_key=True)"
    assert notebook.run(model) == ""
    said = notebook.run(f"import warnings\nwarnings.simplefilter('ignore')\n{model}")
    assert "InvalidRequestError" in said
    assert "Run the cell that defines `Base` once more" in said


def test_a_check_that_is_called_wrongly_says_the_right_call(notebook):
    assert "Call it as check.greet_guest(greeting_app)." in notebook.run("check.greet_guest()")


def test_nothing_needs_a_network(notebook, monkeypatch):
    def unreachable(*_):
        raise OSError("Network is unreachable")

    monkeypatch.setattr("socket.socket.connect", unreachable)
    monkeypatch.setattr("socket.getaddrinfo", unreachable)
    notebook.run(RIGHT)
    assert "✔ Solved" in notebook.run(CHECK)
    assert "This was seen" in notebook.run("predict.async_is_always_faster(NO)")
