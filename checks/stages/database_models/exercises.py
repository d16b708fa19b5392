"""The six exercises of stage 3. Rows are read through a connection of the check's own."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from typing import Any

from sqlalchemy import Engine, MetaData, Table, event, inspect
from sqlalchemy.exc import IntegrityError, InvalidRequestError, NoInspectionAvailable, NoResultFound
from sqlalchemy.orm import Session, object_session
from sqlalchemy.orm.exc import DetachedInstanceError, UnmappedInstanceError

from checks.claim import Claim
from checks.criterion import Unmet, criterion, expect, fresh
from checks.database import on_disk
from checks.exercise import exercise
from checks.stages.database_models import claims
from checks.stages.database_models.pantry import pantry
from checks.xray import Kind, Recording, xray


def table_of(model: Any) -> Table:
    """The table that a learner's class is mapped to; anything else is said so."""
    with suppress(NoInspectionAvailable, AttributeError):
        if isinstance(table := inspect(model).local_table, Table):
            return table
    raise Unmet("it is no mapped class", None)


def shown(value: Any) -> str:
    """A learner's value in words: plain data as it is, an object by its type, never by its address."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    if value is None or isinstance(value, int | float | str):
        return repr(value)
    return f"an object of {type(value).__name__}"


def is_plain(value: Any, expected: int | str) -> bool:
    """Whether a learner's value is this number or text itself, and not an object that says so."""
    return type(value) is type(expected) and bool(value == expected)


def refusal(engine: Engine, sql: str, *values: Any) -> str:
    """What the database says to a row that comes past the models; nothing where it takes it."""
    try:
        on_disk(engine, sql, *values)
    except sqlite3.IntegrityError as error:
        return str(error)
    return ""


@exercise(
    hints=(
        "A model names its table, `__tablename__`, and has an attribute for each column: "
        "`id: Mapped[int] = mapped_column(primary_key=True)`.",
        "The type hint says whether a column may stay empty: `Mapped[str]` or `Mapped[str | None]`.",
        "`mapped_column(unique=True)` refuses the same value twice.",
        'A rule for a value is a constraint of the table: `__table_args__ = (CheckConstraint("price > 0"),)`.',
    )
)
def dish_model(Recipe: type) -> None:  # noqa: N803, as the notebook calls it
    """Write the model of a recipe; the table it makes is what counts."""
    name, price = fresh().word("name"), fresh().number("price")
    insert = "INSERT INTO recipe (name, price, note) VALUES (?, ?, ?)"
    with ExitStack() as stack:
        with criterion("`Recipe` is a mapped class, and its table can be made", shares=0) as made:
            engine = stack.enter_context(pantry(table_of(Recipe).metadata))
        with criterion("the table `recipe` has id, name, price and note", needs=made) as there:
            columns = {each["name"]: each for each in inspect(engine).get_columns("recipe")}
            missing = {"id", "name", "price", "note"} - set(columns)
            expect(not missing, f"missing: {', '.join(sorted(missing))}")
        with criterion("price is a whole number, name and note are texts", needs=there):
            for column, kind in (("price", int), ("name", str), ("note", str)):
                sql_type = columns[column]["type"]
                right = sql_type.python_type is kind
                expect(right, f"the type of {column} is {sql_type.compile()}")
        with criterion("the database numbers the rows, from 1", needs=there) as numbered:
            on_disk(engine, insert, name, price, "with bread")
            ids = on_disk(engine, "SELECT id FROM recipe")
            expect(ids == [(1,)], f"the first row got {shown(ids)}")
            keys = inspect(engine).get_pk_constraint("recipe")["constrained_columns"]
            expect(keys == ["id"], f"the primary key is {shown(keys)}")
        with criterion("name and price must be given", needs=numbered):
            row = {"name": f"{name} alone", "price": price + 1, "note": "new"}
            for column in ("name", "price"):
                rest = [each for each in row if each != column]
                without = f"INSERT INTO recipe ({', '.join(rest)}) VALUES (?, ?)"  # noqa: S608
                taken = refusal(engine, without, *(row[each] for each in rest)) == ""
                may_be_empty = columns[column]["nullable"]
                belief = claims.column_is_required if may_be_empty else None
                seen = f"a row without {column} is taken"
                expect(not may_be_empty and not taken, seen, belief=belief)
        with criterion("the note may be left out", needs=numbered):
            without = "INSERT INTO recipe (name, price) VALUES (?, ?)"
            said = refusal(engine, without, f"{name} too", price + 2)
            belief = claims.optional_by_default if "recipe.note" in said else None
            expect(said == "", said, belief=belief)
        with criterion(
            "the same name a second time is refused, whatever its price", needs=numbered
        ):
            said = refusal(engine, insert, name, price + 3, "again")
            indexed = [each["column_names"] for each in inspect(engine).get_indexes("recipe")]
            expect(
                said != "",
                "the second row is saved too",
                belief=claims.index_is_unique if ["name"] in indexed else None,
            )
            said = refusal(engine, insert, f"{name} as well", price, "with bread")
            expect(said == "", f"another name, the same price and note: {said}")
        with criterion("the table refuses a price of 0 or less, and takes 1", needs=numbered):
            said = refusal(engine, insert, f"{name} for one", 1, "cheap")
            expect(said == "", f"a price of 1: {said}")
            for low in (0, -1):
                said = refusal(engine, insert, f"{name} for {low}", low, f"on the house {low}")
                guarded = bool(inspect(engine).get_check_constraints("recipe"))
                in_python = claims.python_guards_the_table if refuses(Recipe, name) else None
                expect(
                    said != "",
                    f"a row with price {low}, written past the class, is taken",
                    belief=None if guarded else in_python or claims.mapped_int_checks_values,
                )


