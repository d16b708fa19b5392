"""The six exercises of stage 6. Each check breaks something on purpose and reads the disk afterwards."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, InvalidRequestError, PendingRollbackError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from checks import faults
from checks.client import an_app, client_of
from checks.criterion import criterion, expect, fresh
from checks.exercise import exercise
from checks.response import body_of
from checks.stages.transactions_and_errors import claims
from checks.stages.transactions_and_errors.pantry import (
    Line,
    Note,
    balance,
    begin_for_real,
    pantry,
    rows,
    write,
)
from checks.xray import Kind, xray

BuildApp = Callable[[Engine], FastAPI]
Step = Callable[[Session], None]

MOST_STEPS = 60
"""More statements than any sound answer sends; where a sweep over its moments ends at the latest."""


def error_of(call: Callable[..., object], *arguments: object) -> Exception | None:
    """The exception that the learner's code lets out, or None where it returns."""
    try:
        call(*arguments)
    except Exception as error:
        return error
    return None


# --- Pay the bill --------------------------------------------------------------------------------


class Books:
    """What has moved between two accounts of 9,999 each, in words without numbers."""

    def __init__(self, engine: Engine, guest: str, amount: int) -> None:
        self._engine = engine
        self._guest = guest
        self._amount = amount

    def moved(self) -> tuple[str, str]:
        """How much the guest has paid and how much the bistro has got, as on disk."""
        paid = RICH - balance(self._engine, self._guest)
        got = balance(self._engine, "bistro") - RICH
        return self._in_words(paid), self._in_words(got)

    def _in_words(self, moved: int) -> str:
        known = {0: "nothing", self._amount: "the amount", 2 * self._amount: "twice the amount"}
        return known.get(moved, "something else")


RICH = 99_999
NOTHING = ("nothing", "nothing")
ALL = ("the amount", "the amount")


def told(moved: tuple[str, str]) -> str:
    """What has moved, as a sentence."""
    return f"the guest has paid {moved[0]}, the bistro has got {moved[1]}"


@exercise(
    hints=(
        "Both changes belong into one transaction, so there is one commit, at the end. "
        "`with Session(engine) as session, session.begin():` commits or rolls back for you.",
        "In the block: get both accounts with `session.get_one(Account, guest)`, take from one, give "
        "to the other. Let errors out: the block needs to see them, and so does the caller.",
        "By hand it is `try: …; session.commit()` and `except: session.rollback(); raise`. A bare "
        "close is not enough after a commit that failed.",
    )
)
def pay_the_bill(pay: Callable[..., None]) -> None:
    """Move the amount from the guest's account to the bistro's, wholly or not at all."""
    guest, amount = fresh().word("guest"), fresh().number("amount")
    stranger = fresh().word("stranger")
    accounts = {guest: RICH, stranger: RICH, "bistro": RICH}
    with pantry(accounts) as engine:
        books = Books(engine, guest, amount)
        with criterion("a paid bill is on disk, in both accounts") as paid:
            pay(engine, guest, amount)
            belief = claims.with_block_commits if books.moved() == NOTHING else None
            expect(books.moved() == ALL, told(books.moved()), belief=belief)
    with pantry(accounts) as engine:
        books = Books(engine, guest, amount)
        with criterion("a guest who cannot pay: an error, and nothing has moved", needs=paid):
            error = error_of(pay, engine, guest, RICH + amount)
            expect(
                error is not None, "it returned without an error", belief=claims.caught_is_handled
            )
            expect(books.moved() == NOTHING, told(books.moved()), belief=claims.commit_each_change)
    with (
        pantry(accounts) as engine,
        criterion("stopped before any of its steps, it has moved all or nothing", needs=paid),
    ):
        for number in range(1, MOST_STEPS):
            books = Books(engine, guest, amount)
            with faults.stop_before(engine, number=number) as stop:
                pay(engine, guest, amount)
            found = f"stopped before step {number}, {stop.at}: {told(books.moved())}"
            wanted = NOTHING if stop.happened else ALL
            expect(books.moved() in (NOTHING, ALL), found, belief=claims.commit_each_change)
            expect(books.moved() == wanted or stop.happened, found)
            if not stop.happened:
                break
            if books.moved() == ALL:
                write(engine, "UPDATE accounts SET balance = ?", RICH)
    with pantry(accounts) as engine:
        books = Books(engine, guest, amount)
        with criterion(
            "after a commit that failed, the next guest pays only for themselves", needs=paid
        ):
            with faults.on_commit(engine, error=faults.LOCKED):
                error = error_of(pay, engine, guest, amount)
            tried_again = error is None and books.moved() == ALL
            expect(
                error is not None or tried_again,
                "it returned without an error, and has not paid",
                belief=claims.caught_is_handled,
            )
            pay(engine, stranger, amount)
            moved = books.moved()
            wanted = (
                ("the amount", "twice the amount") if tried_again else ("nothing", "the amount")
            )
            expect(
                moved == wanted,
                f"the guest whose commit failed has paid {moved[0]}, the bistro has got {moved[1]}",
                belief=claims.close_undoes_a_failed_commit,
            )


