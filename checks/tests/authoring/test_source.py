"""What may stand in the source of a stage, and how mistakes in it are reported."""

import pytest

from checks.authoring.source import Kind, SourceError, read_source
from checks.course import read_course

NAME = "solutions/01_fastapi_basics.py"


@pytest.fixture
def read(tiny):
    def read(text):
        tiny.write(text)
        [stage] = read_course(tiny.root, notebooks_exist=False).stages
        return read_source(tiny.root, stage)

    return read


def test_cells_carry_what_their_headers_say(read):
    source = read(
        '# %% [markdown] cid="task" exercise="greet_guest"\n# Greet.\n\n'
        '# %% cid="greet" kind="exercise" exercise="greet_guest" tags=["a"] '
        'jupyter={"source_hidden": true}\nx = 1  # SOLUTION\n\n'
        '# %% cid="clock" kind="demo" tags=["nbval-ignore-output"] why="it is a clock"\nx\n'
    )
    task, greet, clock = source.cells
    assert (task.id, task.kind, task.exercise, task.solved) == (
        "task",
        Kind.PROSE,
        "greet_guest",
        "Greet.",
    )
    assert (greet.kind, greet.line, greet.solved, greet.learner) == (
        Kind.EXERCISE,
        4,
        "x = 1",
        "x = ...",
    )
    assert greet.metadata == {"tags": ["a"], "jupyter": {"source_hidden": True}}
    assert clock.why == "it is a clock"


@pytest.mark.parametrize(
    "code",
    ["await go()", "%time 1", 'text = """\n# %% no cell\n"""', "async with a as b:\n    ..."],
)
def test_code_of_a_notebook_is_code(read, code):
    [cell] = read(f'# %% cid="a" kind="demo"\n{code}\n').cells
    assert cell.learner == code


def test_a_header_of_jupytext_is_no_cell(read):
    [cell] = read('# ---\n# jupyter: {}\n# ---\n\n# %% cid="a" kind="demo"\n1\n').cells
    assert (cell.id, cell.line) == ("a", 5)


def test_a_file_without_cells_is_an_empty_lesson(read):
    assert read("").cells == ()


def test_a_comment_in_a_diagram_begins_no_cell(read):
    diagram = "```mermaid\ngraph LR\n%% a comment\na --> b\n```"
    commented = "\n".join(f"# {line}" for line in diagram.split("\n"))
    cells = read(f'# %% [markdown] cid="a"\n{commented}\n\n# %% cid="b" kind="demo"\n1\n').cells
    assert [(cell.line, cell.solved) for cell in cells] == [(1, diagram), (8, "1")]


PROBLEMS = [
    ('# %% kind="demo"', 1, "no identifier"),
    ('# %% cid="A b" kind="demo"', 1, "is no identifier"),
    (f'# %% cid="{"a" * 65}" kind="demo"', 1, "is no identifier"),
    ('# %% [markdown] cid="a"\n# %% [markdown] cid="a"', 2, "is taken by the cell at line 1"),
    ('# %% cid="a"\n1', 1, "no kind"),
    ('# %% cid="a" kind="quizz"', 1, "quizz"),
    ('# %% cid="a" kind="prose"', 1, "prose"),
    ('# %% [markdown] cid="a" kind="demo"', 1, "always prose"),
    ('# %% [raw] cid="a"', 1, "no raw cells"),
    ('# %% cid="a" kind=demo', 1, "cannot be read"),
    ('# %% cid="a" kind="check"', 1, 'add exercise="…"'),
    ('# %% cid="a" kind="demo" exercise="greet_guest"', 1, 'remove exercise="greet_guest"'),
    ('# %% cid="a" kind="demo" tags=["nbval-ignore-output"]', 1, "needs a reason"),
    ('x = 1\n# %% cid="a" kind="demo"', 1, "belongs to no cell"),
    ('# %% cid="a" kind="demo"\n\n\nx = 1\n\n# END SOLUTION', 6, "END SOLUTION"),
    ('# %% cid="a" kind="demo"\n\nx = 1\ny = = 2', 4, "the cell does not compile"),
    ('# %% cid="a" kind="setup"\nimport os\nhere = !ls', 3, "a set-up or check cell is plain"),
    (
        '# %% cid="a" kind="demo"\n# BEGIN SOLUTION\nif x:\n    y\n# END SOLUTION\nelse:\n    z',
        6,
        "the learner's version of the cell does not compile",
    ),
]


@pytest.mark.parametrize(("text", "line", "words"), PROBLEMS)
def test_a_mistake_is_reported_with_file_and_line(read, text, line, words):
    with pytest.raises(SourceError) as caught:
        read(text)
    [problem] = caught.value.problems
    assert problem.startswith(f"{NAME}:{line}: ")
    assert words in problem


def test_all_mistakes_are_reported_together(read):
    with pytest.raises(SourceError) as caught:
        read('# %% kind="demo"\n# %% cid="b"\n1\n# %% cid="c" kind="demo"\n# END SOLUTION\n')
    assert [problem.split(":")[1] for problem in caught.value.problems] == ["1", "2", "5"]


def test_a_source_that_is_no_text_is_one_sentence(tiny):
    tiny.source.write_bytes(b"\xff\xfe")
    [stage] = read_course(tiny.root, notebooks_exist=False).stages
    with pytest.raises(SourceError, match=rf"^{NAME}: cannot be read"):
        read_source(tiny.root, stage)