def refuses(recipe: Any, name: str) -> bool:
    """Whether the class itself refuses a price of 0."""
    try:
        recipe(name=name, price=0)
    except ValueError:
        return True
    return False


@exercise(
    hints=(
        "Each function opens a session of its own: `with Session(engine) as session:`, and what "
        "changes something ends with `session.commit()`.",
        "One dish by its name: `session.scalars(select(Dish).where(Dish.name == name)).one_or_none()`.",
        "To change a row, change the object: `dish.price = price`. To delete it: `session.delete(dish)`.",
        "The id is known once the INSERT was sent. Read it before the session closes.",
    )
)
def crud_cycle(
    add_dish: Callable[..., Any],
    price_of: Callable[..., Any],
    change_price: Callable[..., Any],
    remove_dish: Callable[..., Any],
) -> None:
    """Create, read, update and delete a dish; each is true for everybody afterwards."""
    names = [fresh().word(f"dish {number}") for number in (1, 2, 3)]
    price, dearer = fresh().number("price"), fresh().number("new price")
    read = "SELECT price FROM dish WHERE name = ?"
    insert = "INSERT INTO dish (name, price) VALUES (?, ?)"
    everything = "SELECT id, name, price FROM dish ORDER BY id"
    # As the notebook's Dish has it: a name is not unique.
    table = "CREATE TABLE dish (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL)"
    with pantry(MetaData()) as engine:
        on_disk(engine, table)
        for each in names[1:]:
            on_disk(engine, insert, f"{each} with cheese", 5)
            on_disk(engine, insert, each, price)
        with criterion("`add_dish` puts the row on disk"):
            with xray() as block, suppress(DetachedInstanceError):
                add_dish(engine, names[0], price)
            rows = on_disk(engine, read, names[0])
            expect(rows == [(price,)], told(rows, price), belief=why_not_saved(block))
        with criterion(
            "`add_dish` returns the id of the row",
            beliefs={DetachedInstanceError: claims.committed_objects_stay_readable},
        ):
            number = add_dish(engine, f"{names[0]} too", price)
            ids = on_disk(engine, "SELECT id FROM dish WHERE name = ?", f"{names[0]} too")
            belief = claims.id_is_known_at_once if number is None else None
            seen = "another number" if type(number) is int else shown(number)
            right = type(number) is int and ids == [(number,)]
            expect(right, f"it returned {seen}", belief=belief)
        with criterion(
            "`price_of` reads the price, and gives None for a dish that is not there",
            beliefs={NoResultFound: claims.one_gives_none},
        ):
            found = price_of(engine, names[1])
            other = type(found) is int and found != price
            seen = "the price of another dish" if other else shown(found)
            expect(is_plain(found, price), f"it gave {seen}")
            found = price_of(engine, "caviar")
            expect(found is None, f"for a dish that is not there it gave {shown(found)}")
            on_disk(engine, insert, "tap water", 0)
            found = price_of(engine, "tap water")
            expect(is_plain(found, 0), f"for a dish that costs 0 it gave {shown(found)}")
        with criterion("`change_price` changes this row on disk, and no other"):
            before = on_disk(engine, everything)
            with xray() as block:
                change_price(engine, names[1], dearer)
            rows = on_disk(engine, read, names[1])
            expect(rows == [(dearer,)], told(rows, price, dearer), belief=why_not_saved(block))
            wanted = [(key, name, dearer if name == names[1] else p) for key, name, p in before]
            expect(on_disk(engine, everything) == wanted, "another row has changed too")
        with criterion("`remove_dish` deletes this row on disk, and no other"):
            before = on_disk(engine, everything)
            with xray() as block:
                remove_dish(engine, names[2])
            after = on_disk(engine, everything)
            forgot = claims.del_deletes_the_row if block.commits else why_not_saved(block)
            expect(after != before, "the row is still on disk", belief=forgot)
            expect(on_disk(engine, read, names[2]) == [], "the row is still on disk")
            wanted = [each for each in before if each[1] != names[2]]
            expect(after == wanted, "another row is gone or has changed too")
        with criterion("each closes its session: no connection is kept"), uncollected():
            on_disk(engine, insert, "plain rice", 3)
            with xray() as block, suppress(DetachedInstanceError):
                add_dish(engine, f"{names[0]} again", price)
            with suppress(Exception):  # what is wrong with it is said above
                price_of(engine, "plain rice")
            kept = block.connections_out > 0 or engine.pool.checkedout() > 0  # type: ignore[attr-defined]
            expect(not kept, "a connection is still out", belief=claims.open_session_is_free)


