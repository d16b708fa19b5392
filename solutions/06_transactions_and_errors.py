# %% [markdown] cid="title" kind="prose"
# # 6 · Handling database transactions and errors: the bill
#
# A guest pays 40. The money leaves the guest's account; then it reaches the bistro's. Two changes, and one moment between them. In that moment the process stops.
#
# **After this stage you can**
#
# - put what belongs together into one transaction, by hand and with a block;
# - break your own code on purpose, and prove that it is all or nothing;
# - answer a conflict with 409, and go on with the session;
# - say where to commit, and what a commit after `yield` loses;
# - undo a part with a savepoint, also on SQLite;
# - keep two writers from overwriting each other.
#
# About 60 minutes, six exercises. It builds on stage 5. Seen with FastAPI 0.165, SQLAlchemy 2.1 and SQLite.
#
# The set-up is the kitchen as you left it: tables, an engine on a file, and `get_db_for(engine)`, which makes the dependency that yields a session, rolls back and closes. Two things are new: nobody waits for a lock (`timeout: 0`), and `on_disk` reads through a connection of its own, as a stranger would.

# %% cid="setup" kind="setup"
import atexit
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated

from checks import faults
from checks.stages.transactions_and_errors import FACT, MYTH, NO, YES, check, predict, quiz
from checks.xray import xray

from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import CheckConstraint, Engine, ForeignKey, create_engine, event, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.orm.exc import StaleDataError


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


class DishIn(BaseModel):
    name: str
    price: int


# %% cid="setup-service" kind="setup"
folder, numbers = mkdtemp(), count(1)
atexit.register(rmtree, folder, ignore_errors=True)


def open_pantry(**accounts: int) -> Engine:
    url = f"sqlite:///{folder}/{next(numbers)}.db"
    engine = create_engine(url, connect_args={"timeout": 0})
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
    atexit.register(engine.dispose)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all(Account(owner=owner, balance=accounts[owner]) for owner in accounts)
    return engine


def get_db_for(engine: Engine) -> Callable[[], Iterator[Session]]:
    sessions = sessionmaker(engine)

    def get_db() -> Iterator[Session]:
        with sessions() as session:
            try:
                yield session
            except Exception:
                session.rollback()
                raise

    return get_db


def on_disk(engine: Engine, sql: str = "SELECT owner, balance FROM accounts") -> list:
    with closing(sqlite3.connect(engine.url.database, timeout=0)) as connection:
        return connection.execute(sql).fetchall()


# %% cid="predict-each-change" kind="predict"
# BEGIN SOLUTION: predict.commit_each_change()
predict.commit_each_change(NO)
# END SOLUTION

# %% cid="hook" kind="demo"
engine = open_pantry(guest=100, bistro=0)

# The process ends there, right before the second UPDATE.
with faults.stop_before(engine, "UPDATE", number=2), Session(engine) as session:
    session.get_one(Account, "guest").balance -= 40
    session.commit()
    session.get_one(Account, "bistro").balance += 40
    session.commit()

print("on disk:", on_disk(engine))

# %% [markdown] cid="transactions" kind="prose"
# The guest is 40 poorer, and nobody is richer. The database did nothing wrong: two commits said that each half was whole.
#
# A **transaction** is the promise that several changes happen wholly or not at all. The pattern is the *bank transfer*: the second idea, after dependency injection, that this course borrows from a neighbour. Paying a bill, moving stock, cancelling an order: all of them are transfers.
#
# ```mermaid
# stateDiagram-v2
#   accTitle: The life of a transaction
#   accDescr: The first statement opens a transaction. More statements stay inside it. Commit saves all of it. Rollback, an error that leaves the block, or a crash undo all of it.
#   direction LR
#   [*] --> Open: first statement
#   Open --> Open: flush, more statements
#   Open --> Saved: commit
#   Open --> Undone: rollback, error, crash
# ```
#
# The tool that stopped the process is `faults`. Each of its blocks lets one thing happen at one counted moment: `stop_before` (the process ends), `on_statement` (a statement is refused), `on_commit` (a commit fails), `meanwhile` (somebody else is faster). After the block nothing listens any more. Use it in your own tests.
#
# ## By hand, and with a block
#
# Four things have to be right: commit once, roll back on any error, raise it again, close. `pay_by_hand` does them one by one. The guest has 100, and a constraint says `balance >= 0`.
#
# Below it a context manager does all four: `with Session(engine) as session, session.begin():`, or, with a factory, `with sessionmaker(engine).begin() as session:`.


