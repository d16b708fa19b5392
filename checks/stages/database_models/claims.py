"""What one may believe about models and their rows, each with the experiment that decides it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, event, inspect, select
from sqlalchemy.exc import IntegrityError, InvalidRequestError, NoForeignKeysError, NoResultFound
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    validates,
)
from sqlalchemy.orm.exc import DetachedInstanceError

from checks.claim import Evidence, claim
from checks.database import on_disk
from checks.stages.database_models.pantry import pantry
from checks.xray import xray


class Base(DeclarativeBase):
    """The models of the experiments, as the notebook has them."""


class Dish(Base):
    __tablename__ = "dish"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    price: Mapped[int]


class Menu(Base):
    __tablename__ = "menu"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    courses: Mapped[list[Course]] = relationship(back_populates="menu")


class Course(Base):
    __tablename__ = "course"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int] = mapped_column(default=7)
    menu_id: Mapped[int | None] = mapped_column(ForeignKey("menu.id"))
    menu: Mapped[Menu | None] = relationship(back_populates="courses")


def lunch_of_two() -> Menu:
    return Menu(name="lunch", courses=[Course(name="soup"), Course(name="tart")])


# --- The quiz and the predictions ----------------------------------------------------------------


@claim(
    "When its `with Session(engine)` block ends, a session commits what I added.",
    why="The end of the block closes the session, and what was not committed is rolled back "
    "without a word. Say `session.commit()`, or use `with Session(engine) as session, "
    "session.begin():`, which commits at its end.",
)
def with_session_commits() -> Evidence:
    with pantry(Base.metadata) as engine:
        with Session(engine) as session:
            session.add(Dish(name="soup", price=7))
        left = on_disk(engine, "SELECT name FROM dish")
        with Session(engine) as session, session.begin():
            session.add(Dish(name="soup", price=7))
        begun = on_disk(engine, "SELECT name FROM dish")
    seen = (f"after with Session(engine): {left}", f"after session.begin():     {begun}")
    return Evidence(left == [("soup",)], seen)


@claim(
    "After `session.flush()` my row is saved.",
    why="A flush sends the SQL and leaves the transaction open: only this session sees the row, and "
    "if nobody commits, it never was. The commit makes it true for everybody.",
)
def flush_is_commit() -> Evidence:
    count = "SELECT count(*) FROM dish"
    with pantry(Base.metadata) as engine:
        with Session(engine) as session:
            dish = Dish(name="soup", price=7)
            session.add(dish)
            session.flush()
            number = dish.id
            own, others = len(session.scalars(select(Dish)).all()), on_disk(engine, count)[0][0]
        left = on_disk(engine, count)[0][0]
    seen = (
        f"after the flush: this session sees {own}, anybody else {others}",
        f"after the session: {left} on disk, although the object got id {number}",
    )
    return Evidence(left == 1, seen)


@claim(
    "A changed attribute is written with the next commit; I need no call that saves it.",
    why="The session watches the objects it loaded. At the flush it compares and sends an UPDATE of "
    "the columns that changed, and of no others.",
)
def changes_are_noticed() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        session.add(Dish(name="soup", price=7))
        session.commit()
        dish = session.scalars(select(Dish)).one()
        with xray() as block:
            dish.price = 9
            session.commit()
        price = on_disk(engine, "SELECT price FROM dish")
    return Evidence(price == [(9,)], (*block.statements, f"on disk: {price}"))


@claim(
    "The objects of a relationship are loaded together with their parent.",
    why="A relationship is lazy: the first touch of `menu.courses` sends a SELECT, one for each "
    "menu. `selectinload(Menu.courses)` fetches those of all menus with one SELECT.",
)
def related_objects_come_along() -> Evidence:
    with pantry(Base.metadata) as engine:
        with Session(engine) as session, session.begin():
            session.add_all([lunch_of_two(), lunch_of_two(), lunch_of_two()])
        with Session(engine) as session, xray() as block:
            menus = session.scalars(select(Menu)).all()
            first = len(block.statements)
            for menu in menus:
                len(menu.courses)
    seen = (
        f"SELECTs to load 3 menus: {first}",
        f"SELECTs after touching their courses: {len(block.statements)}",
    )
    return Evidence(len(block.statements) == first, seen)


@claim(
    "A ForeignKey in my model keeps SQLite from saving a row that points nowhere.",
    why="SQLite checks foreign keys only on connections that ask for it. Send "
    "`PRAGMA foreign_keys=ON` whenever the engine connects.",
)
def sqlite_enforces_foreign_keys() -> Evidence:
    def point_nowhere() -> str:
        try:
            with Session(engine) as session, session.begin():
                session.add(Course(name="tart", menu_id=999))
        except IntegrityError as error:
            return str(error.orig)
        return "saved"

    with pantry(Base.metadata) as engine:
        usual = point_nowhere()
        engine.dispose()  # the next connection is a new one
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
        asked = point_nowhere()
    return Evidence(usual != "saved", (f"as it comes:     {usual}", f"with the PRAGMA: {asked}"))


@claim(
    "`Mapped[int]` checks the values that I assign.",
    why="The type says what the column is, not what you may assign. SQLite even keeps text in it. "
    "Rules for every row are constraints; what comes from outside is checked with Pydantic.",
)
def mapped_int_checks_values() -> Evidence:
    with pantry(Base.metadata) as engine:
        with Session(engine) as session, session.begin():
            session.add_all([Dish(name="soup", price="a lot"), Dish(name="tart", price=-5)])
        rows = on_disk(engine, "SELECT price, typeof(price) FROM dish")
    return Evidence(rows == [], tuple(f"on disk: {price!r} ({kind})" for price, kind in rows))


@claim(
    "`menu.courses.append(course)` sets `course.menu` at once, before any SQL.",
    why="With `back_populates` the two attributes are two ends of one relationship, and Python keeps "
    "them in step. The foreign key column follows at the flush.",
)
def both_ends_know() -> Evidence:
    with xray() as block:
        menu, course = Menu(name="lunch"), Course(name="soup")
        menu.courses.append(course)
    seen = (
        f"course.menu is the menu: {course.menu is menu}",
        f"statements sent: {len(block.statements)}",
        f"course.menu_id: {course.menu_id}",
    )
    return Evidence(course.menu is menu and not block.statements, seen)


# --- Beliefs behind wrong answers: columns -------------------------------------------------------


@claim(
    "A `Mapped[str]` column may stay empty unless I forbid it.",
    why="`Mapped[str]` is NOT NULL. What may stay empty says so: `Mapped[str | None]`.",
)
def optional_by_default() -> Evidence:
    class Book(DeclarativeBase):
        pass

    class Note(Book):
        __tablename__ = "note"
        id: Mapped[int] = mapped_column(primary_key=True)
        text: Mapped[str]
        remark: Mapped[str | None]

    with pantry(Book.metadata) as engine:
        empty = {each["name"]: each["nullable"] for each in inspect(engine).get_columns("note")}
    seen = (f"text: Mapped[str] may be empty:          {empty['text']}",)
    return Evidence(
        empty["text"], (*seen, f"remark: Mapped[str | None] may be empty: {empty['remark']}")
    )


@claim(
    "`Column(Integer)` makes a column that must have a value, as `Mapped[int]` does.",
    why="The classic `Column` allows NULL unless it says `nullable=False`. `Mapped[int]` is NOT NULL, "
    "and `Mapped[int | None]` allows NULL: the type hint says it all.",
)
def column_is_required() -> Evidence:
    class Book(DeclarativeBase):
        pass

    class Price(Book):
        __tablename__ = "price"
        id: Mapped[int] = mapped_column(primary_key=True)
        classic = Column(Integer)
        typed: Mapped[int]

    with pantry(Book.metadata) as engine:
        empty = {each["name"]: each["nullable"] for each in inspect(engine).get_columns("price")}
    seen = (
        f"Column(Integer) may be empty: {empty['classic']}",
        f"Mapped[int] may be empty:     {empty['typed']}",
    )
    return Evidence(not empty["classic"], seen)


@claim(
    "An index keeps the same name from being saved twice.",
    why="An index makes finding fast. Only `unique=True` (or a UniqueConstraint) refuses the second one.",
)
def index_is_unique() -> Evidence:
    class Book(DeclarativeBase):
        pass

    class Recipe(Book):
        __tablename__ = "recipe"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(index=True)

    with pantry(Book.metadata) as engine:
        with Session(engine) as session, session.begin():
            session.add_all([Recipe(name="soup"), Recipe(name="soup")])
        rows = on_disk(engine, "SELECT name FROM recipe")
    return Evidence(len(rows) == 1, (f"on disk: {rows}",))


@claim(
    "A check that my class does in Python guards the table too.",
    why="Python checks what goes through your objects. A script, a migration or another service writes "
    "past them; a constraint stands in the table, where nobody gets past it.",
)
def python_guards_the_table() -> Evidence:
    class Book(DeclarativeBase):
        pass

    class Recipe(Book):
        __tablename__ = "recipe"
        id: Mapped[int] = mapped_column(primary_key=True)
        price: Mapped[int]

        @validates("price")
        def above_zero(self, _: str, price: int) -> int:
            if price <= 0:
                raise ValueError("too cheap")
            return price

    with pantry(Book.metadata) as engine:
        on_disk(engine, "INSERT INTO recipe (price) VALUES (-5)")
        rows = on_disk(engine, "SELECT price FROM recipe")
    return Evidence(rows == [], (f"a row that came past the class: {rows}",))


# --- Beliefs behind wrong answers: rows ----------------------------------------------------------


@claim(
    "A new object has its id as soon as it was added.",
    why="The database numbers the rows. The object learns its number when the INSERT is sent, at the "
    "flush or the commit; until then `id` is None.",
)
def id_is_known_at_once() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        dish = Dish(name="soup", price=7)
        session.add(dish)
        added = dish.id
        session.flush()
        flushed = dish.id
    return Evidence(added is not None, (f"after add: {added}", f"after flush: {flushed}"))


@claim(
    "`.one()` gives None where there is no row.",
    why="`.one()` insists: none or two are an exception. `.one_or_none()` and `session.scalar(…)` give "
    "None where nothing is found.",
)
def one_gives_none() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        caviar = select(Dish).where(Dish.name == "caviar")
        try:
            found = repr(session.scalars(caviar).one())
        except NoResultFound as error:
            found = type(error).__name__
        politely = session.scalars(caviar).one_or_none()
    return Evidence(found == "None", (f".one(): {found}", f".one_or_none(): {politely}"))


@claim(
    "`del dish` deletes the row of the object.",
    why="`del` forgets a Python name. `session.delete(dish)` marks the row, and the flush deletes it.",
)
def del_deletes_the_row() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        session.add(Dish(name="soup", price=7))
        session.commit()
        dish = session.scalars(select(Dish)).one()
        del dish
        session.commit()
        rows = on_disk(engine, "SELECT name FROM dish")
    return Evidence(rows == [], (f"on disk: {rows}",))


@claim(
    "`.all()[:3]` fetches three rows.",
    why="`.all()` fetches every row and makes an object of each; Python then throws most of them away. "
    "`.limit(3)` lets the database stop.",
)
def slicing_is_limit() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        session.add_all(Dish(name=f"dish {number}", price=number) for number in range(1, 41))
        session.flush()
        everything = session.scalars(select(Dish)).all()
        sliced = everything[:3]
        limited = session.scalars(select(Dish).limit(3)).all()
    seen = (
        f".all()[:3]: {len(everything)} rows came, {len(sliced)} were kept",
        f".limit(3):  {len(limited)} rows came",
    )
    return Evidence(len(everything) == 3, seen)


@claim(
    "`.offset(3).limit(6)` ends at the sixth row, as the slice `[3:6]` does.",
    why="A limit is a number of rows, counted behind the offset. A page of three has `.limit(3)`, "
    "whichever page it is.",
)
def limit_is_where_it_ends() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        session.add_all(Dish(name=f"dish {number}", price=number) for number in range(1, 10))
        query = select(Dish.price).order_by(Dish.price)
        rows = session.scalars(query.offset(3).limit(6)).all()
    return Evidence(len(rows) == 3, (f"of the prices 1 to 9, offset 3 and limit 6 gave {rows}",))


@claim(
    "Python's `and` joins two conditions in `where`.",
    why="`and` is decided by Python before SQLAlchemy sees it, and only one of the two conditions is "
    "left, or a TypeError. Write `where(first, second)`, or `&` with brackets.",
)
def and_joins_conditions() -> Evidence:
    both = select(Dish.id).where(Dish.name == "soup" and Dish.price < 5)
    comma = select(Dish.id).where(Dish.name == "soup", Dish.price < 5)
    seen = tuple(" ".join(str(query.whereclause).split()) for query in (both, comma))
    return Evidence(seen[0] == seen[1], (f"and:   WHERE {seen[0]}", f"comma: WHERE {seen[1]}"))


@claim(
    "Without `order_by`, rows come in the order in which they were added.",
    why="A SELECT without ORDER BY promises no order: the database takes the shortest way, here along "
    "an index. If the order matters, say it.",
)
def rows_keep_their_order() -> Evidence:
    names = ["soup", "tart", "bread"]
    with pantry(Base.metadata) as engine, Session(engine) as session:
        for name in names:
            session.add(Dish(name=name, price=7))
            session.flush()
        found = list(session.scalars(select(Dish.name)))
    return Evidence(found == names, (f"added: {names}", f"found: {found}"))


# --- Beliefs behind wrong answers: relationships -------------------------------------------------


@claim(
    "`relationship()` makes the foreign key column.",
    why="The column is yours to write: `mapped_column(ForeignKey(…))`. The relationship reads it and "
    "gives you objects instead of numbers.",
)
def relationship_makes_the_key() -> Evidence:
    class Book(DeclarativeBase):
        pass

    class Order(Book):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        lines: Mapped[list[Line]] = relationship()

    class Line(Book):
        __tablename__ = "line"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pantry(Book.metadata) as engine:
        columns = [each["name"] for each in inspect(engine).get_columns("line")]
    try:
        said = f"{Order()}"
    except NoForeignKeysError as error:
        said = type(error).__name__
    seen = (f"columns of line: {columns}", f"the first object: {said}")
    return Evidence(len(columns) > 1, seen)


@claim(
    "Two relationships between the same two tables find each other.",
    why="Each is on its own until `back_populates` ties the two: then a change at one end is a change "
    "at the other.",
)
def relationships_find_each_other() -> Evidence:
    class Book(DeclarativeBase):
        pass

    class Order(Book):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)
        lines: Mapped[list[Line]] = relationship(overlaps="order")

    class Line(Book):
        __tablename__ = "line"
        id: Mapped[int] = mapped_column(primary_key=True)
        order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
        order: Mapped[Order] = relationship(overlaps="lines")  # else SQLAlchemy warns, rightly

    line = Line()
    order = Order(lines=[line])
    seen = (f"order.lines has the line: {line in order.lines}", f"line.order: {line.order}")
    return Evidence(line.order is order, seen)


@claim(
    "Deleting a parent deletes its children.",
    why="Usually SQLAlchemy sets the children's foreign key to NULL and leaves their rows: nobody's "
    'courses. `cascade="all, delete-orphan"` on the relationship deletes them.',
)
def deleted_with_its_parent() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        menu = lunch_of_two()
        session.add(menu)
        session.commit()
        session.delete(menu)
        session.commit()
        rows = on_disk(engine, "SELECT name, menu_id FROM course")
    return Evidence(rows == [], (f"courses of the deleted menu: {rows}",))


@claim(
    "Taking an object out of its parent's list deletes its row.",
    why="Usually only the tie is cut: the foreign key becomes NULL. `delete-orphan` in the cascade "
    "says that a child without a parent has no reason to be.",
)
def removed_means_deleted() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        menu = lunch_of_two()
        session.add(menu)
        session.commit()
        menu.courses.remove(menu.courses[0])
        session.commit()
        rows = on_disk(engine, "SELECT name, menu_id FROM course")
    return Evidence(("soup", None) not in rows, (f"courses on disk: {rows}",))


# --- Beliefs behind wrong answers: loading -------------------------------------------------------


@claim(
    "`select(Menu).join(Menu.courses)` loads the courses too.",
    why="A join decides which rows are found; what is loaded is what stands in `select(…)`. Loading is "
    "asked for with an option: `.options(selectinload(Menu.courses))`.",
)
def join_loads_the_children() -> Evidence:
    with pantry(Base.metadata) as engine:
        with Session(engine) as session, session.begin():
            session.add_all([lunch_of_two(), lunch_of_two(), lunch_of_two()])
        with Session(engine) as session, xray() as block:
            for menu in session.scalars(select(Menu).join(Menu.courses)).unique():
                len(menu.courses)
    seen = f"3 menus, SELECTs sent: {len(block.statements)}"
    return Evidence(len(block.statements) == 1, (seen,))


@claim(
    "A join keeps the menus that have no course.",
    why="A join finds pairs, and a menu without a course is in none. `.outerjoin(…)` keeps it, and so "
    "does `selectinload`, which leaves your SELECT as it is.",
)
def join_keeps_the_childless() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        session.add_all([lunch_of_two(), Menu(name="brunch")])
        session.flush()
        inner = list(session.scalars(select(Menu.name).join(Menu.courses).distinct()))
        outer = list(session.scalars(select(Menu.name).outerjoin(Menu.courses).distinct()))
    seen = (f"join:      {sorted(inner)}", f"outerjoin: {sorted(outer)}")
    return Evidence("brunch" in inner, seen)


@claim(
    "`joinedload` of a list goes into a query without further change.",
    why="The join repeats the parent for each child, and SQLAlchemy wants you to say that you know: "
    "`session.scalars(…).unique()`. `selectinload` needs nothing of the kind.",
)
def joinedload_needs_nothing() -> Evidence:
    with pantry(Base.metadata) as engine, Session(engine) as session:
        session.add(lunch_of_two())
        session.flush()
        query = select(Menu).options(joinedload(Menu.courses))
        try:
            said = str(len(session.scalars(query).all()))
        except InvalidRequestError as error:
            said = str(error).split(",")[0]
        menus = len(session.scalars(query).unique().all())
    seen = (f"as it is: {said}", f"with .unique(): {menus} menu")
    return Evidence(said == "1", seen)


@claim(
    "After commit and close, I can read my object as before.",
    why="The commit expires what the session holds, so that the next reading is fresh. That reading "
    "needs a session, and there is none: DetachedInstanceError. `expire_on_commit=False` keeps "
    "the values.",
)
def committed_objects_stay_readable() -> Evidence:
    def read_after(*, expire: bool) -> str:
        with Session(engine, expire_on_commit=expire) as session:
            dish = Dish(name=f"soup {expire}", price=7)
            session.add(dish)
            session.commit()
        try:
            return str(dish.price)
        except DetachedInstanceError as error:
            return type(error).__name__

    with pantry(Base.metadata) as engine:
        usual, kept = read_after(expire=True), read_after(expire=False)
    seen = (f"dish.price: {usual}", f"with expire_on_commit=False: {kept}")
    return Evidence(usual == "7", seen)


def _menu_of(course: Course) -> str:
    """The name of a course's menu, or what reading it raised."""
    try:
        return str(course.menu.name if course.menu else None)
    except DetachedInstanceError as error:
        return type(error).__name__


