# %% [markdown] cid="title" kind="prose"
# # 4 · Setting up database engine and session: one ticket per guest
#
# The waiter can take orders (stage 1), the chef knows his recipes (stages 2 and 3). Now they meet, and one question decides whether that goes well: **who opens a session, who closes it, and when?**
#
# The next cell holds what you bring along: a model, `open_pantry`, which makes a fresh database file with one dish in it, and an engine with its session factory. `on_disk`, `somebody_reads` and `somebody_writes` play *other programs*: each has a connection of its own.
#
# After it comes a bistro as many first attempts build it: *one* session, made when the app starts, for every request. It is short, and it seems thrifty. **Predict**, then let two guests come.

# %% cid="setup" kind="setup"
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import Annotated, Any

from checks.stages.engine_and_session import FACT, MYTH, NO, YES, check, predict, quiz
from checks.stages.engine_and_session.pantry import (
    first_line,
    new_file,
    on_disk,
    somebody_reads,
    somebody_writes,
)
from checks.xray import xray

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Dish(Base):
    __tablename__ = "dish"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]


def open_pantry(**options: Any) -> Engine:
    """A fresh database file with one dish in it: soup for 7."""
    engine = create_engine(f"sqlite:///{new_file()}", **options)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Dish(name="soup", price=7))
        session.commit()
    return engine


engine = create_engine(f"sqlite:///{new_file()}")
SessionLocal = sessionmaker(engine)

# %% cid="predict-one-session" kind="predict"
# BEGIN SOLUTION: predict.one_session_for_all()
predict.one_session_for_all(NO)
# END SOLUTION


# %% cid="hook-bistro" kind="example"
def build_bistro(session: Session) -> FastAPI:
    app = FastAPI()

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


pantry = open_pantry()
guest = TestClient(build_bistro(Session(pantry)))  # one session, for everybody

print("PATCH soup to -99:", guest.patch("/dishes/soup?price=-99").status_code, on_disk(pantry))
print("POST tea for 2:   ", guest.post("/dishes?name=tea&price=2").status_code, on_disk(pantry))

# %% [markdown] cid="goals" kind="prose"
# The first guest was **refused**, and the disk still said 7. Then a second guest, who has never heard of soup, ordered tea, and the refused price was saved with it. No threads, no bad luck: it happens every time.
#
# **After this stage you can**
#
# - build one engine and one session factory, and say what each of them is for;
# - give each request a session of its own, and close it, whatever happens;
# - say when exactly the code after `yield` runs, and where a connection is held;
# - find a leaking connection and mend it;
# - roll back a failed commit, so that other writers can go on.
#
# About 60 minutes, six exercises. It builds on stages 1 and 3. Seen with FastAPI 0.165 and SQLAlchemy 2.1.
#
# Look inside the two requests, on a fresh pantry:

# %% cid="hook-demo" kind="demo"
bistro = build_bistro(Session(open_pantry()))
guest = TestClient(bistro)
with xray(bistro) as request:
    guest.patch("/dishes/soup?price=-99")
    guest.post("/dishes?name=tea&price=2")
request

# %% [markdown] cid="bad-order" kind="prose"
# Between 422 and the second request there is no ROLLBACK: the transaction stays open, the changed object stays in the session, and the next `commit()`, whoever's it is, sends the `UPDATE`. A session collects the unfinished business of whoever uses it.
#
# It gets worse. Now a guest orders a dish that is on the menu already, which the unique name forbids. Watch the guests who come *afterwards*.

# %% cid="bad-order-example" kind="example"
bistro = build_bistro(Session(open_pantry()))
guest = TestClient(bistro, raise_server_exceptions=False)

print("a second soup:", guest.post("/dishes?name=soup&price=8").status_code)
print("tea:          ", guest.post("/dishes?name=tea&price=2").status_code)
print("bread:        ", guest.post("/dishes?name=bread&price=3").status_code)

try:
    TestClient(bistro).post("/dishes?name=cake&price=4")