# %% cid="by-hand" kind="demo"
def pay_by_hand(engine: Engine, amount: int) -> None:
    session = Session(engine)
    try:
        session.get_one(Account, "bistro").balance += amount
        session.flush()  # the bistro's UPDATE is sent
        session.get_one(Account, "guest").balance -= amount
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


engine = open_pantry(guest=100, bistro=0)
for amount in (40, 400):
    try:
        pay_by_hand(engine, amount)
    except IntegrityError as error:
        print("the caller gets:", error.orig)
    print("on disk:", on_disk(engine))

with xray() as block:
    try:
        with Session(engine) as session, session.begin():
            session.add(Note(text="table 7 pays"))
            session.flush()
            raise RuntimeError("the card reader is off")
    except RuntimeError as error:
        print("the caller gets:", error)
print("notes on disk:", on_disk(engine, "SELECT text FROM notes"))
block

# %% [markdown] cid="failed-commit" kind="prose"
# Both times the error undid what had been sent before it: the bistro's UPDATE, the INSERT of the note. No half is left.
#
# ## When the commit itself fails
#
# A commit can fail too. Here somebody is reading in a long transaction, and SQLite cannot finish the write. The first function looks harmless. Watch what the *next* note takes along.


# %% cid="failed-commit-example" kind="example"
def save_and_close(engine: Engine, text: str) -> None:
    with Session(engine) as session:
        session.add(Note(text=text))
        session.commit()


def save_in_a_block(engine: Engine, text: str) -> None:
    with Session(engine) as session, session.begin():
        session.add(Note(text=text))


for save in (save_and_close, save_in_a_block):
    engine = open_pantry()
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM notes").fetchall()
        try:
            save(engine, "refused")
        except OperationalError as error:
            print(f"{save.__name__:16} {error.orig}")
    save(engine, "next")
    print(f"{save.__name__:16} on disk: {on_disk(engine, 'SELECT text FROM notes')}")

# %% [markdown] cid="pay-the-bill-task" kind="prose" exercise="pay_the_bill"
# After a failed COMMIT, a bare close puts the connection back into the pool with its transaction **still open**. Other connections find the file locked, and the next guest who gets this one commits the refused note as well. So an explicit `rollback()`, or `begin()`, which says it for you, is no decoration.
#
# ### Try: pay the bill
#
# Write `pay_the_bill(engine, guest, amount)`: `amount` goes from the guest's account to that of `"bistro"`, wholly or not at all. Whatever goes wrong, the caller gets an error.
#
# The check lets the commit fail, and stops your function before *every single step*. Stuck? Run `check.pay_the_bill.hint()`.


# %% cid="pay-the-bill" kind="exercise" exercise="pay_the_bill"
def pay_the_bill(engine: Engine, guest: str, amount: int) -> None:
    # BEGIN SOLUTION
    with Session(engine) as session, session.begin():
        session.get_one(Account, guest).balance -= amount
        session.get_one(Account, "bistro").balance += amount
    # END SOLUTION


# %% cid="pay-the-bill-check" kind="check" exercise="pay_the_bill"
check.pay_the_bill(pay_the_bill)

# %% [markdown] cid="undo-everything-task" kind="prose" exercise="undo_everything"
# ### Try: undo everything
#
# Closing a table takes five steps, each a function that takes a session and does not commit. Write `run_steps(engine, steps)`: call them in order, in one transaction with one commit. If the third one fails, the first two are undone, the last two are not begun, and the caller gets the error.
#
# This is the rule for your own services: helpers flush, **one** place commits.


# %% cid="undo-everything" kind="exercise" exercise="undo_everything"
def run_steps(engine: Engine, steps: list[Callable[[Session], None]]) -> None:
    # BEGIN SOLUTION
    with Session(engine) as session, session.begin():
        for step in steps:
            step(session)
    # END SOLUTION


# %% cid="undo-everything-check" kind="check" exercise="undo_everything"
check.undo_everything(run_steps)

# %% [markdown] cid="conflicts" kind="prose"
# ## The name is taken
#
# Two soups of the same name: the unique constraint refuses, with an `IntegrityError`. Watch what the session says afterwards. Below it stands the most expensive way to handle an error: the **swallowed exception**.

# %% cid="conflicts-example" kind="example"
engine = open_pantry()
session = Session(engine)
session.add(Dish(name="soup", price=7))
session.commit()

session.add(Dish(name="soup", price=9))
try:
    session.commit()
