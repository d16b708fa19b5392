"""A pantry for checks and claims: a database file of its own, which is gone afterwards."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from checks.database import new_engine


class Base(DeclarativeBase):
    """The table of the lesson, once more: the learner's own class maps the same one."""


class Dish(Base):
    __tablename__ = "dishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    cost: Mapped[int] = mapped_column(default=0)
    note: Mapped[str | None]


@dataclass(frozen=True)
class Pantry:
    """A database file and what opens it; `given` counts the sessions that `get_db` handed out."""

    file: Path
    engine: Engine
    sessions: sessionmaker[Session]
    get_db: Callable[[], Iterator[Session]]
    given: list[None]

    def rows(self) -> list[dict[str, Any]]:
        """What is on disk: the dishes as a connection that knows nothing of SQLAlchemy reads them."""
        with closing(sqlite3.connect(self.file)) as raw:
            raw.row_factory = sqlite3.Row
            return [dict(row) for row in raw.execute("SELECT * FROM dishes ORDER BY id")]


def lay_in(engine: Engine, dishes: Iterable[Dish]) -> None:
    """Put dishes on disk past SQLAlchemy: a check opens many pantries, and each session costs 2 ms."""
    rows = [(each.id, each.name, each.price, each.cost or 0, each.note) for each in dishes]
    with closing(sqlite3.connect(str(engine.url.database))) as raw, raw:
        raw.execute("PRAGMA synchronous=OFF")
        raw.executemany(
            "INSERT INTO dishes (id, name, price, cost, note) VALUES (?, ?, ?, ?, ?)", rows
        )


@contextmanager
def pantry(*dishes: Dish) -> Iterator[Pantry]:
    """A pantry that holds `dishes`; its file is deleted at the end.

    Every session at work is held until then: one that nobody closes stays open, each time.
    """
    with new_engine() as engine:
        sessions = sessionmaker(engine)
        at_work: list[Session] = []
        event.listen(sessions, "after_begin", lambda session, *_: at_work.append(session))
        given: list[None] = []

        def get_db() -> Iterator[Session]:
            with sessions() as db:
                given.append(None)
                yield db

        Base.metadata.create_all(engine)
        if dishes:
            lay_in(engine, dishes)
        try:
            yield Pantry(Path(str(engine.url.database)), engine, sessions, get_db, given)
        finally:
            for session in at_work:
                session.close()