except SQLAlchemyError as error:
    print(first_line(error))

# %% [markdown] cid="session-factory-task" kind="prose" exercise="session_factory"
# One bad order, and the kitchen is closed for everybody until somebody restarts it. The cure is to have the right number of each thing:
#
# | thing | how many | lives as long as |
# |---|---|---|
# | **engine** | one | the app; it owns the pool of connections |
# | **session factory** | one | the app; it makes sessions for that engine |
# | **session** | one for each request | the request: a ticket, thrown away afterwards |
# | **connection** | lent from the pool | a transaction |
#
# ## The kitchen
#
# ### Try: the session factory
#
# Write `open_kitchen(url)`. It builds one engine for that URL and returns a *factory*: something that makes a new session for that engine each time it is called. A session finds in its own `SELECT` what it has just added: keep that default.


# %% cid="session-factory" kind="exercise" exercise="session_factory"
def open_kitchen(url: str) -> sessionmaker[Session]:
    # BEGIN SOLUTION
    engine = create_engine(url)
    return sessionmaker(engine)
    # END SOLUTION


# %% cid="session-factory-check" kind="check" exercise="session_factory"
check.session_factory(open_kitchen)

# %% [markdown] cid="get-db-task" kind="prose" exercise="get_db"
# ## A ticket that is thrown away
#
# A *dependency* is a function that FastAPI calls before yours; what it hands over becomes your argument. With `yield` it has two halves:
#
# ```python
# def lay_table():
#     table = "table 4"    # before your function
#     yield table          # your function works with the table
#     ...                  # afterwards: clear it away
#
# @app.get("/")
# def serve(table: Annotated[str, Depends(lay_table)]): ...
# ```
#
# You never call it: `Depends` gets the function itself, and FastAPI runs each half at its time.
#
# ### Try: yield a session and close it
#
# Write `get_db`. It makes a session with `SessionLocal` (from the set-up), yields it, and closes it when the guest has gone. The check serves three guests with it and counts sessions and connections.


# %% cid="get-db" kind="exercise" exercise="get_db"
def get_db() -> Iterator[Session]:
    # BEGIN SOLUTION
    with SessionLocal() as session:
        yield session
    # END SOLUTION


# %% cid="get-db-check" kind="check" exercise="get_db"
check.get_db(get_db, engine=engine)

# %% [markdown] cid="one-ticket-per-guest-task" kind="prose" exercise="one_ticket_per_guest"
# ### Try: one ticket per guest
#
# Here is the bistro of the beginning, with its one session. Mend it: each guest gets a session of their own, which is closed afterwards. Paths and answers stay as they are.


# %% cid="one-ticket-per-guest" kind="exercise" exercise="one_ticket_per_guest"
def bistro(sessions: sessionmaker[Session]) -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION: session = sessions()  # one for everybody
    def get_db() -> Iterator[Session]:
        with sessions() as session:
            yield session

    # END SOLUTION

    @app.get("/dishes/{name}")
    # BEGIN SOLUTION: def read_price(name: str) -> int:
    def read_price(name: str, session: Annotated[Session, Depends(get_db)]) -> int:
        # END SOLUTION
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    # BEGIN SOLUTION: def add_dish(name: str, price: int) -> str:
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        # END SOLUTION
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    # BEGIN SOLUTION: def change_price(name: str, price: int) -> int:
    def change_price(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> int:
        # END SOLUTION
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return price

    return app


# %% cid="one-ticket-per-guest-check" kind="check" exercise="one_ticket_per_guest"
check.one_ticket_per_guest(bistro)

# %% [markdown] cid="bridge" kind="prose"
# ## The bridge
#
# ```mermaid
# flowchart LR
#   accTitle: From the app to the database
#   accDescr: The app asks the dependency get_db for a session. The dependency makes one with the session factory and closes it. The session borrows a connection from the engine's pool. The engine alone talks to the database.
#   app["App<br/>asks for a session"] --> dependency["Dependency get_db<br/>opens and closes it"]
#   dependency --> session["Session<br/>one for each request"]
#   session --> engine["Engine<br/>one, lends connections"]
#   engine --> database[("Database")]
# ```
#
# Each part knows only its neighbour. The endpoint does not know where its session comes from, so a test can hand it another one. Who opens also closes, in one place for all routes. Only the engine knows the URL.
#
# The next cell draws the same bridge from a real request. **Predict** one detail of it: does the second half of `get_db` run before the answer is sent?

# %% cid="predict-teardown" kind="predict"
# BEGIN SOLUTION: predict.teardown_before_response()
predict.teardown_before_response(NO)
# END SOLUTION


# %% cid="bridge-demo" kind="demo"
def build_bistro(sessions: sessionmaker[Session], scope: Any = None) -> FastAPI:
    def get_db() -> Iterator[Session]:
        with sessions() as session:
            yield session

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Annotated[Session, Depends(get_db, scope=scope)]) -> int:
        price = session.scalar(select(Dish.price).where(Dish.name == name))
        if price is None:
            raise HTTPException(404, f"There is no {name} on the menu")
        return price

    return app


