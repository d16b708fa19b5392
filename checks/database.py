"""A database for one experiment: a file of its own, an engine on it, and a second pair of eyes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session


@contextmanager
def new_file() -> Iterator[Path]:
    """The path of a database file that does not exist yet; it is gone when the block ends."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "bistro.db"


@contextmanager
def new_engine(**options: Any) -> Iterator[Engine]:
    """An engine on a new database file, without any table and without any connection yet.

    Takes what `create_engine` takes. When the block ends, the engine is disposed and the file gone.
    """
    with new_file() as file:
        engine = create_engine(f"sqlite:///{file.as_posix()}", **options)
        # Nothing here has to survive a power cut, and waiting for the disk takes most of the time.
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        try:
            yield engine
        finally:
            engine.dispose()


def on_disk(database: Engine | Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What anybody else sees: the rows, read (or written) through a connection of its own."""
    file = database if isinstance(database, Path) else database.url.database
    with closing(sqlite3.connect(str(file))) as other, other:
        other.execute("PRAGMA synchronous=OFF")
        return other.execute(sql, values).fetchall()


@contextmanager
def holding_sessions() -> Iterator[None]:
    """Hold every session that begins in this block, so that what is left open stays open.

    Without it the garbage collector would close a forgotten session, sooner or later. They are
    closed when the block ends, and their engines disposed.
    """
    held: list[Session] = []
    engines: set[Engine] = set()

    def hold(session: Session, _: Any, connection: Connection) -> None:
        held.append(session)
        engines.add(connection.engine)

    event.listen(Session, "after_begin", hold)
    try:
        yield
    finally:
        event.remove(Session, "after_begin", hold)
        for session in held:
            with suppress(SQLAlchemyError):
                session.close()
        # Only now: a connection that comes back to a pool which is disposed is never closed.
        for engine in engines:
            engine.dispose()
