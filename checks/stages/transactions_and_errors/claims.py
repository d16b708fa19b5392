"""What one may believe about transactions, each with the experiment that decides it."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.exc import (
    IntegrityError,
    InvalidRequestError,
    OperationalError,
    PendingRollbackError,
)
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from checks import faults
from checks.claim import Evidence, claim
from checks.stages.transactions_and_errors.pantry import (
    Account,
    CountedAccount,
    Dish,
    Note,
    balance,
    get_db_for,
    pantry,
    rows,
    write,
)

# --- The quiz and the predictions ----------------------------------------------------------------


@claim(
    "Every change should be committed at once: what is committed cannot be lost.",
    why="What belongs together must be committed together. Between two commits lies a moment in "
    "which half of it is on disk, and nothing will ever undo that half.",
)
def commit_each_change() -> Evidence:
    with pantry({"guest": 100, "bistro": 0}) as engine:
        with faults.stop_before(engine, "UPDATE", number=2), Session(engine) as session:
            session.get_one(Account, "guest").balance -= 40
            session.commit()
            session.get_one(Account, "bistro").balance += 40
            session.commit()
        left = balance(engine, "guest") + balance(engine, "bistro")
    return Evidence(left == 100, ("money in both accounts, before: 100", f"after the stop: {left}"))


@claim(
    "A commit after `yield` is safe: when it fails, the guest hears of it.",
    why="By default the code after `yield` runs when the answer is out already. Commit in the "
    'endpoint, or leave the dependency earlier: `Depends(get_db, scope="function")`.',
)
def commit_in_teardown() -> Evidence:
    with pantry() as engine:

        def get_db() -> Iterator[Session]:
            with sessionmaker(engine).begin() as db:
                yield db  # the commit comes after it

        app = FastAPI()

        @app.post("/notes", status_code=201)
        def leave_note(db: Annotated[Session, Depends(get_db)]) -> str:
            db.add(Note(text="window table"))
            return "noted"

        with faults.on_commit(engine):
            answer = TestClient(app, raise_server_exceptions=False).post("/notes")
        kept = len(rows(engine, "SELECT text FROM notes"))
    seen = ("the COMMIT fails", f"the guest got: {answer.status_code}", f"notes on disk: {kept}")
    return Evidence(holds=answer.status_code != 201, seen=seen)


@claim(
    "With `except: db.rollback(); raise` in `get_db`, my endpoint may catch any error and go on.",
    why="An error that the endpoint catches never reaches `get_db`. Who catches it rolls back, or "
    "fences the risky part off with a savepoint.",
)
def rollback_in_except_is_enough() -> Evidence:
    with pantry(dishes=("soup",)) as engine:
        app, get_db = FastAPI(), get_db_for(engine)

        @app.post("/soup")
        def soup_again(db: Annotated[Session, Depends(get_db)]) -> int | None:
            db.add(Dish(name="soup", price=9))
            with suppress(IntegrityError):  # we have soup already, fine
                db.flush()
            return db.scalar(select(func.count(Dish.id)))

        try:
            seen = f"answered {TestClient(app).post('/soup').status_code}"
        except PendingRollbackError as error:
            seen = f"its next query raised {type(error).__name__}"
    return Evidence(seen == "answered 200", ("the endpoint caught the IntegrityError", seen))


@claim(
    "SAVEPOINT simply works on SQLite.",
    why="Python's SQLite driver sends no BEGIN before a SAVEPOINT, so there is no outer transaction "
    "that a rollback could undo. Two listeners that send BEGIN repair it.",
)
def savepoint_simply_works() -> Evidence:
    with pantry() as engine:
        with Session(engine) as session:
            with session.begin_nested():
                session.add(Note(text="one more chair"))
            session.rollback()  # the whole transaction
        kept = len(rows(engine, "SELECT text FROM notes"))
    return Evidence(kept == 0, (f"notes on disk after the outer rollback: {kept}",))


@claim(
    "After an IntegrityError I can go on with the session.",
    why="A failed flush ends the transaction, and the session refuses everything until you say "
    "`rollback()`. Then it works again.",
)
def go_on_after_integrity_error() -> Evidence:
    with pantry(dishes=("soup",)) as engine, Session(engine) as session:
        session.add(Dish(name="soup", price=9))
        with suppress(IntegrityError):
            session.commit()
        try:
            said = f"{session.scalar(select(func.count(Dish.id)))} dish"
        except PendingRollbackError as error:
            said = type(error).__name__
        session.rollback()
        after = session.scalar(select(func.count(Dish.id)))
    seen = (f"the next query: {said}", f"after rollback(): {after} dish")
    return Evidence(said == "1 dish", seen)


@claim(
    "A transaction alone prevents lost updates.",
    why="Both read 100, both add, and the second one writes over the first. Let the database add: "
    "`balance = balance + 5`. Or count versions, and start again when somebody was faster.",
)
def transaction_prevents_lost_updates() -> Evidence:
    with pantry({"tips": 100}) as engine:
        with Session(engine) as one, Session(engine) as two:
            jar_of_one, jar_of_two = one.get_one(Account, "tips"), two.get_one(Account, "tips")
            jar_of_one.balance += 5
            one.commit()
            jar_of_two.balance += 7
            two.commit()
        total = balance(engine, "tips")
    return Evidence(total == 112, (f"100 + 5 + 7, in two transactions: {total}",))


@claim(
    "An error that leaves `with session.begin():` undoes everything in the block, flushed or not.",
    why="The block commits at its end, and an exception on the way rolls all of it back. It is the "
    "shortest way to all or nothing.",
)
def error_in_begin_undoes_all() -> Evidence:
    with pantry() as engine:
        try:
            with Session(engine) as session, session.begin():
                session.add(Note(text="flushed"))
                session.flush()
                session.add(Note(text="not flushed"))
                raise RuntimeError("the oven is out")
        except RuntimeError as error:
            said = str(error)
        kept = len(rows(engine, "SELECT text FROM notes"))
    return Evidence(kept == 0, (f"the error: {said}", f"notes on disk: {kept}"))


# --- Beliefs behind wrong answers ----------------------------------------------------------------


@claim(
    "Leaving `with Session(engine) as session:` commits.",
    why="It closes the session, and what was not committed is gone without a word. Commit "
    "yourself, or use `with session.begin():`.",
)
def with_block_commits() -> Evidence:
    with pantry() as engine:
        with Session(engine) as session:
            session.add(Note(text="window table"))
        kept = len(rows(engine, "SELECT text FROM notes"))
    return Evidence(kept == 1, (f"notes on disk after the block: {kept}",))


@claim(
    "What was flushed is saved.",
    why="`flush()` sends the SQL within the transaction. Only the commit saves it; for everybody "
    "else it is not there before.",
)
def flush_is_commit() -> Evidence:
    with pantry() as engine:
        with Session(engine) as session:
            note = Note(text="window table")
            session.add(note)
            session.flush()
            number = note.id
        kept = len(rows(engine, "SELECT text FROM notes"))
    return Evidence(kept == 1, (f"the note has the id {number}", f"notes on disk: {kept}"))


@claim(
    "An error that I catch is handled.",
    why="Caught and not raised again, it is hidden: the caller goes on as if all went well. Undo, "
    "then `raise`; or answer with a status that says what happened.",
)
def caught_is_handled() -> Evidence:
    with pantry({"guest": 100}) as engine:
        app, get_db = FastAPI(), get_db_for(engine)

        @app.post("/bill")
        def pay(db: Annotated[Session, Depends(get_db)]) -> str:
            try:
                db.get_one(Account, "guest").balance -= 140
                db.commit()
            except IntegrityError:
                db.rollback()
            return "paid, thank you"

        answer = TestClient(app).post("/bill")
        left = balance(engine, "guest")
    seen = (f"the guest got: {answer.status_code} {answer.json()}", f"balance: 100, then {left}")
    return Evidence(holds=answer.status_code >= 400, seen=seen)


@claim(
    "Closing the session takes back what a failed commit left behind.",
    why="After a failed COMMIT a bare close gives the connection back with its transaction still "
    "open, and the next commit on it saves the rest. Say `rollback()`, or use `begin()`.",
)
def close_undoes_a_failed_commit() -> Evidence:
    with pantry() as engine:
        try:
            with faults.on_commit(engine, error=faults.LOCKED), Session(engine) as session:
                session.add(Note(text="failed"))
                session.commit()
        except OperationalError as error:
            said = str(error.orig)
        with Session(engine) as session:  # another guest
            session.add(Note(text="next"))
            session.commit()
        kept = rows(engine, "SELECT text FROM notes ORDER BY id")
    return Evidence(kept == ["next"], (f"the first commit: {said}", f"notes on disk: {kept}"))


@claim(
    "FastAPI turns an IntegrityError into a 409.",
    why="FastAPI does not know SQLAlchemy: an exception that nobody catches is a 500. Catch it, roll "
    "back, and raise `HTTPException(409, …)`.",
)
def integrity_error_is_409() -> Evidence:
    with pantry(dishes=("soup",)) as engine:
        app, get_db = FastAPI(), get_db_for(engine)

        @app.post("/soup", status_code=201)
        def soup_again(db: Annotated[Session, Depends(get_db)]) -> None:
            db.add(Dish(name="soup", price=9))
            db.commit()

        status = TestClient(app, raise_server_exceptions=False).post("/soup").status_code
    return Evidence(status == 409, (f"a second soup, unique by name: {status}",))


@claim(
    "When I ask first whether the name is free, the INSERT cannot fail.",
    why="Somebody may take the name between your question and your INSERT. The constraint is the only "
    "one who sees both, so its error has to be caught anyway.",
)
def asking_first_is_enough() -> Evidence:
    def other_guest() -> None:
        write(engine, "INSERT INTO dishes (name, price) VALUES ('soup', 7)")

    with pantry() as engine, Session(engine) as session:
        taken = session.scalar(select(Dish.id).where(Dish.name == "soup"))
        try:
            with faults.meanwhile(engine, "INSERT", do=other_guest):
                session.add(Dish(name="soup", price=9))
                session.commit()
            said = "saved"
        except IntegrityError as error:
            said = str(error.orig)
            session.rollback()
    return Evidence(said == "saved", (f"taken, when asked: {taken is not None}", f"then: {said}"))


@claim(
    "In `with sessions.begin() as db:` I may commit whenever I like.",
    why="The block commits at its end, and only there: after a commit of your own it refuses "
    "everything. Flush where you need an id, or commit yourself without `begin()`.",
)
def commit_inside_begin() -> Evidence:
    with pantry() as engine:
        try:
            with sessionmaker(engine).begin() as db:
                note = Note(text="window table")
                db.add(note)
                db.commit()
                said = f"the id is {note.id}"
        except InvalidRequestError as error:
            said = str(error).split(". ")[0]
    return Evidence(said == "the id is 1", ("commit, then the id:", said))


@claim(
    "`rollback()` takes back the last step only.",
    why="It ends the whole transaction: everything since the last commit is gone. A savepoint, "
    "`begin_nested()`, is the way to take back a part.",
)
def rollback_takes_back_one_step() -> Evidence:
    with pantry() as engine:
        with Session(engine) as session:
            for dish in ("soup", "bread"):
                session.add(Note(text=dish))
                session.flush()
            session.rollback()
            session.commit()
        kept = rows(engine, "SELECT text FROM notes")
    return Evidence(kept == ["soup"], ("soup, bread, rollback(), commit()", f"on disk: {kept}"))


@claim(
    "A version counter adds up by itself what two writers did.",
    why="It notices that somebody was faster, and refuses. Nothing is lost silently, but the work "
    "has to be done again: a loop around it, with a fresh read each time.",
)
def version_counter_adds_up() -> Evidence:
    with pantry({"tips": 100}) as engine:
        with Session(engine) as one, Session(engine) as two:
            jar_of_one = one.get_one(CountedAccount, "tips")
            jar_of_two = two.get_one(CountedAccount, "tips")
            jar_of_one.balance += 5
            one.commit()
            jar_of_two.balance += 7
            try:
                two.commit()
                said = "saved"
            except StaleDataError as error:
                two.rollback()
                said = type(error).__name__
        total = balance(engine, "tips")
    return Evidence(total == 112, (f"the second writer: {said}", f"100 + 5 + 7: {total}"))
