# %% [markdown] cid="title" kind="prose"
# # 2 · Introduction to SQLAlchemy core concepts: the chef
#
# In stage 1 the waiter forgot the menu overnight. Now the menu stands in a database file, and the bistro has its first evening with it. Three guests are honest. The fourth asks for a dish with a strange name.

# %% cid="setup" kind="setup"
import atexit
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from checks.stages.sqlalchemy_core_concepts import FACT, MYTH, NO, YES, check, predict, quiz
from checks.xray import xray

from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import mssql, postgresql
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

shelf, number = mkdtemp(), count(1)
atexit.register(rmtree, shelf, ignore_errors=True)


def new_file() -> Path:
    """The path of a database file that is not there yet."""
    return Path(shelf) / f"bistro-{next(number)}.db"


def on_disk(file: Path, sql: str) -> list[tuple]:
    """The rows as somebody else sees them: through a connection of their own."""
    with closing(sqlite3.connect(file)) as other:
        return other.execute(sql).fetchall()


# %% cid="hook-by-hand" kind="example"
def build_bistro(find_price: Callable[[str], int | None]) -> FastAPI:
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> dict[str, str | int]:
        price = find_price(name)
        if price is None:
            raise HTTPException(status_code=404, detail=f"There is no {name} on the menu")
        return {"name": name, "price": price}

    return app


file = new_file()
with closing(sqlite3.connect(file)) as pantry:
    pantry.executescript(
        "CREATE TABLE dish (name, price, on_menu);"
        "INSERT INTO dish VALUES ('soup', 7, 1), ('chef''s pie', 9, 1), ('staff meal', 2, 0)"
    )


def by_hand(name: str) -> int | None:
    with closing(sqlite3.connect(file)) as pantry:
        sql = f"SELECT price FROM dish WHERE name = '{name}' AND on_menu = 1"
        row = pantry.execute(sql).fetchone()
        return row[0] if row else None


guest = TestClient(build_bistro(by_hand), raise_server_exceptions=False)
for name in ("soup", "staff meal", "chef's pie", "staff meal' --"):
    answer = guest.get(f"/dishes/{name}")
    print(f"{name:15} {answer.status_code} {answer.text}")

# %% [markdown] cid="three-parts" kind="prose"
# The waiter did his part: he takes the name and answers 404 for what is not on the menu. The trouble is behind him. The honest apostrophe of *chef's pie* broke the SQL, a 500. The last guest closed the quote himself, made the rest of the line a comment, and found what is not for guests. Hand-made SQL takes what a guest says for a command.
#
# So we hire a **chef**. SQLAlchemy has three parts that you will meet every day:
#
# ```mermaid
# flowchart LR
#   accTitle: How model, session and engine hang together
#   accDescr: Your code works with objects, which a model describes, and gives them to a session. The session borrows a connection from the engine. The engine speaks SQL with the database.
#   code(["Your code"]) <-->|"objects"| session["Session<br/>one piece of work"]
#   model["Model<br/>class Dish"] -.->|"which table,<br/>which columns"| session
#   session <-->|"borrows a<br/>connection"| engine["Engine<br/>URL, pool, dialect"]
#   engine <-->|"SQL, rows"| database[("Database")]
# ```
#
# | part | what it is | how many | how long it lives |
# |---|---|---|---|
# | **engine** | knows the address, lends connections, writes the dialect | one per database | as long as the app |
# | **model** | a class that says which table, which columns | one per table | it is code |
# | **session** | collects your objects and changes for one piece of work | one per piece of work | a moment |
#
# **After this stage you can**
#
# - say what engine, session and model are, and how they hang together;
# - build an engine, and say when it connects;
# - hand a value to a statement so that it stays a value;
# - read the SQL, the transaction and the connection behind a line of Python;
# - map a class, save an object so that others see it, and find it again.
#
# About 60 minutes, six exercises. It builds on stage 1. Seen with SQLAlchemy 2.1.
#
# Here is the smallest model. The cell after it uses all three parts. **Count the SQL that we type there.**


# %% cid="model" kind="setup"
class Base(DeclarativeBase):
    """What all models of the bistro have in common; it knows their tables."""


