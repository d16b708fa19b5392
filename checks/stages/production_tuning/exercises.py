"""The eight exercises of stage 7. Each check cooks with a database file of its own."""

import inspect
import re
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import (
    Engine,
    Integer,
    String,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)
from sqlalchemy import inspect as look_into
from sqlalchemy.exc import InvalidRequestError, MissingGreenlet, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)
from sqlalchemy.ext.asyncio.exc import AsyncContextNotStarted
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.pool import QueuePool

from checks.claim import Claim
from checks.client import an_app
from checks.criterion import Unmet, criterion, expect, fresh
from checks.exercise import exercise
from checks.response import body_of
from checks.rush import CoffeeMachine, lunch_rush, run_apart, rush
from checks.stages.production_tuning import claims
from checks.stages.production_tuning.kitchen import (
    EVERYBODY_EATS,
    Dish,
    Order,
    async_kitchen,
    connections_out,
    connections_until_full,
    forgetting_coroutines,
    how_it_went,
    kitchen,
)
from checks.xray import Event, Kind, Recording, xray

BuildApp = Callable[..., FastAPI]


def a_dish(number: int) -> Dish:
    """A dish that no answer can know beforehand."""
    name, price = fresh().word(f"dish {number}"), fresh().number(f"price {number}")
    return Dish(id=number, name=name, price=price, cost=fresh().number(f"cost {number}"))


def on_disk(engine: Engine | AsyncEngine, query: str) -> list[tuple[Any, ...]]:
    """What really stands in the file, read past SQLAlchemy."""
    connection = sqlite3.connect(engine.url.database or "")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@exercise(
    hints=(
        "`allowed` connections for `workers` processes: each may have `allowed // workers`.",
        "The most that an engine opens is `pool_size + max_overflow`, and `max_overflow` is 10 "
        "unless you say otherwise.",
        "`create_engine(url, pool_size=allowed // workers, max_overflow=0, pool_timeout=patience)`.",
    )
)
def size_the_pool(open_engine: Callable[..., Engine]) -> None:
    """Divide what the database allows among the workers."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'bistro.db')}"
        with criterion("`open_engine(...)` gives an engine with a pool", shares=0) as built:
            engine = open_engine(url, 10, 3, 0.01)
            expect(isinstance(engine, Engine), f"it returned {type(engine).__name__}")
            pool = engine.pool
            expect(isinstance(pool, QueuePool), f"its pool is a {type(pool).__name__}")
        with criterion(
            "a guest who finds no connection gives up after `patience`", needs=built
        ) as patient:
            waits = pool.timeout() if isinstance(pool, QueuePool) else 0
            expect(
                waits == 0.01,
                f"with a patience of 0.01 s, it waits {waits:g} s",
                belief=claims.empty_pool_answers_soon,
            )
        for allowed, workers in ((14, 5), (9, 2)):
            share = allowed // workers
            with criterion(
                f"of {allowed} connections for {workers} workers, one takes {share} and no more",
                needs=(built, patient),
            ):
                expect(patient.holds, "it would wait too long to be counted")
                engine = open_engine(url, allowed, workers, 0.01)
                most = connections_until_full(engine)
                engine.dispose()
                belief = None
                if most == share + 10 or most == allowed + 10:
                    belief = claims.pool_size_is_the_limit
                elif most == allowed:
                    belief = claims.workers_share_a_pool
                expect(most == share, f"it takes {most}", belief=belief)


@exercise(
    hints=(
        "Who holds the connection while the answer waits for a thread? It has to be free before, or "
        "there must never be more guests inside than connections.",
        "One word at the door: `Depends(get_db, max_concurrency=…)`, at most as many as the pool has.",
        "Or give the connection back inside the endpoint: make the `DishOut` yourself "
        "(`DishOut.model_validate(dish, from_attributes=True)`), then `db.close()`, then return.",
    )
)
def survive_the_rush(rush_app: BuildApp) -> None:
    """Serve six guests at once with two threads and one connection."""
    dish = a_dish(1)
    with kitchen(dish, pool_size=1, max_overflow=0, pool_timeout=0.15) as engine:
        shown = {"id": 1, "name": dish.name, "price": dish.price}
        with criterion("`rush_app(engine)` builds an app", shares=0) as built:
            app = an_app(rush_app(engine))
        with criterion("one guest gets the dish, without its cost", needs=built) as served:
            with TestClient(app) as client:
                answer = client.get("/dishes/1")
            leaked = claims.model_is_documentation if "cost" in answer.text else None
            found = f"it answered {answer.status_code} {answer.text}"
            expect(answer.status_code == 200 and body_of(answer) == shown, found, belief=leaked)
        with criterion(
            "six guests at once all get it, over one connection", needs=served, shares=2
        ) as survived:
            with xray(app) as requests:
                answers = lunch_rush(app, "/dishes/1")
            why = ", ".join(sorted(set(requests.of(Kind.ENDPOINT_RAISES)))) or "did not raise"
            said = f"some of the six got an error (the endpoint {why})"
            expect(how_it_went(answers) == EVERYBODY_EATS, said, belief=behind_a_stall(app))
            most = requests.peak_connections
            expect(most <= 1, f"{most} were in use at once", belief=claims.bigger_pool_cures)
        with criterion("afterwards every connection is back in its pool", needs=survived):
            out = connections_out(engine)
            expect(out == 0, f"{out} still out", belief=claims.unused_session_closes)


def behind_a_stall(app: FastAPI) -> Claim:
    """The belief that explains why a set-up stalls."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            if inspect.iscoroutinefunction(route.endpoint):
                return claims.async_interchangeable
            for dependency in route.dependant.dependencies:
                if dependency.concurrency is not None:
                    return claims.any_limit_cures
                if dependency.scope == "function":
                    return claims.function_scope_cures
    return claims.free_on_return


