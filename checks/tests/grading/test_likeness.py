"""Equal answers are those that say the same; nothing that a learner writes breaks the comparison."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.grading.likeness import likeness

ANSWER = """
def get_db():
    db = Session()
    try:
        yield db
    finally:
        db.close()
"""


@pytest.mark.parametrize(
    "other",
    [
        ANSWER.replace("db = Session()", "db = Session()   # one per request"),
        ANSWER.replace("db", "session"),
        ANSWER.replace("get_db():", 'get_db():\n    """A session."""'),
        ANSWER.replace("    ", "\t"),
    ],
    ids=["comment", "names", "docstring", "layout"],
)
def test_names_comments_and_layout_make_no_difference(other: str) -> None:
    assert other != ANSWER
    assert likeness(other) == likeness(ANSWER)


@pytest.mark.parametrize(
    "other",
    [
        ANSWER.replace("close", "commit"),
        ANSWER.replace("Session()", "Session(engine)"),
        ANSWER.replace("finally", "except ValueError"),
    ],
    ids=["attribute", "argument", "statement"],
)
def test_what_the_code_does_makes_the_difference(other: str) -> None:
    assert likeness(other) != likeness(ANSWER)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "try:\n    f()\nexcept E as error:\n    g(error)",
            "try:\n    f()\nexcept E as e:\n    g(e)",
        ),
        ("n = 0\ndef f():\n    global n\n    n += 1", "m = 0\ndef f():\n    global m\n    m += 1"),
        (
            "match f():\n    case [a, *b]:\n        g(a, b)",
            "match f():\n    case [x, *y]:\n        g(x, y)",
        ),
        ("import sqlalchemy as sa\nsa.text('')", "import sqlalchemy as s\ns.text('')"),
        (
            "def f():\n    return g()\ndef g():\n    pass",
            "def f():\n    return h()\ndef h():\n    pass",
        ),
    ],
    ids=["except", "global", "match", "import", "used before it is given"],
)
def test_a_name_is_its_own_wherever_it_is_given(one: str, other: str) -> None:
    assert likeness(one) == likeness(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(one=1)", "f(two=1)"),
        ("from module import one", "from module import two"),
        ("a, b = f()\nreturn_(a)", "a, b = f()\nreturn_(b)"),
        ("x = 1", "x = 1.0"),
        ("x = [[], 1]", "x = [[1]]"),
    ],
    ids=["keyword", "import", "which of two", "number", "nesting"],
)
def test_what_belongs_to_others_or_says_something_else_makes_the_difference(
    one: str, other: str
) -> None:
    assert likeness(one) != likeness(other)


def test_what_is_no_python_is_compared_by_its_lines() -> None:
    assert likeness("def f(:\n  x") == likeness("def  f(:\n\n x")
    assert likeness("def f(:") != likeness("def g(:")


@pytest.mark.parametrize(
    "source",
    ["(" * 9000, "-" * 9000 + "1", "a" + ".b" * 4500, "[" * 90 + "]" * 90, "1" + "+1" * 4500, "\0"],
)
def test_absurd_code_has_its_likeness_too(source: str) -> None:
    assert likeness(source) == likeness(source)


@given(st.text())
def test_any_text_has_its_likeness(source: str) -> None:
    assert len(likeness(source)) == 32
