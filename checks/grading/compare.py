"""What is different between two grades of one hand-in, in words."""

from __future__ import annotations

from collections.abc import Iterator

from checks.grading.grade import ExerciseGrade, Grade


def mark_changed(before: Grade, after: Grade) -> bool:
    """Whether the mark is another: the status, the points, or those of an exercise."""
    return _mark(before) != _mark(after)


def describe_change(before: Grade, after: Grade) -> str:
    """Whose mark would change, from what to what, and why: some lines."""
    who = f"{after.learner}, {after.stage or 'no stage'} ({after.file or 'no file'})"
    marks = f"{before.points:g} → {after.points:g} of {after.maximum} points"
    if before.points == after.points:
        marks = f"{after.points:g} of {after.maximum} points, as before"
    cause = (
        "the same notebook; the course, its libraries or the options are others"
        if before.digest == after.digest
        else "another notebook"
    )
    return "\n".join([f"{who}: {marks}; {cause}", *(f"    {why}" for why in _why(before, after))])


def _mark(grade: Grade) -> tuple[object, ...]:
    exercises = tuple((each.id, each.points) for each in grade.exercises)
    return grade.status, grade.points, grade.maximum, exercises


def _why(before: Grade, after: Grade) -> Iterator[str]:
    if before.status != after.status:
        reason = f" ({after.reason})" if after.reason else ""
        yield f"{before.status} → {after.status}{reason}"
    if before.maximum != after.maximum:
        yield f"out of {before.maximum} → out of {after.maximum}"
    earlier = {exercise.id: exercise for exercise in before.exercises}
    for exercise in after.exercises:
        known = earlier.pop(exercise.id, None)
        if known is None:
            yield f"{exercise.id}: new, {_points(exercise)}"
        elif (known.outcome, known.points) != (exercise.outcome, exercise.points):
            yield f"{exercise.id}: {_points(known)} → {_points(exercise)}"
            yield from (f"    {line}" for line in _criteria(known, exercise))
    for gone in earlier.values():
        yield f"{gone.id}: {_points(gone)} → gone"


def _criteria(before: ExerciseGrade, after: ExerciseGrade) -> Iterator[str]:
    earlier = {criterion.text: criterion.state for criterion in before.criteria}
    for criterion in after.criteria:
        state = earlier.pop(criterion.text, None)
        if state != criterion.state:
            observed = f" (observed: {criterion.observed})" if criterion.observed else ""
            yield f"“{criterion.text}”: {state or 'new'} → {criterion.state}{observed}"
    for text, state in earlier.items():
        yield f"“{text}”: {state} → gone"
    if after.reason and after.reason != before.reason:
        yield after.reason


def _points(exercise: ExerciseGrade) -> str:
    return f"{exercise.outcome}, {exercise.points:g} of {exercise.maximum}"