class Dish(Base):
    __tablename__ = "dish"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]


# %% cid="three-parts-demo" kind="demo"
engine = create_engine(f"sqlite:///{new_file()}")
Base.metadata.create_all(engine)

with xray() as block, Session(engine) as session:
    session.add(Dish(name="soup", price=7))
    session.commit()
    cheap = session.scalars(select(Dish).where(Dish.price < 9)).all()
    print([dish.name for dish in cheap])
engine.dispose()
block

# %% [markdown] cid="engine" kind="prose"
# None. The model said which columns, the session said when, the engine spoke. And yet you can read every statement: the x-ray shows what was sent. A question mark is the place of a value.
#
# ## The engine: how to get there
#
# An engine is made from a URL: `dialect+driver://user:password@host:port/database`. SQLite has no host, so its URL has three slashes and then the path.
#
# **Predict** what happens in the line that makes it.

# %% cid="predict-engine" kind="predict"
# BEGIN SOLUTION: predict.create_engine_connects()
predict.create_engine_connects(NO)
# END SOLUTION

# %% cid="engine-demo" kind="demo"
url = make_url("postgresql+psycopg://chef:secret@pantry.example:5432/bistro")
print(url.get_backend_name(), url.get_driver_name(), url.host, url.port, url.database)
print("printed, it hides the password:", url)

file = new_file()
with xray() as block:
    engine = create_engine(f"sqlite:///{file}")
    print("made: ", block, "| the file is there:", file.exists())
    with engine.connect() as first, engine.connect() as second:
        print("used:  connections out:", block.connections_out)
    with engine.connect() as third:
        pass
engine.dispose()
block

# %% [markdown] cid="open-the-kitchen-task" kind="prose" exercise="open_the_kitchen"
# It connects when somebody asks, and keeps what comes back in its *pool*: the third visitor got a connection that was open already. So a wrong password shows at the first use, and an app can be built where no database is. `engine.dispose()` closes what the pool keeps.
#
# ### Try: open the kitchen
#
# Write `open_kitchen(file)`: it returns an engine for the SQLite database in that file, and connects to nothing. `file` is an absolute `Path`. The check looks whether the engine finds what stands in this very file.


# %% cid="open-the-kitchen" kind="exercise" exercise="open_the_kitchen"
def open_kitchen(file: Path) -> Engine:
    # BEGIN SOLUTION
    return create_engine(f"sqlite:///{file}")
    # END SOLUTION


# %% cid="open-the-kitchen-check" kind="check" exercise="open_the_kitchen"
check.open_the_kitchen(open_kitchen)

# %% [markdown] cid="connection" kind="prose"
# ## A connection and its transaction
#
# `with engine.connect()` borrows a connection and gives it back at the end. `execute` runs a statement. Plain SQL goes into `text(...)`. **Predict** first: does one who only reads need a transaction?

# %% cid="predict-select" kind="predict"
# BEGIN SOLUTION: predict.select_needs_no_transaction()
predict.select_needs_no_transaction(NO)
# END SOLUTION

# %% cid="connection-demo" kind="demo"
file = new_file()
engine = create_engine(f"sqlite:///{file}")
Base.metadata.create_all(engine)
new_soup = text("INSERT INTO dish (name, price) VALUES ('soup', 7)")

with xray() as block:
    with engine.connect() as connection:
        connection.execute(text("SELECT name FROM dish"))

    with engine.connect() as connection:
        connection.execute(new_soup)
    print("after connect:", on_disk(file, "SELECT name FROM dish"))

    with engine.begin() as connection:
        connection.execute(new_soup)
    print("after begin:  ", on_disk(file, "SELECT name FROM dish"))
engine.dispose()
block

# %% [markdown] cid="bound" kind="prose"
# The first statement begins a transaction, a `SELECT` too: that is *autobegin*. (SQLite's driver puts off the real BEGIN until the first change; PostgreSQL's does not.) `connect()` rolls back what nobody committed; `begin()` commits at its end, or rolls back if an exception leaves it. The soup of the second block is gone.
#
# ## A name is a name
#
# Another guest, another strange name: glued into the SQL, it would fit every dish. Write `:name` where the value belongs, and hand the value over *beside* the statement. SQLAlchemy tells whoever listens what it sends, so let us listen. (`create_engine(url, echo=True)` logs the same, with times.) The waiter is that of the first bistro; now the chef stands behind him.

