# %% [markdown] cid="title" kind="prose"
# # 7 · Optimizing SQLAlchemy setup for production: the lunch rush
#
# The bistro works. Every request has its session, every change is committed before the answer, a conflict is a 409. Then it is noon, and a hundred guests come in the same second.
#
# **After this stage you can**
#
# - divide a database's connections among the workers of a service;
# - say why the usual set-up stalls in a rush, and cure it;
# - use `AsyncSession` where it helps, and load what you need before you touch it;
# - give background tasks, reading and writing each the right session;
# - change a table that has rows in it, and change it back;
# - judge when another tool serves you better.
#
# About 85 minutes, eight exercises. It builds on stage 6. Seen with FastAPI 0.165 and SQLAlchemy 2.1.9.
#
# A hundred guests are hard to watch. So we build a small house, with 2 threads instead of FastAPI's 40, and 1 connection instead of 15. Six guests are a rush there. The next two cells bring the tools and the kitchen as it stands; then **predict** what happens to the six.

# %% cid="setup" kind="setup"
import asyncio
import atexit
import time
import warnings
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from shutil import copy, rmtree
from tempfile import mkdtemp
from traceback import clear_frames
from typing import Annotated, Any
from uuid import uuid4

from checks.rush import CoffeeMachine, lunch_rush, rush
from checks.stages.production_tuning import FACT, MYTH, NO, YES, check, predict, quiz
from checks.xray import Kind, xray

import alembic
import httpx2
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.operations import Operations
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient
from IPython.display import display
from pydantic import BaseModel
from sqlalchemy import Engine, ForeignKey, create_engine, event, func, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncAttrs,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    sessionmaker,
)

# An error that we provoke below leaves this one behind.
warnings.filterwarnings("ignore", message="coroutine 'Connection.cursor' was never awaited")

# %% cid="setup-kitchen" kind="setup"
shelf = mkdtemp()
atexit.register(rmtree, shelf, ignore_errors=True)


class Base(AsyncAttrs, DeclarativeBase):
    """The bistro's tables."""


class Dish(Base):
    __tablename__ = "dishes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    cost: Mapped[int]
    orders: Mapped[list["Order"]] = relationship(back_populates="dish", order_by="Order.id")


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[int]
    state: Mapped[str] = mapped_column(default="new")
    dish_id: Mapped[int] = mapped_column(ForeignKey("dishes.id"))
    dish: Mapped[Dish] = relationship(back_populates="orders")


def open_kitchen(**pool: Any) -> Engine:
    """An engine on a fresh file, with soup and bread on the menu."""
    engine = create_engine(f"sqlite:///{shelf}/{uuid4()}.db", **pool)
    atexit.register(engine.dispose)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Dish(name="soup", price=7, cost=2))
        session.add(Dish(name="bread", price=3, cost=1))
        session.commit()
    return engine


def said(error: Exception) -> str:
    """The name of an error and what it says, without links and SQL."""
    clear_frames(error.__traceback__)  # what it has left behind goes now, not at some later moment
    return f"{type(error).__name__}: {error}".splitlines()[0].split(" (Background")[0]


# %% cid="predict-setup" kind="predict"
# BEGIN SOLUTION: predict.one_setup_fits_all()
predict.one_setup_fits_all(NO)
# END SOLUTION


# %% cid="hook-example" kind="example"
class DishOut(BaseModel):
    id: int
    name: str
    price: int


def build_bistro(engine: Engine, **depends: Any) -> FastAPI:
    app = FastAPI()
    sessions = sessionmaker(engine)

    def get_db() -> Iterator[Session]:
        with sessions() as session:
            try:
                yield session
            except Exception:
                session.rollback()
                raise

    DB = Annotated[Session, Depends(get_db, **depends)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: DB) -> Dish:
        dish = db.get_one(Dish, dish_id)
        time.sleep(0.02)  # the cook needs a moment
        return dish

    return app


SMALL = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.5}
engine = open_kitchen(**SMALL)
bistro = build_bistro(engine)
in_turn = [lunch_rush(bistro, "/dishes/1", guests=1)[0] for _ in range(6)]
at_once = lunch_rush(bistro, "/dishes/1", guests=6)
engine.dispose()
print("one after the other:", sorted(answer.status_code for answer in in_turn))
print("all at once:        ", sorted(answer.status_code for answer in at_once))