@exercise(
    hints=(
        "The dependency is an async generator: `async def get_db()` with "
        "`async with AsyncSession(engine) as session: yield session`.",
        "Its type in the endpoint is `Annotated[AsyncSession, Depends(get_db)]`.",
        'What reaches the database is awaited: `await db.scalar(text("SELECT brew()"))`.',
    )
)
def go_async(coffee_app: BuildApp) -> None:
    """Serve eight guests of `async def` at once, out of the database."""
    machine, cup = CoffeeMachine(cups=8), fresh().word("cup")

    def brew() -> str:
        machine.brew()
        return cup

    with forgetting_coroutines(), async_kitchen(pool_size=8) as engine:
        event.listen(
            engine.sync_engine, "connect", lambda raw, _: raw.create_function("brew", 0, brew)
        )
        with criterion("`coffee_app(engine)` builds an app", shares=0) as built:
            app = an_app(coffee_app(engine))
        why: dict[type[Exception], Claim] = {
            MissingGreenlet: claims.async_interchangeable,
            AsyncContextNotStarted: claims.async_interchangeable,
            InvalidRequestError: claims.async_session_is_shared,
            SQLAlchemyError: claims.async_interchangeable,
        }
        with criterion(
            "`GET /coffee` answers eight guests with what the database brews",
            needs=built,
            beliefs=why,
        ) as served:
            with xray(app) as requests, explaining_a_sync_call(why):
                answers = rush(app, "/coffee", guests=8)
            bad = next((answer for answer in answers if answer.status_code != 200), answers[0])
            expect(bad.status_code == 200, f"a guest got {bad.status_code} {bad.text}")
            cups = [body_of(answer) for answer in answers]
            expect(cups == [{"cup": cup}] * 8, f"a guest got {answers[0].text}")
        with criterion("their eight coffees are made at the same time", needs=served):
            most, shared = machine.most_at_once, requests.sessions == 1
            belief = claims.async_session_is_shared if shared else claims.async_interchangeable
            expect(most == 8, f"at most {most} of 8", belief=belief)
        with criterion("afterwards every connection is back in the pool", needs=served):
            out = requests.connections_out
            expect(out == 0, f"{out} of 8 still out", belief=claims.unused_session_closes)


