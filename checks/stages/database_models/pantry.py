"""A database with the tables of one experiment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, MetaData

from checks.database import new_engine


@contextmanager
def pantry(metadata: MetaData) -> Iterator[Engine]:
    """An engine on a new database file that has the tables of `metadata`; both go with the block."""
    with new_engine() as engine:
        metadata.create_all(engine)
        yield engine
