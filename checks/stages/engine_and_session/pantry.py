"""A pantry to try things in: a fresh database file, and second connections that look at it or lock it."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from checks import database


class Base(DeclarativeBase):
    """The models of an experiment."""


class Dish(Base):
    """A dish, as the notebook has it too."""

    __tablename__ = "dish"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]


def new_file() -> str:
    """The path of a database file that does not exist yet; it goes when the kernel ends."""
    return (_folder() / f"bistro-{next(_numbers)}.db").as_posix()


_numbers = count(1)


@cache
def _folder() -> Path:
    folder = Path(mkdtemp(prefix="bistro-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def on_disk(engine: Engine) -> dict[str, int]:
    """What the file really holds, name by price: read through a connection of its own."""
    return dict(database.on_disk(engine, "SELECT name, price FROM dish ORDER BY id"))


@contextmanager
def somebody_reads(engine: Engine) -> Iterator[None]:
    """Another program reads the file for as long as this block lasts; nobody can commit meanwhile."""
    with closing(sqlite3.connect(_file(engine), isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM dish").fetchall()
        yield
        other.execute("COMMIT")


def somebody_writes(engine: Engine) -> str:
    """Another program tries to write to the file, and takes it back: `may write`, or what stops it."""
    with closing(sqlite3.connect(_file(engine), timeout=0.01)) as other:
        try:
            other.execute("UPDATE dish SET price = price")
        except sqlite3.OperationalError as error:
            return str(error)
        other.rollback()
        return "may write"


def first_line(error: BaseException) -> str:
    """Type and first line of an error, without the SQL and the link that SQLAlchemy puts behind it."""
    line = str(error).partition("\n")[0].partition(" (Background on this error")[0]
    return f"{type(error).__name__}: {line}"


@contextmanager
def pantry(**options: Any) -> Iterator[Engine]:
    """An engine on a fresh file in which there is soup for 7; both are gone after the block.

    Takes what `create_engine` takes. Sessions are held (see `checks.database`).
    """
    with database.new_engine(**options) as engine:
        with closing(sqlite3.connect(_file(engine))) as first:
            # Nothing here has to survive a power cut, and each experiment is to be quick.
            first.executescript(
                "PRAGMA synchronous = OFF; BEGIN;"
                "CREATE TABLE dish (id INTEGER PRIMARY KEY, name VARCHAR UNIQUE NOT NULL, price INTEGER NOT NULL);"
                "INSERT INTO dish (name, price) VALUES ('soup', 7); COMMIT;"
            )
        with database.holding_sessions():
            yield engine


def _file(engine: Engine) -> str:
    return str(engine.url.database)
