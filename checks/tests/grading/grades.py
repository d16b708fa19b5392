"""Grades for tests that record and report them, without anything that runs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from checks.grading.grade import OUTCOMES, Answer, ExerciseGrade, Grade
from checks.grading.notebook import Vote
from checks.grading.status import Status
from checks.result import CriterionResult, Outcome, State

GRADED = Grade(
    learner="learner-1",
    stage="soup",
    status=Status.GRADED,
    points=2.5,
    maximum=9,
    file="learner-1/a.ipynb",
    exercises=(
        ExerciseGrade(
            "double",
            "Double it",
            Outcome.NOT_YET,
            2.5,
            4,
            diagnosis="text_cannot_double",
            criteria=(
                CriterionResult("it doubles 2", State.FAILS, "5"),
                CriterionResult("it doubles text", State.HOLDS, shares=2),
            ),
        ),
        ExerciseGrade("greet", "Greet", Outcome.SOLVED, 3, 3),
    ),
    votes=(Vote("soup_is_hot", "predict", "yes"), Vote("soup_is_hot", "quiz", "no")),
    notes=("the check of double was put back",),
    digest="d1",
    isolation="resource limits",
    answers=(Answer("double", "def double(x):\n    return 5", "equal"),),
)

text = st.text(max_size=40)


def grades(**fixed: Any) -> st.SearchStrategy[Grade]:
    """Any grade that might come out of a run, with any text in it."""
    criteria = st.builds(
        CriterionResult, text, st.sampled_from(State), text, shares=st.integers(0, 3)
    )
    exercises = st.builds(
        ExerciseGrade,
        id=st.sampled_from(["double", "greet", "total"]),
        title=text,
        outcome=st.sampled_from(OUTCOMES),
        points=st.floats(0, 4),
        maximum=st.integers(1, 9),
        reason=text,
        diagnosis=st.none() | st.sampled_from(["soup_is_hot", "unknown"]),
        criteria=st.lists(criteria, max_size=2).map(tuple),
    )
    votes = st.builds(
        Vote,
        st.sampled_from(["soup_is_hot", "unknown"]),
        st.sampled_from(["predict", "quiz"]),
        st.sampled_from(["yes", "no"]),
    )
    parts: dict[str, Any] = {
        "learner": text,
        "stage": st.sampled_from(["soup", ""]),
        "status": st.sampled_from(Status),
        "reason": text,
        "points": st.floats(0, 9),
        "maximum": st.integers(0, 9),
        "file": text,
        "exercises": st.lists(exercises, max_size=3, unique_by=lambda each: each.id).map(tuple),
        "votes": st.lists(votes, max_size=3).map(tuple),
        "notes": st.lists(text, max_size=2).map(tuple),
        "digest": text,
        "isolation": text,
        "answers": st.builds(Answer, st.just("double"), text).map(lambda answer: (answer,)),
    }
    return st.builds(Grade, **(parts | {name: st.just(value) for name, value in fixed.items()}))