# %% [markdown] cid="pool" kind="prose"
# This is the set-up of the tutorials. With 40 threads and the default pool it fails in the same way, at sixty guests or so. To see why, start with what it ran out of.
#
# ## The pool
#
# Opening a connection is dear: a network round trip or several, a login, a process on the server. So an engine keeps some open and lends them out. How many? And does it notice when one dies in the meantime, because the database was restarted or a firewall cut what was idle?

# %% cid="pool-example" kind="example"
engine = open_kitchen(pool_size=2, max_overflow=1, pool_timeout=0.1)
with ExitStack() as taken:
    for guest in range(1, 5):
        try:
            taken.enter_context(engine.connect())
            print(f"guest {guest} has a connection; out: {engine.pool.checkedout()}")
        except SQLAlchemyError as error:
            print(f"guest {guest}: {said(error)}")
print("all back; kept for the next:", engine.pool.checkedin())
engine.dispose()


def after_a_cut(**pool: Any) -> str:
    engine = open_kitchen(**pool)
    with engine.connect() as connection:
        wire = connection.connection.dbapi_connection
    wire.close()  # behind the pool's back
    try:
        with engine.connect() as connection:
            return f"answers {connection.scalar(text('SELECT 1'))}"
    except SQLAlchemyError as error:
        return said(error)
    finally:
        engine.dispose()


print("\na dead connection:", after_a_cut())
print("with pre-ping:    ", after_a_cut(pool_pre_ping=True))
print("with recycle:     ", after_a_cut(pool_recycle=0))
print("\nan HTTP client:", httpx2.Limits(max_keepalive_connections=2, max_connections=3))

# %% [markdown] cid="size-the-pool-task" kind="prose" exercise="size_the_pool"
# Two are kept, a third is opened in need and closed afterwards, the fourth guest waits `pool_timeout` seconds. A pool does not notice a death by itself: `pool_pre_ping=True` asks a connection before lending it, `pool_recycle=n` replaces those older than `n` seconds (here all).
#
# The line with `Limits` is an HTTP client. The pool is **the third idea** that this course borrows: networks at large use it, with the same three numbers.
#
# | | SQLAlchemy | default | HTTP client |
# |---|---|---|---|
# | kept open | `pool_size` | 5 | `max_keepalive_connections` |
# | opened in need | `max_overflow` | 10 | `max_connections`, kept ones included |
# | patience | `pool_timeout` | 30 s | `timeout` |
#
# A server runs several worker processes, each with an engine and a pool *of its own*: 4 workers with the defaults may open 60 connections. A database often allows 100, for everybody.
#
# ### Try: size the pool
#
# The database allows `allowed` connections to a service of `workers` processes. Write `open_engine`: it returns the engine of *one* worker, which takes its whole share (rounded down) and never more. Who finds none gives up after `patience` seconds. The check counts.


# %% cid="size-the-pool" kind="exercise" exercise="size_the_pool"
def open_engine(url: str, allowed: int, workers: int, patience: float) -> Engine:
    # BEGIN SOLUTION
    share = allowed // workers
    return create_engine(url, pool_size=share, max_overflow=0, pool_timeout=patience)
    # END SOLUTION


# %% cid="size-the-pool-check" kind="check" exercise="size_the_pool"
check.size_the_pool(open_engine)

# %% [markdown] cid="stall" kind="prose"
# ## Who waits for what
#
# Now an even smaller house: two guests, one thread, one connection. Watch when the connection comes back.

# %% cid="stall-demo" kind="demo"
engine = open_kitchen(**SMALL)
bistro = build_bistro(engine)
with xray(bistro) as request:
    lunch_rush(bistro, "/dishes/{guest}", guests=2, threads=1)
engine.dispose()
request.only(
    Kind.REQUEST,
    Kind.ENDPOINT,
    Kind.CONNECTION_OUT,
    Kind.ENDPOINT_RETURNS,
    Kind.ENDPOINT_RAISES,
    Kind.CONNECTION_BACK,
)

# %% [markdown] cid="stall-why" kind="prose"
# The first guest's function returned, and still the connection came back only after the second guest had given up. For a `def` endpoint, FastAPI checks the answer against its response model in a thread again, and only then is the session closed:
#
# ```mermaid
# flowchart LR
#   accTitle: Who waits for what
#   accDescr: The first guest holds the connection and waits for a thread to check the answer. The second guest holds the thread and waits for the connection. Neither can go on.
#   first(["Guest 1<br/>dish is ready"]) -->|"waits for"| thread["the thread"]
#   thread -->|"is held by"| second(["Guest 2<br/>wants a dish"])
#   second -->|"waits for"| connection[("the connection")]
#   connection -->|"is held by"| first
# ```
#
# Each holds what the other needs. Only `pool_timeout` ends it, by default after 30 seconds. Which repair would you try first? **Predict** the favourite.

