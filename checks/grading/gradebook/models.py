"""The tables of the gradebook, as classes.

A hand-in owns its exercises and votes, an exercise owns its criteria: what is owned is deleted with
its owner, by the database. The order in which things were handed in is kept in `position`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    Dialect,
    Enum,
    ForeignKey,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from checks.grading.notebook import printable
from checks.grading.status import Status
from checks.result import State


class Text(TypeDecorator[str]):
    """Text of learners: what UTF-8 cannot hold is replaced on its way in."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else printable(value)


def _stored_by_value(kind: type[Status] | type[State]) -> Enum:
    return Enum(kind, native_enum=False, length=20, values_callable=lambda kind: [*kind])


class Base(DeclarativeBase):
    """Constraints have names, so that a migration can speak of them."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        str: Text,
        list[str]: JSON,
        Status: _stored_by_value(Status),
        State: _stored_by_value(State),
    }


class HandIn(Base):
    """One notebook of one learner, and its marks.

    `digest` is of the notebook's bytes, `fingerprint` of everything else that can change its marks;
    `isolation` says how the run was held back, `recorded_at` when it was written down (UTC).
    """

    __tablename__ = "hand_in"
    __table_args__ = (UniqueConstraint("learner", "stage", "file"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    learner: Mapped[str]
    stage: Mapped[str]
    file: Mapped[str]
    digest: Mapped[str]
    fingerprint: Mapped[str]
    status: Mapped[Status]
    reason: Mapped[str]
    notes: Mapped[list[str]]
    points: Mapped[float]
    maximum: Mapped[int]
    isolation: Mapped[str]
    recorded_at: Mapped[datetime]
    exercises: Mapped[list[Exercise]] = relationship(
        order_by="Exercise.position", passive_deletes=True
    )
    votes: Mapped[list[Vote]] = relationship(order_by="Vote.position", passive_deletes=True)


class Exercise(Base):
    """One exercise of a hand-in; `answer` is the learner's code, `likeness` groups equal answers."""

    __tablename__ = "exercise"
    __table_args__ = (UniqueConstraint("hand_in_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hand_in_id: Mapped[int] = mapped_column(ForeignKey("hand_in.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    title: Mapped[str]
    outcome: Mapped[str]
    points: Mapped[float]
    maximum: Mapped[int]
    reason: Mapped[str]
    diagnosis: Mapped[str | None]
    answer: Mapped[str | None]
    likeness: Mapped[str | None]
    criteria: Mapped[list[Criterion]] = relationship(
        order_by="Criterion.position", passive_deletes=True
    )


class Criterion(Base):
    """One line of a check: what was asked, whether it holds, and what was observed."""

    __tablename__ = "criterion"
    __table_args__ = (UniqueConstraint("exercise_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exercise_id: Mapped[int] = mapped_column(ForeignKey("exercise.id", ondelete="CASCADE"))
    position: Mapped[int]
    text: Mapped[str]
    state: Mapped[State]
    observed: Mapped[str]
    shares: Mapped[int]


class Vote(Base):
    """What a learner said of a claim, before the lesson (predict) or after it (quiz)."""

    __tablename__ = "vote"
    __table_args__ = (UniqueConstraint("hand_in_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hand_in_id: Mapped[int] = mapped_column(ForeignKey("hand_in.id", ondelete="CASCADE"))
    position: Mapped[int]
    claim: Mapped[str]
    asked: Mapped[str]
    vote: Mapped[str]


class Truth(Base):
    """What the experiment of a claim showed; `fingerprint` is of the course that it ran in."""

    __tablename__ = "truth"

    stage: Mapped[str] = mapped_column(primary_key=True)
    claim: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    holds: Mapped[bool]