except IntegrityError as error:
    print("IntegrityError:", error.orig, "|", error.orig.sqlite_errorname)

try:
    session.scalars(select(Dish)).all()
except PendingRollbackError as error:
    print("PendingRollbackError:", str(error).split(". ")[1])

session.rollback()
print("after rollback():", session.scalars(select(Dish.price)).all())
session.close()


# %% cid="swallowed-example" kind="example"
def build_bistro(engine: Engine) -> FastAPI:
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/bill")
    def pay(amount: int, db: DB) -> str:
        try:
            db.get_one(Account, "guest").balance -= amount
            db.commit()
        except Exception:
            pass
        return "paid, thank you"

    return app


engine = open_pantry(guest=100)
print(TestClient(build_bistro(engine)).post("/bill?amount=400").json(), "|", on_disk(engine))

# %% [markdown] cid="conflict-is-409-task" kind="prose" exercise="conflict_is_409"
# Until you say `rollback()`, the session refuses everything. And `get_db` could not help: it never hears of an error that the endpoint catches. The guest is thanked, and nothing was paid.
#
# So catch what you expect, undo it, and *say it*. `sqlite_errorname` tells which rule was broken: UNIQUE is a conflict, **409**; CHECK or NOT NULL is rather a 422.
#
# ### Try: conflict is 409
#
# Write `POST /dishes` with a `DishIn` as its body. It answers 201 with the dish, its name and its price. If the name is taken it answers **409**, and the attempt is saved as a `Note` with that name as its text: the cook wants to know what is asked for.
#
# The check is also the guest who takes a name one moment before you.


# %% cid="conflict-is-409" kind="exercise" exercise="conflict_is_409"
def dish_app(engine: Engine) -> FastAPI:
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    # BEGIN SOLUTION
    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB) -> DishIn:
        db.add(Dish(name=dish.name, price=dish.price))
        try:
            db.commit()
        except IntegrityError:
            db.rollback()
            db.add(Note(text=dish.name))
            db.commit()
            raise HTTPException(409, f"{dish.name} is on the menu already") from None
        return dish

    # END SOLUTION
    return app


# %% cid="conflict-is-409-check" kind="check" exercise="conflict_is_409"
check.conflict_is_409(dish_app)

# %% [markdown] cid="where" kind="prose"
# ## Where to commit
#
# `with sessions.begin() as db: yield db` in the dependency is tempting: no endpoint has to think of the commit. It comes after the `yield`. **Predict** whether that is in time.

# %% cid="predict-teardown" kind="predict"
# BEGIN SOLUTION: predict.commit_in_teardown()
predict.commit_in_teardown(NO)
# END SOLUTION


# %% cid="where-demo" kind="demo"
def build_bistro(engine: Engine, scope: str) -> FastAPI:
    def get_db() -> Iterator[Session]:
        with sessionmaker(engine).begin() as db:
            yield db

    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(db: Annotated[Session, Depends(get_db, scope=scope)]) -> str:
        db.add(Note(text="window table"))
        return "noted"

    return app


for scope in ("function", "request"):  # "request" is the default
    engine = open_pantry()
    guest = TestClient(build_bistro(engine, scope), raise_server_exceptions=False)
    with faults.on_commit(engine):
        status = guest.post("/notes").status_code
    kept = on_disk(engine, "SELECT text FROM notes")
    print(f"the commit fails, scope {scope:8} -> the guest got {status}, on disk: {kept}")

app = build_bistro(open_pantry(), "request")
with xray(app) as request:
    TestClient(app).post("/notes")
request

# %% [markdown] cid="commit-before-task" kind="prose" exercise="commit_before_the_answer"
# By default, 201 is out before the COMMIT: the guest holds a promise that may be broken, and nobody can take it back. With `scope="function"` the dependency is left before the answer, and its error still becomes a status. (Since FastAPI 0.118 the code after `yield` runs after the response; `scope` came with 0.121. Older texts say otherwise.)
#
# There are two good places, and you choose one: **the endpoint** commits, or **the dependency** does and is left before the answer. Not both: after a commit of your own, a `begin()` block refuses everything.
#
# ### Try: commit before the answer
#
# Find what is wrong in this app and mend it. Its answer stays as it is.


# %% cid="commit-before" kind="exercise" exercise="commit_before_the_answer"
def note_app(engine: Engine) -> FastAPI:
    sessions = sessionmaker(engine)

    def get_db() -> Iterator[Session]:
        with sessions.begin() as db:
            yield db

    # BEGIN SOLUTION: DB = Annotated[Session, Depends(get_db)]
    DB = Annotated[Session, Depends(get_db, scope="function")]
    # END SOLUTION
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(text: str, db: DB) -> dict[str, str]:
        db.add(Note(text=text))
        return {"noted": text}

    return app


