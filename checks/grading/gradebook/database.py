"""The SQLite file of a gradebook: made wholly or not at all, and opened with care."""

from __future__ import annotations

import sqlite3
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from checks.grading.gradebook.migrate import NEWEST, TooNewError, schema_version, upgrade
from checks.grading.status import GradingError

APPLICATION_ID = 0x436F7572
"""What SQLite keeps in the file's header to say whose it is: `Cour`."""

_MAGIC = b"SQLite format 3\x00"
_ID_AT = 68  # https://www.sqlite.org/fileformat.html, section 1.3
_SECONDS_TO_WAIT = 120


def open_database(path: Path) -> Engine:
    """The engine over the gradebook at `path`, which is made where there is none.

    Raises GradingError where the file is foreign, damaged, newer than this release, or not to be
    opened; the file is then as it was.
    """
    with one_sentence(path):
        if not path.exists():
            _make(path)
        _refuse_foreign(path)
        engine = _engine(path)
        try:
            with engine.connect() as connection:
                _refuse_damaged(path, connection)
                version = schema_version(connection)
            if version != NEWEST:
                with writing(engine) as connection:
                    upgrade(connection)
        except TooNewError:
            engine.dispose()
            raise GradingError(
                f"{path} was written by a newer release of this course; update the course"
            ) from None
        except BaseException:
            engine.dispose()
            raise
        return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that holds the only right to write, from its beginning on."""
    with (
        engine.connect().execution_options(begins="IMMEDIATE") as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def one_sentence(path: Path) -> Iterator[None]:
    """Say in one GradingError what the disk or SQLite complains of."""
    try:
        yield
    except DBAPIError as error:
        raise GradingError(f"{path}: {_in_words(error.orig)}") from None
    except sqlite3.Error as error:
        raise GradingError(f"{path}: {_in_words(error)}") from None
    except OSError as error:
        raise GradingError(f"{path} cannot be opened: {error.strerror}") from None


def _in_words(error: BaseException | None) -> str:
    said = " ".join(str(error).split())
    if "locked" in said:
        return "somebody else has been writing to it for two minutes; try again later"
    if "malformed" in said or "not a database" in said:
        return f"the gradebook is damaged ({said}); move it aside, and all is graded anew"
    return f"the gradebook cannot be used: {said}"


def _make(path: Path) -> None:
    # A whole file takes the name at once: a killed run leaves no half gradebook.
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix=".gradebook-", ignore_cleanup_errors=True
    ) as folder:
        new = Path(folder, path.name)
        engine = _engine(new)
        with writing(engine) as connection:
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            upgrade(connection)
        engine.dispose()
        try:
            path.hardlink_to(new)
        except FileExistsError:  # another run was quicker
            return
        except OSError:  # a file system without links
            with suppress(FileExistsError):
                new.rename(path)


def _refuse_foreign(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(_ID_AT + 4)
    whose = struct.unpack(">I", header[_ID_AT:])[0] if len(header) == _ID_AT + 4 else None
    if not header.startswith(_MAGIC) or whose != APPLICATION_ID:
        raise GradingError(f"{path} is not a gradebook of this course; move it aside")


def _refuse_damaged(path: Path, connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise GradingError(f"{path}: {_in_words(sqlite3.DatabaseError(f'malformed: {found}'))}")


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": _SECONDS_TO_WAIT}
    )

    # Python's sqlite3 begins transactions late and ends them early, unless it is told to keep out:
    # https://docs.sqlalchemy.org/en/21/dialects/sqlite.html#pysqlite-serializable
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = NORMAL",  # a kill loses nothing, a power cut the last hand-ins at most
            "foreign_keys = ON",
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            f"BEGIN {connection.get_execution_options().get('begins', 'DEFERRED')}"
        )

    return engine