# %% cid="predict-pool" kind="predict"
# BEGIN SOLUTION: predict.bigger_pool_cures()
predict.bigger_pool_cures(NO)
# END SOLUTION


# %% cid="repairs" kind="example"
def closing_early(engine: Engine) -> FastAPI:
    app = FastAPI()

    def get_db() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{dish_id}")
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]) -> DishOut:
        dish = DishOut.model_validate(db.get_one(Dish, dish_id), from_attributes=True)
        db.close()  # free before FastAPI looks at the answer
        time.sleep(0.02)
        return dish

    return app


houses = {  # what was changed: (the app, its threads)
    "as it is": (build_bistro(open_kitchen(**SMALL)), 2),
    "a pool of 3": (build_bistro(open_kitchen(**SMALL | {"pool_size": 3})), 2),
    "twice the patience": (build_bistro(open_kitchen(**SMALL | {"pool_timeout": 1})), 2),
    "one thread more": (build_bistro(open_kitchen(**SMALL)), 3),
    'scope="function"': (build_bistro(open_kitchen(**SMALL), scope="function"), 2),
    "close before return": (closing_early(open_kitchen(**SMALL)), 2),
    "max_concurrency=1": (build_bistro(open_kitchen(**SMALL), max_concurrency=1), 2),
}


def failures(house: tuple[FastAPI, int]) -> int:
    app, threads = house
    return sum(not answer.is_success for answer in lunch_rush(app, "/dishes/1", threads=threads))


with ThreadPoolExecutor() as town:  # all the houses at once: most of it is waiting
    failed = dict(zip(houses, town.map(failures, houses.values()), strict=True))

# %% cid="repairs-chart" kind="demo"
VEGA_LITE = "application/vnd.vegalite.v5+json"  # JupyterLab draws charts that are described so
number = {"field": "failed", "type": "quantitative", "title": None}
beside = {"align": "left", "dx": 4, "color": "gray", "fontSize": 13, "fontWeight": "bold"}
chart = {
    "title": "Guests who got an error, of six at once",
    "width": 340,
    "data": {"values": [{"repair": name, "failed": count} for name, count in failed.items()]},
    "encoding": {
        "x": number | {"scale": {"domain": [0, 6]}, "axis": {"tickMinStep": 1}},
        "y": {"field": "repair", "type": "nominal", "title": None, "sort": None},
    },
    "layer": [
        {"mark": "bar"},
        {"mark": {"type": "text"} | beside, "encoding": {"text": number}},
    ],
}
table = "\n".join(f"{name:20} {count} of 6 guests got an error" for name, count in failed.items())
display(
    {VEGA_LITE: chart, "text/plain": table},
    metadata={VEGA_LITE: {"embed_options": {"actions": False}}},
    raw=True,
)

# %% [markdown] cid="survive-the-rush-task" kind="prose" exercise="survive_the_rush"
# A bigger pool, more threads: each only moves the number of guests at which it breaks. More patience: the same guests fail, later. `scope="function"` closes after the answer was checked, which is too late. Two repairs cut the circle:
#
# - **close before you return**: make the `DishOut` yourself, then nobody waits with a connection in hand;
# - **a limit at the door**: `Depends(get_db, max_concurrency=n)`, with `n` at most `pool_size + max_overflow`. Who waits there holds neither thread nor connection. The limit belongs to that one `Depends` object, so keep *one* alias for all routes.
#
# The third is async from end to end; it comes next.
#
# ### Try: survive the rush
#
# Mend `rush_app`, so that six guests at once all get their dish, with 2 threads and 1 connection. The cost stays in the kitchen.


# %% cid="survive-the-rush" kind="exercise" exercise="survive_the_rush"
def rush_app(engine: Engine) -> FastAPI:
    app = FastAPI()

    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    def get_db() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    # BEGIN SOLUTION: DB = Annotated[Session, Depends(get_db)]
    DB = Annotated[Session, Depends(get_db, max_concurrency=1)]
    # END SOLUTION

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: DB) -> Dish:
        return db.get_one(Dish, dish_id)

    return app


# %% cid="survive-the-rush-check" kind="check" exercise="survive_the_rush"
check.survive_the_rush(rush_app)