def told(prices: list[tuple[Any, ...]], *known: int) -> str:
    """What was found on disk for one dish; a number that nobody knows is not told."""
    found = [shown(each) if each in known else "another number" for (each,) in prices]
    return f"on disk its price is {' and '.join(found)}" if found else "no such row is on disk"


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection in this block, which would close a forgotten session at some time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def why_not_saved(block: Recording) -> Claim | None:
    """The belief behind a change that did not reach the disk."""
    if block.commits:
        return None
    sent = [each for each in block.statements if not each.startswith("SELECT")]
    return claims.flush_is_commit if sent else claims.with_session_commits


PAGE = 3


@exercise(
    hints=(
        "Each condition is an argument: `.where(Dish.name.contains(piece), Dish.price <= most)`.",
        "`.order_by(Dish.price, Dish.name)` sorts by price, and by name where the price is the same.",
        "Page 1 skips nothing, page 2 skips three: `.offset((page - 1) * 3).limit(3)`.",
        "Select only what is asked for, `select(Dish.name)`, and `session.scalars(query).all()` is the list.",
    )
)
def find_dishes(find_dishes: Callable[..., Any]) -> None:
    """Find dishes with one SELECT that filters, sorts and pages."""
    piece, cheap = fresh().word("piece").lower(), fresh().number("price")
    # Three cost the same: their order in the table is neither that of their names nor its reverse.
    prices = {"g": 50, "f": 4, "d": 1, "e": 5, "b": 1, "c": 1, "a": 2, "h": 0}
    names = {letter: f"{letter} {piece}" + " soup" * (letter in "adh") for letter in prices}
    wanted = [names[letter] for letter in "hbcdaf"]
    with pantry(claims.Base.metadata) as engine, Session(engine) as session:
        insert = "INSERT INTO dish (name, price) VALUES (?, ?)"
        on_disk(engine, insert, fresh().word("another dish"), cheap)
        for letter, more in prices.items():
            on_disk(engine, insert, names[letter], cheap + more)
        with criterion(
            "it finds only dishes with the piece in their name that cost `most` or less",
            beliefs={TypeError: claims.and_joins_conditions},
        ) as found:
            with xray() as block:
                first = find_dishes(session, piece, cheap + 4, 1)
            expect(isinstance(first, list | tuple), f"it returned {shown(first)}, not a list")
            texts = all(isinstance(each, str) for each in first)
            expect(bool(first) and texts, f"it returned {shown(first)}")
            pages = [first, *(find_dishes(session, piece, cheap + 4, page) for page in (2, 3))]
            odd = [each for each in chain(*pages) if each not in wanted]
            expect(not odd, f"it also found {shown(odd)}")
        with criterion(
            "the cheapest come first, and by name where the price is the same", needs=found
        ):
            sorted_by_sql = any("ORDER BY" in each.upper() for each in block.statements)
            belief = None if sorted_by_sql else claims.rows_keep_their_order
            right = [*first[:PAGE]] == wanted[:PAGE]
            expect(right, f"page 1: {shown(first)}", belief=belief)
        with criterion("a page has three, page 2 goes on, and page 3 is empty here", needs=found):
            lengths = [*map(len, pages)]
            expect(lengths == [3, 3, 0], f"their lengths: {lengths}")
            second = {shown(each) for each in pages[1]}
            expect(second == {*map(shown, wanted[PAGE:])}, f"page 2: {shown(pages[1])}")
            of_more = len(find_dishes(session, piece, cheap + 50, 2))
            belief = claims.limit_is_where_it_ends if of_more > PAGE else None
            expect(of_more == PAGE, f"where 8 dishes fit, page 2 has {of_more}", belief=belief)
        with criterion("it sends one SELECT, and only the rows of the page come", needs=found):
            sent: list[tuple[str, Any]] = []
            with listening(engine, "before_cursor_execute", lambda *args: sent.append(args[2:4])):
                find_dishes(session, piece, cheap + 4, 2)
            expect(len(sent) == 1, f"it sent {len(sent)} statements")
            came = len(on_disk(engine, sent[0][0], *sent[0][1]))
            seen = f"for page 2, {came} rows came"
            expect(came <= PAGE, seen, belief=claims.slicing_is_limit)


