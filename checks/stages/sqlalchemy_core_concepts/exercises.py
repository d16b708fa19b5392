"""The six exercises of stage 2. Rows are read through a connection of the check's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from traceback import walk_tb
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    create_engine,
    inspect,
    text,
)
from sqlalchemy.exc import (
    ArgumentError,
    InvalidRequestError,
    NoInspectionAvailable,
    NoResultFound,
    ObjectNotExecutableError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.orm import InstanceState, Mapper, Session
from sqlalchemy.orm.exc import DetachedInstanceError

from checks.claim import Claim
from checks.criterion import Unmet, criterion, expect, fresh
from checks.database import holding_sessions, new_engine, new_file, on_disk
from checks.exercise import exercise
from checks.stages.sqlalchemy_core_concepts import claims
from checks.stages.sqlalchemy_core_concepts.pantry import new_pantry
from checks.xray import Kind, Recording, xray

Beliefs = dict[type[Exception], Claim]


def shown(value: Any) -> str:
    """A learner's value in words: plain data as it is, an object by its type, never by its address."""
    if isinstance(value, list | tuple | Row):
        inner = ", ".join(map(shown, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if value is None or type(value) in {int, float, str, bool}:
        return repr(value)
    return f"an object of {type(value).__name__}"


def is_plain(value: Any, expected: Any) -> bool:
    """Whether a learner's value is this plain data itself, and not an object that says so."""
    if type(expected) is list:
        plain = type(value) is list and len(value) == len(expected)
        return plain and all(map(is_plain, value, expected))
    return type(value) is type(expected) and bool(value == expected)


@exercise(
    hints=(
        "`create_engine(url)` makes an engine. The URL begins with the dialect: `sqlite:`.",
        "Two slashes, an empty host, a third slash, then the path: `sqlite:///pantry.db`.",
        'One line does it: `return create_engine(f"sqlite:///{file}")`.',
    )
)
def open_the_kitchen(open_kitchen: Callable[[Path], Any]) -> None:
    """Build the engine of a database file; nothing connects until it is used."""
    with new_file() as file, ExitStack() as at_the_end:
        with criterion(
            "`open_kitchen(file)` returns an engine",
            shares=0,
            beliefs={ArgumentError: claims.path_is_enough},
        ) as built:
            with xray() as building:
                engine = open_kitchen(file)
            if isinstance(engine, Connection):
                at_the_end.callback(engine.engine.dispose)
            is_connection = isinstance(engine, Connection | sqlite3.Connection)
            if is_connection:
                at_the_end.callback(engine.close)
            belief = claims.engine_is_a_connection if is_connection else None
            seen = f"it returned {shown(engine)}"
            expect(isinstance(engine, Engine), seen, belief=belief)
            at_the_end.callback(engine.dispose)
        with criterion("nothing connects while it is built", needs=built):
            opened = len(building.of(Kind.CONNECTION_OPENED))
            seen = f"connections opened: {opened}"
            expect(opened == 0, seen, belief=claims.engine_must_be_opened)
        with criterion("its first use connects", needs=built) as used:
            opens = engine.url.database or ":memory:"
            # What lies elsewhere is not touched: it may be a file in the learner's own folder.
            astray = not opens.startswith((":", "file:")) and not Path(opens).is_absolute()
            cut = opens == str(file.relative_to(file.anchor))
            belief = claims.two_slashes_and_a_path if cut else None
            expect(not astray, "its URL has a path that is not absolute", belief=belief)
            with engine.connect() as connection:
                answer = connection.scalar(text("SELECT 7"))
            expect(is_plain(answer, 7), f"SELECT 7 answered {shown(answer)}")
        with criterion("it finds what stands in this file", needs=used):
            expect(used.holds, "it was not used")  # a body runs even where it is blocked
            price = fresh().number("price")
            on_disk(file, "CREATE TABLE price_list (price INTEGER)")
            on_disk(file, "INSERT INTO price_list VALUES (?)", price)
            belief = claims.memory_is_shared if opens == ":memory:" else None
            seen = "a table that is in the file is not there"
            expect("price_list" in tables_of(engine), seen, belief=belief)
            with engine.connect() as connection:
                answer = connection.scalar(text("SELECT price FROM price_list"))
            expect(is_plain(answer, price), f"it found {shown(answer)}")


def tables_of(engine: Engine) -> list[str]:
    """The names of the tables that an engine sees."""
    return inspect(engine).get_table_names()


@exercise(
    hints=(
        "The f-string makes the name a part of the SQL. Put a placeholder there instead: `:name`, "
        "without quotes around it.",
        "The value goes beside the statement: `connection.scalar(statement, {...})`.",
        '`connection.scalar(text("SELECT price FROM dish WHERE name = :name"), {"name": name})`',
    )
)
def ask_the_pantry(find_price: Callable[[Connection, str], Any]) -> None:
    """Ask with a bound parameter, so that any name stays data."""
    word, price = fresh().word("dish"), fresh().number("price")
    named = {
        f"{word}'s best": fresh().number("price of the second"),
        f"{word} :special": fresh().number("price of the third"),
    }
    with new_pantry(**{word: price}, **named) as engine, engine.connect() as connection:

        def asked(name: str, expected: int | None, belief: Callable[[Any], Claim | None]) -> None:
            found = find_price(connection, name)
            seen = f"for {name} it returned {shown(found)}"
            expect(is_plain(found, expected), seen, belief=belief(found))

        misread: Beliefs = {
            ProgrammingError: claims.placeholder_needs_quotes,
            ObjectNotExecutableError: claims.string_is_a_statement,
        }
        with criterion("it knows the price of a dish", beliefs=misread) as knows, xray() as block:
            try:
                asked(word, price, lambda found: claims.row_is_its_value if is_row(found) else None)
            except ArgumentError as error:
                if "?" in statement_behind(error):
                    misread[ArgumentError] = claims.question_mark_is_a_place
                raise
        with criterion(
            "an unknown dish has no price: None",
            needs=knows,
            beliefs={NoResultFound: claims.one_may_be_none},
        ):
            asked(fresh().word("unknown dish"), None, lambda _: None)
        with criterion(
            "an honest apostrophe is a part of the name",
            needs=knows,
            beliefs={SQLAlchemyError: claims.text_makes_it_safe},
        ):
            name = f"{word}'s best"
            asked(name, named[name], lambda _: claims.refusing_quotes_is_enough)
        with criterion(
            "so is an honest colon",
            needs=knows,
            beliefs={SQLAlchemyError: claims.doubled_quotes_suffice},
        ):
            name = f"{word} :special"
            asked(name, named[name], lambda _: claims.doubled_quotes_suffice)
        with criterion(
            "a hostile name finds nothing",
            needs=knows,
            beliefs={NoResultFound: claims.one_may_be_none},
        ):
            hostile = f"{fresh().word('nothing')}' OR '1'='1"
            prices = [price, *named.values()]
            asked(
                hostile, None, lambda found: claims.text_makes_it_safe if found in prices else None
            )
            asked("%", None, lambda _: None)
        with criterion("the name travels beside the SQL, not in it", needs=knows, shares=3):
            inside = [sql for sql in block.statements if word in sql]
            expect(not inside, " ".join(inside), belief=claims.doubled_quotes_suffice)


def statement_behind(error: Exception) -> str:
    """The SQL that was about to be executed when an error came out of SQLAlchemy, or nothing."""
    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    return next((str(f.f_locals["statement"]) for f in frames if "statement" in f.f_locals), "")


def is_row(value: Any) -> bool:
    """Whether it is a row, or anything like it, instead of a value."""
    return isinstance(value, tuple | Row)


@exercise(
    hints=(
        "`with engine.begin() as connection:` is one transaction: it commits at its end, or rolls back.",
        "Many rows go in with one call: `connection.execute(insert(dish), delivery)`.",
        "`select(dish.c.name).order_by(dish.c.price)` says what you want to read.",
        "`connection.scalars(...)` takes the first column of each row; `.all()` makes a list, and does "
        "so before the connection goes back.",
    )
)
def core_round_trip(restock: Callable[..., Any]) -> None:
    """Put a delivery into the pantry and read the names back, in one transaction."""
    # By their names they stand the other way round than by their prices.
    cheap = f"soup {fresh().word('cheap')}"
    stocked = f"pie {fresh().word('stocked')}"
    dear = f"bread {fresh().word('dear')}"
    price = fresh().number("price")
    delivery = [{"name": dear, "price": price + 1}, {"name": cheap, "price": price - 1}]
    dish = Table(
        "dish",
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("name", String, unique=True, nullable=False),
        Column("price", Integer, nullable=False),
    )
    everything = "SELECT name FROM dish ORDER BY price"
    with new_pantry(**{stocked: price}) as engine:
        misread: Beliefs = {}
        with criterion(
            "it returns the names of all dishes, the cheapest first", beliefs=misread
        ) as works:
            with xray() as block:
                try:
                    names = restock(engine, dish, [*delivery])
                except (AttributeError, ArgumentError) as error:
                    if getattr(error, "obj", None) is engine:
                        misread[AttributeError] = claims.engine_executes
                    elif getattr(error, "obj", None) is dish or "Textual column" in str(error):
                        misread[type(error)] = claims.columns_are_attributes
                    raise
            right = is_plain(names, [cheap, stocked, dear])
            expect(right, f"it returned {shown(names)}", belief=why_not_the_names(names, block))
        with criterion("the delivery is on disk") as saved:
            left = [name for (name,) in on_disk(engine, everything)]
            seen = f"on disk: {shown(left)}"
            sent = any(sql.startswith("INSERT") for sql in block.statements)
            belief = claims.connect_commits if sent and not block.commits else None
            expect(left == [cheap, stocked, dear], seen, belief=belief)
        with criterion("a delivery with one bad row changes nothing", needs=saved):
            before = on_disk(engine, everything)
            good = [
                {"name": fresh().word(f"good dish {number}"), "price": number} for number in (1, 2)
            ]
            bad = [*good, *delivery, {"name": fresh().word("other dish"), "price": 3}]
            # Whatever it raises, an exception of its own included, is the learner's choice.
            with suppress(Exception), xray() as refused:
                restock(engine, dish, bad)
            added = len(on_disk(engine, everything)) - len(before)
            seen = f"rows of that delivery on disk: {added}"
            at_once = refused.commits == 1
            belief = claims.refusal_undoes_all if at_once else claims.commit_each_row_is_safe
            expect(added == 0, seen, belief=belief)
        with criterion("all of it is one transaction", needs=(works, saved), shares=2):
            seen = f"transactions: {block.transactions}"
            belief = claims.two_transactions_are_one
            expect(block.transactions == 1, seen, belief=belief)


def why_not_the_names(names: Any, block: Recording) -> Claim | None:
    """The belief of somebody whose names are not the names, or not in their order."""
    if not isinstance(names, list):
        return None
    if any(map(is_row, names)):
        return claims.row_is_its_value
    ordered = any("ORDER BY" in sql.upper() for sql in block.statements)
    return None if ordered or len(names) != 3 else claims.select_keeps_the_order


@exercise(
    hints=(
        'The class has a table, `__tablename__ = "dish"`, and an attribute for each column.',
        "The key: `id: Mapped[int] = mapped_column(primary_key=True)`. A required column: "
        "`name: Mapped[str]`.",
        "What may be empty says so in its type: `note: Mapped[str | None]`.",
        "The class alone makes no table: `Base.metadata.create_all(engine)` does, then `return Dish`.",
    )
)
def first_model(build_menu: Callable[[Engine], Any]) -> None:
    """Map a class to the table `dish` and create it; the real schema is read back."""
    name, price = fresh().word("name"), fresh().number("price")
    with new_engine() as engine, ExitStack() as at_the_end:
        with criterion("`build_menu(engine)` returns a mapped class", shares=0) as mapped:
            model = model_of(build_menu, engine)
            own = create_engine(engine.url)  # the check's own way to the same file
            at_the_end.callback(own.dispose)
        with criterion("the database has the table `dish`", needs=mapped) as there:
            tables = tables_of(own)
            belief = claims.class_makes_its_table if not tables else None
            expect("dish" in tables, f"its tables: {shown(tables)}", belief=belief)
        with criterion("its columns are id, name, price and note", needs=there) as whole:
            columns = {each["name"]: each for each in inspect(own).get_columns("dish")}
            expect(set(columns) == {"id", "name", "price", "note"}, shown(list(columns)))
        with criterion("`id` is the primary key", needs=there):
            keys = inspect(own).get_pk_constraint("dish")["constrained_columns"]
            expect(keys == ["id"], f"the primary key is {shown(keys)}")
        with criterion("id and price are whole numbers, name and note are text", needs=whole):
            for column, kind in {
                "id": Integer,
                "price": Integer,
                "name": String,
                "note": String,
            }.items():
                found = columns[column]["type"]
                expect(isinstance(found, kind), f"{column} is {found}")
        with criterion("name and price must be given", needs=whole):
            for column in ("name", "price"):
                seen = f"{column} may be empty"
                expect(not columns[column]["nullable"], seen, belief=claims.column_is_required)
                seen = f"{column} has a default, so it may be left out"
                expect(
                    columns[column]["default"] is None, seen, belief=claims.not_null_must_be_given
                )
        with criterion("the note may be left out", needs=whole):
            seen = "note must be given"
            expect(columns["note"]["nullable"], seen, belief=claims.hint_leaves_null_open)
        with criterion("an object of the class becomes a row", needs=whole):
            with Session(own) as session, session.begin():
                session.add(model(name=name, price=price))
            rows = on_disk(own, "SELECT id, name, price FROM dish")
            expect(rows == [(1, name, price)], f"on disk: {shown(rows)}")


def model_of(build_menu: Callable[[Engine], Any], engine: Engine) -> Any:
    """The mapped class that a learner's function returns; anything else is said so."""
    try:
        model = build_menu(engine)
    except ArgumentError as error:
        said = str(error).partition(".  ")[0].splitlines()[0].partition(" (Background")[0]
        belief = {
            "could not assemble any primary key": claims.id_comes_by_itself,
            "can't be correctly interpreted": claims.any_hint_is_a_column,
        }
        named = next((claim for part, claim in belief.items() if part in said), None)
        raise Unmet(f"{type(error).__name__}: {said}", named) from None
    with suppress(NoInspectionAvailable):
        if isinstance(model, type) and isinstance(inspect(model), Mapper):
            return model
    what = f"{model.__name__}, no mapped class" if isinstance(model, type) else shown(model)
    raise Unmet(f"it returned {what}", None)


@exercise(
    hints=(
        "`with Session(engine) as session:` opens a session and closes it at the end.",
        "Make the object, then `session.add(dish)` and `session.commit()`.",
        "The database numbers the row when the INSERT arrives: read `dish.id` after the flush or the "
        "commit, and before the session is closed.",
    )
)
def add_and_commit(add_dish: Callable[..., Any]) -> None:
    """Add a dish and commit, so that a second connection sees it."""
    name, price, older = fresh().word("name"), fresh().number("price"), fresh().number("older id")
    with new_pantry() as engine:
        on_disk(engine, "INSERT INTO dish VALUES (?, ?, ?)", older, f"{name} of old", 1)
        misread: Beliefs = {}
        with criterion("a second connection sees the new dish", beliefs=misread) as saved:
            number, refused = None, None
            with holding_sessions(), xray() as block:
                try:
                    number = add_dish(engine, name, price)
                except DetachedInstanceError as error:
                    refused = error  # the row may be saved all the same
                except InvalidRequestError as error:
                    if "already begun" in str(error):
                        misread[InvalidRequestError] = claims.begin_any_time
                    raise
                left_out = block.connections_out
            rows = on_disk(engine, "SELECT name, price FROM dish WHERE id != ?", older)
            seen = f"it sees {shown(rows) if rows else 'no new dish'}"
            expect(rows == [(name, price)], seen, belief=why_not_saved(block))
        with criterion(
            "it returns the id of the row",
            needs=saved,
            beliefs={DetachedInstanceError: claims.readable_after_commit_and_close},
        ):
            if refused is not None:
                raise refused
            ids = on_disk(engine, "SELECT id FROM dish WHERE name = ?", name)
            belief = claims.id_known_after_add if number is None else None
            right = type(number) is int and ids == [(number,)]
            expect(right, f"it returned {shown(number)}", belief=belief)
        with criterion("no connection is left out", needs=saved):
            seen = f"connections out afterwards: {left_out}"
            expect(left_out == 0, seen, belief=claims.commit_closes)


def why_not_saved(block: Recording) -> Claim | None:
    """The belief of somebody whose row did not arrive."""
    if block.commits:
        return None
    inserted = any(sql.startswith("INSERT") for sql in block.statements)
    if inserted and not block.sessions:
        return claims.connect_commits
    return claims.flush_is_enough if inserted else claims.session_saves_on_close


@exercise(
    hints=(
        "The session keeps an object for each row that it has loaded. Which call looks there before it "
        "asks the database?",
        "`session.get(Dish, number)` does. A `select()` always asks.",
        "`[session.get(Dish, number) for number in ids]`",
    )
)
def one_identity(fetch_dishes: Callable[..., Any]) -> None:
    """Fetch dishes by their ids: one object for each row, and no row is asked for twice."""
    names = [fresh().word("first dish"), fresh().word("second dish")]
    price = fresh().number("price")
    named = {4: names[0], 9: names[1]}  # neither the ids of the lesson nor places in a list
    with new_pantry() as engine, Session(engine) as session:
        for number, name in named.items():
            on_disk(engine, "INSERT INTO dish VALUES (?, ?, ?)", number, name, price)
        order = [9, 4, 9, 9, 4]
        with criterion(
            "it returns the dishes in the order of the ids",
            beliefs={IndexError: claims.ids_are_places},
        ) as fetched:
            with xray() as block:
                dishes = fetch_dishes(session, [*order])
            found = names_of(dishes)
            seen = f"for {order} it returned {shown(dishes if found is None else found)}"
            belief = claims.in_keeps_my_list if is_plain(found, names) else None
            expect(is_plain(found, [named[number] for number in order]), seen, belief=belief)
        with criterion("the same row is the same object each time", needs=fetched) as same:
            copies = len({id(each) for each in dishes})
            seen = f"objects for 2 rows: {copies}"
            expect(copies == 2, seen, belief=why_strangers(dishes))
        with criterion("they are the objects of this session", needs=fetched):
            own = [id(each) for each in session.identity_map.values()]
            known = sum(id(each) in own for each in dishes)
            seen = f"the session knows {known} of {len(order)}"
            expect(known == len(order), seen, belief=why_strangers(dishes))
        with criterion("no row is asked for twice", needs=(fetched, same), shares=2):
            asked = sum(sql.startswith("SELECT") for sql in block.statements)
            seen = f"SELECTs for 2 rows: {asked}"
            expect(asked <= 2, seen, belief=claims.select_looks_there_first)


def why_strangers(dishes: list[Any]) -> Claim:
    """The belief of somebody whose objects are not those of the session."""
    states = [inspect(each, raiseerr=False) for each in dishes]
    if all(isinstance(state, InstanceState) and state.has_identity for state in states):
        return claims.same_object_in_any_session
    return claims.same_id_same_row


def names_of(dishes: Any) -> list[Any] | None:
    """The names of the dishes in a list or tuple; nothing where it is not that."""
    whole = isinstance(dishes, list | tuple) and all(hasattr(each, "name") for each in dishes)
    return [each.name for each in dishes] if whole else None