bistro = build_bistro(sessionmaker(open_pantry()))
with xray(bistro) as request:
    TestClient(bistro).get("/dishes/soup")
request

# %% [markdown] cid="version-box" kind="prose"
# The guest has the answer, *then* the dependency goes on and closes. Even this `GET` began a transaction and held a connection until the very end.
#
# > **When does the code after `yield` run?** It changed twice, and old texts disagree.
# >
# > | FastAPI | after `yield` |
# > |---|---|
# > | before 0.106 | after the response |
# > | 0.106 to 0.117 | before the response, before background tasks |
# > | 0.118 and later | **after** the response and the background tasks |
# > | 0.121 and later | your choice: `scope="function"` puts it before |
#
# "The dependency is finished before the response goes out" was true for a while and is wrong today. That matters for one habit, a `commit()` *after* the `yield`: when it fails, the guest already has the 201 (see it happen: `predict.late_commit_is_told()`). **Commit in the endpoint.** Where the dependency must have the last word, say so:

# %% cid="function-scope-demo" kind="demo"
bistro = build_bistro(sessionmaker(open_pantry()), scope="function")
with xray(bistro) as request:
    TestClient(bistro).get("/dishes/soup")
request

# %% [markdown] cid="held" kind="prose"
# Now the connection is back before `200 OK`.
#
# ## Where a connection is held
#
# A session is not a connection; it borrows one for a transaction. Follow it step by step.

# %% cid="held-example" kind="example"
pantry = open_pantry()


def look(step: str) -> None:
    print(f"{step:26} out: {pantry.pool.checkedout()}   on disk: {list(on_disk(pantry))}")


session = Session(pantry)
look("session = Session(pantry)")
bread = Dish(name="bread", price=3)
session.add(bread)
look("session.add(bread)")
session.flush()
look("session.flush()")
session.commit()
look("session.commit()")
bread.price
look("bread.price, read anew")
session.close()
look("session.close()")

# %% [markdown] cid="errors" kind="prose"
# Only `commit()` saved. `add` and `flush` left no trace on disk, and close would have dropped it silently. The first SQL borrows a connection; `commit()`, `rollback()` and `close()` give it back; touching an object after a commit borrows one again.
#
# ## When the request fails
#
# An unknown dish. Watch who hears of the error first.

# %% cid="errors-demo" kind="demo"
bistro = build_bistro(sessionmaker(open_pantry()))
with xray(bistro) as request:
    TestClient(bistro).get("/dishes/caviar")
request

# %% [markdown] cid="closed-on-error-task" kind="prose" exercise="closed_on_error"
# The error comes *out of the `yield`*, before there is a response. `with` closes the session, the connection goes back, and the error travels on to become the 404.
#
# ### Try: closed on error
#
# This `get_session` works as long as nobody makes a mistake. Mend it: whatever the endpoint raises, the session is closed, nothing of the failed request is saved, and the guest still hears of the error.