@contextmanager
def explaining_a_sync_call(why: dict[type[Exception], Claim]) -> Iterator[None]:
    """Where an error comes of a missing `await` or `async with`, put the belief behind it into `why`."""
    try:
        yield
    except (AttributeError, TypeError, ValueError) as error:
        said = str(error)
        if "coroutine" in said or "await" in said:
            why[type(error)] = claims.await_is_optional
        elif "context manager" in said:
            why[type(error)] = claims.async_interchangeable
        elif "vars() argument" in said:
            raise Unmet("what the endpoint returned cannot become JSON", None) from error
        raise


@exercise(
    hints=(
        "What you want to touch has to be loaded by the query: `select(Dish).options(...)`.",
        "`selectinload(Dish.orders)` fetches the orders of all dishes with one more SELECT.",
        "`dishes = await session.scalars(select(Dish).options(selectinload(Dish.orders)))`, and the "
        "dict is made inside the `async with`.",
    )
)
def eager_in_async(read_board: Callable[..., Awaitable[dict[str, list[int]]]]) -> None:
    """Read dishes with their orders, without I/O that nobody awaits."""
    dishes = [a_dish(number) for number in (1, 2, 3)]
    seats = {dishes[0].name: [4, 7], dishes[1].name: [7], dishes[2].name: []}
    orders = [Order(seat=4, dish_id=1), Order(seat=7, dish_id=1), Order(seat=7, dish_id=2)]

    async def read() -> dict[str, list[int]]:
        board = await read_board(async_sessionmaker(engine, class_=AsyncSession))
        expect(isinstance(board, Mapping), f"it returned {type(board).__name__}, not a dict")
        lists = all(isinstance(tables, Iterable) for tables in board.values())
        expect(lists, f"it gave {shown(board)}: the seats of a dish are a list")
        return {str(name): list(tables) for name, tables in board.items()}

    def shown(board: object) -> str:
        return re.sub(r" at 0x\w+", "", str(board))

    why: dict[type[Exception], Claim] = {
        DetachedInstanceError: claims.objects_load_after_close,
        InvalidRequestError: claims.joined_rows_are_unique,
        StatementError: claims.touching_loads,
        SQLAlchemyError: claims.touching_loads,
    }
    with (
        forgetting_coroutines(),
        async_kitchen(*dishes, *orders) as engine,
        xray() as block,
    ):
        with criterion(
            "it gives the seats of each dish's orders", beliefs=why, shares=2
        ) as read_it:
            with explaining_a_sync_call(why):
                board = run_apart(read)
            expect(board == seats, f"it gave {shown(board)}")
        with criterion("it needs at most two statements", needs=read_it):
            count = len(block.statements)
            expect(count <= 2, f"it needed {count} for 3 dishes", belief=claims.awaiting_loads_all)
        with criterion("its connection is back in the pool", needs=read_it):
            out = block.connections_out
            expect(out == 0, f"{out} still out", belief=claims.unused_session_closes)


