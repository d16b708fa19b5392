"""What the checks and claims of this stage cook with: database files that are gone afterwards."""

import gc
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from httpx2 import Response
from pydantic import BaseModel
from sqlalchemy import Engine, ForeignKey, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import greenlet_spawn

from checks.database import new_engine
from checks.rush import CoffeeMachine, run_apart

PATIENCE = 0.1
"""Seconds that a guest of the miniature waits for a connection."""

EVERYBODY_EATS = "everybody gets a dish"


class Base(AsyncAttrs, DeclarativeBase):
    """The same tables as in the notebook."""


class Dish(Base):
    """A dish on the menu; what it costs us is nobody's business."""

    __tablename__ = "dishes"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    cost: Mapped[int]
    orders: Mapped[list["Order"]] = relationship(back_populates="dish", order_by="Order.id")


class Order(Base):
    """One dish for one table."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[int]
    state: Mapped[str] = mapped_column(default="new")
    dish_id: Mapped[int] = mapped_column(ForeignKey("dishes.id"))
    dish: Mapped[Dish] = relationship(back_populates="orders")


class DishOut(BaseModel):
    """What a guest may see of a dish."""

    id: int
    name: str
    price: int


@contextmanager
def kitchen(*rows: Base, **pool: Any) -> Iterator[Engine]:
    """An engine on a fresh file with these rows in it, a pool as asked for; both gone afterwards."""
    with new_engine(**pool) as engine:
        Base.metadata.create_all(engine)
        with Session(engine, expire_on_commit=False) as session:
            session.add_all(rows)
            session.commit()
        engine.dispose()  # whoever cooks here starts with an empty pool
        yield engine


@contextmanager
def async_kitchen(*rows: Base, **pool: Any) -> Iterator[AsyncEngine]:
    """The same with an async engine. Connections that nobody gave back are given back at the end."""
    with kitchen(*rows) as engine:
        async_engine = create_async_engine(engine.url.set(drivername="sqlite+aiosqlite"), **pool)
        # Held here, so that the garbage collector neither hides a leak nor complains of it later.
        out: dict[Any, Any] = {}
        event.listen(
            async_engine.sync_engine, "checkout", lambda _, key, held: out.update({key: held})
        )
        event.listen(async_engine.sync_engine, "checkin", lambda _, key: out.pop(key, None))

        async def tidy() -> None:
            for held in tuple(out.values()):
                with suppress(SQLAlchemyError):
                    await greenlet_spawn(held.close)
            await async_engine.dispose()

        try:
            yield async_engine
        finally:
            run_apart(tidy)


@contextmanager
def forgetting_coroutines() -> Iterator[None]:
    """Have what the block never awaited collected at its end, instead of warning at some later moment.

    Only what is younger than the block is looked at: a kernel holds much that is older.
    """
    is_first = not gc.get_freeze_count()
    if is_first:
        gc.freeze()
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()
        if is_first:
            gc.unfreeze()


def soup() -> Dish:
    """A dish to cook with."""
    return Dish(id=1, name="soup", price=7, cost=2)


def attach(machine: CoffeeMachine, engine: Engine) -> None:
    """Give the database a slow function that counts: `SELECT brew()`."""
    event.listen(
        engine,
        "connect",
        lambda connection, _: connection.create_function("brew", 0, machine.brew),
    )


def small_bistro(engine: Engine, **depends: Any) -> FastAPI:
    """The set-up of every tutorial; `depends` goes into its `Depends(get_db, ...)`."""
    app = FastAPI()

    def get_db() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{number}", response_model=DishOut)
    def read_dish(number: int, db: Annotated[Session, Depends(get_db, **depends)]) -> Dish | None:
        dish = db.get(Dish, number)
        time.sleep(0.02)  # the cook needs a moment
        return dish

    return app


def how_it_went(answers: list[Response]) -> str:
    """What the guests say afterwards; how many go hungry depends on how busy the machine is."""
    if all(answer.is_success for answer in answers):
        return EVERYBODY_EATS
    return "some get an error"


def connections_out(engine: Engine | AsyncEngine) -> int:
    """How many connections of an engine's pool are in use."""
    pool = engine.pool
    return pool.checkedout() if isinstance(pool, QueuePool) else 0


def connections_until_full(engine: Engine, enough: int = 50) -> int:
    """How many connections an engine hands out before it gives up."""
    with ExitStack() as taken:
        for count in range(enough):
            try:
                taken.enter_context(engine.connect())
            except PoolTimeout:
                return count
    return enough
