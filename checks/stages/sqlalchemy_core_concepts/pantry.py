"""A pantry for one experiment: a database file of its own, and a second pair of eyes on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """The model of the experiments, as the notebook has it."""


class Dish(Base):
    __tablename__ = "dish"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]


@contextmanager
def new_file() -> Iterator[Path]:
    """The path of a database file that does not exist yet; it is gone when the block ends."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "bistro.db"


@contextmanager
def new_engine() -> Iterator[Engine]:
    """An engine on a new database file without any table, and without any connection yet."""
    with new_file() as file:
        engine = create_engine(f"sqlite:///{file}")
        # Nothing here has to survive a power cut, and waiting for the disk takes most of the time.
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def new_pantry(**prices: int) -> Iterator[Engine]:
    """The same with the table `dish`, and these dishes in it: `new_pantry(soup=7)`."""
    with new_engine() as engine:
        Base.metadata.create_all(engine)
        engine.dispose()
        for name, price in prices.items():
            on_disk(engine, "INSERT INTO dish (name, price) VALUES (?, ?)", name, price)
        yield engine


def on_disk(pantry: Engine | Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What anybody else sees: the rows, read (or written) through a connection of its own."""
    file = pantry if isinstance(pantry, Path) else pantry.url.database
    with closing(sqlite3.connect(str(file))) as other, other:
        return other.execute(sql, values).fetchall()


@contextmanager
def held_sessions() -> Iterator[None]:
    """Keep every session that is used in this block from being collected before it can be counted."""
    held: list[Session] = []

    def hold(session: Session, *_: Any) -> None:
        held.append(session)

    event.listen(Session, "after_begin", hold)
    try:
        yield
    finally:
        event.remove(Session, "after_begin", hold)
        for session in held:
            session.close()
