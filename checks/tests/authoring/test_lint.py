"""Every rule of `course lint` is broken once; the complaint says where and how to mend it."""

from __future__ import annotations

import dataclasses
import json

import pytest
from typer.testing import CliRunner

from checks.authoring import lint
from checks.authoring.material import Room, open_room, read_material
from checks.claim import Claim, Evidence
from checks.cli import app
from checks.course import CourseError, read_course
from checks.exercise import Exercise

EXERCISES = [f"exercise_{letter}" for letter in "abcde"]
CLAIMS = [f"claim_{letter}" for letter in "abcd"]
FILLER = "word " * 920
ANSWERS = (
    '# %% right="one"\nx = 1\n# %% right="two"\nx = 2\n'
    '# %% wrong="three" claim="claim_a"\nx = 3\n'
    '# %% wrong="four" claim="claim_a"\nx = 4\n'
    '# %% wrong="five" claim="claim_b"\nx = 5\n'
)
PICTURE = "```mermaid\nsequenceDiagram\n    accTitle: A\n    accDescr: B\n```"


def task(name: str) -> str:
    cid = name.replace("_", "-")
    return (
        f'# %% [markdown] cid="{cid}-task" exercise="{name}"\n# Set it.\n\n'
        f'# %% cid="{cid}" kind="exercise" exercise="{name}"\nx = 1  # SOLUTION\n\n'
        f'# %% cid="{cid}-check" kind="check" exercise="{name}"\ncheck.{name}(x)\n\n'
    )


def prediction(name: str) -> str:
    return f'# %% cid="{name.replace("_", "-")}" kind="predict"\npredict.{name}()\n\n'


SOURCE = (
    '# %% [markdown] cid="intro"\n'
    + "\n".join(f"# {line}" for line in (FILLER, *PICTURE.split("\n")))
    + "\n\n"
    + "".join(f'# %% cid="show-{number}" kind="example"\n{number}\n\n' for number in range(6))
    + "".join(map(task, EXERCISES))
    + "".join(map(prediction, CLAIMS[:3]))
    + '# %% cid="quiz" kind="quiz"\nquiz()\n'
)


def a_claim(name: str) -> Claim:
    return Claim(name, "It is so.", "Because.", lambda: Evidence(True, ("seen",)))


def an_exercise(name: str) -> Exercise:
    def function() -> None: ...

    function.__name__ = name
    return Exercise(function, ("one", "two"))


ROOM = Room(
    {name: an_exercise(name) for name in EXERCISES}, {name: a_claim(name) for name in CLAIMS}
)


def notebook(cells: list[dict]) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def code_cell(**changes: object) -> dict:
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "source": "1"}
    return {**cell, "execution_count": 1, "outputs": [], **changes}


@pytest.fixture
def good(tiny):
    """A course that keeps every rule; the notebooks are small stand-ins for built ones."""
    tiny.stage(
        exercises=[{"id": name, "title": name, "points": 1} for name in EXERCISES],
        predictions=CLAIMS[:3],
        quiz=CLAIMS,
    )
    tiny.write(SOURCE)
    for path in (tiny.learner, tiny.solved):
        path.write_text(notebook([code_cell()]))
    answers = tiny.root / "checks" / "stages" / "fastapi_basics" / "answers"
    answers.mkdir(parents=True)
    for name in EXERCISES:
        (answers / f"{name}.py").write_text(ANSWERS)
    tiny.answers = answers / "exercise_a.py"
    return tiny


def complaints(tiny, room=ROOM):
    course = read_course(tiny.root, notebooks_exist=False)
    return list(lint.lint(tiny.root, course, {"fastapi_basics": room}).problems)


def test_a_course_that_keeps_every_rule_has_nothing_to_complain_about(good):
    assert complaints(good) == []


