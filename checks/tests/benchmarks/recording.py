"""A gradebook of one table."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables."""


class Row(Base):
    """One grade."""

    __tablename__ = "grade"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner: Mapped[str]
    stage: Mapped[str]
    status: Mapped[str]
    points: Mapped[float]
    exercises: Mapped[str]
