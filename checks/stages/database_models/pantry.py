"""A pantry for one experiment: a database file of its own, and a second pair of eyes on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event


@contextmanager
def pantry(metadata: MetaData) -> Iterator[Engine]:
    """An engine on a new database file that has the tables of `metadata`.

    When the block ends, its connections are closed and the file is gone.
    """
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'bistro.db'}")
        # Nothing here has to survive a power cut, and waiting for the disk takes most of the time.
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        try:
            metadata.create_all(engine)
            yield engine
        finally:
            engine.dispose()


def on_disk(engine: Engine, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What anybody else sees: the rows, read (or written) through a connection of its own."""
    with closing(sqlite3.connect(str(engine.url.database))) as other, other:
        return other.execute(sql, values).fetchall()