# %% cid="bound-demo" kind="demo"
engine = create_engine(f"sqlite:///{file}")
sent = []


@event.listens_for(engine, "before_cursor_execute")
def listen(connection, cursor, statement, parameters, context, executemany):
    sent.append((statement, parameters))


def by_the_chef(name: str) -> int | None:
    question = text("SELECT price FROM dish WHERE name = :name")
    with engine.connect() as connection:
        return connection.scalar(question, {"name": name})


bistro = build_bistro(by_the_chef)
guest = TestClient(bistro)
guest.get("/dishes/soup")
with xray(bistro) as request:
    guest.get("/dishes/nothing' OR '1'='1")

for statement, parameters in sent:
    print(statement, "| beside it:", parameters)
engine.dispose()
request

# %% [markdown] cid="ask-the-pantry-task" kind="prose" exercise="ask_the_pantry"
# The same SQL twice, and a plain 404 for the guest who tried. The value takes another way, and nothing that stands in it is ever read as SQL. This is a **bound parameter**. `scalar` gives the first column of the first row, or `None`.
#
# ### Try: ask the pantry
#
# `find_price` returns the price of the dish with this name, or `None`. It works for *soup*, and believes every guest. Mend it: whatever the name, it stays data. The dishes of the check have an apostrophe, a colon, and worse.


# %% cid="ask-the-pantry" kind="exercise" exercise="ask_the_pantry"
def find_price(connection: Connection, name: str) -> int | None:
    # BEGIN SOLUTION: return connection.scalar(text(f"SELECT price FROM dish WHERE name = '{name}'"))
    statement = text("SELECT price FROM dish WHERE name = :name")
    return connection.scalar(statement, {"name": name})
    # END SOLUTION


# %% cid="ask-the-pantry-check" kind="check" exercise="ask_the_pantry"
check.ask_the_pantry(find_price)

# %% [markdown] cid="core" kind="prose"
# ## Core: SQL as Python
#
# SQLAlchemy has two floors. The lower one, **Core**, has tables, `insert` and `select`. You combine them like any Python object; nothing is sent until you execute one. The engine's *dialect* writes the SQL of its database, values bound. The upper floor, the **ORM**, adds models and sessions, and uses the same `select`.

# %% cid="core-example" kind="example"
shelves = MetaData()
spice = Table(
    "spice",
    shelves,
    Column("id", Integer, primary_key=True),
    Column("name", String(30), nullable=False),
    Column("grams", Integer),
)
running_low = select(spice.c.name).where(spice.c.grams < 50).order_by(spice.c.name).limit(2)

for database in (postgresql, mssql):  # only written, with its value spelt out: nothing is sent
    sql = running_low.compile(dialect=database.dialect(), compile_kwargs={"literal_binds": True})
    print(f"{database.__name__.split('.')[-1]}:", " ".join(str(sql).split()))

engine = create_engine(f"sqlite:///{new_file()}")
with engine.begin() as connection:
    shelves.create_all(connection)
    connection.execute(
        insert(spice), [{"name": "saffron", "grams": 2}, {"name": "salt", "grams": 900}]
    )
    print("execute:", connection.execute(running_low).all())
    print("scalars:", connection.scalars(running_low).all())
engine.dispose()

# %% [markdown] cid="core-round-trip-task" kind="prose" exercise="core_round_trip"
# One Python expression, two databases, two spellings: `LIMIT` here, `TOP` there. `execute` gives rows, and a row is like a tuple, even with one column; `scalars` takes the first column of each.
#
# ### Try: there and back
#
# `dish` is a Core table with the columns `id`, `name` and `price`. Write `restock`: it inserts the rows of `delivery`, dicts with name and price, and returns a list of the names of *all* dishes in the table, the cheapest first. All of it is **one transaction**: if one row is refused, nothing of the delivery stays.