@claim(
    "`session.refresh(course)` loads its relationships too.",
    why="A refresh reads the columns again. What is lazy stays lazy: name it, "
    '`session.refresh(course, ["name", "menu"])`, or load it with the SELECT.',
)
def refresh_loads_everything() -> Evidence:
    with pantry(Base.metadata) as engine:
        with Session(engine) as session:
            session.add(lunch_of_two())
            session.commit()
            course = session.scalars(select(Course)).all()[0]
            session.refresh(course)
        name, menu = course.name, _menu_of(course)
    return Evidence(menu == "lunch", (f"course.name: {name}", f"course.menu: {menu}"))


@claim(
    "With `expire_on_commit=False` everything of an object can be read after the session.",
    why="It keeps what was loaded. A relationship that nobody touched was never loaded, and after the "
    "session it cannot be: load it with the SELECT, `joinedload(Course.menu)`.",
)
def kept_means_complete() -> Evidence:
    with pantry(Base.metadata) as engine:
        with Session(engine) as session, session.begin():
            session.add(lunch_of_two())
        with Session(engine, expire_on_commit=False) as session:
            course = session.scalars(select(Course)).all()[0]
            session.commit()
        with Session(engine, expire_on_commit=False) as session:
            query = select(Course).options(joinedload(Course.menu))
            loaded = session.scalars(query).all()[0]
            session.commit()
        menu, loaded_menu = _menu_of(course), _menu_of(loaded)
    seen = (
        f"course.name: {course.name}",
        f"course.menu: {menu}",
        f"with joinedload: {loaded_menu}",
    )
    return Evidence(menu == "lunch", seen)


@claim(
    "A session that I leave open costs nothing.",
    why="The next reading takes a connection out of the pool, and nobody gives it back until the "
    "session is closed. A few of those, and the pool is empty.",
)
def open_session_is_free() -> Evidence:
    with pantry(Base.metadata) as engine:
        with xray() as left_open:
            session = Session(engine)
            session.scalars(select(Dish)).all()
        session.close()
        with xray() as closed, Session(engine) as session:
            session.scalars(select(Dish)).all()
    seen = (
        f"left open: connections out: {left_open.connections_out}",
        f"closed:    connections out: {closed.connections_out}",
    )
    return Evidence(left_open.connections_out == 0, seen)