@contextmanager
def listening(engine: Engine, name: str, listener: Callable[..., None]) -> Iterator[None]:
    """Tell `listener` of an event of the engine in this block."""
    event.listen(engine, name, listener)
    try:
        yield
    finally:
        event.remove(engine, name, listener)


@exercise(
    hints=(
        "The line holds the key: `order_id: Mapped[int] = mapped_column(ForeignKey(…))`, with table and "
        'column of the order, as in `"orders.id"`.',
        'Each class has its end of the relationship: `lines: Mapped[list["OrderLine"]] = '
        'relationship(back_populates="order")`, and `order` with `back_populates="lines"`.',
        'Only the list says what becomes of its lines: `cascade="all, delete-orphan"`.',
    )
)
def order_lines(Order: type, OrderLine: type) -> None:  # noqa: N803, as the notebook calls them
    """Write an order with its lines: one saves, ties and deletes the others."""
    number = fresh().number("table")
    first, second = fresh().word("first dish"), fresh().word("second dish")
    with ExitStack() as stack:
        with criterion("both are mapped classes, and their tables can be made", shares=0) as made:
            orders, lines = table_of(Order), table_of(OrderLine)
            engine = stack.enter_context(pantry(orders.metadata))
            session = stack.enter_context(Session(engine))
        with criterion(
            "the table of the lines refers to the orders by a foreign key", needs=made
        ) as tied:
            keys = inspect(engine).get_foreign_keys(lines.name)
            [*to_orders] = [each for each in keys if each["referred_table"] == orders.name]
            belief = claims.relationship_makes_the_key
            expect(len(to_orders) == 1, f"foreign keys found: {len(to_orders)}", belief=belief)
            [column] = to_orders[0]["constrained_columns"]
        with criterion("one `add` of an order saves its lines too", needs=tied) as saved:
            ends: Any = inspect(Order).relationships
            one = "lines" in ends and not ends["lines"].uselist
            expect(not one, "`lines` holds one line, it should be a list")
            order = Order(
                table_number=number,
                lines=[OrderLine(dish=first, portions=1), OrderLine(dish=second, portions=2)],
            )
            session.add(order)
            session.commit()
            [key] = inspect(order).identity
            columns: Any = inspect(OrderLine).columns
            dish, portions = columns["dish"].name, columns["portions"].name
            dishes = f'SELECT "{dish}", "{portions}" FROM "{lines.name}"'  # noqa: S608
            read = f'{dishes} WHERE "{column}" = ? ORDER BY "{portions}"'
            count = f'SELECT count(*) FROM "{lines.name}" WHERE "{portions}"'  # noqa: S608
            rows = on_disk(engine, read, key)
            expect(rows == [(first, 1), (second, 2)], f"lines of the order on disk: {shown(rows)}")
        with criterion("`line.order` is set as soon as the line is in `order.lines`", needs=saved):
            line: Any = OrderLine(dish=first, portions=3)
            other: Any = Order(table_number=number, lines=[])
            other.lines.append(line)
            found = getattr(line.order, "table_number", None)
            belief = claims.relationships_find_each_other
            expect(is_plain(found, number), f"line.order is {shown(line.order)}", belief=belief)
        with criterion(
            "deleting an order deletes its lines",
            needs=saved,
            beliefs={IntegrityError: claims.deleted_with_its_parent},
        ):
            doomed = saved_order(engine, Order, number, [OrderLine(dish=second, portions=8)])
            with Session(engine) as another:
                another.delete(another.get_one(Order, doomed))
                another.commit()
            left = on_disk(engine, f"{count} = 8")[0][0]
            in_sql = "ondelete" in to_orders[0]["options"]
            unforced, forgotten = (
                claims.sqlite_enforces_foreign_keys,
                claims.deleted_with_its_parent,
            )
            seen = f"lines of the deleted order on disk: {left}"
            expect(left == 0, seen, belief=unforced if in_sql else forgotten)
        with criterion(
            "a line that is taken out of `order.lines` is deleted",
            needs=saved,
            beliefs={IntegrityError: claims.removed_means_deleted},
        ):
            with Session(engine) as another:
                kept: Any = another.get_one(Order, key)
                kept.lines.pop(0)
                another.commit()
            left = on_disk(engine, f"{count} < 3")[0][0]
            seen = f"of 2 lines, {left} are on disk after one was taken out"
            expect(left == 1, seen, belief=claims.removed_means_deleted)
        with criterion("deleting one line leaves the order and its other lines", needs=saved):
            both = [OrderLine(dish=first, portions=11), OrderLine(dish=second, portions=12)]
            kept_key = saved_order(engine, Order, number, both)
            with Session(engine) as another:
                # Lines that a deleted order left behind may hang on this one: SQLite gives ids again.
                its_lines: Any = another.get_one(Order, kept_key).lines
                another.delete(next(each for each in its_lines if each.portions == 11))
                another.commit()
            with Session(engine) as another:
                expect(another.get(Order, kept_key) is not None, "the order is gone too")
            left = on_disk(engine, f"{count} > 10")[0][0]
            expect(left == 1, f"of 2 lines, {left} are on disk after one was deleted")


