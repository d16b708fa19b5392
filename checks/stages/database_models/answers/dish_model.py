# %% right="Mapped types, a check constraint in __table_args__"
class RecipeBook(DeclarativeBase):
    """A fresh book, so that this cell can be run again."""


class Recipe(RecipeBook):
    __tablename__ = "recipe"
    __table_args__ = (CheckConstraint("price > 0"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    price: Mapped[int]
    note: Mapped[str | None]


# %% right="the classic Column, a named unique constraint, the check inside the column"
from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import declarative_base


class Recipe(declarative_base()):
    __tablename__ = "recipe"
    __table_args__ = (UniqueConstraint("name", name="one_name"),)

    id = Column(Integer, primary_key=True)
    name = Column(String, nullable=False)
    price = Column(Integer, CheckConstraint("price >= 1"), nullable=False)
    note = Column(String)


# %% right="types by name, a unique index, a constraint built from the column"
from sqlalchemy import Text


class RecipeBook(DeclarativeBase):
    pass


class Recipe(RecipeBook):
    __tablename__ = "recipe"

    id = mapped_column(Integer, primary_key=True)
    name = mapped_column(String(80), nullable=False, unique=True, index=True)
    price = mapped_column(Integer, nullable=False)
    note = mapped_column(Text, nullable=True)

    __table_args__ = (CheckConstraint(price > 0, name="price_above_zero"),)


# %% wrong="an index instead of a unique column" claim="index_is_unique"
class RecipeBook(DeclarativeBase):
    pass


class Recipe(RecipeBook):
    __tablename__ = "recipe"
    __table_args__ = (CheckConstraint("price > 0"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    price: Mapped[int]
    note: Mapped[str | None]


# %% wrong="the note has a type that must be given" claim="optional_by_default" canary=true
class RecipeBook(DeclarativeBase):
    pass


class Recipe(RecipeBook):
    __tablename__ = "recipe"
    __table_args__ = (CheckConstraint("price > 0"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]
    note: Mapped[str]


# %% wrong="classic columns that may be empty" claim="column_is_required"
class RecipeBook(DeclarativeBase):
    pass


class Recipe(RecipeBook):
    __tablename__ = "recipe"
    __table_args__ = (CheckConstraint("price > 0"),)

    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)
    price = Column(Integer)
    note = Column(String)


# %% wrong="the price is checked in Python only" claim="python_guards_the_table"
from sqlalchemy.orm import validates


class RecipeBook(DeclarativeBase):
    pass


class Recipe(RecipeBook):
    __tablename__ = "recipe"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]
    note: Mapped[str | None]

    @validates("price")
    def above_zero(self, key, price):
        if price <= 0:
            raise ValueError("a price is above 0")
        return price


# %% wrong="nothing guards the price but its type" claim="mapped_int_checks_values" canary=true
class RecipeBook(DeclarativeBase):
    pass


class Recipe(RecipeBook):
    __tablename__ = "recipe"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]
    note: Mapped[str | None]
