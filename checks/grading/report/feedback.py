"""A page for one learner over all stages: what holds, what was observed, which belief is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checks.claim import Asked
from checks.course import Course, StageEntry
from checks.grading.grade import Grade
from checks.grading.report.beliefs import Belief, Beliefs, Standing
from checks.grading.report.pages import environment


@dataclass(frozen=True)
class _HandIn:
    """One hand-in with what its section needs."""

    grade: Grade
    stage: StageEntry | None
    beliefs: dict[str, Belief]
    standings: tuple[Standing, ...]


def feedback_page(course: Course, grades: Sequence[Grade], beliefs: Beliefs) -> str:
    """The page of the learner whom all these grades are of."""
    stages = {stage.id: stage for stage in course.stages}
    hand_ins = [
        _HandIn(
            grade,
            stages.get(grade.stage),
            dict(beliefs.get(grade.stage, {})),
            _standings(grade, beliefs),
        )
        for grade in grades
    ]
    return (
        environment()
        .get_template("feedback.html")
        .render(
            course=course,
            learner=grades[0].learner,
            hand_ins=hand_ins,
            points=sum(grade.points for grade in grades),
            maximum=sum(grade.maximum for grade in grades),
        )
    )


def _standings(grade: Grade, beliefs: Beliefs) -> tuple[Standing, ...]:
    known = beliefs.get(grade.stage, {})
    votes = {(vote.claim, vote.asked): vote.vote for vote in grade.votes}
    names = dict.fromkeys(vote.claim for vote in grade.votes if vote.claim in known)
    return tuple(
        Standing(known[name], votes.get((name, Asked.PREDICT)), votes.get((name, Asked.QUIZ)))
        for name in names
    )