def saved_order(engine: Engine, order: Any, number: int, lines: list[Any]) -> Any:
    """The key of one more order for the same table; it says so where the database refuses it."""
    with Session(engine) as session:
        session.add(new := order(table_number=number, lines=lines))
        try:
            session.commit()
        except IntegrityError as error:
            raise Unmet(
                f"one more order for the same table is refused: {error.orig}", None
            ) from error
        return inspect(new).identity[0]


@exercise(
    hints=(
        "One SELECT finds the menus, and each touch of `menu.courses` sends another. Ask for the "
        "courses together with the menus.",
        "A query takes options: `select(Menu).options(…)`.",
        "`selectinload(Menu.courses)` fetches the courses of all menus with one more SELECT.",
    )
)
def within_two_statements(menu_card: Callable[..., Any]) -> None:
    """Mend the N+1: the whole card of menus with two statements."""
    names = [fresh().word(f"menu {number}") for number in range(1, 6)]
    lonely = fresh().word("menu without courses")
    card = {
        name: [f"{name} {each}" for each in ("soup", "tart", "tea")[: 1 + number % 3]]
        for number, name in enumerate(names)
    }
    wanted = {name: [shown(each) for each in courses] for name, courses in card.items()}
    with pantry(claims.Base.metadata) as engine, Session(engine) as session:
        for number, (menu, courses) in enumerate([*card.items(), (lonely, [])], 1):
            on_disk(engine, "INSERT INTO menu VALUES (?, ?)", number, menu)
            for course in courses:
                insert = "INSERT INTO course (name, price, menu_id) VALUES (?, 7, ?)"
                on_disk(engine, insert, course, number)
        with criterion(
            "`menu_card(session)` has each menu with its courses",
            shares=0,
            beliefs={InvalidRequestError: claims.joinedload_needs_nothing},
        ) as right:
            sent: list[str] = []  # counted at the engine, whatever thread they come from
            with listening(engine, "before_cursor_execute", lambda *args: sent.append(args[2])):
                found = menu_card(session)
            expect(isinstance(found, dict), f"it returned {shown(found)}")
            odd = [each for each in found if each not in (*names, lonely)]
            expect(not odd, f"it also has {shown(odd)}")
            for name in names:
                courses = found.get(name, [])
                of_texts = isinstance(courses, list | tuple)
                expect(of_texts, f"for a menu it has {told_shortly(courses)}, not a list")
                held = sorted(map(shown, courses))
                expect(held == wanted[name], f"for {shown(name)} it has {shown(courses)}")
        with criterion("a menu without courses is on it too", needs=right, shares=0) as complete:
            empty = found.get(lonely)
            seen = f"it has {shown(empty)} for it" if lonely in found else "it is missing"
            belief = None if lonely in found else claims.join_keeps_the_childless
            expect(empty is not None and len(empty) == 0, seen, belief=belief)
        with criterion("for these 6 menus, at most 2 statements are sent", needs=(right, complete)):
            joined = claims.join_loads_the_children if "JOIN" in sent[0].upper() else None
            belief = joined or claims.related_objects_come_along
            expect(len(sent) <= 2, f"it sent {len(sent)}", belief=belief)


