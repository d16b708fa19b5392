"""What becomes of the marks around a solution, in the solved and in the learner's notebook."""

import pytest

from checks.authoring.blank import Line, two_forms


def forms(source):
    found = two_forms([Line(number, text) for number, text in enumerate(source.split("\n"), 1)])
    text = ["\n".join(line.text for line in lines) for lines in (found.solved, found.learner)]
    return *text, [(problem.number, problem.text) for problem in found.problems]


@pytest.mark.parametrize(
    ("source", "solved", "learner"),
    [
        pytest.param("x = 1", "x = 1", "x = 1", id="without marks both are the same"),
        pytest.param(
            "def f():\n    # BEGIN SOLUTION\n    a = 1\n    return a\n    # END SOLUTION\nf()",
            "def f():\n    a = 1\n    return a\nf()",
            "def f():\n    ...\nf()",
            id="a block becomes ... at its own indentation",
        ),
        pytest.param(
            "# BEGIN SOLUTION: predict.x()\npredict.x(NO)\n# END SOLUTION",
            "predict.x(NO)",
            "predict.x()",
            id="a block may say what stands in its place",
        ),
        pytest.param("x = 1  # SOLUTION", "x = 1", "x = ...", id="an assignment"),
        pytest.param("x: int = 1  # SOLUTION", "x: int = 1", "x: int = ...", id="with annotation"),
        pytest.param("a = b = f(1)  # SOLUTION", "a = b = f(1)", "a = b = ...", id="two names"),
        pytest.param("x = (1 + 2)  # SOLUTION", "x = (1 + 2)", "x = ...", id="in parentheses"),
        pytest.param('m["ü"] = "é"  # SOLUTION', 'm["ü"] = "é"', 'm["ü"] = ...', id="an item"),
        pytest.param("  return x + 1  # SOLUTION", "  return x + 1", "  return ...", id="a return"),
        pytest.param("await go()  # SOLUTION", "await go()", "...", id="any other statement"),
        pytest.param('x = "#"  # SOLUTION', 'x = "#"', "x = ...", id="a # in a string"),
        pytest.param("# Solution: try it", *["# Solution: try it"] * 2, id="prose is no mark"),
    ],
)
def test_the_two_forms(source, solved, learner):
    assert forms(source) == (solved, learner, [])


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("x\n# BEGIN SOLUTION\ny", 2, "never closed"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION", 2, "inside the one of line 1"),
        ("x\n\n# END SOLUTION", 3, "without a BEGIN SOLUTION"),
        ("x = [\n    1,\n]  # SOLUTION", 3, "no whole statement"),
        ("if x:  # SOLUTION\n    y", 1, "no whole statement"),
        ("x = 1  # BEGIN SOLUTION", 1, "not understood"),
        ("# begin solution\nx\n# end solution", 1, "not understood"),
        ("# SOLUTION", 1, "not understood"),
    ],
)
def test_wrong_marks_are_named_with_their_line(source, line, words):
    *_, problems = forms(source)
    assert problems[0][0] == line
    assert words in problems[0][1]