# %% cid="core-round-trip" kind="exercise" exercise="core_round_trip"
def restock(engine: Engine, dish: Table, delivery: list[dict[str, Any]]) -> list[str]:
    # BEGIN SOLUTION
    with engine.begin() as connection:
        connection.execute(insert(dish), delivery)
        return list(connection.scalars(select(dish.c.name).order_by(dish.c.price)))
    # END SOLUTION


# %% cid="core-round-trip-check" kind="check" exercise="core_round_trip"
check.core_round_trip(restock)

# %% [markdown] cid="models" kind="prose"
# ## The model: a class for a table
#
# `Dish`, further up, is a model. `Mapped[...]` makes an attribute a column, and the hint says its type and whether it may be empty. Under it lies a Core table, and the class makes an object of each row.

# %% cid="models-example" kind="example"
print(repr(Dish.__table__.c.name))

engine = create_engine(f"sqlite:///{new_file()}")
print("after the class:", inspect(engine).get_table_names())
Base.metadata.create_all(engine)
print("after create_all:", inspect(engine).get_table_names())
Base.metadata.create_all(engine)  # a second time changes nothing
engine.dispose()

try:
    Table("dish", Base.metadata, Column("id", Integer, primary_key=True))
except InvalidRequestError as error:
    print(type(error).__name__, str(error).split("  ")[0], sep=": ")

# %% [markdown] cid="first-model-task" kind="prose" exercise="first_model"
# A class describes, `create_all` creates. And a `Base` takes each table name once. In a notebook you meet this error when you run the cell of a model a second time; a new `Base` in the same cell is the cure.
#
# ### Try: the first model
#
# Write `build_menu(engine)`. It maps a class to the table `dish`, creates the table, and returns the class. The columns: `id`, a whole number and the primary key; `name`, a text, and `price`, a whole number, both required; `note`, a text that may be left out. The check reads the schema back from the database.


# %% cid="first-model" kind="exercise" exercise="first_model"
def build_menu(engine: Engine) -> type[Any]:
    class Base(DeclarativeBase):
        pass

    # BEGIN SOLUTION
    class Dish(Base):
        __tablename__ = "dish"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        price: Mapped[int]
        note: Mapped[str | None]

    Base.metadata.create_all(engine)
    return Dish
    # END SOLUTION


# %% cid="first-model-check" kind="check" exercise="first_model"
check.first_model(build_menu)

# %% [markdown] cid="session" kind="prose"
# ## The session: one piece of work
#
# A session collects what you add and change, and sends it when it must: that is the **flush**. **Commit** flushes, and makes it true for everybody. **Predict** what a session is to the database.

# %% cid="predict-session" kind="predict"
# BEGIN SOLUTION: predict.session_is_a_connection()
predict.session_is_a_connection(NO)
# END SOLUTION

# %% cid="session-demo" kind="demo"
file = new_file()
engine = create_engine(f"sqlite:///{file}")
Base.metadata.create_all(engine)

with xray() as block:
    session = Session(engine)
    soup = Dish(name="soup", price=7)
    session.add(soup)
    print("added:     connections out:", block.connections_out, "| id:", soup.id)
    session.flush()
    print("flushed:   connections out:", block.connections_out, "| id:", soup.id)
    print("           others see:", on_disk(file, "SELECT name FROM dish"))
    session.commit()
    print("committed: connections out:", block.connections_out)
    print("           others see:", on_disk(file, "SELECT name FROM dish"))
    print("read again:", soup.name, "| connections out:", block.connections_out)
    session.close()
block

# %% cid="autobegin-example" kind="example"
with Session(engine) as session:
    print("in a transaction at first: ", session.in_transaction())
    session.add(Dish(name="tart", price=5))
    print("in a transaction after add:", session.in_transaction())
    try:
        session.begin()
    except InvalidRequestError as error:
        print(type(error).__name__, error, sep=": ")
print("closed without a commit:   ", on_disk(file, "SELECT name FROM dish"))

with Session(engine) as session, session.begin():
    session.add(Dish(name="tart", price=5))
print("with session.begin():      ", on_disk(file, "SELECT name FROM dish"))

