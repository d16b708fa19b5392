"""A check says what was observed: four outcomes, criteria, the belief behind a wrong answer."""

import linecache
import subprocess
import sys
import warnings

import pytest

from checks.check import Check, Checks, observing
from checks.claim import Claim, Evidence
from checks.course import ROOT, ExerciseEntry, StageEntry
from checks.criterion import criterion, expect, fresh
from checks.exercise import exercise, run
from checks.result import Outcome, State

ENTRY = ExerciseEntry(id="double", title="Double it", points=4)
STAGE = StageEntry(
    id="test_stage",
    number=99,
    title="T",
    question="?",
    minutes=50,
    builds_on=(),
    goals=(),
    exercises=(ENTRY,),
    predictions=(),
    quiz=(),
)
BELIEF = Claim(
    "adding_is_doubling", "Adding 2 doubles.", "It does not.", lambda: Evidence(False, ("",))
)
CRASH = Claim("text_is_a_number", "Text is a number.", "No.", lambda: Evidence(False, ("",)))


@exercise(hints=("Multiply.", "By 2."))
def double(answer):
    """Double a number."""
    number = fresh().number("number")
    with criterion("it can be called", shares=0, beliefs={TypeError: CRASH}) as called:
        result = answer(number)
    with criterion("it doubles", needs=called):
        belief = BELIEF if result == number + 2 else None
        expect(result == 2 * number, f"{number} became {result}", belief=belief)
    with criterion("it doubles again", needs=called):
        expect(answer(answer(number)) == 4 * number, "not twice")


def learners(code):
    """What a learner's cell with this code defines as `answer`."""
    filename = f"<cell {abs(hash(code))}>"
    linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
    namespace = {}
    exec(compile(code, filename, "exec"), namespace)
    return namespace["answer"]


def check(answer, **given):
    return run(double, ENTRY, STAGE, (answer,), given)


def states(result):
    return [each.state for each in result.criteria]


def test_an_answer_that_works_is_solved_whatever_it_looks_like():
    result = check(learners("def answer(x):\n    ...\n    return x + x"))
    assert result.outcome is Outcome.SOLVED
    assert result.points == 4


def test_a_wrong_answer_names_what_was_observed_and_the_belief_behind_it():
    result = check(learners("def answer(x): return x + 2"))
    assert result.outcome is Outcome.NOT_YET
    assert states(result) == [State.HOLDS, State.FAILS, State.FAILS]
    assert result.diagnosis is BELIEF
    assert result.points == 0


def test_points_are_shared_by_the_criteria_that_hold():
    fails_the_second_time = learners(
        "def answer(x):\n    answer.calls = getattr(answer, 'calls', 0) + 1\n"
        "    return 2 * x if answer.calls <= 2 else 0"
    )
    assert check(fails_the_second_time).points == 2


def test_a_drawn_value_reads_as_its_label():
    assert (
        check(learners("def answer(x): return x")).criteria[1].observed
        == "‹number› became ‹number›"
    )


def test_a_criterion_whose_need_failed_is_blocked_not_wrong():
    result = check(learners("def answer(x): return x + 'a'"))
    assert states(result) == [State.FAILS, State.BLOCKED, State.BLOCKED]
    assert result.diagnosis is CRASH


def test_an_exception_is_told_by_its_first_line_and_the_learners_own_line():
    result = check(
        learners(
            "def helper(x):\n    raise ValueError('no\\nmore')\n\ndef answer(x):\n    return helper(x)"
        )
    )
    assert result.criteria[0].observed == (
        "ValueError: no (line 2 of your cell: `raise ValueError('no\\nmore')`)"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "session.execute(select(1).where(false())).one()",  # fails in compiled code
        "event.listen(session, 'before_commit', len); session.commit()",  # below a generated wrapper
    ],
)
def test_a_line_that_sqlalchemy_made_is_not_the_learners(statement):
    code = (
        "from sqlalchemy import NullPool, create_engine, event, false, select\n"
        "from sqlalchemy.orm import Session\n"
        "engine = create_engine('sqlite://', poolclass=NullPool)\n"
        "def answer(x):\n"
        "    with Session(engine) as session:\n"
        f"        {statement}"
    )
    observed = check(learners(code)).criteria[0].observed
    assert observed.endswith(f"(line 6 of your cell: `{statement}`)"), observed


