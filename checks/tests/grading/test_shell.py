"""Cells that are plain Python do not pass through IPython's transformer, which would change nothing."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from checks.grading.engine.shell import may_be_magic

BLANKS = ("\n", "\n", "\\\n", "\r", "\f", "\v", "\x85", "\u2028", " ", "    ", "\t")
PYTHON = ("x", "x = 1", "x = ", "def f():", "@g", "await x", "f'{x}'", "é", *"()[]'#\\", '"""')
IPYTHON = ("%%time", ">>> ", "...", "In [1]: ", "   ...: ", "ls", *"%!?,;/$")


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from((*BLANKS, *PYTHON, *IPYTHON)), max_size=12).map("".join))
@example("x = 1\n...\n")
@example('x = """\n  \n"""')
@example("def f():\n    return 1\n")
def test_what_is_called_plain_python_ipython_leaves_as_it_is(source: str) -> None:
    if not may_be_magic(source):
        assert TransformerManager().transform_cell(source) in (source, f"{source}\n")


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n%time x",
        "%%time\nx = 1",
        "x = 1\nfiles = !ls",
        "x = 1\nx?",
        "x = 1\n,print a b",
        ">>> x = 1\n>>> x",
        "In [1]: x = 1\n   ...: x",
        "\n\nx = 1\nx",
        "    x = 1\n    x",
        'x = """\n  \n"""',
        "ls",
    ],
)
def test_whatever_may_be_ipythons_own_is_found(source: str) -> None:
    assert may_be_magic(source)


def test_an_answer_in_plain_python_is_none_of_it() -> None:
    assert not may_be_magic("def greet(name: str) -> str:\n    return f'Welcome, {name}.'\n")