# %% cid="closed-on-error" kind="exercise" exercise="closed_on_error"
def get_session() -> Iterator[Session]:
    session = SessionLocal()
    # BEGIN SOLUTION: yield session
    try:
        yield session
    finally:
        session.close()
    # END SOLUTION
    # BEGIN SOLUTION: session.close()
    # END SOLUTION


# %% cid="closed-on-error-check" kind="check" exercise="closed_on_error"
check.closed_on_error(get_session, engine=engine)

# %% [markdown] cid="leak" kind="prose"
# ## The leak
#
# What does a forgotten `close()` cost? This pool has two connections and may open one more. The list `kept` holds the sessions, so that Python's garbage collector cannot tidy up by luck: in your service that luck decides whether it fails at noon or at night.


# %% cid="leak-example" kind="example"
kept = []
pantry = open_pantry(pool_size=2, max_overflow=1, pool_timeout=0.1)


def forgetful_db() -> Iterator[Session]:
    session = Session(pantry)
    kept.append(session)
    yield session


app = FastAPI()


@app.get("/price")
def read_price(session: Annotated[Session, Depends(forgetful_db)]) -> int | None:
    return session.scalar(select(Dish.price))


guest = TestClient(app, raise_server_exceptions=False)
print([guest.get("/price").status_code for _ in range(5)], "out:", pantry.pool.checkedout())
try:
    TestClient(app).get("/price")
except SQLAlchemyError as error:
    print(first_line(error))
for session in kept:
    session.close()

# %% [markdown] cid="mend-the-leak-task" kind="prose" exercise="mend_the_leak"
# Remember that line. `QueuePool limit … reached` rarely asks for a bigger pool; first ask who does not give back.
#
# ### Try: mend the leak
#
# This bistro leaks, and its `get_db` is in order. Find who else opens a session, and mend it. The check sends fifty guests, and some who ask for a dish that does not exist; afterwards no connection may be out.


# %% cid="mend-the-leak" kind="exercise" exercise="mend_the_leak"
def leaky_bistro(sessions: sessionmaker[Session]) -> FastAPI:
    def get_db() -> Iterator[Session]:
        with sessions() as session:
            yield session

    class Menu:
        # BEGIN SOLUTION: def __init__(self) -> None:
        def __init__(self, session: Annotated[Session, Depends(get_db)]) -> None:
            # END SOLUTION
            # BEGIN SOLUTION: self.session = sessions()
            self.session = session
            # END SOLUTION

        def price(self, name: str) -> int:
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        return menu.price(name)

    return app


# %% cid="mend-the-leak-check" kind="check" exercise="mend_the_leak"
check.mend_the_leak(leaky_bistro)

# %% [markdown] cid="threads" kind="prose"
# ## Threads, and an old spell
#
# FastAPI runs `def` functions in threads, and the two halves of a dependency need not meet the same one. SQLite guards its connections against that, and old tutorials silence the guard with `connect_args={"check_same_thread": False}`. Is that needed?


# %% cid="threads-example" kind="example"
def use_in_another_thread(pantry: Engine) -> str:
    with Session(pantry) as session, ThreadPoolExecutor(1) as thread:
        session.connection()  # opened in this thread
        try:
            return f"soup costs {thread.submit(session.scalar, select(Dish.price)).result()}"
        except SQLAlchemyError as error:
            return first_line(error).partition(". ")[0]


print("as it comes:    ", use_in_another_thread(open_pantry()))
guarded = open_pantry(connect_args={"check_same_thread": True})
print("with the guard: ", use_in_another_thread(guarded))

# %% [markdown] cid="roll-back" kind="prose"
# For a database file SQLAlchemy switches the guard off by itself; the spell is superfluous. And it never made sharing safe: two threads *at the same time* in one session end in an error, as the quiz will show.
#
# ## One error that `close()` does not cure
#
# `close()` rolls back. So is a `with` around the `yield` enough for every error? While another program reads, SQLite by default lets nobody commit: `database is locked`. **Predict** whether closing undoes such an order.