def test_an_exception_is_told_without_addresses_and_links():
    said = "<Dish at 0x7F3a> is gone (Background on this error at: https://sqlalche.me/e/21/bhk3)"
    result = check(learners(f"def answer(x): raise ValueError({said!r})"))
    assert result.criteria[0].observed.startswith("ValueError: <Dish> is gone (line 1 of your cell")


def test_sys_exit_in_an_answer_ends_the_criterion_not_the_notebook():
    assert (
        "SystemExit" in check(learners("def answer(x): raise SystemExit(3)")).criteria[0].observed
    )


def test_an_interrupt_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        check(learners("def answer(x): raise KeyboardInterrupt"))


@pytest.mark.parametrize(
    ("code", "observed"),
    [
        ("import asyncio\ndef answer(x): raise asyncio.CancelledError", "CancelledError (line 2"),
        (
            "def answer(x): raise BaseExceptionGroup('all', [SystemExit()])",
            "BaseExceptionGroup: all",
        ),
        ("class Mute(Exception):\n    __str__ = None\ndef answer(x): raise Mute", "Mute (line 3"),
        ("def answer(x): raise ValueError('n' * 10**6)", "ValueError: nnn"),
        (
            "from pydantic import BaseModel\nclass Dish(BaseModel): price: int\n"
            "def answer(x): return Dish(price='a lot')",
            "ValidationError: 1 validation error for Dish: price: Input should be a valid integer",
        ),
        (
            "from pydantic import ValidationError\n"
            "def answer(x): raise ValidationError.from_exception_data('Dish', [])",
            "ValidationError: 0 validation errors for Dish: no fault is named (line 2",
        ),
    ],
)
def test_whatever_an_answer_raises_is_told_in_a_line(code, observed):
    told = check(learners(code)).criteria[0].observed
    assert told.startswith(observed)
    assert len(told) < 1000


def test_libraries_behind_a_link_are_not_the_learners_code(tmp_path):
    (tmp_path / "link").symlink_to(ROOT)
    probe = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from checks.error_text import first_line\n"
        "try:\n    from checks.course import read_course; read_course(None)\n"
        "except Exception as error:\n    print(first_line(error))"
    )
    told = subprocess.run(
        [sys.executable, "-c", probe, str(tmp_path / "link")], capture_output=True, text=True
    )
    assert told.stdout.startswith("TypeError: "), told.stderr
    assert "your cell" not in told.stdout


@pytest.mark.parametrize(
    "blank",
    [
        "answer = ...",
        "def answer(x): ...",
        "def answer(x):\n    'Double it.'\n    ...",
        "def answer(x):\n    def inner():\n        ...\n    return inner",
        "class answer: ...",
        "async def answer(x):\n    ...",
    ],
)
def test_where_the_dots_are_left_nothing_was_attempted(blank):
    result = check(learners(blank))
    assert result.outcome is Outcome.NOT_ATTEMPTED
    assert states(result) == [State.OPEN] * 3
    assert result.points == 0


def test_an_empty_inner_class_is_an_attempt():
    code = "def answer(x):\n    class Oops(Exception): ...\n    raise Oops"
    assert check(learners(code)).outcome is Outcome.NOT_YET


def test_a_bug_that_is_left_as_it_was_is_not_attempted(monkeypatch):
    monkeypatch.setattr(
        "checks.lesson.blank", lambda stage, name: "def answer(x):\n    return x  # mend me"
    )
    assert check(learners("def answer(x): return x")).outcome is Outcome.NOT_ATTEMPTED
    assert check(learners("def answer(x): return x + 1")).outcome is Outcome.NOT_YET


