"""What has changed in a mark is said so that a person can judge it."""

from __future__ import annotations

from dataclasses import replace

from checks.grading.compare import describe_change, mark_changed
from checks.grading.status import Status
from checks.result import CriterionResult, Outcome, State
from checks.tests.grading.grades import GRADED

[DOUBLE, GREET] = GRADED.exercises


def test_other_words_are_not_another_mark() -> None:
    said_otherwise = replace(DOUBLE, diagnosis=None, reason="another reason")
    after = replace(GRADED, exercises=(said_otherwise, GREET), reason="another", digest="d2")
    assert not mark_changed(GRADED, after)


def test_a_change_names_exercise_criterion_and_what_was_observed() -> None:
    criteria = (
        CriterionResult("it doubles 2", State.HOLDS),
        CriterionResult("it doubles lists", State.FAILS, "None"),
    )
    better = replace(DOUBLE, outcome=Outcome.SOLVED, points=4, criteria=criteria)
    after = replace(GRADED, points=7, exercises=(better, GREET))
    assert mark_changed(GRADED, after)
    assert describe_change(GRADED, after).splitlines() == [
        "learner-1, soup (learner-1/a.ipynb): 2.5 → 7 of 9 points; "
        "the same notebook; the course, its libraries or the options are others",
        "    double: not yet, 2.5 of 4 → solved, 4 of 4",
        "        “it doubles 2”: fails → holds",
        "        “it doubles lists”: new → fails (observed: None)",
        "        “it doubles text”: holds → gone",
    ]


def test_a_change_of_status_says_the_reason() -> None:
    after = replace(
        GRADED,
        status=Status.TIMEOUT,
        reason="not finished after 60 s",
        exercises=(GREET,),
        digest="d2",
    )
    assert describe_change(GRADED, after).splitlines()[1:] == [
        "    graded → timeout (not finished after 60 s)",
        "    double: not yet, 2.5 of 4 → gone",
    ]


def test_another_outcome_that_is_worth_the_same_is_not_another_mark() -> None:
    blank = replace(DOUBLE, outcome=Outcome.NOT_ATTEMPTED, points=0)
    wrong = replace(blank, outcome=Outcome.NOT_YET)
    before = replace(GRADED, points=3, exercises=(blank, GREET))
    assert not mark_changed(before, replace(before, exercises=(wrong, GREET)))


def test_another_status_with_the_same_points_says_that_they_are_as_before() -> None:
    after = replace(GRADED, status=Status.TIMEOUT, reason="not finished after 60 s")
    assert mark_changed(GRADED, after)
    assert describe_change(GRADED, after).splitlines() == [
        "learner-1, soup (learner-1/a.ipynb): 2.5 of 9 points, as before; "
        "the same notebook; the course, its libraries or the options are others",
        "    graded → timeout (not finished after 60 s)",
    ]


def test_a_change_of_the_course_is_a_change_of_the_mark() -> None:
    after = replace(GRADED, maximum=10)
    assert mark_changed(GRADED, after)
    assert "    out of 9 → out of 10" in describe_change(GRADED, after).splitlines()
