# %% [markdown] cid="title" kind="prose"
# # 3 · Creating database models with SQLAlchemy: the recipe book
#
# The pantry keeps what you put in. But who remembers what stands where? In many services it is written all over the code: a column name in this string, a position in that row. In spring that works. Then somebody adds a column.

# %% cid="setup" kind="setup"
import atexit
import re
import sqlite3
from contextlib import closing
from datetime import date
from itertools import count
from shutil import rmtree
from tempfile import mkdtemp

from checks.stages.database_models import FACT, MYTH, NO, YES, check, predict, quiz
from checks.xray import xray

from sqlalchemy import (
    CheckConstraint,
    Column,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    create_engine,
    delete,
    event,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.schema import CreateTable

shelf, number = mkdtemp(), count(1)
atexit.register(rmtree, shelf, ignore_errors=True)


def new_pantry(base: type[DeclarativeBase]) -> Engine:
    """An engine on a new database file that has the tables of `base`."""
    engine = create_engine(f"sqlite:///{shelf}/bistro-{next(number)}.db")
    base.metadata.create_all(engine)
    engine.dispose()  # nothing stays open until a session asks for a connection
    return engine


def on_disk(engine: Engine, sql: str) -> list[tuple]:
    """The rows as somebody else sees them: through a connection of their own."""
    with closing(sqlite3.connect(engine.url.database)) as other:
        return other.execute(sql).fetchall()


def first_line(error: Exception) -> str:
    """The type of an error and what it says, without addresses and links."""
    said = re.sub(r" at 0x\w+", "", str(error).splitlines()[0]).partition(" (Background")[0]
    return f"{type(error).__name__}: {said}"


# %% cid="hook-positions" kind="example"
def price_of(pantry: sqlite3.Connection, name: str) -> int:
    row = pantry.execute("SELECT * FROM dish WHERE name = ?", [name]).fetchone()
    return row[2]


with closing(sqlite3.connect(":memory:")) as pantry:
    pantry.execute("CREATE TABLE dish AS SELECT 1 AS id, 'soup' AS name, 7 AS price")
    print("in spring, a soup is", price_of(pantry, "soup"))

with closing(sqlite3.connect(":memory:")) as pantry:
    pantry.execute("CREATE TABLE dish AS SELECT 1 AS id, 'soup' AS name, 2 AS cost, 7 AS price")
    print("in autumn, a soup is", price_of(pantry, "soup"))

# %% [markdown] cid="model" kind="prose"
# No error, no warning, and every guest pays the cost of the ingredients. A **model** says once, in one place, what a dish is and where it is kept. The rest of your code says `dish.price`.
#
# **After this stage you can**
#
# - write a class and say which table it makes, with its constraints;
# - create, read, update and delete rows through Python objects;
# - tie classes by relationships, and say what is deleted with what;
# - count the statements that a loop sends, and bring them down to two;
# - hand out objects that can still be read after their session has closed.
#
# About 60 minutes, six exercises. Seen with SQLAlchemy 2.1.
#
# This is where stage 2 arrived: a `Base`, one model, and an engine on a file, with a commit after what was added. **Predict** what is on disk when nobody says `commit()`.


# %% cid="arrival" kind="setup"
class Base(DeclarativeBase):
    """What all models of one book have in common; it knows their tables."""


class Dish(Base):
    __tablename__ = "dish"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]


# %% cid="predict-commits" kind="predict"
# BEGIN SOLUTION: predict.with_session_commits()
predict.with_session_commits(NO)
# END SOLUTION

# %% cid="flush-example" kind="example"
print(select(Dish), "\n")

engine = new_pantry(Base)
names = "SELECT name FROM dish"

with Session(engine) as session:
    session.add(Dish(name="soup", price=7))
    session.commit()
print("committed:", on_disk(engine, names))

with Session(engine) as session:
    session.add(Dish(name="tart", price=5))
    session.flush()  # sends the INSERT now; otherwise a SELECT or the commit would
    print("flushed, this session sees:", session.scalars(select(Dish.name)).all())
    print("flushed, anybody else sees:", on_disk(engine, names))
print("closed without a commit:   ", on_disk(engine, names))

