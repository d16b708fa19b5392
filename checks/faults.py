"""Faults at a chosen moment, on purpose: what does a transaction leave behind when something breaks?

Each tool is a block. Inside it, one thing happens to everything that the engine does, at exactly one
moment, in whatever thread; after it, nothing listens any more.

    with faults.on_commit(engine):                        # the first COMMIT fails
    with faults.on_statement(engine, "UPDATE", number=2): # the second UPDATE is refused
    with faults.stop_before(engine, "UPDATE", number=2):  # the process ends before the second UPDATE
    with faults.meanwhile(engine, "UPDATE", do=call):     # somebody else is faster

A moment is counted from 1 within the block. Statements are found by how they begin; without a
beginning, every step counts. Each block gives a `Fault`, which knows whether it has happened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

LOCKED = sqlite3.OperationalError("database is locked")
"""What SQLite says to a writer who comes while another one writes."""

REFUSED = sqlite3.IntegrityError("FOREIGN KEY constraint failed")
"""What a database may say as late as at the COMMIT, where a constraint is deferred."""


class Stopped(BaseException):
    """The process ended here. No `except Exception` catches it, as none would catch a power cut."""


@dataclass
class Fault:
    """Something that happens at one moment: whether it has, and how many steps were counted so far.

    `at` is the first word of the step at which it happened: `UPDATE`, `COMMIT`.
    """

    happened: bool = False
    steps: int = 0
    at: str = ""


@contextmanager
def on_statement(
    engine: Engine | AsyncEngine, begins: str = "", *, number: int = 1, error: Exception = LOCKED
) -> Iterator[Fault]:
    """Have the database refuse one statement: the `number`th that begins so.

    `error` is what the driver raises; SQLAlchemy wraps it, as it wraps a real one.
    """
    with _at(engine, begins, number, commits=False) as (fault, moment):

        def refuse(_: Connection) -> None:
            raise _new(error)

        moment(refuse)
        yield fault


@contextmanager
def on_commit(
    engine: Engine | AsyncEngine, *, number: int = 1, error: Exception = REFUSED
) -> Iterator[Fault]:
    """Have one COMMIT fail, the `number`th, and leave the transaction open in the database."""
    with _at(engine, "COMMIT", number) as (fault, moment):

        def refuse(connection: Connection) -> None:
            dialect = connection.dialect
            base = dialect.loaded_dbapi.Error
            raise DBAPIError.instance(None, None, _new(error), base, dialect=dialect)

        moment(refuse)
        yield fault


@contextmanager
def stop_before(
    engine: Engine | AsyncEngine, begins: str = "", *, number: int = 1
) -> Iterator[Fault]:
    """End the process before one step: the `number`th statement or COMMIT that begins so.

    Nothing reaches the database from then on: each further step raises `Stopped` too. What is still
    open is rolled back, as a database does where a connection breaks off. The block ends there
    and the code below it goes on, as the next process would.
    """
    with _at(engine, begins, number, for_good=True) as (fault, moment):

        def stop(connection: Connection) -> None:
            connection.connection.rollback()
            raise Stopped

        moment(stop)
        try:
            yield fault
        except (Stopped, Exception):
            # A process that has ended complains of nothing, a test client that it took along included.
            if not fault.happened:
                raise


@contextmanager
def meanwhile(
    engine: Engine | AsyncEngine, begins: str = "", *, number: int = 1, do: Callable[[], object]
) -> Iterator[Fault]:
    """Let somebody else be faster: call `do` right before one step, the `number`th that begins so."""
    with _at(engine, begins, number) as (fault, moment):
        moment(lambda _: do())
        yield fault


_Moment = Callable[[Connection], object]


@contextmanager
def _at(
    engine: Engine | AsyncEngine,
    begins: str,
    number: int,
    *,
    commits: bool = True,
    for_good: bool = False,
) -> Iterator[tuple[Fault, Callable[[_Moment], None]]]:
    """Count the steps of an engine that begin so; at step `number` call what was given for it."""
    target = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    fault, lock, given = Fault(), Lock(), list[_Moment]()

    def step(connection: Connection, text: str) -> None:
        with lock:
            if text.lstrip().upper().startswith(begins.upper()):
                fault.steps += 1
            now = fault.steps == number and not fault.happened
            if now:
                fault.happened, fault.at = True, text.split()[0].upper()
        if now or (for_good and fault.happened):
            given[0](connection)

    def on_sql(connection: Connection, _: Any, sql: str, *__: Any) -> None:
        step(connection, sql)

    def at_commit(connection: Connection) -> None:
        step(connection, "COMMIT")

    listeners: list[tuple[str, Callable[..., None]]] = [("before_cursor_execute", on_sql)]
    if commits:
        listeners.append(("commit", at_commit))
    for name, listener in listeners:
        event.listen(target, name, listener)
    try:
        yield fault, given.append
    finally:
        for name, listener in listeners:
            event.remove(target, name, listener)


def _new(error: Exception) -> Exception:
    # The same object raised twice would drag the frames of the first time along.
    return type(error)(*error.args)