@exercise(
    hints=(
        "The task is a function of its own, and it gets the order's id: "
        "`tasks.add_task(print_ticket, order.id)`.",
        "In it: `with sessions.begin() as session:` opens a session and commits at the end.",
        "Reading `order.id` after the commit begins a new transaction, and the request would hold its "
        "connection while the task runs. Read it before: `db.flush()`, `number = order.id`, then "
        '`db.commit()`. Or leave the session early: `Depends(get_db, scope="function")`.',
    )
)
def task_with_its_own_session(order_app: BuildApp) -> None:
    """Print the ticket of an order after the answer, in a session of its own."""
    seat = fresh().number("seat")
    other = Order(id=40, seat=1, dish_id=1)
    with kitchen(a_dish(1), other) as engine:
        with criterion("`order_app(engine)` builds an app", shares=0) as built:
            app = an_app(order_app(engine))
        with criterion(
            "`POST /orders` saves the order and answers 201 with its id",
            needs=built,
            beliefs={TypeError: claims.add_task_takes_a_call},
        ) as saved:
            with xray(app) as request, TestClient(app) as client:
                answer = client.post("/orders", params={"dish_id": 1, "seat": seat})
            expect(answer.status_code == 201, f"it answered {answer.status_code} {answer.text}")
            orders = on_disk(engine, "SELECT id, seat FROM orders")
            rows = [row for row in orders if row[0] != other.id]
            found = f"it answered {answer.text}; new rows on disk: {len(rows)}"
            sent = body_of(answer)
            number = sent.get("id") if isinstance(sent, dict) else None
            expect([(number, seat)] == rows, found)
        with criterion("a background task runs, after the answer", needs=saved) as ran:
            at_work = during_the_task(request)
            expect(bool(at_work), "no background task ran")
        with criterion("the order is `printed` on disk, and no other", needs=ran):
            states = dict(on_disk(engine, "SELECT id, state FROM orders"))
            kinds = {each.kind for each in at_work}
            belief: Claim | None = claims.object_saves_itself
            if Kind.CONNECTION_OUT in kinds:
                belief = None if Kind.COMMIT in kinds else claims.with_session_commits
            expect(states[number] == "printed", f"it is {states[number]!r}", belief=belief)
            expect(states[other.id] == "new", "another order is printed too")
        with criterion("the task works in a session of its own", needs=ran) as own:
            before = {each.text for each in request.events[: request.events.index(at_work[0])]}
            taken = [each.text for each in at_work if each.kind is Kind.CONNECTION_OUT]
            again = [
                each.text
                for each in at_work
                if each.kind is Kind.SESSION_BEGINS and each.text in before
            ]
            expect(
                bool(taken) and not again,
                "it worked in the session of the request",
                belief=claims.handed_session_is_free,
            )
        with criterion("meanwhile the request holds no connection", needs=own):
            expect(
                "connection out (2 out)" not in taken,
                "the request held one while the task used another",
                belief=claims.free_on_return,
            )


def during_the_task(request: Recording) -> tuple[Event, ...]:
    """What happened from the beginning of the first background task to the end of the last."""
    kinds = [each.kind for each in request.events]
    if Kind.BACKGROUND_TASK not in kinds or Kind.BACKGROUND_TASK_DONE not in kinds:
        return ()
    begin, back = kinds.index(Kind.BACKGROUND_TASK), kinds[::-1].index(Kind.BACKGROUND_TASK_DONE)
    return request.events[begin : len(kinds) - back]