# %% [markdown] cid="async" kind="prose"
# ## Async
#
# Many services put the tutorial's session into `async def`. **Predict** whether that is only a matter of spelling.

# %% cid="predict-async" kind="predict"
# BEGIN SOLUTION: predict.async_interchangeable()
predict.async_interchangeable(NO)
# END SOLUTION

# %% cid="pitfall-example" kind="example"
engine = open_kitchen()
engine.dispose()  # the next connections get a slow SQL function that counts
machines = {"/def": CoffeeMachine(), "/async-def": CoffeeMachine()}


@event.listens_for(engine, "connect")
def add_functions(connection: Any, _: Any) -> None:
    connection.create_function("brew", 1, lambda path: machines[path].brew())


app = FastAPI()


@app.get("/def")
def in_a_thread() -> str:
    with Session(engine) as db:
        return db.scalar(select(func.brew("/def")))


@app.get("/async-def")
async def on_the_loop() -> str:
    with Session(engine) as db:  # wrong: blocks the loop
        return db.scalar(select(func.brew("/async-def")))


for path, machine in machines.items():
    rush(app, path, guests=8)
    print(f"{path:10} queries at the same time: {machine.most_at_once} of 8")
engine.dispose()


# %% cid="async-right-example" kind="example"
def async_bistro(engine: AsyncEngine) -> FastAPI:
    app = FastAPI()
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def get_db() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    DB = Annotated[AsyncSession, Depends(get_db)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    async def read_dish(dish_id: int, db: DB) -> Dish:
        return await db.get_one(Dish, dish_id)

    return app


async_url = open_kitchen().url.set(drivername="sqlite+aiosqlite")
async_engine = create_async_engine(async_url, pool_size=1, max_overflow=0)
bistro = async_bistro(async_engine)

door = httpx2.ASGITransport(app=bistro)
async with httpx2.AsyncClient(transport=door, base_url="http://bistro") as guest:
    answers = await asyncio.gather(*(guest.get("/dishes/1") for _ in range(6)))
print("6 guests, 1 connection:", [answer.status_code for answer in answers])
await async_engine.dispose()

# %% [markdown] cid="go-async-task" kind="prose" exercise="go_async"
# **Pitfall 3: a sync call in `async def`.** One guest at a time, as with the coffee machine of stage 1; with a single guest it works. The right form, in the second cell: an async driver in the URL (`sqlite+aiosqlite`, `postgresql+asyncpg`), an async engine, an `AsyncSession`, and `await` at every step that reaches the database. Then even one connection is enough: who waits for it holds no thread, and the answer needs none. (A notebook's event loop is running already: `await` works in a cell, `asyncio.run` does not.)
#
# ### Try: go async
#
# Write `coffee_app` for the async engine that it gets. `GET /coffee` answers `{"cup": ...}` with what the statement `SELECT brew()` returns; `text("SELECT brew()")` will do. Eight guests come at once.


# %% cid="go-async" kind="exercise" exercise="go_async"
def coffee_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION
    async def get_db() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:
            yield session

    @app.get("/coffee")
    async def make_coffee(db: Annotated[AsyncSession, Depends(get_db)]) -> dict[str, str]:
        return {"cup": await db.scalar(text("SELECT brew()"))}

    # END SOLUTION
    return app


# %% cid="go-async-check" kind="check" exercise="go_async"
check.go_async(coffee_app)

# %% [markdown] cid="greenlet" kind="prose"
# ### What cannot be awaited
#
# A sync session loads what you touch: a relationship, an attribute that a commit has expired. Touching cannot be awaited. So there an `AsyncSession` has to refuse.

# %% cid="greenlet-example" kind="example"
async_engine = create_async_engine(async_url)
async with AsyncSession(async_engine) as db:
    dish = await db.get_one(Dish, 1)
    try:
        dish.orders
    except SQLAlchemyError as error:
        print("a relationship:", said(error).split(";")[0])
    await db.commit()
    try:
        dish.name
    except SQLAlchemyError as error:
        print("after a commit:", said(error).partition(":")[0])
    print("awaited:       ", await dish.awaitable_attrs.name, await dish.awaitable_attrs.orders)

async with AsyncSession(async_engine, expire_on_commit=False) as db:
    dish = await db.get_one(Dish, 1)
    await db.commit()
    print("not expired:   ", dish.name)
await async_engine.dispose()

# %% [markdown] cid="eager-in-async-task" kind="prose" exercise="eager_in_async"
# `greenlet_spawn has not been called` means: *this wanted to load something, and nobody awaited it*. (With other drivers the exception is a plain `MissingGreenlet`; the words are the same.) Hence two habits: `expire_on_commit=False`, and load in the query what you will touch.
#
# ### Try: the kitchen board
#
# Write `read_board`: for each dish, by its name, the seats of its orders: `{"soup": [4, 7], "bread": []}`. At most two statements, however long the menu is.


# %% cid="eager-in-async" kind="exercise" exercise="eager_in_async"
async def read_board(sessions: async_sessionmaker[AsyncSession]) -> dict[str, list[int]]:
    # BEGIN SOLUTION
    async with sessions() as session:
        dishes = await session.scalars(select(Dish).options(selectinload(Dish.orders)))
        return {dish.name: [order.seat for order in dish.orders] for dish in dishes}
    # END SOLUTION


# %% cid="eager-in-async-check" kind="check" exercise="eager_in_async"
check.eager_in_async(read_board)

# %% [markdown] cid="scope" kind="prose"
# ## Sessions beyond the request
#
# A background task runs after the answer. Suppose it gets the request's session, as many do. When does the connection come back?


# %% cid="scope-demo" kind="demo"
def ticket_app(engine: Engine) -> FastAPI:
    app = FastAPI()

    def get_db() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    def print_ticket(db: Session, number: int) -> None:
        db.get_one(Order, number).state = "printed"
        db.commit()

    @app.post("/orders", status_code=201)
    def take_order(db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks) -> int:
        order = Order(seat=4, dish_id=1)
        db.add(order)
        db.commit()
        tasks.add_task(print_ticket, db, order.id)
        return order.id

    return app


engine = open_kitchen()
app = ticket_app(engine)
with xray(app) as request:
    TestClient(app).post("/orders")
engine.dispose()
request.only(
    Kind.COMMIT,
    Kind.CONNECTION_OUT,
    Kind.CONNECTION_BACK,
    Kind.RESPONSE_START,
    Kind.BACKGROUND_TASK,
    Kind.BACKGROUND_TASK_DONE,
    Kind.SESSION_CLOSES,
)

# %% [markdown] cid="task-task" kind="prose" exercise="task_with_its_own_session"
# After the first COMMIT, `order.id` took the connection out again, and so it was held while the task went to work, long after the guest had the answer. A task that sends mail for ten seconds would hold it for ten. The rule: **hand over the id, and let the task open its own session.** The same goes from one request to the next: only an id may live longer (`predict.object_saves_itself()` shows why).
#
# ### Try: a task with its own session
#
# Write `POST /orders` with the query parameters `dish_id` and `seat`. It saves the order and answers 201 with `{"id": ...}`. After the answer, a task sets the state of that order to `"printed"`. While it works, the request holds no connection.


# %% cid="task-with-its-own-session" kind="exercise" exercise="task_with_its_own_session"
def order_app(engine: Engine) -> FastAPI:
    app = FastAPI()
    sessions = sessionmaker(engine)

    # BEGIN SOLUTION
    def get_db() -> Iterator[Session]:
        with sessions() as session:
            yield session

    def print_ticket(number: int) -> None:
        with sessions.begin() as session:
            session.get_one(Order, number).state = "printed"

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int, seat: int, db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks
    ) -> dict[str, int]:
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.flush()
        number = order.id
        db.commit()
        tasks.add_task(print_ticket, number)
        return {"id": number}

    # END SOLUTION
    return app


