"""The answer matrix: right is solved, blank is not attempted, wrong is diagnosed exactly."""

import gc
import inspect
import warnings
from functools import cache
from importlib import import_module
from typing import get_args, get_type_hints

import pytest
from fastapi import FastAPI

from checks.answers import blank_code, canaries_path, check_answer, claims_of, read_answers
from checks.claim import Claim, Evidence
from checks.course import CourseError, the_course
from checks.grading.canaries import read_canaries
from checks.result import Outcome, State

# Some wrong answers leave a connection open, and from Python 3.13 on that is said when it is collected.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")

EXERCISES = [
    pytest.param(stage, entry.id, id=entry.id)
    for stage in the_course().stages
    for entry in stage.exercises
]
ANSWERS = [
    pytest.param(stage, answer, id=f"{entry.id}: {answer.about}")
    for stage in the_course().stages
    for entry in stage.exercises
    for answer in read_answers(stage, entry.id)
]
CLAIMS = [
    pytest.param(stage, claim, id=claim.name)
    for stage in the_course().stages
    for claim in claims_of(stage).values()
]


@pytest.fixture(scope="module", autouse=True)
def collected():
    """What the answers leave behind is collected at the end, and not in the tests of another file."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@cache
def found(stage, exercise, code):
    """What the check says of an answer, the first time; several tests ask."""
    return check_answer(stage, exercise, code)


@cache
def shown(claim: Claim) -> Evidence:
    """What the experiment of a claim shows, the first time; several tests ask."""
    return claim.experiment()


@pytest.mark.parametrize(("stage", "answer"), ANSWERS)
def test_an_answer_gets_the_outcome_and_the_diagnosis_it_deserves(stage, answer):
    result = found(stage, answer.exercise, answer.code)
    diagnosis = result.diagnosis.name if result.diagnosis else None
    assert (result.outcome, diagnosis) == (
        Outcome.SOLVED if answer.right else Outcome.NOT_YET,
        answer.claim or None,
    ), result
    assert (result.points == result.maximum) is answer.right


def factory(stage, answer) -> str | None:
    """The name of the function that builds the app of an answer; None where an exercise wants no app."""
    exercise = getattr(import_module(f"checks.stages.{stage.id}.exercises"), answer.exercise)
    name = exercise.answers[0]
    return name if FastAPI in get_args(get_type_hints(exercise.function)[name]) else None


# One for each exercise. The lifespan of an app that is mounted does not run, by FastAPI's own rule.
RIGHT_APPS = {
    each.values[1].exercise: each
    for each in reversed(ANSWERS)
    if each.values[1].right and "lifespan" not in each.values[1].code and factory(*each.values)
}
BELOW_ANOTHER = """

def build(*given, inner={factory}):
    outer = FastAPI()
    outer.mount("", inner(*given))

    @outer.middleware("http")
    async def stamp(request, call_next):
        response = await call_next(request)
        response.headers["x-bistro"] = "open"
        return response

    return outer


{factory} = build
"""


@pytest.mark.parametrize(("stage", "answer"), RIGHT_APPS.values())
def test_a_right_app_stays_right_behind_a_middleware_and_below_another_app(stage, answer):
    around = BELOW_ANOTHER.format(factory=factory(stage, answer))
    result = check_answer(stage, answer.exercise, answer.code + around)
    assert result.outcome is Outcome.SOLVED, result


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES)
def test_a_blank_is_not_attempted_and_lists_what_will_be_observed(stage, exercise):
    blank = check_answer(stage, exercise, blank_code(stage, exercise))
    right = next(answer for answer in read_answers(stage, exercise) if answer.right)
    solved = found(stage, exercise, right.code)
    assert blank.outcome is Outcome.NOT_ATTEMPTED
    assert blank.points == 0
    assert {each.state for each in blank.criteria} == {State.OPEN}
    assert [each.text for each in blank.criteria] == [each.text for each in solved.criteria]


@pytest.mark.parametrize("stage", the_course().stages, ids=lambda stage: stage.id)
def test_the_canaries_of_a_stage_are_wrong_answers_of_it_and_several(stage):
    canaries = read_canaries(stage)
    known = {
        (entry.id, answer.code)
        for entry in stage.exercises
        for answer in read_answers(stage, entry.id)
        if answer.canary and not answer.right
    }
    assert {(canary.exercise, canary.source) for canary in canaries} == known
    assert len(canaries) == len(known) > 2


def test_canaries_that_cannot_be_read_say_how_to_get_them(tmp_path):
    stage = the_course().stage("fastapi_basics")
    assert read_canaries(stage, tmp_path / "no answers") == ()
    for number, content in enumerate((None, "{", '{"greet_guest": 1}')):
        path = canaries_path(tmp_path / str(number), stage)
        path.parent.mkdir(parents=True)
        if content is not None:
            path.write_text(content)
        with pytest.raises(CourseError, match=r"canaries.json cannot be read; run: course build"):
            read_canaries(stage, tmp_path / str(number))


@pytest.mark.parametrize(("stage", "exercise"), EXERCISES)
def test_a_check_says_the_same_twice_of_a_wrong_answer(stage, exercise):
    wrong = next(answer for answer in read_answers(stage, exercise) if not answer.right)
    assert check_answer(stage, exercise, wrong.code) == found(stage, exercise, wrong.code)


@pytest.mark.parametrize(("stage", "claim"), CLAIMS)
def test_an_experiment_shows_the_same_evidence_every_time(stage, claim: Claim):
    evidence = claim.experiment()
    assert isinstance(evidence, Evidence)
    assert evidence == shown(claim)
    assert evidence.seen


@pytest.mark.parametrize(("stage", "answer"), [each for each in ANSWERS if each.values[1].claim])
def test_a_belief_behind_a_wrong_answer_does_not_hold(stage, answer):
    assert shown(claims_of(stage)[answer.claim]).holds is False


@pytest.mark.parametrize(("stage", "claim"), CLAIMS)
def test_an_experiment_is_short_enough_to_read(stage, claim: Claim):
    assert len(inspect.getsource(claim.experiment).splitlines()) <= 34


def test_an_answer_without_its_belief_is_refused(tmp_path):
    stage = the_course().stages[0]
    folder = tmp_path / "checks" / "stages" / stage.id / "answers"
    folder.mkdir(parents=True)
    (folder / "one.py").write_text('# %% wrong="no belief"\nx = 1\n')
    with pytest.raises(CourseError, match=r'answers/one.py: the answer "x = 1" needs'):
        read_answers(stage, "one", tmp_path)
    with pytest.raises(CourseError, match=r"answers/two.py does not exist"):
        read_answers(stage, "two", tmp_path)
