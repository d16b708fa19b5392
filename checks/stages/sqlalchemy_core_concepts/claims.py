"""What one may believe about engine, session and model, each with the experiment that decides it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    func,
    insert,
    inspect,
    literal,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.dialects import mssql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InvalidRequestError,
    NoResultFound,
    ObjectNotExecutableError,
    StatementError,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import DetachedInstanceError

from checks.claim import Evidence, claim
from checks.database import new_engine, new_file, on_disk
from checks.stages.sqlalchemy_core_concepts.pantry import Dish, new_pantry
from checks.xray import Kind, xray

# --- The quiz and the predictions ----------------------------------------------------------------


@claim(
    "`create_engine(...)` connects to the database.",
    why="An engine knows how to connect, and connects when somebody asks for a connection. A wrong "
    "address or password shows at the first use, not in this line.",
)
def create_engine_connects() -> Evidence:
    with new_file() as file:
        with xray() as block:
            engine = create_engine(f"sqlite:///{file}")
            made = len(block.of(Kind.CONNECTION_OPENED))
            engine.connect().close()
            used = len(block.of(Kind.CONNECTION_OPENED))
        engine.dispose()
    seen = (f"connections opened by create_engine: {made}", f"after the first use: {used}")
    return Evidence(made > 0, seen)


@claim(
    "A `SELECT` needs no transaction: SQLAlchemy sends it without one.",
    why="The first statement on a connection, whatever it is, begins a transaction; it lasts until "
    "commit, rollback or close. So who reads and never closes holds a transaction open.",
)
def select_needs_no_transaction() -> Evidence:
    with new_pantry(soup=7) as engine, xray() as block, engine.connect() as connection:
        connection.execute(select(Dish.name))
        open_now = connection.in_transaction()
    sent = [each.text for each in block.events if each.kind in {Kind.BEGIN, Kind.ROLLBACK}]
    seen = (
        f"transactions begun for one SELECT: {block.transactions} ({', '.join(sent)})",
        f"in a transaction after the SELECT: {open_now}",
    )
    return Evidence(block.transactions == 0, seen)


def written_for(database: Any, statement: Any) -> str:
    """A statement in the SQL of one database."""
    how = {"dialect": database.dialect(), "compile_kwargs": {"literal_binds": True}}
    return " ".join(str(statement.compile(**how)).split())


@claim(
    "With SQLAlchemy I still write the SQL by hand.",
    why="You say in Python what you want; the engine's dialect writes the SQL that its database "
    "understands. `text()` is there for the rare case. Reading the SQL remains your job.",
)
def still_write_sql_by_hand() -> Evidence:
    dish = Table(
        "dish", MetaData(), Column("id", Integer, primary_key=True), Column("name", String)
    )
    cheapest = select(dish.c.name).limit(1)
    with new_engine() as engine, xray() as block, engine.begin() as connection:
        dish.create(connection)
        connection.execute(insert(dish).values(name="soup"))
        connection.execute(update(dish).values(name="stew"))
        found = connection.scalar(cheapest)
        connection.execute(delete(dish))
    verbs = [sql.split()[0] for sql in block.statements if not sql.startswith("PRAGMA")]
    seen = (
        f"sent, none of it typed: {', '.join(verbs)} (found: {found})",
        f"select(…).limit(1) for SQLite:     {written_for(sqlite, cheapest)}",
        f"select(…).limit(1) for SQL Server: {written_for(mssql, cheapest)}",
    )
    written = found == "stew" and {"CREATE", "INSERT", "UPDATE", "DELETE"} <= set(verbs)
    return Evidence(holds=not written, seen=seen)


@claim(
    "A Session is a connection to the database.",
    why="A session keeps your objects and borrows a connection while a transaction runs: from the "
    "first SQL until commit, rollback or close.",
)
def session_is_a_connection() -> Evidence:
    with new_pantry() as engine, xray() as block, Session(engine) as session:
        out = {"made": block.connections_out}
        session.add(Dish(name="soup", price=7))
        out["dish added"] = block.connections_out
        session.flush()
        out["flushed"] = block.connections_out
        session.commit()
        out["committed"] = block.connections_out
    seen = tuple(f"connections out, session {when}: {count}" for when, count in out.items())
    return Evidence(set(out.values()) == {1}, seen)


@claim(
    "Every connection to `sqlite://` sees the same database.",
    why="`sqlite://` is a database in memory: each thread's connection gets a new, empty one. FastAPI "
    "runs `def` endpoints in threads. Use a file.",
)
def memory_is_shared() -> Evidence:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE dish (name TEXT)"))

    def tables() -> list[str]:
        with engine.connect() as connection:
            found = inspect(connection).get_table_names()
            connection.invalidate()  # closed by the thread that opened it
        return found

    with ThreadPoolExecutor(1) as another_thread:
        there = another_thread.submit(tables).result()
    here = tables()
    engine.dispose()
    return Evidence(there == here, (f"tables seen here: {here}", f"in another thread: {there}"))


@claim(
    "Within one session, a row is always one and the same Python object.",
    why="The session's identity map keeps one object for each row, by class and primary key. Every "
    "query of this session hands out that one.",
)
def one_row_one_object() -> Evidence:
    with new_pantry(soup=7) as engine, Session(engine) as session:
        found = session.get(Dish, 1)
        again = session.get(Dish, 1)
        searched = session.scalar(select(Dish).where(Dish.name == "soup"))
        same = found is again is searched
    return Evidence(same, (f"found, found again and searched are one object: {same}",))


# --- Beliefs behind wrong answers ----------------------------------------------------------------


@claim(
    "An engine has to be opened or tried before I hand it on.",
    why="The first use connects by itself. An app that connects while it is built cannot even be "
    "imported where the database is not there yet.",
)
def engine_must_be_opened() -> Evidence:
    with new_engine() as engine, xray() as block:
        try:
            with engine.connect() as connection:
                answer = connection.scalar(select(literal("an answer")))
        except DBAPIError as error:
            answer = type(error).__name__
    opened = len(block.of(Kind.CONNECTION_OPENED))
    seen = (f"first use without opening it: {answer}", f"connections opened by that use: {opened}")
    return Evidence(answer != "an answer", seen)


@claim(
    "An engine is a connection.",
    why="An engine is the place where connections come from, one for each who asks. It lives as long "
    "as the app; a connection is borrowed for a moment.",
)
def engine_is_a_connection() -> Evidence:
    with new_pantry() as engine, xray() as block, engine.connect(), engine.connect():
        out = block.connections_out
    opened = len(block.of(Kind.CONNECTION_OPENED))
    seen = (f"connections opened by one engine: {opened}", f"out at the same time: {out}")
    return Evidence(out == 1, seen)


@claim(
    "The URL of a file is `sqlite://` and its path.",
    why="Between `//` and the next `/` stands the host, and SQLite has none. So it is three slashes and "
    "then the path; an absolute path brings a fourth of its own.",
)
def two_slashes_and_a_path() -> Evidence:
    path = "/bistro/pantry.db"
    two, three = make_url(f"sqlite://{path}"), make_url(f"sqlite:///{path}")
    seen = (f"wanted: {path}", f"{two} opens {two.database}", f"{three} opens {three.database}")
    return Evidence(two.database == path, seen)


@claim(
    "The path of a file is all that `create_engine` needs.",
    why="It wants a URL: `dialect+driver://user:password@host:port/database`. The part before `://` "
    "says which SQL to speak; the rest may be missing.",
)
def path_is_enough() -> Evidence:
    try:
        found = str(create_engine("pantry.db").url)
    except ArgumentError as error:
        return Evidence(False, (f"create_engine('pantry.db'): {type(error).__name__}: {error}",))
    return Evidence(True, (f"create_engine('pantry.db') has the URL {found}",))


HOSTILE = "nothing' OR '1'='1"


@claim(
    "`text(...)` makes whatever stands in the string safe.",
    why="`text()` marks a string as SQL; what an f-string put into it is SQL by then. Write `:name` "
    "there and hand over the value beside it.",
)
def text_makes_it_safe() -> Evidence:
    with new_pantry(soup=7, bread=3) as engine, engine.connect() as connection:
        glued = text(f"SELECT name FROM dish WHERE name = '{HOSTILE}'")  # noqa: S608
        bound = text("SELECT name FROM dish WHERE name = :name")
        leaked = sorted(connection.scalars(glued))
        found = sorted(connection.scalars(bound, {"name": HOSTILE}))
    seen = (f"a dish called {HOSTILE!r}:", f"in an f-string: {leaked}", f"bound: {found}")
    return Evidence(leaked == [], seen)


@claim(
    "Doubling the quotes by hand is as good as a bound parameter.",
    why="It helps where there are quotes around the value, against this one trick. A number has none, "
    "and `text()` takes a colon in a name for a parameter. What is bound never is SQL.",
)
def doubled_quotes_suffice() -> Evidence:
    hostile, harmless = "0 OR 1=1".replace("'", "''"), "soup :special".replace("'", "''")
    with new_pantry(soup=7, bread=3) as engine, engine.connect() as connection:
        by_price = text(f"SELECT name FROM dish WHERE price = {hostile}")  # noqa: S608
        leaked = sorted(connection.scalars(by_price))
        try:
            by_name = text(f"SELECT name FROM dish WHERE name = '{harmless}'")  # noqa: S608
            said = str(connection.scalars(by_name).all())
        except StatementError as error:
            said = str(error.orig).partition(" (Back")[0]
    seen = (f"dishes for {hostile!r}: {leaked}", f"the dish {harmless!r}: {said}")
    return Evidence(leaked == [] and said == "[]", seen)


@claim(
    "It is safe, and enough, to refuse names with a quote in them.",
    why="An apostrophe is an honest letter, and other tricks need no quote. A bound parameter takes "
    "any text as it is.",
)
def refusing_quotes_is_enough() -> Evidence:
    honest, hostile = "chef's pie", "0 OR 1=1"
    with new_pantry(**{honest: 9, "soup": 7}) as engine, engine.connect() as connection:
        refused = "'" in honest
        by_name = select(Dish.price).where(Dish.name == honest)
        bound = connection.scalars(by_name).all()
        by_price = text(f"SELECT name FROM dish WHERE price = {hostile}")  # noqa: S608
        let_through = [] if "'" in hostile else sorted(connection.scalars(by_price))
    seen = (
        f"the rule refuses {honest!r}: {refused}; bound, its price is {bound}",
        f"the rule lets {hostile!r} through, and it finds {let_through}",
    )
    return Evidence(not refused and not let_through, seen)


@claim(
    "A placeholder for a text needs quotes around it: `':name'`.",
    why="Quotes make a text constant, and a constant takes no value. Write `:name` bare; the driver "
    "knows that a `str` is a text.",
)
def placeholder_needs_quotes() -> Evidence:
    def ask(condition: str) -> str:
        statement = text(f"SELECT price FROM dish WHERE name = {condition}")  # noqa: S608
        with engine.connect() as connection:
            try:
                return str(connection.scalar(statement, {"name": "soup"}))
            except DBAPIError as error:
                return str(error.orig)

    with new_pantry(soup=7) as engine:
        quoted, bare = ask("':name'"), ask(":name")
    return Evidence(quoted == "7", (f"':name' → {quoted}", f":name → {bare}"))


@claim(
    "In `text(...)` a question mark is the place of a value.",
    why="Each driver has its own sign for that. In `text()` it is `:name`, for every database, and the "
    "dialect writes the driver's sign.",
)
def question_mark_is_a_place() -> Evidence:
    def ask(condition: str, value: Any) -> str:
        statement = text(f"SELECT price FROM dish WHERE name = {condition}")  # noqa: S608
        with engine.connect() as connection:
            try:
                return str(connection.scalar(statement, value))
            except ArgumentError as error:
                return f"{type(error).__name__}: {error}"

    with new_pantry(soup=7) as engine:
        mark, name = ask("?", ("soup",)), ask(":name", {"name": "soup"})
    return Evidence(mark == "7", (f"? with ('soup',): {mark}", f":name with a dict: {name}"))


@claim(
    "A plain string with SQL in it can be executed.",
    why="SQLAlchemy executes statements, and a string is none until `text()` says so. That keeps a "
    "string from outside from being run by mistake.",
)
def string_is_a_statement() -> Evidence:
    with new_pantry(soup=7) as engine, engine.connect() as connection:
        try:
            bare = str(connection.scalar("SELECT price FROM dish"))  # type: ignore[call-overload]
        except ObjectNotExecutableError as error:
            bare = type(error).__name__
        marked = connection.scalar(text("SELECT price FROM dish"))
    return Evidence(bare == "7", (f"the bare string: {bare}", f"in text(): {marked}"))


@claim(
    "`scalar_one()` gives `None` where nothing is found.",
    why="`one` in a method's name is a demand: exactly one row, or an exception. `scalar()` and "
    "`scalar_one_or_none()` give `None`.",
)
def one_may_be_none() -> Evidence:
    caviar = select(Dish.price).where(Dish.name == "caviar")
    with new_pantry(soup=7) as engine, engine.connect() as connection:
        try:
            one = str(connection.execute(caviar).scalar_one())
        except NoResultFound as error:
            one = type(error).__name__
        or_none = connection.execute(caviar).scalar_one_or_none()
    return Evidence(one == "None", (f"scalar_one: {one}", f"scalar_one_or_none: {or_none}"))


@claim(
    "I can execute a statement on the engine itself.",
    why="Old tutorials do; since SQLAlchemy 2 an engine only lends connections. So it is always seen "
    "where a transaction begins and ends.",
)
def engine_executes() -> Evidence:
    with new_engine() as engine, engine.connect() as connection:
        on_engine, on_connection = hasattr(engine, "execute"), hasattr(connection, "execute")
    seen = (f"engine.execute exists: {on_engine}", f"connection.execute exists: {on_connection}")
    return Evidence(on_engine, seen)


@claim(
    "The columns of a Core table are its attributes: `dish.name`.",
    why="They stand under `.c`: `dish.c.name`. The attributes of the table itself are about the table. "
    "Only a model has its columns as attributes.",
)
def columns_are_attributes() -> Evidence:
    dish = Table("dish", MetaData(), Column("name", String), Column("price", Integer))
    on_table, under_c = hasattr(dish, "price"), hasattr(dish.c, "price")
    seen = (
        f"dish.price exists: {on_table}; dish.c.price exists: {under_c}",
        f"dish.name exists, and is the name of the table: {dish.name!r}",
    )
    return Evidence(on_table, seen)


@claim(
    "A SELECT gives the rows in the order in which they were inserted.",
    why="Without ORDER BY the database gives them as it finds them, here along an index. The order may "
    "change with the next index or version.",
)
def select_keeps_the_order() -> Evidence:
    with new_pantry(soup=7, bread=3, tart=5) as engine, engine.connect() as connection:
        found = connection.scalars(select(Dish.name)).all()
        cheapest_first = connection.scalars(select(Dish.name).order_by(Dish.price)).all()
    seen = (
        "inserted: ['soup', 'bread', 'tart']",
        f"selected: {found}",
        f"order_by(Dish.price): {cheapest_first}",
    )
    return Evidence(found == ["soup", "bread", "tart"], seen)


@claim(
    "When a row is refused, the transaction is undone by itself.",
    why="The exception undoes it, by leaving the block. Catch it inside, and the block ends well and "
    "commits the rest.",
)
def refusal_undoes_all() -> Evidence:
    with new_pantry() as engine:
        with engine.begin() as connection:
            for price in (7, None):  # the second row is refused
                with suppress(DBAPIError):
                    row = {"name": f"dish for {price}", "price": price}
                    connection.execute(insert(Dish.__table__), row)  # type: ignore[arg-type]
        left = on_disk(engine, "SELECT name FROM dish")
    return Evidence(left == [], (f"one of two rows refused, and the error caught: {left}",))


@claim(
    "`with engine.connect()` saves what I did in it.",
    why="At its end the connection goes back, and an open transaction is rolled back. "
    "`with engine.begin()` commits at its end, and rolls back if an exception leaves it.",
)
def connect_commits() -> Evidence:
    statement = insert(Dish).values(name="soup", price=7)
    with new_pantry() as engine:
        with engine.connect() as connection:
            connection.execute(statement)
        connected = on_disk(engine, "SELECT name FROM dish")
        with engine.begin() as connection:
            connection.execute(statement)
        begun = on_disk(engine, "SELECT name FROM dish")
    seen = (f"after engine.connect(): {connected}", f"after engine.begin():   {begun}")
    return Evidence(connected == [("soup",)], seen)


@claim(
    "Two transactions in a row are as good as one.",
    why="Between the two, others can change what you are about to read, and a crash leaves the first "
    "half. What belongs together belongs in one transaction.",
)
def two_transactions_are_one() -> Evidence:
    with new_pantry() as engine:
        with engine.begin() as connection:
            connection.execute(insert(Dish).values(name="soup", price=7))
        on_disk(engine, "DELETE FROM dish")  # somebody else, between the two
        with engine.begin() as connection:
            read_back = connection.scalars(select(Dish.name)).all()
    return Evidence(read_back == ["soup"], ("I wrote: ['soup']", f"I read back: {read_back}"))


@claim(
    "A commit after every row is the safe way.",
    why="If a later row fails, the earlier ones stay, and nobody knows how far it got. One commit at the "
    "end: all or nothing.",
)
def commit_each_row_is_safe() -> Evidence:
    with new_pantry() as engine, engine.connect() as connection:
        try:
            for price in (7, 3, None):  # the third row is refused
                row = {"name": f"dish for {price}", "price": price}
                connection.execute(insert(Dish.__table__), row)  # type: ignore[arg-type]
                connection.commit()
        except DBAPIError as error:
            said = str(error.orig)
        connection.rollback()
        left = on_disk(engine, "SELECT name FROM dish ORDER BY price DESC")
    return Evidence(left == [], (f"the third row: {said}", f"a delivery of three left: {left}"))


@claim(
    "A row with one column is the value of that column.",
    why="`execute()` gives rows, and a row is like a tuple, however short. `scalars()` takes the first "
    "column of each row, `scalar()` of the first row.",
)
def row_is_its_value() -> Evidence:
    with new_pantry(soup=7) as engine, engine.connect() as connection:
        rows = connection.execute(select(Dish.name)).all()
        values = connection.scalars(select(Dish.name)).all()
    return Evidence(rows[0] == "soup", (f"execute: {rows}", f"scalars: {values}"))


@claim(
    "A mapped class has its table as soon as the class is defined.",
    why="The class describes the table, in `Base.metadata`. `create_all(engine)` sends the CREATE TABLE, "
    "for the tables that are not there.",
)
def class_makes_its_table() -> Evidence:
    class Shelf(DeclarativeBase):
        pass

    class Spice(Shelf):
        __tablename__ = "spice"
        id: Mapped[int] = mapped_column(primary_key=True)

    with new_engine() as engine:
        before = inspect(engine).get_table_names()
        Shelf.metadata.create_all(engine)
        after = inspect(engine).get_table_names()
    return Evidence(before == ["spice"], (f"after the class: {before}", f"create_all: {after}"))


@claim(
    "SQLAlchemy gives every table an id by itself.",
    why="A row becomes an object by its primary key, so each model must name one: "
    "`id: Mapped[int] = mapped_column(primary_key=True)`. The numbers come by themselves.",
)
def id_comes_by_itself() -> Evidence:
    class Shelf(DeclarativeBase):
        pass

    try:

        class Spice(Shelf):
            __tablename__ = "spice"
            name: Mapped[str]

    except ArgumentError as error:
        return Evidence(False, ("a model without a primary key:", str(error)))
    return Evidence("id" in Spice.__table__.c, (f"columns: {Spice.__table__.c.keys()}",))


@claim(
    "A plain type hint, `name: str`, makes a column.",
    why="`Mapped[...]` is what tells a column from any other attribute of the class.",
)
def any_hint_is_a_column() -> Evidence:
    class Shelf(DeclarativeBase):
        pass

    try:

        class Spice(Shelf):
            __tablename__ = "spice"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: str

    except ArgumentError as error:
        said = str(error).partition(".  ")[0]
        return Evidence(False, (f"{type(error).__name__}:", said))
    return Evidence("name" in Spice.__table__.c, (f"columns: {Spice.__table__.c.keys()}",))


@claim(
    "`Mapped[str]` leaves it open whether the column may be empty.",
    why="The hint decides: `Mapped[str]` is NOT NULL, `Mapped[str | None]` may be NULL.",
)
def hint_leaves_null_open() -> Evidence:
    class Shelf(DeclarativeBase):
        pass

    class Spice(Shelf):
        __tablename__ = "spice"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        note: Mapped[str | None]

    with new_engine() as engine:
        Shelf.metadata.create_all(engine)
        empty = {each["name"]: each["nullable"] for each in inspect(engine).get_columns("spice")}
    seen = (
        f"name: Mapped[str]        may be empty: {empty['name']}",
        f"note: Mapped[str | None] may be empty: {empty['note']}",
    )
    return Evidence(empty["name"], seen)


@claim(
    "A column must be filled, unless I say that it may be empty.",
    why="That holds for `Mapped[str]`. A classic `Column(String)` may be empty until you write "
    "`nullable=False`.",
)
def column_is_required() -> Evidence:
    spice = Table(
        "spice", MetaData(), Column("id", Integer, primary_key=True), Column("name", String)
    )
    with new_engine() as engine, engine.begin() as connection:
        spice.create(connection)
        connection.execute(insert(spice).values(name=None))
        rows: list[Any] = list(connection.execute(select(spice)).all())
    return Evidence(rows == [], (f"a row without a name is saved: {rows}",))


@claim(
    "A column that is NOT NULL must be given, whether it has a default or not.",
    why="The database fills in its default where nothing is given. What must be given has none.",
)
def not_null_must_be_given() -> Evidence:
    grams = Column("grams", Integer, nullable=False, server_default="0")
    spice = Table("spice", MetaData(), Column("id", Integer, primary_key=True), grams)
    with new_engine() as engine, engine.begin() as connection:
        spice.create(connection)
        connection.execute(insert(spice).values(id=1))
        rows: list[Any] = list(connection.execute(select(spice)).all())
    return Evidence(rows == [], (f"a row without grams is saved: {rows}",))


@claim(
    "After `session.flush()` everybody can see my row.",
    why="A flush sends the INSERT inside a transaction that is still open. Without a commit it is rolled "
    "back when the session closes.",
)
def flush_is_enough() -> Evidence:
    with new_pantry() as engine:
        with Session(engine) as session:
            session.add(Dish(name="soup", price=7))
            session.flush()
            own = session.scalar(select(func.count()).select_from(Dish))
            others = on_disk(engine, "SELECT count(*) FROM dish")[0][0]
        left = on_disk(engine, "SELECT count(*) FROM dish")[0][0]
    seen = (f"after the flush: I see {own}, others see {others}", f"after the session: {left}")
    return Evidence(others == 1, seen)


@claim(
    "A session saves what I added when it closes.",
    why="Closing rolls back, silently. `session.commit()` saves; so does the end of "
    "`with Session(engine) as session, session.begin():`.",
)
def session_saves_on_close() -> Evidence:
    with new_pantry() as engine:
        with Session(engine) as session:
            session.add(Dish(name="soup", price=7))
        closed = on_disk(engine, "SELECT name FROM dish")
        with Session(engine) as session, session.begin():
            session.add(Dish(name="soup", price=7))
        begun = on_disk(engine, "SELECT name FROM dish")
    seen = (f"after closing: {closed}", f"after session.begin(): {begun}")
    return Evidence(closed == [("soup",)], seen)


@claim(
    "A new object has its id as soon as I add it to the session.",
    why="The database gives the number when the INSERT arrives, that is with the flush. `commit()` "
    "flushes first.",
)
def id_known_after_add() -> Evidence:
    with new_pantry() as engine, Session(engine) as session:
        dish = Dish(name="soup", price=7)
        session.add(dish)
        added = dish.id
        session.flush()
        flushed = dish.id
    return Evidence(added is not None, (f"after add: {added}", f"after flush: {flushed}"))


@claim(
    "After a commit I can close the session and still read the object.",
    why="A commit expires the objects: the next touch asks the database again, and needs the session "
    "for it. Read what you need before the session closes.",
)
def readable_after_commit_and_close() -> Evidence:
    with new_pantry() as engine:
        with Session(engine) as session:
            dish = Dish(name="soup", price=7)
            session.add(dish)
            session.commit()
        try:
            said = f"{dish.id}"
        except DetachedInstanceError as error:
            said = f"{type(error).__name__}: … {str(error).partition('; ')[2].partition(' (')[0]}"
    return Evidence(said == "1", (f"dish.id after commit and close: {said}",))


@claim(
    "After a commit nothing is open any more, so I need not close the session.",
    why="The next touch of an expired object begins a new transaction and borrows a connection. Only "
    "closing gives it back for sure: `with Session(engine) as session:`.",
)
def commit_closes() -> Evidence:
    with new_pantry() as engine, xray() as block, Session(engine) as session:
        dish = Dish(name="soup", price=7)
        session.add(dish)
        session.commit()
        committed, number = block.connections_out, dish.id
        touched = block.connections_out
    seen = (f"out after the commit: {committed}", f"out after reading id {number}: {touched}")
    return Evidence(touched == 0, seen)


@claim(
    "`session.begin()` can come at any time before the commit.",
    why="The first thing you do with a session begins its transaction. Open `session.begin()` before "
    "that: `with Session(engine) as session, session.begin():`. Or leave it, and commit.",
)
def begin_any_time() -> Evidence:
    with new_pantry() as engine, Session(engine) as session:
        session.add(Dish(name="soup", price=7))
        try:
            session.begin()
        except InvalidRequestError as error:
            return Evidence(False, (f"begin after add: {error}",))
    return Evidence(True, ("begin after add: no complaint",))


@claim(
    "`in_(ids)` finds a row for each id, in the order of my list.",
    why="`IN` is a condition: a row fits or does not, once, and the order is the database's. Put the "
    "objects in your order yourself.",
)
def in_keeps_my_list() -> Evidence:
    ids = [2, 1, 2]
    with new_pantry(soup=7, bread=3) as engine, Session(engine) as session:
        found = session.scalars(select(Dish.id).where(Dish.id.in_(ids))).all()
    return Evidence(found == ids, (f"asked for ids {ids}", f"found ids {found}"))


@claim(
    "The row with id 3 is the third of all rows.",
    why="An id is a name, not a place: a deleted row leaves a gap, and no other row moves up. Ask for "
    "a row by its id: `session.get(Dish, 3)`.",
)
def ids_are_places() -> Evidence:
    with new_pantry(soup=7, bread=3, tart=5) as engine:
        on_disk(engine, "DELETE FROM dish WHERE id = 1")
        left = on_disk(engine, "SELECT id, name FROM dish ORDER BY id")
    seen = (f"the dish with id 1 is deleted; left: {left}", f"the second has id {left[1][0]}")
    return Evidence(left[1][0] == 2, seen)


@claim(
    "A `select()` for a row that the session has already sends no SQL.",
    why="A `select()` always asks: only the database knows which rows fit. `session.get(Dish, 1)` looks "
    "into the identity map first.",
)
def select_looks_there_first() -> Evidence:
    with new_pantry(soup=7) as engine, Session(engine) as session:
        kept = session.get(Dish, 1)
        with xray() as got:
            session.get(Dish, 1)
        with xray() as selected:
            session.scalar(select(Dish).where(Dish.id == 1))
    seen = (
        f"SELECTs for a second get:   {len(got.statements)}",
        f"SELECTs for a select():     {len(selected.statements)}",
        f"the session had the object: {kept is not None}",
    )
    return Evidence(len(selected.statements) == 0, seen)


@claim(
    "The same row is the same object, in whichever session I look it up.",
    why="Each session has an identity map of its own. A second session makes a second object, and does "
    "not see what you changed in the first.",
)
def same_object_in_any_session() -> Evidence:
    with new_pantry(soup=7) as engine, Session(engine) as one, Session(engine) as other:
        here, there = one.get_one(Dish, 1), other.get_one(Dish, 1)
        here.price = 9
        seen = (f"one object: {here is there}", f"prices: {here.price} and {there.price}")
        return Evidence(here is there, seen)


@claim(
    "An object that I make with the id of a row is that row.",
    why="An object you made is new, and the session does not know it. What the session loads is tied to "
    "its row: change it, and the row changes.",
)
def same_id_same_row() -> Evidence:
    with new_pantry(soup=7) as engine, Session(engine) as session:
        made, loaded = Dish(id=1, name="soup", price=7), session.get_one(Dish, 1)
        made.price = 9
        session.commit()
        after_made = on_disk(engine, "SELECT price FROM dish")
        loaded.price = 9
        session.commit()
        after_loaded = on_disk(engine, "SELECT price FROM dish")
    seen = (f"changed the made one: {after_made}", f"changed the loaded one: {after_loaded}")
    return Evidence(after_made == [(9,)], seen)