@exercise(
    hints=(
        'A rename keeps the values: `op.alter_column("dishes", "name", new_column_name="title")`, '
        'or the same inside `with op.batch_alter_table("dishes") as table:`.',
        "Rows that are there need a value for a column that may not be null: "
        "`server_default=sa.false()`.",
        "`downgrade` is the way back: the rename the other way round, and "
        '`op.drop_column("dishes", "vegan")`.',
    )
)
def migrate_with_data(
    upgrade: Callable[[Operations], None], downgrade: Callable[[Operations], None]
) -> None:
    """Change a table that has rows in it, and change it back."""
    rows = [
        (number, fresh().word(f"dish {number}"), fresh().number(f"price {number}"))
        for number in (1, 2)
    ]
    with TemporaryDirectory() as folder:
        file = Path(folder, "bistro.db")
        engine = create_engine(f"sqlite:///{file}")
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TABLE dishes "
                "(id INTEGER NOT NULL PRIMARY KEY, name VARCHAR NOT NULL, price INTEGER NOT NULL)"
            )
            connection.exec_driver_sql("INSERT INTO dishes VALUES (?, ?, ?)", rows)
        try:
            with criterion(
                "`upgrade(op)` makes the columns id, price, title, vegan",
                beliefs={SQLAlchemyError: claims.not_null_needs_no_default},
            ) as upgraded:
                migrate(engine, upgrade)
                columns = columns_of(engine)
                unchanged = claims.create_all_alters if "title" not in columns else None
                wanted = columns == ["id", "price", "title", "vegan"]
                expect(wanted, f"they are {', '.join(columns)}", belief=unchanged)
            with criterion("every dish has kept its name and price", needs=upgraded) as kept:
                found = on_disk(engine, "SELECT id, title, price FROM dishes ORDER BY id")
                lost = claims.autogenerate_sees_rename
                expect(found == rows, f"the rows are {found}", belief=lost)
            with criterion("no dish is vegan yet, and none may be unknown", needs=upgraded):
                vegan = [bool(value) for (value,) in on_disk(engine, "SELECT vegan FROM dishes")]
                expect(vegan == [False, False], f"vegan is {vegan}")
                free = next(
                    c for c in look_into(engine).get_columns("dishes") if c["name"] == "vegan"
                )
                expect(free["nullable"] is False, "the column allows NULL")
                other_type = isinstance(free["type"], Integer | String)
                expect(not other_type, f"the column is {free['type']}, not Boolean")
            with criterion("`downgrade(op)` makes the old columns", needs=upgraded) as back:
                migrate(engine, downgrade)
                columns = columns_of(engine)
                expect(columns == ["id", "name", "price"], f"they are {', '.join(columns)}")
            with criterion("every dish has its name and price again", needs=(kept, back)):
                found = on_disk(engine, "SELECT id, name, price FROM dishes ORDER BY id")
                lost = claims.downgrade_restores_values
                expect(found == rows, f"the rows are {found}", belief=lost)
        finally:
            engine.dispose()


def migrate(engine: Engine, step: Callable[[Operations], None]) -> None:
    """Run one direction of a migration as Alembic would."""
    with (
        engine.begin() as connection,
        Operations.context(MigrationContext.configure(connection)) as op,
    ):
        step(op)


def columns_of(engine: Engine) -> list[str]:
    """The names of the columns of the dishes, sorted."""
    return sorted(column["name"] for column in look_into(engine).get_columns("dishes"))


@exercise(
    hints=(
        "Override `get_bind(self, mapper=None, *, clause=None, **rest)`: what it returns is the engine "
        "of the statement.",
        "It writes if `self._flushing`, or if `clause` is an Insert, Update or Delete.",
        'Remember it in the session itself: `self.info["wrote"] = True`. Who has written once reads '
        "from the writer.",
        "`return sessionmaker(class_=Split)`, with the class inside the function.",
    )
)
def read_your_writes(split_sessions: Callable[..., sessionmaker[Session]]) -> None:
    """Read from the replica, write to the writer, and find what was written."""
    old, new = a_dish(1), a_dish(2)
    name, both = new.name, [old.name, new.name]
    with kitchen(a_copy(old)) as writer, kitchen(a_copy(old)) as replica:
        asked: list[str] = []
        for engine, tag in ((writer, "writer"), (replica, "replica")):
            event.listen(engine, "before_cursor_execute", lambda *_, tag=tag: asked.append(tag))
        event.listen(replica, "connect", lambda raw, _: raw.execute("PRAGMA query_only=ON"))
        everything = select(Dish.name).order_by(Dish.id)
        with criterion("`split_sessions(writer, replica)` makes sessions", shares=0) as built:
            sessions = split_sessions(writer, replica)
            with sessions() as session:
                expect(isinstance(session, Session), f"it made a {type(session).__name__}")
        with criterion("a session that only reads asks the replica", needs=built) as reads:
            with sessions() as session:
                session.scalars(everything).all()
            expect(asked == ["replica"], f"it asked the {asked[0]}", belief=claims.replica_is_found)
        with criterion(
            "what a session adds goes to the writer",
            needs=built,
            beliefs={SQLAlchemyError: claims.flush_shows_its_statement},
        ) as writes:
            with sessions() as session:
                session.add(a_copy(new))
                session.flush()
                found = list(session.scalars(everything))
                session.commit()
                after = list(session.scalars(everything))
            stored = [row[0] for row in on_disk(writer, "SELECT name FROM dishes ORDER BY id")]
            expect(stored == both, f"the writer has {stored}")
        with criterion("the same session then finds it, before and after its commit", needs=writes):
            belief = claims.selects_on_the_replica
            expect(name in found, f"before the commit it found {found}", belief=belief)
            expect(name in after, f"after the commit it found {after}", belief=belief)
        with criterion("after a bulk UPDATE too, it reads from the writer", needs=built):
            with sessions() as session:
                session.execute(update(Dish).values(price=0))
                prices = list(session.scalars(select(Dish.price)))
            belief = claims.selects_on_the_replica
            expect(set(prices) == {0}, f"it found the prices {prices}", belief=belief)
        with criterion("an INSERT and a DELETE that are executed go to the writer", needs=built):
            row = {"id": 3, "name": "bread", "price": 3, "cost": 1}
            for statement in (insert(Dish).values(row), delete(Dish).where(Dish.id == 3)):
                with sessions() as session:
                    session.execute(statement)
        with criterion("the next session reads from the replica again", needs=(reads, writes)):
            asked.clear()
            with sessions() as session:
                session.scalars(everything).all()
            expect(
                asked == ["replica"], f"it asked the {asked[0]}", belief=claims.class_flag_is_mine
            )