# %% cid="task-with-its-own-session-check" kind="check" exercise="task_with_its_own_session"
check.task_with_its_own_session(order_app)

# %% [markdown] cid="alembic" kind="prose"
# ## Migrations
#
# The bistro is open, and a table has to change. `create_all` makes missing tables and leaves the others alone. **Alembic** keeps each change as a small script with a way up and a way down; the table `alembic_version` remembers how far a database has come. It needs a folder, an `env.py` and a template; no ini file, no command line. The first cell makes a menu. In the second, somebody renames `name` to `title` in the model: first Alembic writes the script, then we do.


# %% cid="alembic-example" kind="example"
ENV = """
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"))
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes["metadata"],
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""


def new_project(url: str) -> Config:
    home = Path(shelf, str(uuid4()))
    Path(home, "versions").mkdir(parents=True)
    Path(home, "env.py").write_text(ENV)
    copy(Path(alembic.__path__[0], "templates", "generic", "script.py.mako"), home)
    config = Config(cmd_opts=Namespace(quiet=True))
    config.set_main_option("script_location", str(home))
    config.set_main_option("sqlalchemy.url", url)
    return config


menu_engine = create_engine(f"sqlite:///{shelf}/{uuid4()}.db")
project = new_project(str(menu_engine.url))

menu = sa.MetaData()
sa.Table("menu", menu, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String))
project.attributes["metadata"] = menu
command.revision(project, "the first menu", autogenerate=True, rev_id="0001")
command.upgrade(project, "head")
with menu_engine.begin() as connection:
    connection.execute(text("INSERT INTO menu (name) VALUES ('soup')"))
    print(sa.inspect(connection).get_table_names())


# %% cid="alembic-rename-example" kind="example"
menu = sa.MetaData()  # the model of tomorrow
sa.Table("menu", menu, sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String))
project.attributes["metadata"] = menu
try:
    command.check(project)
except Exception as error:
    print("alembic check:", type(error).__name__)

script = Path(command.revision(project, "rename", autogenerate=True, rev_id="0002").path)
print(*(line for line in script.read_text().splitlines() if "batch_op." in line), sep="\n")

script.write_text("""
from alembic import op
revision, down_revision = "0002", "0001"

