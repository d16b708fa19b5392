"""Two tries are the same where their code is, whatever its layout; and not where a line changed."""

import linecache

import pytest

from checks.attempt import digest


def cell(code, name="answer", number=0):
    """What the cell number `number` of a notebook defines as `name`."""
    filename = f"<cell {number} {hash(code)}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
    namespace = {"__name__": "__main__"}
    exec(compile(code, filename, "exec"), namespace)
    return namespace[name]


FUNCTION = "def answer(x):\n    return x"
CLASS = "class answer:\n    name: str\n    def price(self): return 1"


@pytest.mark.parametrize("code", [FUNCTION, CLASS, "answer = [1, 2]", "answer = object()"])
def test_the_same_code_run_again_is_the_same_try(code):
    assert digest((cell(code, number=1),)) == digest((cell(code, number=2),))


def test_a_comment_and_an_empty_line_make_no_new_try():
    assert digest((cell(FUNCTION),)) == digest((cell(f"# once more\n\n{FUNCTION}\n"),))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FUNCTION, FUNCTION.replace("return x", "return 2 * x")),
        (f"def helper(): return 1\n{FUNCTION}", f"def helper(): return 2\n{FUNCTION}"),
        (CLASS, CLASS.replace("name: str", "name: int")),
        (CLASS, CLASS.replace("return 1", "return 2")),
        ("answer = [1, 2]", "answer = [1, 3]"),
    ],
)
def test_other_code_is_another_try(before, after):
    assert digest((cell(before),)) != digest((cell(after),))


def test_an_object_that_cannot_be_printed_has_a_digest_too():
    code = "class Odd:\n    def __repr__(self): return 1 / 0\nanswer = Odd()"
    assert digest((cell(code, number=1),)) == digest((cell(code, number=2),))