# --- Conflict is 409 -----------------------------------------------------------------------------


@exercise(
    hints=(
        "Let the database decide: add the dish, commit, and catch the `IntegrityError`.",
        "After the error the session refuses everything. `db.rollback()` first, then add the note "
        "and commit it.",
        'At the end of the except block: `raise HTTPException(409, f"{dish.name} is on the menu already")`. '
        "An `@app.exception_handler(IntegrityError)` for the whole app is good as well.",
    )
)
def conflict_is_409(dish_app: BuildApp) -> None:
    """Answer a taken name with 409, note the attempt, and be ready for the next request."""
    name, other = fresh().word("dish"), fresh().word("other dish")
    price = fresh().number("price")
    broken = {
        IntegrityError: claims.integrity_error_is_409,
        PendingRollbackError: claims.go_on_after_integrity_error,
    }
    with pantry() as engine, ExitStack() as evening:
        with criterion("`dish_app(engine)` builds an app", shares=0) as built:
            client = client_of(evening, an_app(dish_app(engine)))
        with criterion("a new dish is answered with 201, and is on disk", needs=built) as added:
            answer = client.post("/dishes", json={"name": name, "price": price})
            expect(answer.status_code == 201, f"it answered {answer.status_code} {answer.text}")
            menu = rows(engine, "SELECT name FROM dishes")
            expect(menu == [name], f"on disk: {menu}", belief=claims.with_block_commits)
        with criterion("the answer has the name and the price of the dish", needs=added):
            dish = body_of(answer)
            same = isinstance(dish, dict) and (dish.get("name"), dish.get("price")) == (name, price)
            expect(same, f"it answered {answer.status_code} {answer.text}")
        with criterion(
            "the same name again is answered with 409", needs=added, beliefs=broken
        ) as refused:
            answer = client.post("/dishes", json={"name": name, "price": 1})
            expect(answer.status_code == 409, f"it answered {answer.status_code} {answer.text}")
        with criterion("the refused attempt stands in the notes, by its name", needs=refused):
            notes = rows(engine, "SELECT text FROM notes")
            belief = None if notes else claims.rollback_takes_back_one_step
            expect(notes == [name], f"notes on disk: {notes}", belief=belief)
        with criterion("the next request works", needs=refused, beliefs=broken):
            answer = client.post("/dishes", json={"name": other, "price": price})
            expect(answer.status_code == 201, f"it answered {answer.status_code} {answer.text}")
        with criterion(
            "a name that somebody takes a moment earlier is answered with 409",
            needs=refused,
            belief=claims.asking_first_is_enough,
        ):
            late = fresh().word("late dish")
            faster: list[bool] = []

            def other_guest() -> None:
                sql = "INSERT INTO dishes (name, price) VALUES (?, 7)"
                faster.append(write(engine, sql, late))

            with faults.meanwhile(engine, "INSERT", do=other_guest):
                status = client.post("/dishes", json={"name": late, "price": price}).status_code
            expect(status == (409 if faster == [True] else 201), f"it answered {status}")