def told_shortly(value: Any) -> str:
    """What kind of thing this is."""
    if value is None:
        return "None"
    return "a text" if isinstance(value, str) else f"an object of {type(value).__name__}"


@exercise(
    hints=(
        "The commit expires the course, and after the block there is no session that could read it anew: "
        "`Session(engine, expire_on_commit=False)` keeps what was loaded.",
        "The menu was never loaded. Load it with the course: `.options(joinedload(Course.menu))`.",
        "The session still has to be closed: leave the `with` as it is.",
    )
)
def outlive_the_session(raise_price: Callable[..., Any]) -> None:
    """Return a course that can be read after its session has closed."""
    menu, name = fresh().word("menu"), fresh().word("course")
    price, by = fresh().number("price"), fresh().number("rise")
    another = fresh().word("another course")
    with pantry(claims.Base.metadata) as engine, ExitStack() as stack:
        on_disk(engine, "INSERT INTO menu VALUES (1, ?)", menu)
        insert = "INSERT INTO course (name, price, menu_id) VALUES (?, ?, 1)"
        on_disk(engine, insert, another, 5)
        on_disk(engine, insert, name, price)
        with (
            criterion("the new price is on disk", shares=0) as saved,
            uncollected(),
            xray() as block,
        ):
            course = raise_price(engine, name, by)
            stack.callback(close_session_of, course)
            unclosed = len(block.of(Kind.SESSION_CLOSES)) < block.sessions
            left_open = block.connections_out > 0 or is_in_a_session(course) or unclosed
            rows = on_disk(engine, "SELECT price FROM course WHERE name = ?", name)
            seen = (
                "the price on disk is another" if rows != [(price,)] else "on disk is the old price"
            )
            expect(rows == [(price + by,)], seen, belief=why_not_saved(block))
            rows = on_disk(engine, "SELECT price FROM course WHERE name = ?", another)
            expect(rows == [(5,)], "another course has a new price too")
        with (
            criterion(
                "its name and its new price can be read afterwards",
                needs=saved,
                beliefs={DetachedInstanceError: claims.committed_objects_stay_readable},
            ) as readable,
            xray() as reading,
        ):
            expect(
                hasattr(type(course), "name"), f"it returned {told_shortly(course)}, not a course"
            )
            expect(is_plain(course.name, name), f"the name is {shown(course.name)}")
            expect(is_plain(course.price, price + by), "the price is not the new one")
        refreshed = Kind.STATEMENT in block.order(Kind.COMMIT, Kind.STATEMENT)[-1:]
        unloaded = claims.refresh_loads_everything if refreshed else claims.kept_means_complete
        with (
            criterion(
                "the name of its menu too",
                needs=saved,
                beliefs={DetachedInstanceError: unloaded},
            ) as whole,
            xray() as reading_more,
        ):
            expect(
                hasattr(type(course), "menu"), f"it returned {told_shortly(course)}, not a course"
            )
            expect(is_plain(course.menu.name, menu), f"the menu is {shown(course.menu.name)}")
        with criterion("its session is closed, and reading sends no SQL", needs=(readable, whole)):
            belief = claims.open_session_is_free
            expect(not left_open, "its session is still open", belief=belief)
            sent = len(reading.statements) + len(reading_more.statements)
            expect(sent == 0, f"it sent {sent} statements", belief=belief)


def close_session_of(value: Any) -> None:
    """Close the session that an object still hangs on, so that a check leaves nothing open."""
    with suppress(UnmappedInstanceError):
        if session := object_session(value):
            session.close()


def is_in_a_session(value: Any) -> bool:
    """Whether an object still hangs on a session; what is no mapped object does not."""
    with suppress(UnmappedInstanceError):
        return object_session(value) is not None
    return False