# %% cid="predict-close" kind="predict"
# BEGIN SOLUTION: predict.close_undoes_everything()
predict.close_undoes_everything(NO)
# END SOLUTION


# %% cid="roll-back-demo" kind="demo"
def order_tea(session: Session) -> None:
    session.add(Dish(name="tea", price=2))
    with suppress(OperationalError):  # database is locked
        session.commit()


pantry = open_pantry(connect_args={"timeout": 0.1})
with somebody_reads(pantry), xray() as block, Session(pantry) as session:
    order_tea(session)
print("another program afterwards:", somebody_writes(pantry))
block

# %% [markdown] cid="roll-back-first-task" kind="prose" exercise="roll_back_first"
# A `COMMIT` that failed, and behind it **no `ROLLBACK`**. The session thinks that its transaction is over, but SQLite keeps it open, lock included, and in that state the connection lies in the pool. Nobody else can write; and the next guest who gets this connection and commits saves the refused order, too. That is how this stage began.
#
# An explicit `rollback()` ends it for good. It belongs where every error passes by.
#
# ### Try: roll back first
#
# Mend the `get_db` of this bistro so that after a failed commit other writers can go on, and the guest still hears of the error.


# %% cid="roll-back-first" kind="exercise" exercise="roll_back_first"
def cautious_bistro(sessions: sessionmaker[Session]) -> FastAPI:
    def get_db() -> Iterator[Session]:
        with sessions() as session:
            # BEGIN SOLUTION: yield session
            try:
                yield session
            except Exception:
                session.rollback()
                raise
            # END SOLUTION

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% cid="roll-back-first-check" kind="check" exercise="roll_back_first"
check.roll_back_first(cautious_bistro)

# %% [markdown] cid="why" kind="prose"
# ## Why a dependency, and what the others cost
#
# | instead | costs |
# |---|---|
# | one global session | strangers' changes, strangers' errors, a connection held for ever |
# | a session in each endpoint | right, but written anew in every route, and no test can replace it |
# | `scoped_session` | one per *thread*, and threads are used again: `predict.scoped_session_is_per_request()` |
# | an engine in each request | a new connection each time: `predict.engine_per_request()` |
# | a dependency with `yield` | knowing when its second half runs |
#
# ## Myth-buster
#
# Fact or myth? The experiments decide.

# %% cid="quiz" kind="quiz"
# BEGIN SOLUTION: quiz()
quiz(
    one_session_for_all=MYTH,
    commits_after_every_operation=MYTH,
    teardown_before_response=MYTH,
    connection_free_on_return=MYTH,
    check_same_thread_makes_safe=MYTH,
    error_reaches_yield=FACT,
)
# END SOLUTION

# %% [markdown] cid="recap" kind="prose"
# ## What you take along
#
# - One engine and one factory for the app, one session for each request.
# - `get_db` opens, yields and closes; the endpoint commits.
# - The code after `yield` runs after the response, unless you say `scope="function"`.
# - An error comes out of the `yield`, before the response. Clean up and raise it again.
# - A connection is held from the first SQL to `commit()`, `rollback()` or `close()`.
# - After a failed commit, `rollback()`. It is no decoration.
#
# **A checklist for your own service**
#
# 1. Is there any session that outlives a request?
# 2. Does every `SessionLocal()` stand in a `with`, or before a `try … finally`?
# 3. Does `get_db` roll back on any exception and raise it again?
# 4. Is there a `commit()` after a `yield`? Then who tells the guest when it fails?
# 5. After a test run, is `engine.pool.checkedout()` zero?
#
# **How far you are:** `from checks.progress import progress; progress()`
#
# In [stage 5](05_integrating_endpoints.ipynb) waiter and chef work together: whole endpoints, with the session at hand.