# --- Commit before the answer --------------------------------------------------------------------


@exercise(
    hints=(
        "Where does the commit happen? At the end of `with sessions.begin()`, so after the `yield`. "
        "When is that, by default?",
        'The dependency may be left earlier: `Depends(get_db, scope="function")`. One argument more '
        "is enough.",
        "Or commit in the endpoint: then `get_db` opens its session with `with sessions() as db:`, and "
        "the endpoint says `db.commit()` before it returns.",
    )
)
def commit_before_the_answer(note_app: BuildApp) -> None:
    """Mend the app, so that a guest who is told 201 has a saved note."""
    first, second = fresh().word("text"), fresh().word("second text")
    with pantry() as engine, ExitStack() as evening:
        with criterion("`note_app(engine)` builds an app", shares=0) as built:
            app = an_app(note_app(engine))
            client = client_of(evening, app)
        with criterion(
            "`POST /notes` answers 201, and the note is on disk in the end",
            needs=built,
            beliefs={InvalidRequestError: claims.commit_inside_begin},
        ) as saved:
            with xray(app) as request, saving_seen(app, engine) as on_disk:
                answer = client.post("/notes", params={"text": first})
            found = f"it answered {answer.status_code} {answer.text}"
            expect(answer.status_code == 201 and body_of(answer) == {"noted": first}, found)
            notes = rows(engine, "SELECT text FROM notes")
            sent = request.order(Kind.STATEMENT, Kind.RESPONSE_START)[:1] == (Kind.STATEMENT,)
            belief = claims.flush_is_commit if sent else claims.with_block_commits
            expect(notes == [first], f"notes on disk: {notes}", belief=belief)
        with criterion("it is on disk before the answer goes out", needs=saved):
            belief = claims.flush_is_commit if sent else claims.commit_in_teardown
            expect(on_disk == [1], "when the answer went out, it was not there", belief=belief)
    with (
        pantry() as engine,
        ExitStack() as evening,
        criterion("when the commit fails, the guest is not told 201", needs=saved),
    ):
        client = client_of(evening, an_app(note_app(engine)), raising=False)
        with faults.on_commit(engine) as fault:
            status = client.post("/notes", params={"text": second}).status_code
        belief = claims.caught_is_handled if on_disk == [1] else claims.commit_in_teardown
        expect(fault.happened, "it never commits", belief=belief)
        expect(status >= 400, f"the guest got {status}", belief=belief)


@contextmanager
def saving_seen(app: FastAPI, engine: Engine) -> Iterator[list[int]]:
    """At each answer that the app begins to send: how many notes are on disk at that moment."""
    seen: list[int] = []
    inner: Any = app.middleware_stack  # the x-ray's tap stands there

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen.append(len(rows(engine, "SELECT id FROM notes")))
            await send(message)

        await inner(scope, receive, sent)

    app.middleware_stack = watched
    try:
        yield seen
    finally:
        app.middleware_stack = inner


# --- One bad line --------------------------------------------------------------------------------