SOURCE_IN = "solutions/01_fastapi_basics.py"
BROKEN_SOURCES = {
    "no task": (
        lambda text: text.replace('cid="exercise-a-task" exercise="exercise_a"', 'cid="a-task"'),
        "exercise exercise_a has no task",
    ),
    "two exercise cells": (
        lambda text: text + task("exercise_a").replace("exercise-a", "again"),
        "exercise exercise_a has 2 cells of kind exercise",
    ),
    "no check cell": (
        lambda text: text.replace(
            'kind="check" exercise="exercise_a"', 'kind="check" exercise="exercise_b"'
        ),
        "exercise exercise_a has 0 cells of kind check",
    ),
    "wrong order": (
        lambda text: (
            text.replace(task("exercise_a"), "")
            + "# %%".join(["", *reversed(task("exercise_a").split("# %%")[1:])])
        ),
        "make it prose, exercise, check",
    ),
    "solution in sight": (
        lambda text: text.replace("x = 1  # SOLUTION", "x = 1", 1),
        "shows the whole solution",
    ),
    "unknown exercise": (
        lambda text: text + task("exercise_z"),
        "course.yml has no exercise exercise_z",
    ),
    "check of another": (
        lambda text: text.replace("check.exercise_a(x)", "check.exercise_b(x)"),
        "call check.exercise_a(…)",
    ),
    "prediction not asked": (
        lambda text: text.replace("predict.claim_a()", "predict.claim_b()"),
        "prediction claim_a is never asked",
    ),
    "no quiz": (
        lambda text: text.replace('kind="quiz"', 'kind="demo"'),
        "has 0 cells of kind quiz",
    ),
    "too few words": (
        lambda text: text.replace(FILLER, "short"),
        "make it 900 to 1,500",
    ),
    "too many words": (
        lambda text: text.replace(FILLER, FILLER * 2),
        "make it 900 to 1,500",
    ),
    "too many cells": (
        lambda text: (
            text + "".join(f'# %% cid="more-{number}" kind="demo"\n1\n' for number in range(20))
        ),
        "cells: 46: make it 25 to 45",
    ),
    "long code": (
        lambda text: text.replace("\n0\n", "\n" + "0\n" * 41),
        "has 41 lines of code",
    ),
    "no picture": (
        lambda text: text.replace("```mermaid", "```text"),
        "has no picture",
    ),
    "picture without words": (
        lambda text: text.replace("accDescr: B", "Guest->>App: hello"),
        "the diagram has no accDescr",
    ),
    "unreadable": (
        lambda text: text + "# END SOLUTION\n",
        "END SOLUTION without",
    ),
    "no reason": (
        lambda text: text.replace('cid="quiz"', 'cid="quiz" tags=["nbval-ignore-output"]'),
        "needs a reason",
    ),
}


@pytest.mark.parametrize("case", BROKEN_SOURCES)
def test_a_rule_about_the_source(good, case):
    change, words = BROKEN_SOURCES[case]
    assert change(SOURCE) != SOURCE
    good.write(change(SOURCE))
    found = [line for line in complaints(good) if words in line]
    assert len(found) == 1
    assert found[0].startswith(SOURCE_IN)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"minutes": 61}, "minutes: 61: make it 45 to 60"),
        ({"number": 7}, "minutes: 50: make it 75 to 90"),
        ({"number": 7}, "exercises: 5: make it exactly 8"),
        (
            {"exercises": [{"id": "exercise_a", "title": "A", "points": 1}]},
            "exercises: 1: make it 5",
        ),
        ({"predictions": ["claim_a"]}, "predictions: 1: make it 3 to 4"),
        ({"quiz": ["claim_a"]}, "myths in the quiz: 1: make it 4 to 6"),
        ({"quiz": [*CLAIMS[:3], "claim_z"]}, "claim claim_z of course.yml is missing"),
        ({"predictions": [*CLAIMS[:2], "claim_z"]}, "claim claim_z of course.yml is missing"),
    ],
)
def test_a_rule_about_the_manifest(good, changes, words):
    stage = read_course(good.root, notebooks_exist=False).stages[0].model_dump(mode="json")
    good.stage(**{**stage, **changes})
    if "number" in changes:
        for path in (good.source, good.learner, good.solved):
            path.rename(path.with_name(path.name.replace("01", "07")))
    assert len([line for line in complaints(good) if words in line]) == 1


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (
            Room({**ROOM.exercises, "exercise_a": Exercise(print, ("one",))}, ROOM.claims),
            "exercises.py: exercise exercise_a has 1 hint: write at least 2",
        ),
        (
            Room({name: ROOM.exercises[name] for name in EXERCISES[1:]}, ROOM.claims),
            "exercises.py: exercise exercise_a of course.yml is missing",
        ),
        *(
            (
                Room(
                    ROOM.exercises,
                    {
                        **ROOM.claims,
                        "claim_a": dataclasses.replace(a_claim("claim_a"), **{part: empty}),
                    },
                ),
                f"claims.py: claim claim_a has no {part}",
            )
            for part, empty in (("sentence", ""), ("why", " "), ("experiment", None))
        ),
    ],
)
def test_a_rule_about_exercises_and_claims(good, room, words):
    [line] = complaints(good, room)
    assert words in line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("right=", "wrong="), 'needs right="…"'),
        (('# %% right="two"\nx = 2\n', ""), "has 1 right answer: write at least 2"),
        (('# %% wrong="five" claim="claim_b"\nx = 5\n', ""), "has 2 wrong answers"),
        (("claim_b", "claim_z"), '"five" names the claim claim_z'),
    ],
)
def test_a_rule_about_answers(good, change, words):
    good.answers.write_text(ANSWERS.replace(*change))
    [line] = complaints(good)
    assert line.startswith("checks/stages/fastapi_basics/answers/exercise_a.py")
    assert words in line


def test_missing_answers_are_asked_for(good):
    good.answers.unlink()
    [line] = complaints(good)
    assert "does not exist" in line