# %% cid="commit-before-check" kind="check" exercise="commit_before_the_answer"
check.commit_before_the_answer(note_app)

# %% [markdown] cid="savepoints" kind="prose"
# ## A part of the whole
#
# A **savepoint** is a mark inside a transaction. `with session.begin_nested():` sets one: an error in the block goes back to the mark, and what came before stays. All of it remains one transaction, so a rollback of the whole takes everything along. On SQLite too? **Predict.**

# %% cid="predict-savepoint" kind="predict"
# BEGIN SOLUTION: predict.savepoint_simply_works()
predict.savepoint_simply_works(NO)
# END SOLUTION


# %% cid="savepoint-example" kind="example"
def begin_for_real(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def driver_keeps_out(raw, _) -> None:
        raw.isolation_level = None

    @event.listens_for(engine, "begin")
    def send_begin(connection) -> None:
        connection.exec_driver_sql("BEGIN")


def book_and_change_your_mind(engine: Engine) -> None:
    with Session(engine) as session:
        with session.begin_nested():
            session.add(Note(text="one more chair"))
        session.rollback()  # the whole transaction


plain, repaired = open_pantry(), open_pantry()
repaired.dispose()  # its connections so far have not heard of the repair
begin_for_real(repaired)
for name, engine in (("plain", plain), ("repaired", repaired)):
    book_and_change_your_mind(engine)
    print(f"{name:9} on disk:", on_disk(engine, "SELECT text FROM notes"))

# %% [markdown] cid="one-bad-line-task" kind="prose" exercise="one_bad_line"
# The chair survived its own rollback. Python's SQLite driver sends BEGIN only before an INSERT, UPDATE or DELETE. A savepoint that comes first is a transaction of its own, and its end saves it. The repair is known: keep the driver out, and send BEGIN yourself. PostgreSQL needs none of it.
#
# ### Try: one bad line
#
# Write `take_order(engine, table, dishes)`. It saves a `Line` for each dish, all in one transaction; who orders a dish twice gets two. A dish that is not on the menu is refused by the foreign key, with an `IntegrityError`: leave that line out, keep the others. Return the refused dishes as a list. (The check's engine is a repaired one.)


# %% cid="one-bad-line" kind="exercise" exercise="one_bad_line"
def take_order(engine: Engine, table: int, dishes: list[str]) -> list[str]:
    # BEGIN SOLUTION
    refused = []
    with Session(engine) as session, session.begin():
        for dish in dishes:
            try:
                with session.begin_nested():
                    session.add(Line(table=table, dish=dish))
            except IntegrityError:
                refused.append(dish)
    return refused
    # END SOLUTION


# %% cid="one-bad-line-check" kind="check" exercise="one_bad_line"
check.one_bad_line(take_order)

# %% [markdown] cid="lost-updates" kind="prose"
# ## Two writers
#
# Two waiters put a tip into the same jar. Each reads, adds and commits, in a transaction of its own. **Predict** what is in the jar.

# %% cid="predict-lost-update" kind="predict"
# BEGIN SOLUTION: predict.transaction_prevents_lost_updates()
predict.transaction_prevents_lost_updates(NO)
# END SOLUTION


# %% cid="lost-updates-example" kind="example"
def two_waiters(kind: type) -> tuple:
    """Two sessions that have both read 100, and the jar as each of them sees it."""
    engine = open_pantry(tips=100)
    one, two = Session(engine), Session(engine)
    return engine, one, two, one.get_one(kind, "tips"), two.get_one(kind, "tips")


engine, one, two, jar_of_one, jar_of_two = two_waiters(Account)
jar_of_one.balance += 5
one.commit()
jar_of_two.balance += 7
two.commit()
print("read, add, write:", on_disk(engine))

engine, one, two, _, _ = two_waiters(Account)
the_jar = update(Account).where(Account.owner == "tips")
for waiter, tip in ((one, 5), (two, 7)):
    waiter.execute(the_jar.values(balance=Account.balance + tip))
    waiter.commit()
print("atomic UPDATE:   ", on_disk(engine))


# %% cid="version-counter-example" kind="example"
class Counting(DeclarativeBase):
    pass


class Jar(Counting):  # the same table, and a mapper that counts versions
    __tablename__ = "accounts"
    owner: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


engine, one, two, jar_of_one, jar_of_two = two_waiters(Jar)
jar_of_one.balance += 5
one.commit()
jar_of_two.balance += 7
try:
    two.commit()
except StaleDataError as error:
    print("StaleDataError:", error)
    two.rollback()
    jar_of_two.balance += 7  # read anew, tried again
    two.commit()
print("version counter:", on_disk(engine))

# %% [markdown] cid="no-lost-tip-task" kind="prose" exercise="no_lost_tip"
# A transaction makes your changes whole. It does not stop somebody from writing between your read and your write. Two repairs work everywhere:
#
# - **An atomic UPDATE.** `Account.balance + tip` is SQL: the database adds, and what it adds to is never out of date.
# - **A version counter.** Each UPDATE demands the version that was read. Who comes too late hears so, and tries again.
#
# ### Try: no lost tip
#
# Find the line that loses tips, and mend it. In the check another waiter comes before each of your steps in turn, and counts `version` up, as agreed.


# %% cid="no-lost-tip" kind="exercise" exercise="no_lost_tip"
def add_tip(engine: Engine, amount: int) -> None:
    with Session(engine) as session, session.begin():
        jar = session.get_one(Account, "tips")
        # BEGIN SOLUTION: jar.balance = jar.balance + amount
        jar.balance = Account.balance + amount
        # END SOLUTION


# %% cid="no-lost-tip-check" kind="check" exercise="no_lost_tip"
check.no_lost_tip(add_tip)

# %% [markdown] cid="locks" kind="prose"
# ## "database is locked"
#
# SQLite lets **one** writer in at a time. Who comes second waits (5 seconds by default, not at all here), and then hears `database is locked`. A reader in a transaction can hold up a commit too, unless the file is in **WAL** mode: there a reader keeps its own picture, and the writer goes ahead. (The mode that a new file has is called DELETE.)


# %% cid="locks-example" kind="example"
def notes_seen(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT count(*) FROM notes").fetchone()[0]


for mode in ("DELETE", "WAL"):
    engine = open_pantry()
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={mode}")
    with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        before = notes_seen(reader)
        try:
            save_in_a_block(engine, "soup")
            said = "committed"
        except OperationalError as error:
            said = str(error.orig)
        meanwhile = notes_seen(reader)
        reader.execute("COMMIT")
        print(
            f"{mode:7} writer: {said:19} reader: {before}, {meanwhile}, then {notes_seen(reader)}"
        )

with Session(engine) as one, Session(engine) as two:
    one.add(Note(text="bread"))
    one.flush()
    two.add(Note(text="butter"))
    try:
        two.flush()
    except OperationalError as error:
        print(f"{mode:7} second writer:", error.orig)

# %% [markdown] cid="quiz-intro" kind="prose"
# So keep transactions short: read, decide, write, commit. No call to another service in between.
#
# ## Myth-buster
#
# Fact or myth? Each verdict comes from an experiment that runs when you commit; open it on the card and read it.

# %% cid="quiz" kind="quiz"
# BEGIN SOLUTION: quiz()
quiz(
    commit_in_teardown=MYTH,
    rollback_in_except_is_enough=MYTH,
    savepoint_simply_works=MYTH,
    go_on_after_integrity_error=MYTH,
    transaction_prevents_lost_updates=MYTH,
    error_in_begin_undoes_all=FACT,
)
# END SOLUTION

# %% [markdown] cid="recap" kind="prose"
# ## What you take along
#
# - One unit of work, one commit. Helpers flush; one place commits.
# - `with session.begin():` commits, or rolls back and lets the error out. A bare close after a failed commit does neither.
# - After an `IntegrityError`: `rollback()`, then go on. UNIQUE is 409.
# - Caught and not raised is hidden.
# - Commit before the answer: in the endpoint, or in a dependency with `scope="function"`.
# - A savepoint undoes a part. On SQLite, send BEGIN yourself.
# - Let the database add, or count versions and try again.
#
# **A checklist for your own service**
#
# 1. Does any function commit more than once, or commit what a caller began?
# 2. What is on disk if the process stops between any two lines? Try `faults.stop_before`.
# 3. Does every `except` around the database roll back, and say what happened?
# 4. Can a client be told 201 before the commit?
# 5. Is there a read, a computation in Python, and a write of the result?
#
# **How far you are,** and where to go on: `from checks.progress import progress; progress()`, in a cell of your own.
#
# The bill is right. In [stage 7](07_production_tuning.ipynb) a hundred guests come at once.