@exercise(
    hints=(
        "One transaction for the whole order: `with Session(engine) as session, session.begin():`. "
        "In it, a savepoint for each line.",
        "`with session.begin_nested():` sets a savepoint. It flushes at its end; an error rolls back "
        "to it, and only to it.",
        "The `try` stands around the savepoint: `try: with session.begin_nested(): session.add(Line(…))`, "
        "and `except IntegrityError:` notes the dish as refused.",
    )
)
def one_bad_line(take_order: Callable[..., list[str]]) -> None:
    """Save an order in one transaction, without the lines that the database refuses."""
    table = fresh().number("table")
    good = tuple(fresh().word(f"dish {number}") for number in (1, 2, 3))
    unknown = fresh().word("unknown dish")
    mixed = [good[0], unknown, good[1], good[2]]
    lost = {
        PendingRollbackError: claims.go_on_after_integrity_error,
        IntegrityError: claims.go_on_after_integrity_error,
        InvalidRequestError: claims.go_on_after_integrity_error,
    }

    def lines(engine: Engine) -> list[str]:
        sql = 'SELECT dish FROM lines WHERE "table" = ? ORDER BY id'
        return rows(engine, sql, table)

    with (
        pantry(dishes=good) as engine,
        criterion("an order of four, one dish of them twice, is saved whole") as saved,
    ):
        begin_for_real(engine)
        ordered = [*good, good[0]]
        with xray() as block:
            refused = take_order(engine, table, list(ordered))
        found = lines(engine)
        belief = None if block.commits else claims.with_block_commits
        expect(found == ordered, f"lines on disk: {found}", belief=belief)
        expect(refused == [], f"it returned {refused!r}")
    with pantry(dishes=good) as engine:
        with criterion(
            "with an unknown dish in it, the other lines are saved", needs=saved, beliefs=lost
        ) as kept:
            begin_for_real(engine)
            refused = take_order(engine, table, list(mixed))
            found = lines(engine)
            rolled_back = found == mixed[2:]  # all that came before the bad line is gone
            belief = claims.rollback_takes_back_one_step if rolled_back else None
            expect(found == list(good), f"lines on disk: {found}", belief=belief)
        with criterion("the unknown dish is what it returns", needs=kept):
            expect(refused == [unknown], f"it returned {refused!r}")
    with (
        pantry(dishes=good) as engine,
        criterion(
            "stopped before any of its steps, it has saved all or nothing",
            needs=kept,
            belief=claims.commit_each_change,
        ),
    ):
        begin_for_real(engine)
        for number in range(1, MOST_STEPS):
            with faults.stop_before(engine, number=number) as stop:
                take_order(engine, table, list(mixed))
            if not stop.happened:
                break
            found = lines(engine)
            expect(
                found in ([], list(good)),
                f"stopped before step {number}, {stop.at}; on disk: {found}",
            )
            write(engine, "DELETE FROM lines")


# --- No lost tip ---------------------------------------------------------------------------------


@exercise(
    hints=(
        "`jar.balance + amount` is computed in Python, from a balance that was read a moment ago. Who "
        "has written since?",
        "Let the database compute: `jar.balance = Account.balance + amount`. The class attribute is "
        "the column, so the UPDATE says `SET balance = balance + …`.",
        "The same as a statement: "
        '`session.execute(update(Account).where(Account.owner == "tips").values(balance=Account.balance + amount))`.',
    )
)
def no_lost_tip(add_tip: Callable[..., None]) -> None:
    """Put a tip into the jar so that no tip of another waiter is lost."""
    amount, other_amount = fresh().number("amount"), fresh().number("other amount")
    with (
        pantry({"tips": RICH, "bistro": RICH}) as engine,
        criterion("a tip is in the jar, on disk, and in no other account") as added,
    ):
        add_tip(engine, amount)
        belief = claims.with_block_commits if balance(engine, "tips") == RICH else None
        expect(balance(engine, "tips") == RICH + amount, "it is not there", belief=belief)
        expect(balance(engine, "bistro") == RICH, "the bistro's account has changed too")
    with (
        pantry({"tips": RICH}) as engine,
        criterion(
            "a tip that another waiter adds before any of its steps is not lost",
            needs=added,
            beliefs={StaleDataError: claims.version_counter_adds_up},
            belief=claims.transaction_prevents_lost_updates,
        ),
    ):
        other = OtherWaiter(engine, other_amount)
        total = RICH
        for number in range(1, MOST_STEPS):
            with faults.meanwhile(engine, number=number, do=other.tip) as moment:
                add_tip(engine, amount)
            if not moment.happened:
                break
            if other.was_told_to_wait:
                other.tip()
            total += amount + other_amount
            left = balance(engine, "tips")
            missing = {total - amount: "yours", total - other_amount: "the other waiter's"}
            found = f"the other waiter came before your {moment.at}; the tip that is lost: "
            expect(left == total, found + missing.get(left, "both, or more"))