def stream(text: str, name: str = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": [text]}


def shown(mime: str, data: object) -> dict:
    return {"output_type": "display_data", "metadata": {}, "data": {mime: data}}


BROKEN_CELLS = {
    "a path in /tmp": ([code_cell(outputs=[stream("file /tmp/x.db\n")])], "an absolute path"),
    "a path in a URL": ([code_cell(outputs=[stream("sqlite:////work/a")])], "an absolute path"),
    "an address": ([code_cell(outputs=[shown("text/html", "<A at 0x7f3a>")])], "a hex address"),
    "an address in an error": (
        [code_cell(outputs=[{"output_type": "error", "ename": "E", "evalue": "0x12ab"}])],
        "a hex address",
    ),
    "stderr": ([code_cell(outputs=[stream("Warning", "stderr")])], "writes to stderr"),
    "a widget": (
        [code_cell(outputs=[shown("application/vnd.jupyter.widget-view+json", {})])],
        "the view of a widget",
    ),
    "a thread": ([code_cell(outputs=[stream("in Thread-3")])], "a thread"),
    "a thread id": ([code_cell(outputs=[stream("thread id 140213")])], "a thread"),
    "a timing": ([code_cell(outputs=[stream("[generated in 0.00017s]")])], "a timing"),
    "a version": ([code_cell(outputs=[stream("https://sqlalche.me/e/21/x")])], "version"),
    "the same id twice": ([code_cell(), code_cell()], "2 cells have the id one"),
    "ignored without reason": (
        [code_cell(metadata={"tags": ["nbval-ignore-output"]})],
        "without a reason",
    ),
    "a diagram without words": (
        [code_cell(outputs=[shown("text/vnd.mermaid", "graph LR\naccTitle: A\na-->b")])],
        "the diagram has no accDescr",
    ),
    "never run": ([code_cell(execution_count=None)], "was never run"),
}


@pytest.mark.parametrize("case", BROKEN_CELLS)
def test_a_rule_about_the_stored_notebook(good, case):
    cells, words = BROKEN_CELLS[case]
    good.solved.write_text(notebook(cells))
    [line] = complaints(good)
    assert line.startswith("solutions/01_fastapi_basics.ipynb: ")
    assert words in line


def test_the_outputs_of_the_learners_notebook_are_looked_at_too(good):
    good.learner.write_text(notebook([code_cell(outputs=[stream("0xff")])]))
    [line] = complaints(good)
    assert line.startswith("notebooks/01_fastapi_basics.ipynb: cell one: shows a hex address")


@pytest.mark.parametrize(
    "text",
    [
        "/dishes/7 and /work-lists",
        "GET http://testserver/home",
        "0 x 1",
        "seen </var>",
        "class A:\\n",
    ],
)
def test_harmless_outputs_are_no_complaint(good, text):
    good.solved.write_text(notebook([code_cell(outputs=[stream(text)])]))
    assert complaints(good) == []


@pytest.mark.parametrize("content", [None, "no JSON", "[]", '{"cells": [1]}', '{"cells": [{}]}'])
def test_a_notebook_that_cannot_be_read_is_to_be_built(good, content):
    good.learner.unlink()
    if content is not None:
        good.learner.write_text(content)
    [line] = complaints(good)
    assert line.startswith("notebooks/01_fastapi_basics.ipynb: ")
    assert line.endswith("run: course build")


@pytest.mark.parametrize(
    "name", ["notebooks/Untitled.ipynb", "solutions/02_old.py", "notebooks/a.db"]
)
def test_files_that_belong_to_no_stage_are_named(good, name):
    (good.root / name).write_text("")
    (good.root / "notebooks" / ".ipynb_checkpoints").mkdir()
    [line] = complaints(good)
    assert line == f"{name}: belongs to no stage of course.yml: remove it, or move it elsewhere"


def test_a_room_that_does_not_import_is_one_sentence(good):
    stage = read_course(good.root, notebooks_exist=False).stages[0]
    odd = stage.model_copy(update={"id": "no_such_stage"})
    with pytest.raises(CourseError, match=r"no_such_stage/exercises.py: cannot be imported"):
        open_room(odd)


def test_every_rule_is_a_named_function_that_says_what_it_asks(good):
    [stage] = read_course(good.root, notebooks_exist=False).stages
    material = read_material(good.root, stage, ROOM)
    for rule in lint.RULES:
        assert rule.__doc__
        assert list(rule(material)) == []


def test_the_command_prints_one_line_per_problem(good):
    good.write("# %% cid='a'\n1\n# %% kind='demo'\n")
    result = CliRunner().invoke(app, ["lint", "--root", str(good.root)])
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.output.splitlines()] == [
        f"{SOURCE_IN}:1",
        f"{SOURCE_IN}:3",
    ]


def test_the_command_says_when_there_is_nothing_to_complain_about(tiny):
    tiny.stage(written=False)
    result = CliRunner().invoke(app, ["lint", "--root", str(tiny.root)])
    assert result.exit_code == 0
    assert result.output.startswith("nothing to complain about: stages: 0")


def test_a_manifest_that_cannot_be_read_is_one_sentence_and_exit_code_2(tiny):
    (tiny.root / "course.yml").unlink()
    result = CliRunner().invoke(app, ["lint", "--root", str(tiny.root)])
    assert result.exit_code == 2
    assert result.stderr.startswith("course.yml: ")
