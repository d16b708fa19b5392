"""The table of the experiments, and a database that has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from checks.database import new_engine, on_disk


class Base(DeclarativeBase):
    """The model of the experiments, as the notebook has it."""


class Dish(Base):
    __tablename__ = "dish"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]


@contextmanager
def new_pantry(**prices: int) -> Iterator[Engine]:
    """An engine on a new file with the table `dish`, and these dishes in it: `new_pantry(soup=7)`."""
    with new_engine() as engine:
        Base.metadata.create_all(engine)
        engine.dispose()
        for name, price in prices.items():
            on_disk(engine, "INSERT INTO dish (name, price) VALUES (?, ?)", name, price)
        yield engine