def upgrade():
    op.alter_column("menu", "name", new_column_name="title")

def downgrade():
    op.alter_column("menu", "title", new_column_name="name")
""")
for move, target in ((command.upgrade, "head"), (command.downgrade, "-1")):
    move(project, target)
    with menu_engine.connect() as connection:
        print(move.__name__, connection.execute(text("SELECT * FROM menu")).mappings().all())
menu_engine.dispose()
script.unlink()  # so that this cell can run twice

# %% [markdown] cid="migrate-with-data-task" kind="prose" exercise="migrate_with_data"
# Upwards: a new column, and the old one dropped with every name in it; downwards the same. Autogenerate compares tables, not intentions; a rename you write yourself, and the row survives both ways. Read each script before it runs, and let CI run `alembic check`. (`batch_alter_table` helps SQLite, which can change little in place: where it must, it copies the table.)
#
# ### Try: migrate with data
#
# The table `dishes` has the columns `id`, `name`, `price`, and rows. Write both directions, with the `op` that they get:
#
# - `upgrade`: `name` becomes `title`; a new Boolean column `vegan` may not be null, and is false for the dishes that are there;
# - `downgrade`: back to the old columns. No dish loses its name on the way.


# %% cid="migrate-with-data" kind="exercise" exercise="migrate_with_data"
def upgrade(op: Operations) -> None:
    # BEGIN SOLUTION
    vegan = sa.Column("vegan", sa.Boolean, nullable=False, server_default=sa.false())
    with op.batch_alter_table("dishes") as dishes:
        dishes.alter_column("name", new_column_name="title")
        dishes.add_column(vegan)
    # END SOLUTION


def downgrade(op: Operations) -> None:
    # BEGIN SOLUTION
    with op.batch_alter_table("dishes") as dishes:
        dishes.drop_column("vegan")
        dishes.alter_column("title", new_column_name="name")
    # END SOLUTION


# %% cid="migrate-with-data-check" kind="check" exercise="migrate_with_data"
check.migrate_with_data(upgrade, downgrade)

# %% [markdown] cid="split" kind="prose"
# ## Reading and writing apart
#
# When reading outgrows one server, databases are copied to *replicas*: one writer, several readers, each a moment behind. An engine that cannot write keeps a reader honest.

# %% cid="split-example" kind="example"
writer = open_kitchen()
reader = create_engine(f"sqlite:///file:{writer.url.database}?mode=ro&uri=true")

with Session(reader) as db:
    print("reads: ", db.scalars(select(Dish.name)).all())
    db.add(Dish(name="cake", price=5, cost=2))
    try:
        db.commit()
    except SQLAlchemyError as error:
        print("writes:", said(error))
for engine in (reader, writer):
    engine.dispose()

# %% [markdown] cid="read-your-writes-task" kind="prose" exercise="read_your_writes"
# The simple split has two dependencies, one for each engine, and each route takes its own. The other lets the session choose for every statement, in `get_bind`. Its trap: a guest orders, the next SELECT goes to the replica, and the order is not there yet. So a session that has written must *stick* to the writer.
#
# ```python
# class Split(Session):
#     def get_bind(self, mapper=None, *, clause=None, **rest) -> Engine:
#         # clause is the statement; at a flush it is None, and self._flushing is true
# ```
#
# ### Try: read your writes
#
# Write `split_sessions`. It returns a maker of sessions, such as `sessionmaker(class_=...)` with a `Session` of yours. Its sessions read from the replica, write to the writer (`add`, `insert(...)`, `update(...)` and `delete(...)`), and read from the writer once they have written. The next session begins with the replica again.


# %% cid="read-your-writes" kind="exercise" exercise="read_your_writes"
def split_sessions(writer: Engine, replica: Engine) -> sessionmaker[Session]:
    # BEGIN SOLUTION
    class Split(Session):
        def get_bind(self, mapper: Any = None, *, clause: Any = None, **rest: Any) -> Engine:
            if self._flushing or isinstance(clause, sa.Insert | sa.Update | sa.Delete):
                self.info["wrote"] = True
            return writer if self.info.get("wrote") else replica

    return sessionmaker(class_=Split)
    # END SOLUTION


# %% cid="read-your-writes-check" kind="check" exercise="read_your_writes"
check.read_your_writes(split_sessions)

# %% [markdown] cid="core" kind="prose"
# ## ORM and Core in one session
#
# For one row, use the object. For a thousand, send *one* UPDATE. Both may share a session, and then a transaction. What becomes of an object that is loaded already?

# %% cid="core-example" kind="example"
engine = open_kitchen()
with Session(engine) as db:
    soup = db.get_one(Dish, 1)
    db.execute(update(Dish).values(price=Dish.price + 1))
    print("update(Dish):   ", soup.price)
    db.execute(text("UPDATE dishes SET price = price + 1"))
    print("text('UPDATE'): ", soup.price, "while the row says", db.scalar(select(Dish.price)))
    db.refresh(soup)
    print("after a refresh:", soup.price)
engine.dispose()

# %% [markdown] cid="core-beside-orm-task" kind="prose" exercise="core_beside_orm"
# `update(Dish)`, on the class, knows the loaded objects. `text()` and `Dish.__table__.update()` do not: refresh or expire what is loaded.
#
# ### Try: happy hour
#
# The caller's session has loaded `dish`. Lower the price of *every* dish by `off` with one UPDATE, and return the new price of `dish`. The object shows it too, and the caller decides whether all this is committed.


# %% cid="core-beside-orm" kind="exercise" exercise="core_beside_orm"
def happy_hour(session: Session, dish: Dish, off: int) -> int:
    # BEGIN SOLUTION
    session.execute(update(Dish).values(price=Dish.price - off))
    return dish.price
    # END SOLUTION


# %% cid="core-beside-orm-check" kind="check" exercise="core_beside_orm"
check.core_beside_orm(happy_hour, model=Dish)

# %% [markdown] cid="others" kind="prose"
# ## When not to use this set-up
#
# You will read: "for async, use SQLModel or databases". Run each once, and look.

# %% cid="others-example" kind="example"
import sqlmodel
from databases import Database
from sqlmodel import Field, SQLModel


class Menu(SQLModel, registry=sa.orm.registry()):  # a registry of its own: the cell can run twice
    pass


class Special(Menu, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    price: int


print("its Session is SQLAlchemy's:", issubclass(sqlmodel.Session, Session))
try:
    Special.model_validate({"name": "cake", "price": "a lot"})
except ValueError as error:
    print("model_validate:", type(error).__name__)

file = f"{shelf}/{uuid4()}.db"
async_engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
async with async_engine.begin() as connection:
    await connection.run_sync(Special.metadata.create_all)
async with AsyncSession(async_engine) as db:
    db.add(Special(name="cake", price="a lot"))
    await db.commit()
    print("and yet, on disk:", (await db.scalars(select(Special))).one().price)
await async_engine.dispose()

async with Database(f"sqlite+aiosqlite:///{file}") as database:
    row = await database.fetch_one(select(Special.name))
    print("databases reads:", row["name"])

# %% [markdown] cid="others-judged" kind="prose"
# **SQLModel** is one class for table and schema, with SQLAlchemy's own sessions below, sync and async alike. A class with `table=True` validates only if you ask it to: the price on disk is `a lot`. Take it where one class saves you work. **databases** still works, with Core only, without sessions, and its repository is archived: do not start with it. Today's answer for async is the one above: `AsyncSession`.
#
# The rest, in a line each. *Plain SQL*: right for three queries and no relations. *Peewee*: small and sync. *Tortoise*: async from the start, Django's style. *Django's ORM*: when it is Django anyway.
#
# ## Myth-buster
#
# Fact or myth? The experiments decide.

# %% cid="quiz" kind="quiz"
# BEGIN SOLUTION: quiz()
quiz(
    async_interchangeable=MYTH,
    limit_at_the_door_cures=FACT,
    pre_ping_prevents_all=MYTH,
    closed_session_unusable=MYTH,
    autogenerate_sees_rename=MYTH,
    selects_on_the_replica=MYTH,
)
# END SOLUTION

# %% [markdown] cid="complete" kind="prose"
# ## The complete bistro
#
# With the tables from above, the whole app in one cell. Settings come from the environment (`os.environ`), so that the same code runs on a laptop and in the rush. The lifespan opens and disposes. One alias for the session has its limit at the door; the overflow is left to background tasks.


# %% cid="complete-bistro" kind="example"
class Settings(BaseModel):
    database_url: str
    pool_size: int = 5


def build_bistro(environment: Mapping[str, str]) -> FastAPI:
    settings = Settings(**{name.lower(): value for name, value in environment.items()})
    engine = create_engine(settings.database_url, pool_size=settings.pool_size, pool_pre_ping=True)
    sessions = sessionmaker(engine, close_resets_only=False)  # a closed session stays closed

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        Base.metadata.create_all(engine)  # in your service: alembic upgrade head
        yield
        engine.dispose()

    def get_db() -> Iterator[Session]:
        with sessions() as session:
            try:
                yield session
            except Exception:
                session.rollback()
                raise

    app = FastAPI(lifespan=lifespan)
    DB = Annotated[Session, Depends(get_db, max_concurrency=settings.pool_size)]

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def add_dish(name: str, price: int, db: DB) -> Dish:
        db.add(dish := Dish(name=name, price=price, cost=0))
        db.commit()
        return dish

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: DB) -> Dish:
        if (dish := db.get(Dish, dish_id)) is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        return dish

    return app


# %% cid="complete-bistro-example" kind="example"
environment = {"DATABASE_URL": f"sqlite:///{shelf}/{uuid4()}.db", "POOL_SIZE": "2"}
with TestClient(build_bistro(environment)) as guest:
    print(guest.post("/dishes", params={"name": "soup", "price": 7}).json())
    print(guest.get("/dishes/2").status_code, guest.get("/dishes/2").json())

answers = lunch_rush(build_bistro(environment), "/dishes/1", guests=40)
print("served in the rush:", sum(answer.is_success for answer in answers), "of 40")

# %% [markdown] cid="recap" kind="prose"
# ## What you take along
#
# The whole course, a line for each stage:
#
# 1. **Waiter.** Type hints check what comes in, the response model says what goes out; blocking work belongs in `def`.
# 2. **Chef.** An engine lends connections, a session is a unit of work, a model describes a table. Nothing connects before it is used.
# 3. **Recipes.** Related objects come when you touch them; say in the query what you will touch.
# 4. **One ticket per guest.** One session for each request, from a dependency with `yield`, closed whatever happens.
# 5. **Waiter meets chef.** Inject the session, commit in the endpoint, answer with a schema.
# 6. **The bill.** All or nothing, one commit, before the answer; an error means rollback.
# 7. **The rush.** Who holds one thing must never wait for another.
#
# **A checklist for your own service**
#
# 1. Workers × (`pool_size` + `max_overflow`): is that below what the database allows?
# 2. Does one alias carry `max_concurrency`, at most the size of the pool?
# 3. Is `pool_timeout` shorter than your guests' patience?
# 4. Is there a sync session inside any `async def`?
# 5. Does each background task open its own session?
# 6. Has each migration been read, run on a copy with rows, and run back?
# 7. Who has just written: from where do they read?
# 8. Do pre-ping, settings from the environment and `engine.dispose()` in the lifespan stand in the code?
# 9. What does your x-ray of the busiest route show: statements, connections, and when do they come back?
#
# **Where to go next.** *Caching layers*: first count statements, then cache answers (HTTP headers, Redis), last objects. *Migrations in a team*: one head, `alembic check` in CI, and changes in two steps, so that old and new code run side by side. *PostgreSQL*: test on the database that you deploy. *Other ORMs*: you now know which questions to ask them.
#
# **How far you are:** `from checks.progress import progress; progress()`
#
# The bistro is yours. Bon appétit.
