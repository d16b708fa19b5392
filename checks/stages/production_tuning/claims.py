"""What one may believe about a set-up for production, each with the experiment that decides it."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any, cast

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from fastapi import BackgroundTasks, Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, joinedload, sessionmaker

from checks.claim import Evidence, claim
from checks.rush import CoffeeMachine, lunch_rush, run_apart, rush
from checks.stages.production_tuning.kitchen import (
    EVERYBODY_EATS,
    PATIENCE,
    Dish,
    DishOut,
    Order,
    async_kitchen,
    attach,
    connections_out,
    connections_until_full,
    forgetting_coroutines,
    how_it_went,
    kitchen,
    small_bistro,
    soup,
)
from checks.xray import Kind, xray

# --- The quiz and the predictions ----------------------------------------------------------------


@claim(
    "A set-up that serves guests one after the other serves them all at once too.",
    why="One after the other, nobody waits for anything. At once, guests share threads and "
    "connections, and who holds one may wait for the other.",
)
def one_setup_fits_all() -> Evidence:
    with kitchen(soup(), pool_size=1, max_overflow=0, pool_timeout=PATIENCE) as engine:
        bistro = small_bistro(engine)
        alone = (lunch_rush(bistro, "/dishes/1", guests=1)[0] for _ in range(6))
        in_turn = how_it_went(list(alone))
        at_once = how_it_went(lunch_rush(bistro, "/dishes/1", guests=6))
    seen = (
        "6 guests, 2 threads, 1 connection",
        f"one after the other: {in_turn}",
        f"all at once:         {at_once}",
    )
    return Evidence(in_turn == at_once == EVERYBODY_EATS, seen)


@claim(
    "A bigger pool cures QueuePool timeouts.",
    why="Who holds a connection waits for a thread, and the threads wait for connections. A bigger "
    "pool only moves the number of guests at which that happens: it would have to be as big as the "
    "crowd.",
)
def bigger_pool_cures() -> Evidence:
    went = {}
    for size in (1, 3, 6):
        with kitchen(soup(), pool_size=size, max_overflow=0, pool_timeout=PATIENCE) as engine:
            went[size] = how_it_went(lunch_rush(small_bistro(engine), "/dishes/1"))
    seen = (
        "6 guests at once, 2 threads",
        *(f"pool of {size}: {said}" for size, said in went.items()),
    )
    return Evidence(went[3] == EVERYBODY_EATS, seen)


@claim(
    "A limit on how many guests may hold a session at once lets six guests live with one connection.",
    why="`Depends(get_db, max_concurrency=…)` lets guests wait at the door, where they hold neither "
    "a thread nor a connection. So whoever has a connection finds a thread.",
)
def limit_at_the_door_cures() -> Evidence:
    went = {}
    for limit in (None, 1):
        with kitchen(soup(), pool_size=1, max_overflow=0, pool_timeout=PATIENCE) as engine:
            bistro = small_bistro(engine, max_concurrency=limit)
            went[limit] = how_it_went(lunch_rush(bistro, "/dishes/1"))
    seen = (
        "6 guests at once, 2 threads, 1 connection",
        f"no limit:          {went[None]}",
        f"max_concurrency=1: {went[1]}",
    )
    return Evidence(went[1] == EVERYBODY_EATS, seen)


@claim(
    "Async and sync SQLAlchemy are interchangeable.",
    why="A sync session blocks the event loop, and everybody with it. `async def` needs an "
    "AsyncSession and an `await` at every step that reaches the database; `def` needs a Session.",
)
def async_interchangeable() -> Evidence:
    sync, asynchronous = CoffeeMachine(), CoffeeMachine()
    app = FastAPI()
    with kitchen() as engine, async_kitchen() as async_engine:
        attach(sync, engine)
        attach(asynchronous, async_engine.sync_engine)

        @app.get("/session")
        async def with_session() -> Any:
            with Session(engine) as session:
                return session.scalar(text("SELECT brew()"))

        @app.get("/async-session")
        async def with_async_session() -> Any:
            async with AsyncSession(async_engine) as session:
                return await session.scalar(text("SELECT brew()"))

        rush(app, "/session")
        rush(app, "/async-session")
    seen = (
        "8 guests of `async def`, one slow query each; queries at the same time:",
        f"Session:      {sync.most_at_once}",
        f"AsyncSession: {asynchronous.most_at_once}",
    )
    return Evidence(sync.most_at_once == asynchronous.most_at_once, seen)


@claim(
    "Pre-ping prevents every disconnect error.",
    why="Pre-ping looks once, when a connection leaves the pool. What breaks later, in the middle "
    "of a transaction, raises all the same: the whole transaction has to be tried again.",
)
def pre_ping_prevents_all() -> Evidence:
    def ask(connection: Connection) -> str:
        try:
            return f"answers {connection.scalar(text('SELECT 1'))}"
        except SQLAlchemyError as error:
            return f"raises {type(error).__name__}"

    with kitchen(pool_pre_ping=True) as engine:
        with engine.connect() as connection:
            wire = connection.connection.dbapi_connection
        wire.close()  # type: ignore[union-attr]
        with engine.connect() as connection:
            resting = ask(connection)
            connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
            working = ask(connection)
    seen = (f"cut while in the pool:    {resting}", f"cut during a transaction: {working}")
    return Evidence(resting == working == "answers 1", seen)


@claim(
    "A session that was closed cannot be used any more.",
    why="`close()` only sets a session back: the next statement silently takes a new connection. "
    "`sessionmaker(engine, close_resets_only=False)` makes closing final, and misuse an error.",
)
def closed_session_unusable() -> Evidence:
    seen = []
    with kitchen() as engine:
        for final in (False, True):
            session = sessionmaker(engine, close_resets_only=not final)()
            session.close()
            try:
                session.scalar(text("SELECT 1"))
                used = f"works, connections out: {connections_out(engine)}"
            except SQLAlchemyError as error:
                used = type(error).__name__
            seen.append(used)
            session.close()
    shown = (f"a closed session: {seen[0]}", f"close_resets_only=False: {seen[1]}")
    return Evidence(not seen[0].startswith("works"), shown)


@claim(
    "Autogenerate sees that a column was renamed.",
    why="It compares tables, not intentions: one column is gone, another is new. Run as it is, the "
    "migration would drop the column with all its values. Read it, and write the rename yourself.",
)
def autogenerate_sees_rename() -> Evidence:
    renamed = MetaData()
    Table("menu", renamed, Column("id", Integer, primary_key=True), Column("title", String))
    with kitchen() as engine, engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE menu (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR)")
        )
        for table in ("orders", "dishes"):
            connection.execute(text(f"DROP TABLE {table}"))
        found = compare_metadata(MigrationContext.configure(connection), renamed)
    steps = sorted(f"{step[0]}: {step[3].name}" for step in found)
    seen = ("`name` became `title`; what autogenerate found:", *steps)
    return Evidence(len(steps) == 1, seen)


@claim(
    "Every SELECT belongs on the replica.",
    why="A replica knows only what was committed, and that a little later. Who has just written "
    "must read from the writer, or will not find his own order.",
)
def selects_on_the_replica() -> Evidence:
    with kitchen() as writer, kitchen() as replica:  # a replica that has not caught up yet

        class Split(Session):
            def get_bind(self, *_: object, clause: object = None, **__: object) -> Engine:
                return writer if self._flushing else replica

        with Split() as session:
            session.add(soup())
            session.flush()
            found = session.scalars(select(Dish.name)).all()
    seen = ("the same session adds a dish, then selects all dishes", f"it finds: {found}")
    return Evidence(found == ["soup"], seen)


# --- Beliefs behind wrong answers: pool and rush -------------------------------------------------


@claim(
    "`pool_size` is the most connections that an engine opens.",
    why="`max_overflow` comes on top, 10 by default. The most is `pool_size + max_overflow`.",
)
def pool_size_is_the_limit() -> Evidence:
    with kitchen(pool_size=2, pool_timeout=0) as engine:
        most = connections_until_full(engine)
    return Evidence(most == 2, (f"pool_size=2 opened {most} connections",))


@claim(
    "The workers of a service share one pool.",
    why="A worker is a process, and each builds an engine with a pool of its own. What the database "
    "allows has to be divided by the number of workers.",
)
def workers_share_a_pool() -> Evidence:
    with kitchen() as engine:
        workers = [
            create_engine(engine.url, pool_size=3, max_overflow=0, pool_timeout=0) for _ in range(4)
        ]
        taken = [worker.connect() for worker in workers for _ in range(3)]
        for connection in taken:
            connection.close()
        for worker in workers:
            worker.dispose()
    seen = (f"4 engines with a pool of 3 each hold {len(taken)} connections at once",)
    return Evidence(len(taken) == 3, seen)


@claim(
    "When the pool is empty, a guest is told so within a moment.",
    why="By default a guest waits 30 seconds for a connection, and holds a thread meanwhile. A "
    "shorter `pool_timeout` fails early, while there is somebody who still wants the answer.",
)
def empty_pool_answers_soon() -> Evidence:
    with kitchen() as engine:
        patience = engine.pool.timeout()  # type: ignore[attr-defined]
    return Evidence(patience <= 1, (f"pool_timeout, unless you say otherwise: {patience:g} s",))


@claim(
    "As soon as my function returns, its connection is free.",
    why="FastAPI still has to check the answer against its response model, in another thread, and "
    "to send it. Only then goes the dependency on after its `yield` and closes the session.",
)
def free_on_return() -> Evidence:
    with kitchen(soup()) as engine:
        bistro = small_bistro(engine)
        with xray(bistro) as request:
            TestClient(bistro).get("/dishes/1")
    order = request.order(Kind.ENDPOINT_RETURNS, Kind.RESPONSE_START, Kind.CONNECTION_BACK)
    return Evidence(order[1] is Kind.CONNECTION_BACK, tuple(map(str, order)))


@claim(
    'A dependency with `scope="function"` gives the connection back early enough for the rush.',
    why="It is left before the answer is sent, but after the answer was checked. And for that check "
    "the guest waits for a thread, with the connection in hand.",
)
def function_scope_cures() -> Evidence:
    went = {}
    for scope in ("request", "function"):
        with kitchen(soup(), pool_size=1, max_overflow=0, pool_timeout=PATIENCE) as engine:
            bistro = small_bistro(engine, scope=scope)
            went[scope] = how_it_went(lunch_rush(bistro, "/dishes/1"))
    seen = (
        "6 guests at once, 2 threads, 1 connection",
        *(f'scope="{scope}": {said}' for scope, said in went.items()),
    )
    return Evidence(went["function"] == EVERYBODY_EATS, seen)


@claim(
    "Any `max_concurrency` will do, if only there is one.",
    why="A limit above what the pool can give lets the crowd in again. Keep it at or below "
    "`pool_size + max_overflow`.",
)
def any_limit_cures() -> Evidence:
    went = {}
    for limit in (1, 6):
        with kitchen(soup(), pool_size=1, max_overflow=0, pool_timeout=PATIENCE) as engine:
            bistro = small_bistro(engine, max_concurrency=limit)
            went[limit] = how_it_went(lunch_rush(bistro, "/dishes/1"))
    seen = (
        "6 guests at once, 2 threads, 1 connection",
        *(f"max_concurrency={limit}: {said}" for limit, said in went.items()),
    )
    return Evidence(went[6] == EVERYBODY_EATS, seen)


@claim(
    "A response model is documentation; without it the same answer leaves.",
    why="Without it, every loaded column leaves the house, the cost too. Convert to the model "
    "yourself instead: `DishOut.model_validate(dish, from_attributes=True)`.",
)
def model_is_documentation() -> Evidence:
    app = FastAPI()
    with kitchen(soup()) as engine:

        def get_db() -> Iterator[Session]:
            with Session(engine) as session:
                yield session

        def read_dish(db: Annotated[Session, Depends(get_db)]):  # type: ignore[no-untyped-def]
            return db.get(Dish, 1)

        app.get("/model", response_model=DishOut)(read_dish)
        app.get("/none")(read_dish)
        sent = {path: sorted(TestClient(app).get(path).json()) for path in ("/model", "/none")}
    seen = (f"with a model: {sent['/model']}", f"without:      {sent['/none']}")
    return Evidence(sent["/none"] == sent["/model"], seen)


# --- Beliefs behind wrong answers: async ---------------------------------------------------------


@claim(
    "The methods of an AsyncSession give their result, with or without `await`.",
    why="Without `await` you hold a coroutine: work that has not begun. It has none of the methods "
    "of a result.",
)
def await_is_optional() -> Evidence:
    async def ask() -> str:
        async with AsyncSession(engine) as session:
            answer = session.scalars(select(Dish))
            kind = type(answer).__name__
            answer.close()
            return kind

    with async_kitchen() as engine:
        kind = run_apart(ask)
    return Evidence(kind != "coroutine", (f"session.scalars(...) without await is a {kind}",))


@claim(
    "One AsyncSession can serve several guests at once.",
    why="A session is one unit of work on one connection. Every request, and every task of a "
    "`gather`, needs a session of its own.",
)
def async_session_is_shared() -> Evidence:
    async def ask() -> list[str]:
        async with AsyncSession(engine) as session:
            questions = (session.scalar(text("SELECT 1")) for _ in range(3))
            answers = await asyncio.gather(*questions, return_exceptions=True)
        return sorted("an answer" if each == 1 else type(each).__name__ for each in answers)

    with async_kitchen() as engine:
        answers = run_apart(ask)
    seen = ("three guests ask one session at once:", *answers)
    return Evidence(answers == ["an answer"] * 3, seen)


@claim(
    "A session that nobody uses any more gives its connection back by itself.",
    why="It does when the garbage collector comes by, which may be never, and an AsyncSession "
    "cannot even do that. `async with` closes it when the block ends.",
)
def unused_session_closes() -> Evidence:
    async def ask() -> int:
        sessions = [AsyncSession(engine) for _ in range(3)]
        for session in sessions:
            await session.scalar(text("SELECT 1"))
        out = connections_out(engine)
        for session in sessions:
            await session.close()
        return out

    with async_kitchen() as engine:
        out = run_apart(ask)
    return Evidence(out == 0, (f"3 sessions, used and not closed; connections out: {out}",))


@claim(
    "An AsyncSession loads a relationship when I touch it, as a Session does.",
    why="Touching an attribute cannot be awaited, so nothing can be loaded there. Load it in the "
    "query (`selectinload`), or await it (`await dish.awaitable_attrs.orders`).",
)
def touching_loads() -> Evidence:
    async def ask() -> str:
        async with AsyncSession(engine) as session:
            dish = await session.get_one(Dish, 1)
            try:
                return f"works, orders: {len(dish.orders)}"
            except SQLAlchemyError as error:
                return "greenlet_spawn" if "greenlet_spawn" in str(error) else str(error)

    with forgetting_coroutines(), async_kitchen(soup()) as engine:
        seen = run_apart(ask)
    said = "error: greenlet_spawn has not been called" if seen == "greenlet_spawn" else seen
    return Evidence(seen.startswith("works"), ("dish.orders, not loaded before:", said))


@claim(
    "`awaitable_attrs` loads the related objects of a whole list in one go.",
    why="Each `await` is a SELECT for one object: the N+1 again, this time awaited. `selectinload` "
    "fetches them for the whole list.",
)
def awaiting_loads_all() -> Evidence:
    async def ask() -> int:
        with xray() as block:
            async with AsyncSession(engine) as session:
                for dish in await session.scalars(select(Dish)):
                    await dish.awaitable_attrs.orders
        return len(block.statements)

    dishes = [Dish(name=f"dish {number}", price=1, cost=1) for number in range(4)]
    with async_kitchen(*dishes) as engine:
        count = run_apart(ask)
    return Evidence(count <= 2, (f"4 dishes and their orders: {count} statements",))


@claim(
    "A joined load gives each object once by itself.",
    why="The join repeats a dish for each of its orders. SQLAlchemy wants you to say that you know: "
    "`(await session.scalars(...)).unique()`.",
)
def joined_rows_are_unique() -> Evidence:
    orders = (Order(seat=1, dish_id=1), Order(seat=2, dish_id=1))
    with kitchen(soup(), *orders) as engine, Session(engine) as session:
        try:
            session.scalars(select(Dish).options(joinedload(Dish.orders))).all()
            said = "works"
        except SQLAlchemyError as error:
            said = str(error).split(" on this Result")[0]
    return Evidence(said == "works", (said,))


@claim(
    "What I have loaded can go on loading after its session is closed.",
    why="A closed session has let go of its objects. What was loaded stays readable, what was not "
    "raises DetachedInstanceError. Read inside the block what you need.",
)
def objects_load_after_close() -> Evidence:
    with kitchen(soup()) as engine:
        with Session(engine) as session:
            dish = session.get_one(Dish, 1)
        try:
            seen = f"works, orders: {len(dish.orders)}"
        except SQLAlchemyError as error:
            seen = type(error).__name__
    return Evidence(seen.startswith("works"), (f"dish.orders after the session closed: {seen}",))


# --- Beliefs behind wrong answers: background tasks ----------------------------------------------


@claim(
    "A background task can work with the session of its request; it costs nothing.",
    why="The request's session keeps its connection while the task runs, long after the guest has "
    "the answer. A task that opens its own session takes a connection only while it needs one.",
)
def handed_session_is_free() -> Evidence:
    out = []
    app = FastAPI()
    with kitchen(soup()) as engine:

        def get_db() -> Iterator[Session]:
            with Session(engine) as session:
                yield session

        @app.get("/dishes")
        def read(db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks) -> str:
            tasks.add_task(lambda: out.append(connections_out(engine)))
            return db.get_one(Dish, 1).name

        TestClient(app).get("/dishes")
    return Evidence(out == [0], (f"connections the request holds while its task runs: {out[0]}",))


@claim(
    "What I change on an ORM object is saved, wherever I change it.",
    why="A change is saved by the session that knows the object. An object whose session was closed "
    "belongs to nobody: hand over its id, and load it where you work.",
)
def object_saves_itself() -> Evidence:
    with kitchen(soup()) as engine:
        with Session(engine) as request:
            dish = request.get_one(Dish, 1)
        with Session(engine) as task:
            dish.price = 9
            task.commit()
        with Session(engine) as later:
            price = later.get_one(Dish, 1).price
    return Evidence(price == 9, ("changed to 9 after its session closed", f"on disk: {price}"))


@claim(
    "`with Session()` commits at its end.",
    why="It closes, and closing rolls back. `with sessions.begin() as session:` commits.",
)
def with_session_commits() -> Evidence:
    with kitchen(soup()) as engine:
        with Session(engine) as session:
            session.get_one(Dish, 1).price = 9
        with Session(engine) as later:
            price = later.get_one(Dish, 1).price
    return Evidence(price == 9, (f"changed to 9 in a `with Session()` block; on disk: {price}",))


@claim(
    "`add_task(wash(1))` runs `wash(1)` later.",
    why="Python calls `wash(1)` at once, before the answer, and hands over what it returned. Give "
    "the function and its arguments apart: `add_task(wash, 1)`.",
)
def add_task_takes_a_call() -> Evidence:
    log: list[str] = []
    app = FastAPI()

    @app.get("/")
    def dinner(tasks: BackgroundTasks) -> None:
        tasks.add_task(log.append("washed"))  # type: ignore[func-returns-value, arg-type]
        log.append("answered")

    TestClient(app, raise_server_exceptions=False).get("/")
    return Evidence(log[-1] == "washed", tuple(log))


# --- Beliefs behind wrong answers: migrations ----------------------------------------------------


@claim(
    "`create_all` brings existing tables up to date.",
    why="It makes tables that are missing and leaves the others as they are. Changing a table with "
    "rows in it is what migrations are for.",
)
def create_all_alters() -> Evidence:
    newer = MetaData()
    Table("dishes", newer, Column("id", Integer, primary_key=True), Column("vegan", Boolean))
    with kitchen(soup()) as engine:
        newer.create_all(engine)
        columns = [column["name"] for column in inspect(engine).get_columns("dishes")]
    return Evidence("vegan" in columns, (f"columns afterwards: {', '.join(columns)}",))


@claim(
    "A new column that may not be null needs no default.",
    why="The rows that are there already need a value too. Give them one: `server_default`.",
)
def not_null_needs_no_default() -> Evidence:
    seen = []
    with kitchen(soup()) as engine:
        for default in (None, "0"):
            column = Column("vegan", Boolean, nullable=False, server_default=default)
            try:
                with engine.begin() as connection:
                    Operations(MigrationContext.configure(connection)).add_column("dishes", column)
                seen.append("works")
            except SQLAlchemyError as error:
                seen.append(str(error).splitlines()[0].split(") ")[-1])
    shown = (f"no default: {seen[0]}", f'server_default="0": {seen[1]}')
    return Evidence(seen[0] == "works", shown)


@claim(
    "A downgrade that adds the old column again brings its values back.",
    why="A column that was dropped is gone with its values. A downgrade has to carry the data back "
    "as carefully as the upgrade carried it over.",
)
def downgrade_restores_values() -> Evidence:
    with kitchen(soup()) as engine, engine.begin() as connection:
        op = Operations(MigrationContext.configure(connection))
        op.drop_column("dishes", "name")
        op.add_column("dishes", Column("name", String))
        name = connection.scalar(text("SELECT name FROM dishes"))
    return Evidence(name == "soup", ("dropped, and added again", f"the name of the soup: {name}"))


# --- Beliefs behind wrong answers: two databases, ORM and Core -----------------------------------


@claim(
    "At a flush, `get_bind` is told which INSERT or UPDATE is coming.",
    why="A flush asks for the engine of a mapper, before there is a statement: `clause` is None. Ask "
    "for `self._flushing` too, as SQLAlchemy's own recipe does.",
)
def flush_shows_its_statement() -> Evidence:
    clauses = []
    with kitchen() as engine:

        class Curious(Session):
            def get_bind(self, *_: object, clause: object = None, **__: object) -> Engine:
                clauses.append(type(clause).__name__)
                return engine

        with Curious() as session:
            session.add(soup())
            session.flush()
            at_flush = clauses.pop()
            session.execute(update(Dish).values(price=8))
    seen = (
        f"clause at a flush: {at_flush}",
        f"clause of session.execute(update(...)): {clauses[-1]}",
    )
    return Evidence(at_flush == "Insert", seen)


@claim(
    "What I set on the session's class belongs to one session.",
    why="A class is shared by all its objects, so by all guests. `session.info` is a dict of the "
    "one session.",
)
def class_flag_is_mine() -> Evidence:
    class Sticky(Session):
        wrote = False

    mine, yours = Sticky(), Sticky()
    Sticky.wrote = True
    mine.info["wrote"] = True
    seen = (
        f"a flag on the class, seen by another session: {yours.wrote}",
        f"a flag in session.info, seen by another:      {yours.info.get('wrote', False)}",
    )
    return Evidence(yours.wrote is False, seen)


@claim(
    "A session finds the replica by itself.",
    why="A session uses the one engine that it was given. Which statement goes where is yours to "
    "say: override `get_bind`.",
)
def replica_is_found() -> Evidence:
    asked = []
    with kitchen() as writer, kitchen() as replica:
        for name, engine in (("writer", writer), ("replica", replica)):
            event.listen(engine, "before_execute", lambda *_, name=name: asked.append(name))
        with Session(writer) as session:
            session.scalars(select(Dish)).all()
    return Evidence("replica" in asked, (f"a SELECT of Session(writer) went to the {asked[0]}",))


@claim(
    "A Core UPDATE reaches the objects that a session has loaded.",
    why="`update(Dish)`, on the class, does. `Dish.__table__.update()` and `text()` know nothing of "
    "objects: refresh or expire those that you have loaded.",
)
def core_reaches_objects() -> Evidence:
    seen = {}
    with kitchen(soup()) as engine:
        for name, statement in (
            ("update(Dish)", update(Dish).values(price=9)),
            ("Dish.__table__.update()", cast(Table, Dish.__table__).update().values(price=9)),
            ('text("UPDATE ...")', text("UPDATE dishes SET price = 9")),
        ):
            with Session(engine) as session:
                dish = session.get_one(Dish, 1)
                session.execute(statement)
                seen[name] = dish.price
    shown = tuple(f"{name:24} dish.price is {price}" for name, price in seen.items())
    return Evidence(set(seen.values()) == {9}, ("9 in the database each time;", *shown))


@claim(
    "A Core statement in a session needs a commit of its own.",
    why="ORM and Core of one session share one transaction. A commit in the middle ends it for both, "
    "and takes the caller's chance to roll back.",
)
def core_needs_a_commit() -> Evidence:
    with kitchen(soup()) as engine:
        with Session(engine) as session:
            session.execute(update(Dish).values(price=9))
            session.add(Order(seat=1, dish_id=1))
            session.commit()
        with Session(engine) as later:
            price, orders = later.get_one(Dish, 1).price, len(later.scalars(select(Order)).all())
    seen = (
        "one Core UPDATE, one ORM object, one commit",
        f"on disk: price {price}, orders {orders}",
    )
    return Evidence(price != 9, seen)
