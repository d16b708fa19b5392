"""From a grade to its rows, and back.

Rows are inserted table by table, as plain values: that takes a third of the time of one object per
row, and recording is what all hand-ins wait for in one line.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from checks.grading.grade import Answer, ExerciseGrade, Grade
from checks.grading.gradebook.models import Criterion, Exercise, HandIn
from checks.grading.gradebook.models import Vote as VoteRow
from checks.grading.likeness import LONGEST
from checks.grading.notebook import MOST_VOTES, Vote
from checks.result import CriterionResult


def insert_grade(session: Session, grade: Grade, fingerprint: str) -> None:
    """Insert the rows of a grade, which is recorded now."""
    statement = insert(HandIn).returning(HandIn.id)
    hand_in_id = session.scalars(statement, _hand_in(grade, fingerprint)).one()
    answers = {answer.exercise: answer for answer in grade.answers}
    exercises = [
        {
            "hand_in_id": hand_in_id,
            "position": position,
            **_exercise(exercise, answers.get(exercise.id)),
        }
        for position, exercise in enumerate(grade.exercises)
    ]
    criteria: list[dict[str, Any]] = []
    if exercises:
        added = insert(Exercise).returning(Exercise.id, sort_by_parameter_order=True)
        for exercise_id, exercise in zip(
            session.scalars(added, exercises), grade.exercises, strict=True
        ):
            criteria += [
                {"exercise_id": exercise_id, "position": position, **vars(criterion)}
                for position, criterion in enumerate(exercise.criteria)
            ]
    votes = [
        {"hand_in_id": hand_in_id, "position": position, **vars(vote)}
        for position, vote in enumerate(_last_votes(grade.votes))
    ]
    if criteria:
        session.execute(insert(Criterion), criteria)
    if votes:
        session.execute(insert(VoteRow), votes)


def to_grade(row: HandIn) -> Grade:
    """The grade that the rows hold."""
    return Grade(
        learner=row.learner,
        stage=row.stage,
        status=row.status,
        reason=row.reason,
        points=row.points,
        maximum=row.maximum,
        file=row.file,
        exercises=tuple(_to_exercise_grade(exercise) for exercise in row.exercises),
        votes=tuple(Vote(vote.claim, vote.asked, vote.vote) for vote in row.votes),
        notes=tuple(row.notes),
        digest=row.digest,
        isolation=row.isolation,
        answers=tuple(
            Answer(exercise.name, exercise.answer, exercise.likeness or "")
            for exercise in row.exercises
            if exercise.answer is not None
        ),
    )


def _hand_in(grade: Grade, fingerprint: str) -> dict[str, Any]:
    return {
        "learner": grade.learner,
        "stage": grade.stage,
        "file": grade.file,
        "digest": grade.digest,
        "fingerprint": fingerprint,
        "status": grade.status,
        "reason": grade.reason,
        "notes": grade.notes,
        "points": grade.points,
        "maximum": grade.maximum,
        "isolation": grade.isolation,
        "recorded_at": datetime.now(UTC).replace(tzinfo=None),
    }


def _exercise(exercise: ExerciseGrade, answer: Answer | None) -> dict[str, Any]:
    return {
        "name": exercise.id,
        "title": exercise.title,
        "outcome": exercise.outcome,
        "points": exercise.points,
        "maximum": exercise.maximum,
        "reason": exercise.reason,
        "diagnosis": exercise.diagnosis,
        "answer": None if answer is None else answer.source[:LONGEST],
        "likeness": None if answer is None else answer.likeness,
    }


def _last_votes(votes: tuple[Vote, ...]) -> list[Vote]:
    # Somebody who votes again has changed their mind; a file that was made up may hold any number.
    last = {(vote.claim, vote.asked): vote for vote in votes}
    return list(last.values())[-MOST_VOTES:]


def _to_exercise_grade(row: Exercise) -> ExerciseGrade:
    return ExerciseGrade(
        id=row.name,
        title=row.title,
        outcome=row.outcome,
        points=row.points,
        maximum=row.maximum,
        reason=row.reason,
        diagnosis=row.diagnosis,
        criteria=tuple(
            CriterionResult(each.text, each.state, each.observed, each.shares)
            for each in row.criteria
        ),
    )