class OtherWaiter:
    """Somebody who tips in one statement of their own, and counts the version, as agreed."""

    def __init__(self, engine: Engine, amount: int) -> None:
        self._engine = engine
        self._amount = amount
        self.was_told_to_wait = False

    def tip(self) -> None:
        sql = (
            "UPDATE accounts SET balance = balance + ?, version = version + 1 WHERE owner = 'tips'"
        )
        self.was_told_to_wait = not write(self._engine, sql, self._amount)


# --- Undo everything -----------------------------------------------------------------------------


@exercise(
    hints=(
        "One session, one transaction around the whole loop, one commit behind it.",
        "`with Session(engine) as session, session.begin():` and in it `for step in steps: step(session)`.",
        "Do not catch the error of a step. It ends the block, the block rolls back, and the caller hears of it.",
    )
)
def undo_everything(run_steps: Callable[..., None]) -> None:
    """Run all steps in one transaction: an error in any of them undoes all."""
    words = [fresh().word(f"step {number}") for number in range(1, 6)]
    trouble = fresh().word("trouble")
    done: list[str] = []

    def step(word: str, *, flush: bool = True) -> Step:
        def write_down(session: Session) -> None:
            done.append(word)
            session.add(Note(text=word))
            if flush:
                session.flush()

        return write_down

    def broken(session: Session) -> None:
        session.add(Note(text=trouble))
        session.flush()
        raise RuntimeError(trouble)

    def refused(session: Session) -> None:
        session.add(Line(table=1, dish=trouble))  # no such dish: the flush will say so

    def notes(engine: Engine) -> list[str]:
        return rows(engine, "SELECT text FROM notes ORDER BY id")

    with pantry() as engine:
        with criterion("five steps that work are on disk") as works, xray() as block:
            run_steps(engine, [step(word, flush=word != words[1]) for word in words])
            found = notes(engine)
            belief = claims.flush_is_commit if found == [] else None
            expect(found == words, f"notes on disk: {found}", belief=belief)
        with criterion(
            "they are saved by one single commit", needs=works, belief=claims.commit_each_change
        ):
            expect(block.commits == 1, f"commits: {block.commits}")
    with pantry() as engine:
        failing = [*map(step, words[:2]), broken, *map(step, words[3:])]
        with criterion("an error in the third step undoes the first two", needs=works) as undone:
            done.clear()
            error = error_of(run_steps, engine, failing)
            found = notes(engine)
            swallowed = error is None or words[3] in found
            belief = claims.caught_is_handled if swallowed else claims.commit_each_change
            expect(found == [], f"notes on disk: {found}", belief=belief)
            others_may_write = write(engine, "DELETE FROM notes")
            expect(others_may_write, "no note on disk, but the transaction is still open")
        with criterion("the caller gets that error", needs=undone):
            said = (
                f"the caller got {type(error).__name__}: {error}"
                if error
                else "it returned as if all went well"
            )
            belief = None if error else claims.caught_is_handled
            expect(isinstance(error, RuntimeError) and str(error) == trouble, said, belief=belief)
        with criterion("the last two steps are not begun", needs=undone):
            expect(done == words[:2], f"done: {done}")
    with (
        pantry() as engine,
        criterion("what only the database refuses undoes everything too", needs=undone),
    ):
        error = error_of(run_steps, engine, [*map(step, words[:2]), refused])
        expect(notes(engine) == [], f"notes on disk: {notes(engine)}")
        expect(
            isinstance(error, IntegrityError),
            "it returned as if all went well"
            if error is None
            else f"the caller got {type(error).__name__}",
            belief=None if error else claims.caught_is_handled,
        )