def a_copy(dish: Dish) -> Dish:
    """The same dish for another session."""
    return Dish(id=dish.id, name=dish.name, price=dish.price, cost=dish.cost)


@exercise(
    hints=(
        "The cell above sends two UPDATEs. Only one of them knew the object that was loaded: which?",
        "`session.execute(...)` is enough: the caller commits or rolls back. With "
        "`Dish.__table__.update()` or `text(...)`, say `session.refresh(dish)` before you read.",
        "`session.execute(update(Dish).values(price=Dish.price - off))`, then `return dish.price`.",
    )
)
def core_beside_orm(happy_hour: Callable[..., int], *, model: type) -> None:
    """Lower all prices with one statement, beside an object that is loaded."""
    prices = [fresh().number("old price"), fresh().number("other old price")]
    lower = [price - 500 for price in prices]
    dishes = [Dish(id=n, name=f"dish {n}", price=p, cost=1) for n, p in enumerate(prices, 1)]
    with kitchen(*dishes) as engine, Session(engine) as session:
        with criterion("it lowers the price of every dish") as lowered:
            loaded: Any = session.scalars(select(model).order_by("id")).all()
            sent: list[int] = []

            def count(_: Any, __: Any, sql: str, values: Any, ___: Any, many: bool) -> None:
                if sql.lstrip().upper().startswith("UPDATE"):
                    sent.append(len(values) if many else 1)  # a flush sends one for each object

            event.listen(engine, "before_cursor_execute", count)
            returned = happy_hour(session, loaded[0], 500)
            event.remove(engine, "before_cursor_execute", count)
            found = list(session.scalars(select(model.price).order_by("id")))  # type: ignore[attr-defined]
            expect(found == lower, f"from {prices}, lowered by 500, they became {found}")
        with criterion("it needs one UPDATE", needs=lowered):
            expect(sum(sent) == 1, f"it sent {sum(sent)} for two dishes")
        with criterion("it returns the dish's new price", needs=lowered):
            belief = claims.core_reaches_objects if loaded[0].price == prices[0] else None
            right = type(returned) is int and returned == lower[0]
            expect(right, f"it returned {returned!r}", belief=belief)
        with criterion("the object that was loaded shows it too", needs=lowered):
            shown = loaded[0].price
            belief = claims.core_reaches_objects
            expect(
                type(shown) is int and shown == lower[0], f"dish.price is {shown}", belief=belief
            )
        with criterion("the caller can still roll it all back", needs=lowered):
            session.rollback()
            stored = [row[0] for row in on_disk(engine, "SELECT price FROM dishes ORDER BY id")]
            belief = claims.core_needs_a_commit
            expect(stored == prices, "the new prices stayed on disk", belief=belief)
