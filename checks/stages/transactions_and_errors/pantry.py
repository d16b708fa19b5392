"""The bistro's tables, and a fresh database file for each experiment and each check."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from types import MappingProxyType
from typing import Any

from sqlalchemy import CheckConstraint, Connection, Engine, ForeignKey, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from checks.database import new_engine


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "accounts"
    owner: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(CheckConstraint("balance >= 0"))
    version: Mapped[int] = mapped_column(default=0)


class Dish(Base):
    __tablename__ = "dishes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]


class Line(Base):
    __tablename__ = "lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    table: Mapped[int]
    dish: Mapped[str] = mapped_column(ForeignKey("dishes.name"))


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class CountedBase(DeclarativeBase):
    pass


class CountedAccount(CountedBase):
    """The same table, with a mapper that counts versions."""

    __tablename__ = "accounts"
    owner: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


@contextmanager
def pantry(
    accounts: Mapping[str, int] = MappingProxyType({}), *, dishes: tuple[str, ...] = ()
) -> Iterator[Engine]:
    """An engine on a fresh file with these accounts and dishes; the file goes with the block.

    Nobody waits for a lock here: who comes while another one writes hears so at once.
    """
    with new_engine(connect_args={"timeout": 0}) as engine:
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
        with Session(engine) as session, session.begin():
            Base.metadata.create_all(session.connection())
            session.add_all(Account(owner=owner, balance=accounts[owner]) for owner in accounts)
            session.add_all(Dish(name=name, price=7) for name in dishes)
        yield engine


def rows(engine: Engine, sql: str, *values: str | int) -> list[Any]:
    """What is on disk, read through a connection that has nothing to do with the engine.

    Rows of one column come as plain values.
    """
    with closing(sqlite3.connect(str(engine.url.database), timeout=0)) as connection:
        found = connection.execute(sql, values).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


def balance(engine: Engine, owner: str) -> int:
    """The balance of an account, on disk."""
    (found,) = rows(engine, "SELECT balance FROM accounts WHERE owner = ?", owner)
    return int(found)


def write(engine: Engine, sql: str, *values: str | int) -> bool:
    """Let somebody else write, past the engine; returns whether the database let them."""
    with closing(sqlite3.connect(str(engine.url.database), timeout=0)) as connection:
        connection.execute("PRAGMA synchronous=OFF")  # as the engine's own connections do
        try:
            with connection:
                connection.execute(sql, values)
        except sqlite3.OperationalError:
            return False
    return True


def begin_for_real(engine: Engine) -> None:
    """Let SQLAlchemy send the BEGIN that Python's SQLite driver leaves out before a SAVEPOINT."""

    def driver_keeps_out(raw: Any, _: Any) -> None:
        raw.isolation_level = None

    def send_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    engine.dispose()  # connections that are in the pool already would not hear of it
    event.listen(engine, "connect", driver_keeps_out)
    event.listen(engine, "begin", send_begin)


def get_db_for(engine: Engine) -> Callable[[], Iterator[Session]]:
    """The dependency of stage 4 for this engine: a session per request, rolled back on error."""
    sessions = sessionmaker(engine)

    def get_db() -> Iterator[Session]:
        with sessions() as session:
            try:
                yield session
            except Exception:
                session.rollback()
                raise

    return get_db