# %% [markdown] cid="columns" kind="prose"
# `print(select(Dish))` spells out every column, so no position can slip. A **flush** sends the SQL; only the **commit** makes it true for others. What was not committed when the session closes is rolled back, silently.
#
# ## A class is a table
#
# The type hint chooses the column's type and says whether it may stay empty. `Mapped[str]` is NOT NULL, `Mapped[str | None]` may be NULL. Everything else goes into `mapped_column(...)`, and rules for the whole table into `__table_args__`. A *naming convention* gives each constraint a name, the same on every machine: you will want it when a migration has to drop one.
#
# The first cell prints the SQL that `create_all` sends. In the second, five rows ask to be let in; the last one has its seats in letters.


# %% cid="columns-example" kind="example"
class Room(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
        }
    )


class Seating(Room):
    __tablename__ = "seating"
    __table_args__ = (CheckConstraint("seats > 0", name="seats_above_zero"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    seats: Mapped[int]
    by_the_window: Mapped[bool] = mapped_column(default=False)
    nickname: Mapped[str | None] = mapped_column(String(30))
    bought: Mapped[date | None]


print(str(CreateTable(Seating.__table__)).strip())

# %% cid="constraints-example" kind="example"
dining_room = new_pantry(Room)


def try_to_save(**values: object) -> None:
    try:
        with Session(dining_room) as session, session.begin():  # commits at its end
            session.add(Seating(**values))
        print("saved:  ", values)
    except IntegrityError as error:
        print("refused:", values, "→", error.orig)


try_to_save(number=1, seats=4)
try_to_save(number=1, seats=2)
try_to_save(number=2, seats=0)
try_to_save(number=3)
try_to_save(number=4, seats="some")

print(inspect(dining_room).get_unique_constraints("seating"))

# %% [markdown] cid="dish-model-task" kind="prose" exercise="dish_model"
# The constraints stand in the table, so nobody gets past them, not even a script that never saw your class. But `Mapped[int]` is no guard: SQLAlchemy passes the value on, and SQLite keeps text in an INTEGER column. Here it even passes `seats > 0`. What comes from outside is checked by Pydantic, as in stage 1.
#
# ### Try: the model of a recipe
#
# Write the class `Recipe` on the given `RecipeBook`, with the table `recipe`: `id`, numbered by the database; `name`, required, never twice; `price`, a required whole number above 0, and the *table* sees to that; `note`, a text that may be left out.
#
# The check makes the table and reads its real schema. How you write the columns is your choice.


# %% cid="dish-model" kind="exercise" exercise="dish_model"
class RecipeBook(DeclarativeBase):
    """A fresh book, so that this cell can be run again."""


# BEGIN SOLUTION: Recipe = ...
class Recipe(RecipeBook):
    __tablename__ = "recipe"
    __table_args__ = (CheckConstraint("price > 0", name="price_above_zero"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]
    note: Mapped[str | None]


# END SOLUTION

# %% cid="dish-model-check" kind="check" exercise="dish_model"
check.dish_model(Recipe)

# %% [markdown] cid="crud" kind="prose"
# ## Objects in, SQL out
#
# | you say | the session sends |
# |---|---|
# | `session.add(dish)` | INSERT |
# | `session.scalars(select(Dish).where(...)).one()` | SELECT, and makes an object |
# | `dish.price = 9` | ? |
# | `session.delete(dish)` | DELETE |
#
# `.one()` insists on exactly one row, `.one_or_none()` allows for none, `.all()` takes what comes. The third line of the table calls nothing: it is an assignment. **Predict** whether that is enough.

# %% cid="predict-changes" kind="predict"
# BEGIN SOLUTION: predict.changes_are_noticed()
predict.changes_are_noticed(YES)
# END SOLUTION

# %% cid="crud-demo" kind="demo"
engine = new_pantry(Base)
with Session(engine) as session, session.begin():
    session.add_all([Dish(name="soup", price=7), Dish(name="bread", price=3)])

with xray() as block, Session(engine) as session:
    soup, bread = session.scalars(select(Dish).order_by(Dish.id)).all()
    soup.price = 9
    session.delete(bread)
    session.add(Dish(name="tart", price=5))
    session.commit()
block

# %% [markdown] cid="crud-cycle-task" kind="prose" exercise="crud_cycle"
# You changed three objects in any order you liked. The session waited, and at the commit it sent one UPDATE of the one column that changed, one INSERT and one DELETE, in an order of its own and in one transaction. This is the *unit of work*. Your code says what a dish is now; the SQL follows.
#
# ### Try: create, read, update, delete
#
# Write four functions for the given `Dish`. Each opens a session of its own on `engine` and closes it, and when it returns, what it did is true for everybody:
#
# - `add_dish` saves a dish and returns its id;
# - `price_of` returns the price of a dish, or `None` where there is no such dish;
# - `change_price` and `remove_dish` do what they say to the one dish with that name.


# %% cid="crud-cycle" kind="exercise" exercise="crud_cycle"
def add_dish(engine: Engine, name: str, price: int) -> int:
    # BEGIN SOLUTION
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
        return dish.id
    # END SOLUTION


def price_of(engine: Engine, name: str) -> int | None:
    # BEGIN SOLUTION
    with Session(engine) as session:
        return session.scalars(select(Dish.price).where(Dish.name == name)).one_or_none()
    # END SOLUTION


def change_price(engine: Engine, name: str, price: int) -> None:
    # BEGIN SOLUTION
    with Session(engine) as session:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        session.commit()
    # END SOLUTION


def remove_dish(engine: Engine, name: str) -> None:
    # BEGIN SOLUTION
    with Session(engine) as session:
        session.delete(session.scalars(select(Dish).where(Dish.name == name)).one())
        session.commit()
    # END SOLUTION


# %% cid="crud-cycle-check" kind="check" exercise="crud_cycle"
check.crud_cycle(add_dish, price_of, change_price, remove_dish)

# %% [markdown] cid="select" kind="prose"
# ## Ask with the class
#
# `Dish.price < 8` compares nothing: on the *class*, an attribute stands for its column, and the comparison becomes a piece of SQL. A query is built step by step and sent when a session runs it. Older code says `session.query(Dish)`, and `Column(Integer)` in its models. Both still work; only mind that a classic `Column` may be NULL unless it says `nullable=False`.

# %% cid="select-example" kind="example"
engine = new_pantry(Base)
prices = {"soup": 7, "bread": 3, "tart": 5, "steak": 21, "salad": 7}
with Session(engine) as session, session.begin():
    session.add_all(Dish(name=name, price=price) for name, price in prices.items())

query = (
    select(Dish)
    .where(Dish.price < 8, Dish.name.contains("s"))
    .order_by(Dish.price.desc(), Dish.name)
    .limit(2)
)
print(query, "\n")

with Session(engine) as session:
    print("found:", [dish.name for dish in session.scalars(query)])
    print("older code:", session.query(Dish).filter_by(name="soup").one().price)
print("a classic column may be NULL:", Column(Integer).nullable)

# %% [markdown] cid="find-dishes-task" kind="prose" exercise="find_dishes"
# The database filters, sorts and cuts. Only two rows travelled.
#
# ### Try: find dishes
#
# Write `find_dishes`: the *names* of the dishes that have `piece` in their name and cost `most` or less, cheapest first, and by name where the price is the same. A page has three names; page 1 is the first, and `.offset(n)` skips n rows. One SELECT, and only the rows of the page may come.


# %% cid="find-dishes" kind="exercise" exercise="find_dishes"
def find_dishes(session: Session, piece: str, most: int, page: int) -> list[str]:
    # BEGIN SOLUTION
    query = (
        select(Dish.name)
        .where(Dish.name.contains(piece), Dish.price <= most)
        .order_by(Dish.price, Dish.name)
        .offset((page - 1) * 3)
        .limit(3)
    )
    return list(session.scalars(query))
    # END SOLUTION


# %% cid="find-dishes-check" kind="check" exercise="find_dishes"
check.find_dishes(find_dishes)

# %% [markdown] cid="relationships" kind="prose"
# ## Two tables that know each other
#
# A menu has courses. In the tables, each course holds the number of its menu, a *foreign key*. In Python you want neither numbers nor joins: you want `menu.courses` and `course.menu`.
#
# ```mermaid
# erDiagram
#   accTitle: A menu and its courses
#   accDescr: One menu has any number of courses. Each course refers by menu_id to the id of at most one menu. In Python, menu.courses is the list and course.menu the way back.
#   direction LR
#   menu |o--o{ course : "menu.courses / course.menu"
#   menu {
#     int id PK
#     str name
#   }
#   course {
#     int id PK
#     str name
#     int price
#     int menu_id FK
#   }
# ```
#
# The column is yours to write; `relationship()` reads it. `back_populates` ties the two ends: set one, and the other knows. A join may follow the relationship, and SQLAlchemy writes its condition.
#
# Run the next two cells, then **predict** what is loaded together with the menus.


# %% cid="menus" kind="setup"
class Book(DeclarativeBase):
    """The book of the menus."""


class Menu(Book):
    __tablename__ = "menu"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    courses: Mapped[list["Course"]] = relationship(back_populates="menu")


class Course(Book):
    __tablename__ = "course"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    menu_id: Mapped[int | None] = mapped_column(ForeignKey("menu.id"))
    menu: Mapped["Menu | None"] = relationship(back_populates="courses")


def write_menus(engine: Engine) -> None:
    """Three menus; each of their courses is saved with its menu."""
    with Session(engine) as session, session.begin():
        for name in ("lunch", "brunch", "dinner"):
            courses = [Course(name="soup", price=7), Course(name=f"{name} plate", price=12)]
            session.add(Menu(name=name, courses=courses))


# %% cid="relationships-example" kind="example"
lunch, soup = Menu(name="lunch"), Course(name="soup", price=7)
lunch.courses.append(soup)
print("before any SQL:", soup.menu.name, soup.menu_id)

engine = new_pantry(Book)
write_menus(engine)
query = select(Course.name, Menu.name).join(Course.menu).where(Course.price > 7).order_by(Menu.name)
with Session(engine) as session:
    print("joined:", session.execute(query).all())

# %% cid="predict-related" kind="predict"
# BEGIN SOLUTION: predict.related_objects_come_along()
predict.related_objects_come_along(NO)
# END SOLUTION

# %% cid="lazy-demo" kind="demo"
engine = new_pantry(Book)
write_menus(engine)

with xray() as eager, Session(engine) as session:
    for menu in session.scalars(select(Menu).options(selectinload(Menu.courses))):
        len(menu.courses)
print("with selectinload:", len(eager.statements), "statements; without:")

with xray() as lazy, Session(engine) as session:
    for menu in session.scalars(select(Menu)):
        len(menu.courses)
lazy

# %% [markdown] cid="within-two-statements-task" kind="prose" exercise="within_two_statements"
# One SELECT for the menus, and one more for *each* of them. This is the **N+1**: with three menus nobody notices, with three hundred everybody waits. It hides well, because no line of Python looks like a query.
#
# ### Try: within two statements
#
# `menu_card` is right and sends too much. Mend it: the same answer, with at most two statements, however many menus there are.


# %% cid="within-two-statements" kind="exercise" exercise="within_two_statements"
def menu_card(session: Session) -> dict[str, list[str]]:
    # BEGIN SOLUTION: menus = session.scalars(select(Menu)).all()
    menus = session.scalars(select(Menu).options(selectinload(Menu.courses))).all()
    # END SOLUTION
    return {menu.name: [course.name for course in menu.courses] for menu in menus}


# %% cid="within-two-statements-check" kind="check" exercise="within_two_statements"
check.within_two_statements(menu_card)

# %% [markdown] cid="cascades" kind="prose"
# ## What goes with what
#
# A menu is taken off. What becomes of its courses? And what if a course refers to a menu that never was?

# %% cid="cascades-example" kind="example"
engine = new_pantry(Book)
write_menus(engine)
with Session(engine) as session, session.begin():
    session.delete(session.scalars(select(Menu).where(Menu.name == "lunch")).one())
print("without a menu:", on_disk(engine, "SELECT name FROM course WHERE menu_id IS NULL"))


def save_a_stray(engine: Engine) -> str:
    try:
        with Session(engine) as session, session.begin():
            session.add(Course(name="stray", price=1, menu_id=999))
    except IntegrityError as error:
        return f"refused, {error.orig}"
    return "saved"


print("SQLite as it comes:", save_a_stray(engine))

strict = new_pantry(Book)
event.listen(strict, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
print("with the PRAGMA:   ", save_a_stray(strict))

# %% [markdown] cid="order-lines-task" kind="prose" exercise="order_lines"
# Two surprises. The courses stayed, with their key set to NULL; deleting them is something you ask for, with a **cascade** at the end that has the list: `relationship(..., cascade="all, delete-orphan")`. *delete-orphan* also deletes what is taken out of the list. And SQLite checks foreign keys only on a connection that asked for it.
#
# ### Try: orders and their lines
#
# Write `Order` (`table_number`, `lines`) and `OrderLine` (`dish`, `portions`, `order`) on the given `OrderBook`, each with a key that the database numbers. Adding an order saves its lines; `line.order` is set as soon as the line is in `order.lines`; deleting an order deletes its lines, and so does taking a line out of the list. Deleting a line leaves its order. The check runs without the PRAGMA.


# %% cid="order-lines" kind="exercise" exercise="order_lines"
class OrderBook(DeclarativeBase):
    """A fresh book, so that this cell can be run again."""


# BEGIN SOLUTION: Order = OrderLine = ...
class Order(OrderBook):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_number: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan"
    )


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dish: Mapped[str]
    portions: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship(back_populates="lines")


# END SOLUTION

# %% cid="order-lines-check" kind="check" exercise="order_lines"
check.order_lines(Order, OrderLine)

# %% [markdown] cid="detached" kind="prose"
# ## After the session
#
# A commit *expires* the objects of its session: what they knew may be outdated, so the next reading asks again. Watch one attribute, read twice: while the session is open, and after it has closed.

# %% cid="detached-example" kind="example"
engine = new_pantry(Book)
write_menus(engine)

with Session(engine) as session:
    soup = session.scalars(select(Course).where(Course.id == 1)).one()
    session.commit()
    with xray() as block:
        price = soup.price
    print("while it is open:", price)
    print("to know that:    ", *block.statements)
    session.commit()

try:
    print(soup.price)
except DetachedInstanceError as error:
    print(first_line(error))

# %% [markdown] cid="outlive-task" kind="prose" exercise="outlive_the_session"
# The object is *detached*: it wants to ask again and has nobody to ask. Two things help. `Session(engine, expire_on_commit=False)` keeps what was loaded. And what was never loaded, such as a relationship, has to be loaded before the session closes; for the one parent of a course, `joinedload(Course.menu)` fetches it in the same SELECT.
#
# ### Try: outlive the session
#
# `raise_price` saves the new price, and whoever reads the course it returns gets an exception. Mend it: `course.name`, `course.price` and `course.menu.name` can be read after the session has closed. Closing it stays right.


# %% cid="outlive" kind="exercise" exercise="outlive_the_session"
def raise_price(engine: Engine, name: str, by: int) -> Course:
    # BEGIN SOLUTION: query = select(Course).where(Course.name == name)
    query = select(Course).where(Course.name == name).options(joinedload(Course.menu))
    # END SOLUTION
    # BEGIN SOLUTION: with Session(engine) as session:
    with Session(engine, expire_on_commit=False) as session:
        # END SOLUTION
        course = session.scalars(query).one()
        course.price += by
        session.commit()
    return course


# %% cid="outlive-check" kind="check" exercise="outlive_the_session"
check.outlive_the_session(raise_price)

# %% [markdown] cid="quiz-intro" kind="prose"
# ## Myth-buster
#
# Fact or myth? Each verdict comes from an experiment that runs when you commit; open it on the card and read it.

# %% cid="quiz" kind="quiz"
# BEGIN SOLUTION: quiz()
quiz(
    flush_is_commit=MYTH,
    with_session_commits=MYTH,
    both_ends_know=FACT,
    related_objects_come_along=MYTH,
    sqlite_enforces_foreign_keys=MYTH,
    mapped_int_checks_values=MYTH,
)
# END SOLUTION

# %% [markdown] cid="recap" kind="prose"
# ## What you take along
#
# - A class is a table, an attribute a column, an object a row. It is written down once.
# - The type hint says what may stay empty. What must be true for every row is a constraint.
# - The session notices changes. The flush sends them, the commit makes them true.
# - `back_populates` ties two ends; a cascade says what is deleted with what.
# - Relationships are lazy. Count the statements; `selectinload` for lists, `joinedload` for the one parent.
# - A commit expires, a close detaches. Load what you hand out.
#
# **A checklist for your own service**
#
# 1. Does every rule that must never be broken stand in the table?
# 2. Is there a naming convention?
# 3. Does each list of children say its cascade?
# 4. On SQLite: is `PRAGMA foreign_keys=ON` sent on every connection?
# 5. How many statements does your longest list send?
#
# **How far you are,** and where to go on: `from checks.progress import progress; progress()`, in a cell of your own.
#
# The recipe book is written. In [stage 4](04_engine_and_session.ipynb) every guest gets a session of their own.