# %% [markdown] cid="add-and-commit-task" kind="prose" exercise="add_and_commit"
# A session *borrows* a connection, from the first SQL until commit, rollback or close. It begins a transaction by itself, so a late `begin()` is one too many. As a `with` block of its own, right at the start, it commits at its end. And a commit *expires* your objects: the next touch reads the row anew, in a new transaction, on a connection borrowed once more.
#
# ### Try: add and commit
#
# Write `add_dish`. It saves a new dish with a session of its own, returns the id of its row, and leaves no connection out. The check looks through a second connection.


# %% cid="add-and-commit" kind="exercise" exercise="add_and_commit"
def add_dish(engine: Engine, name: str, price: int) -> int:
    # BEGIN SOLUTION
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
        return dish.id
    # END SOLUTION


# %% cid="add-and-commit-check" kind="check" exercise="add_and_commit"
check.add_and_commit(add_dish)

# %% [markdown] cid="identity" kind="prose"
# ## One row, one object
#
# A session remembers which object belongs to which row. This is its **identity map**. `session.get(Dish, 1)` looks there first and asks the database only for what is missing.

# %% cid="identity-example" kind="example"
with Session(engine) as session, Session(engine) as another:
    with xray() as block:
        one = session.get(Dish, 1)
        two = session.get(Dish, 1)
        found = session.scalars(select(Dish).where(Dish.name == "soup")).one()
    print("one object:", one is two is found, "| SELECTs:", len(block.statements))

    one.price = 9
    print("the price, seen through each name:", one.price, two.price, found.price)
    print("in another session:", another.get(Dish, 1).price)
engine.dispose()

# %% [markdown] cid="one-identity-task" kind="prose" exercise="one_identity"
# Three lookups, one object, two SELECTs: the second `get` sent nothing, the `select` did. Only the database knows which rows fit a question. The row came back, and the session handed out the object that it had. Another session has an object, and a truth, of its own.
#
# ### Try: one row, one object
#
# A table orders by numbers, and some dishes twice: `[1, 2, 1, 1, 2]`. Write `fetch_dishes(session, ids)`: a list of the `Dish` objects of this session in the order of the ids, and no row is asked for twice.


# %% cid="one-identity" kind="exercise" exercise="one_identity"
def fetch_dishes(session: Session, ids: list[int]) -> list[Dish]:
    # BEGIN SOLUTION
    return [session.get(Dish, number) for number in ids]
    # END SOLUTION


# %% cid="one-identity-check" kind="check" exercise="one_identity"
check.one_identity(fetch_dishes)

# %% [markdown] cid="quiz-intro" kind="prose"
# ## Myth-buster
#
# Fact or myth? Each verdict comes from an experiment that runs when you commit; open it on the card and read it.

# %% cid="quiz" kind="quiz"
# BEGIN SOLUTION: quiz()
quiz(
    create_engine_connects=MYTH,
    session_is_a_connection=MYTH,
    select_needs_no_transaction=MYTH,
    still_write_sql_by_hand=MYTH,
    memory_is_shared=MYTH,
    one_row_one_object=FACT,
)
# END SOLUTION

# %% [markdown] cid="recap" kind="prose"
# ## What you take along
#
# - The engine knows how to get there. It connects at the first use, and lends connections from its pool.
# - The first statement begins a transaction, whatever it is. `begin()` commits at its end; `connect()` and a session that closes roll back.
# - A value is bound, never glued into the SQL.
# - Core writes the SQL of each database; you read it.
# - A model describes a table; `create_all` creates it.
# - A session is a piece of work, not a connection. Flush sends; commit makes it true for everybody.
# - In one session, one row is one object. A `select` asks, a `get` looks there first.
# - `sqlite://` is a new, empty database for each thread. Use a file.
#
# **A checklist for your own service**
#
# 1. Is there one engine per database, made once?
# 2. Does any f-string make SQL?
# 3. Is every session closed, by a `with`?
# 4. For each change: where is its commit?
#
# **How far you are,** and where to go on: `from checks.progress import progress; progress()`, in a cell of your own.
#
# The chef cooks. In [stage 3](03_database_models.ipynb) he gets a recipe book.