def test_a_missing_name_of_the_set_up_says_what_to_run_again(monkeypatch):
    monkeypatch.setattr("checks.lesson.given_names", lambda stage: frozenset({"FastAPI"}))
    result = check(learners("def answer(x): return FastAPI()"))
    assert result.outcome is Outcome.BROKEN_SETUP
    assert "`FastAPI` is missing" in result.message
    assert "run the set-up cells above" in result.message
    assert check(learners("def answer(x): return Flask()")).outcome is Outcome.NOT_YET


def test_a_given_object_that_was_overwritten_says_what_to_run_again():
    @exercise(hints=())
    def shelf(answer, *, menu: dict):
        with criterion("ok"):
            expect(menu[1] == answer, "no")

    result = run(shelf, ENTRY, STAGE, (2,), {"menu": [1, 2]})
    assert result.outcome is Outcome.BROKEN_SETUP
    assert "`menu` should be a dict but is a list" in result.message
    assert run(shelf, ENTRY, STAGE, (2,), {"menu": {1: 2}}).outcome is Outcome.SOLVED


@pytest.mark.parametrize(("arguments", "given"), [((), {}), ((1, 2), {}), ((1,), {"engine": 1})])
def test_a_wrong_call_says_the_right_one(arguments, given):
    result = run(double, ENTRY, STAGE, arguments, given)
    assert result.outcome is Outcome.BROKEN_SETUP
    assert result.message == "Call it as check.double(answer)."


def test_an_object_that_says_yes_to_everything_convinces_nobody():
    code = (
        "class Yes:\n    def __eq__(self, other): return Yes()\n    def __rmul__(self, n): return self\n"
        "def answer(x): return Yes()"
    )
    assert check(learners(code)).points == 0


def test_a_warning_costs_nothing():
    code = "import warnings\ndef answer(x):\n    warnings.warn('old', DeprecationWarning)\n    return 2 * x"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(learners(code)).outcome is Outcome.SOLVED


class TestInTheNotebook:
    @pytest.fixture
    def check(self):
        return Checks({"double": Check(double, ENTRY, STAGE)})

    def test_tab_lists_the_exercises(self, check):
        assert dir(check) == ["double"]

    def test_a_wrong_name_lists_the_right_ones(self, check):
        with pytest.raises(AttributeError, match="no exercise 'dubble'; it has double"):
            check.dubble  # noqa: B018

    def test_a_check_shows_a_card_and_tells_its_observers(self, check):
        seen = []
        with observing(seen.append):
            card = check.double(learners("def answer(x): return 2 * x"))
        check.double(learners("def answer(x): return 0"))
        assert repr(card).startswith("✔ Solved: Double it (4 of 4 points)")
        assert [each.outcome for each in seen] == [Outcome.SOLVED]

    def test_hints_come_one_at_a_time_and_stay(self, check):
        shown = [repr(check.double.hint()) for _ in range(3)]
        assert "Multiply." in shown[0]
        assert "By 2." not in shown[0]
        assert "Multiply." in shown[1]
        assert "By 2." in shown[1]
        assert shown[2] == shown[1]

    def test_a_solution_waits_for_an_honest_try(self, check, monkeypatch):
        monkeypatch.setattr(
            "checks.lesson.solution", lambda stage, name: "def answer(x): return 2 * x"
        )
        assert "Try it first" in repr(check.double.solution())
        check.double(learners("def answer(x): ..."))
        assert "Try it first" in repr(check.double.solution())
        check.double(learners("def answer(x): return x"))
        assert "return 2 * x" in repr(check.double.solution())

    def test_a_solution_comes_at_once_on_request(self, check, monkeypatch):
        monkeypatch.setattr("checks.lesson.solution", lambda stage, name: "the code")
        assert "the code" in repr(check.double.solution(anyway=True))

    def test_a_copy_without_solutions_says_so(self, check):
        assert "solutions/ is missing" in repr(check.double.solution(anyway=True))
