"""A stage as its notebook imports it: `check`, `predict` and `quiz`."""

from __future__ import annotations

from types import ModuleType

from checks import keyboard
from checks.ballot import Predictions, Quiz
from checks.check import Check, Checks
from checks.claim import Claim
from checks.course import CourseError, the_course
from checks.exercise import Exercise
from checks.history import the_history


def open_stage(
    name: str, exercises: ModuleType, claims: ModuleType
) -> tuple[Checks, Predictions, Quiz]:
    """Bring a stage's exercises and claims together with what `course.yml` says of them.

    Takes the stage's id and the two modules of its room. Returns what the notebook calls `check`,
    `predict` and `quiz`, in the manifest's order. Raises CourseError where the two do not agree.
    """
    stage = the_course().stage(name)
    found = {value.name: value for value in vars(exercises).values() if isinstance(value, Exercise)}
    known = {value.name: value for value in vars(claims).values() if isinstance(value, Claim)}
    wanted = [entry.id for entry in stage.exercises]
    if set(found) != set(wanted):
        odd = ", ".join(sorted(set(found) ^ set(wanted)))
        raise CourseError(
            f"course.yml: stage {name}: exercises: {odd} stands only here or only in {exercises.__name__}"
        )
    for claim in (*stage.predictions, *stage.quiz):
        if claim not in known:
            raise CourseError(
                f"course.yml: stage {name}: claim {claim!r} is not in {claims.__name__}"
            )
    history = the_history()
    checks = Checks(
        {entry.id: Check(found[entry.id], entry, stage, history) for entry in stage.exercises}
    )
    predictions = Predictions(known, stage.id, history)
    quiz = Quiz({claim: known[claim] for claim in stage.quiz}, stage.id, history)
    keyboard.watch(stage, {"check": checks, "predict": predictions, "quiz": quiz})
    return checks, predictions, quiz
