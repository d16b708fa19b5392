"""The six exercises of stage 4. The checks count sessions and connections, and read the file itself."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.exceptions import FastAPIError
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.exc import ArgumentError, OperationalError, UnboundExecutionError
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import QueuePool

from checks.claim import Claim
from checks.client import an_app, async_client_of, client_of
from checks.criterion import Unmet, criterion, expect, fresh
from checks.database import holding_sessions
from checks.display import kind_of
from checks.exercise import exercise
from checks.stages.engine_and_session import claims
from checks.stages.engine_and_session.pantry import (
    Dish,
    on_disk,
    pantry,
    somebody_reads,
    somebody_writes,
)
from checks.xray import Kind, Recording, xray

BuildApp = Callable[..., FastAPI]
INSERT = "INSERT INTO dish (name, price) VALUES (:name, :price)"


def a_session(made: object) -> Session:
    """What a factory or a dependency handed over, if it is a session; anything else is said so."""
    belief = claims.factory_is_a_session if isinstance(made, sessionmaker) else None
    expect(isinstance(made, Session), f"it was {kind_of(made)}, not a Session", belief=belief)
    assert isinstance(made, Session)
    return made


@exercise(
    hints=(
        "First the engine: `create_engine(url)`. It opens nothing yet.",
        "The factory knows the engine: `sessionmaker(engine)`. Return the factory, not a session.",
        "Two lines are enough. None of the options that old tutorials give is needed.",
    )
)
def session_factory(open_kitchen: Callable[[str], Callable[[], Session]]) -> None:
    """Build an engine and a factory of sessions for it."""
    name, price = fresh().word("dish"), fresh().number("price")
    left = fresh().word("dish left behind")
    with pantry() as engine:
        url = engine.url.render_as_string(hide_password=False)
        with criterion("`open_kitchen(url)` returns something to call", shares=0) as built:
            factory = open_kitchen(url)
            belief = claims.one_session_for_all if isinstance(factory, Session) else None
            expect(callable(factory), f"it returned {kind_of(factory)}", belief=belief)
        with criterion(
            "each call makes a new session",
            needs=built,
            beliefs={ArgumentError: claims.commits_after_every_operation},
        ) as makes:
            first, second = a_session(factory()), a_session(factory())
            again = "both calls gave the same session"
            scoped = isinstance(factory, scoped_session)
            belief = claims.scoped_session_is_per_request if scoped else claims.one_session_for_all
            expect(first is not second, again, belief=belief)
        with criterion(
            "what a session commits is in the file that the URL names",
            needs=makes,
            beliefs={UnboundExecutionError: claims.factory_finds_the_engine},
        ) as commits:
            bound = a_session(factory()).bind
            expect(bound is None or hasattr(bound, "connect"), f"it is bound to {kind_of(bound)}")
            with a_session(factory()) as session:
                said = error_said(session, INSERT, {"name": name, "price": price})
                expect(not said, f"its sessions are bound to something else: {said}")
                session.commit()
            disk = on_disk(engine)
            expect(disk.get(name) == price, f"the file holds {list(disk)}")
        with criterion("what it does not commit is not there", needs=commits) as keeps:
            with a_session(factory()) as session:
                session.execute(text(INSERT), {"name": left, "price": price})
            disk = on_disk(engine)
            expect(left not in disk, f"never committed, and the file holds {list(disk)}")
        with criterion(
            "its sessions share one engine, and give its connection back", needs=commits
        ):
            with xray() as three:
                for _ in range(3):
                    with a_session(factory()) as session:
                        session.execute(text("SELECT 1"))
            opened = len(three.of(Kind.CONNECTION_OPENED))
            found = f"3 sessions, one after the other, opened {opened} connections"
            expect(opened <= 1, found, belief=claims.engine_per_request)
            returned = len(three.of(Kind.CONNECTION_BACK))
            found = f"3 sessions were closed, {returned} connections came back to the pool"
            expect(returned == 3, found)
        with criterion("a session finds in a SELECT what it has just added", needs=keeps):
            number = dishes_after_adding(a_session(factory()))
            found = f"it found {number} dishes of 3"
            expect(number == 3, found, belief=claims.autoflush_off_is_harmless)


def error_said(session: Session, statement: str, values: dict[str, object]) -> str:
    """What the database says against a statement, in one line; nothing where it takes it."""
    try:
        session.execute(text(statement), values)
    except OperationalError as error:
        return str(error.orig)
    return ""


def dishes_after_adding(session: Session) -> int:
    """How many dishes a session counts after it has added one to the two that are there."""
    with session:
        session.add(Dish(name="added", price=1))
        return session.scalars(select(func.count(Dish.id))).one()


@exercise(
    hints=(
        "A dependency with `yield` has two halves: before the guest is served, and after.",
        "`with SessionLocal() as session:` closes the session when its block is left. Where must the "
        "`yield` stand?",
        "Two lines: `with SessionLocal() as session:` and inside it `yield session`.",
    )
)
def get_db(get_db: Callable[..., Any], *, engine: Engine) -> None:
    """Yield a session to the route and close it when the guest has gone."""
    handed_over: list[object] = []
    guests = Recording()
    with criterion(
        "a route can ask for it with `Depends(get_db)`",
        shares=0,
        beliefs={UnboundExecutionError: claims.factory_finds_the_engine},
    ) as asked:
        try:
            guests = three_guests(get_db, handed_over)
        except TypeError as error:
            belief = belief_behind_a_type_error(error)
            expect(belief is None, str(error), belief=belief)
            raise
    with criterion("the route is given a session", needs=asked) as given:
        a_session(handed_over[0])
    with criterion("each guest gets a session of their own", needs=given) as own:
        count = len({id(each) for each in handed_over})
        found = f"3 guests, {count} session{'s' * (count > 1)}"
        belief = None if count == 3 else belief_behind_one_dependency(get_db)
        expect(count == 3, found, belief=belief)
    with criterion("when a guest has gone, the connection is back in the pool", needs=own) as back:
        found = f"{guests.connections_out} of 3 connections are still out"
        expect(guests.connections_out == 0, found, belief=belief_behind_a_leak(guests))
    with criterion("each session is closed", needs=back):
        closed = len(guests.of(Kind.SESSION_CLOSES))
        found = f"3 sessions, {min(closed, 3)} closed"
        expect(closed >= 3, found, belief=claims.session_closes_itself)
    with criterion("three guests, one after the other, share one connection", needs=back):
        opened = len(guests.of(Kind.CONNECTION_OPENED))
        expect(opened <= 1, f"{opened} connections were opened", belief=claims.engine_per_request)
    engine.dispose()


def three_guests(dependency: Callable[..., Any], handed_over: list[object]) -> Recording:
    """Serve three guests by a route that uses a dependency; note what it was given."""
    app = FastAPI()

    @app.get("/")
    def read(db: Annotated[Any, Depends(dependency)]) -> None:
        handed_over.append(db)
        if isinstance(db, Session):
            db.execute(text("SELECT 1"))

    with holding_sessions(), xray(app) as guests, TestClient(app) as client:
        for _ in range(3):
            answer = client.get("/")
            asks = [each["loc"][-1] for each in answer.json()["detail"]] if answer.is_error else []
            expect(not asks, f"FastAPI wants {asks} in the request: 422. What has parameters here?")
    return guests


def belief_behind_a_type_error(error: TypeError) -> Claim | None:
    """Why a dependency cannot be run."""
    if "_GeneratorContextManager" in str(error):
        return claims.yield_needs_contextmanager
    # From Python 3.14 on, the name of the type stands there with its module.
    return claims.factory_is_a_session if "sessionmaker' object" in str(error) else None


def belief_behind_one_dependency(dependency: Callable[..., Any]) -> Claim:
    """Why several guests are given one session: is it one for all, or one for each thread?"""
    handed_over: list[object] = []
    for _ in range(2):
        three_guests(dependency, handed_over)  # each time in a thread of its own
    if len({id(each) for each in handed_over}) == 2:
        return claims.scoped_session_is_per_request
    return claims.one_session_for_all


def belief_behind_a_leak(guests: Recording) -> Claim:
    """Why a connection did not come back."""
    order = guests.order(Kind.SESSION_CLOSES, Kind.ENDPOINT)
    if order[:1] == (Kind.SESSION_CLOSES,):
        return claims.return_waits_in_with
    return claims.session_closes_itself


@exercise(
    hints=(
        "`session = sessions()` runs once, when the app is built. Everything that a guest leaves in that "
        "session is there for the next one.",
        "Write a `get_db` inside `bistro`: `with sessions() as session: yield session`.",
        "Each of the three functions asks for its session: "
        "`session: Annotated[Session, Depends(get_db)]`.",
    )
)
def one_ticket_per_guest(bistro: BuildApp) -> None:
    """Mend the app that serves all its guests from one session."""
    dish, price, tea, cake = (
        fresh().word("dish"),
        fresh().number("price"),
        fresh().word("tea"),
        fresh().word("cake"),
    )
    more = (fresh().word("bread"), fresh().word("fish"))
    with pantry() as engine, ExitStack() as evening:
        with criterion("`bistro(sessions)` builds an app", shares=0) as built:
            app = built_app(bistro, engine)
            guest = client_of(evening, app)
        with criterion("it takes a new dish and changes its price", needs=built, shares=0) as works:
            said = [
                guest.post("/dishes", params={"name": dish, "price": 1}).status_code,
                guest.patch(f"/dishes/{dish}", params={"price": price}).status_code,
            ]
            on_file = on_disk(engine).get(dish)
            expect(on_file == price, f"it answered {said}, and the price on disk is {on_file}")
        with criterion("six guests are six sessions, whatever they ask for", needs=works) as own:
            fresh_app = built_app(bistro, engine)
            with xray(fresh_app) as six, TestClient(fresh_app) as reader:
                told = [reader.get(f"/dishes/{dish}").json() for _ in range(2)]
                for number, name in enumerate(more):
                    reader.post("/dishes", params={"name": name, "price": 1})
                    reader.patch(f"/dishes/{name}", params={"price": number + 2})
            expect(told == [price] * 2, f"they were told the prices {told}")
            count = f"6 guests, {six.sessions} session{'s' * (six.sessions != 1)}"
            belief = claims.one_session_for_all
            if six.sessions == 1:
                belief = belief_behind_one_session(bistro, engine)
            expect(six.sessions == 6, count, belief=belief)
        with criterion(
            "when they have gone, each session is closed, also where a price was refused", needs=own
        ):
            out = f"{six.connections_out} connections still out"
            expect(six.connections_out == 0, out, belief=belief_behind_a_leak(six))
            closed = len(six.of(Kind.SESSION_CLOSES))
            found = f"6 sessions, {closed} closed"
            expect(closed >= 6, found, belief=claims.session_closes_itself)
            with xray(fresh_app) as refused_one:
                door = client_of(evening, fresh_app, raising=False)
                door.patch(f"/dishes/{dish}", params={"price": -1})
            unclosed = refused_one.sessions - len(refused_one.of(Kind.SESSION_CLOSES))
            found = "the session of a guest whose price was refused is not closed"
            expect(unclosed <= 0, found, belief=claims.close_at_the_end_suffices)
        with criterion(
            "a refused price stays refused, whoever comes next",
            needs=works,
            beliefs={FastAPIError: claims.swallowed_error_is_handled},
        ):
            with xray(app) as two:
                refused = guest.patch(f"/dishes/{dish}", params={"price": -1}).status_code
                guest.post("/dishes", params={"name": tea, "price": 2})
            expect(refused == 422, f"the price -1 was answered with {refused}")
            on_file = on_disk(engine).get(dish)
            found = f"refused with 422, and after the next order the price on disk is {on_file}"
            shared = two.sessions < 2
            belief = claims.one_session_for_all if shared else claims.finally_saves_what_went_well
            expect(on_file == price, found, belief=belief)
        with criterion(
            "after an order that fails, the next guest is served",
            needs=works,
            belief=claims.one_session_for_all,
        ):
            with suppress(Exception):
                guest.post("/dishes", params={"name": dish, "price": 1})  # it exists
            added = guest.post("/dishes", params={"name": cake, "price": 3}).status_code
            expect(added == 201, f"the next order was answered with {added}")


def built_app(build_app: BuildApp, engine: Engine) -> FastAPI:
    """The app that the learner's function builds for a factory of sessions."""
    try:
        return an_app(build_app(sessionmaker(engine)))
    except TypeError as error:
        callable_ = "is not a callable object" not in str(error)
        said = "`Depends` was given something that cannot be called"
        expect(callable_, said, belief=claims.depends_wants_a_call)
        raise


def belief_behind_one_session(build_app: BuildApp, engine: Engine) -> Claim:
    """Why several guests share a session: is it one for all, or one for each thread?"""
    app = built_app(build_app, engine)
    with xray(app) as in_threads_of_their_own:
        for _ in range(2):
            with TestClient(app) as guest:
                guest.get("/dishes/soup")
    if in_threads_of_their_own.sessions == 2:
        return claims.scoped_session_is_per_request
    return claims.one_session_for_all


@exercise(
    hints=(
        "An error in the endpoint comes out of the `yield`. Nothing below that line runs then.",
        "What must run in any case stands in `finally`: `try: yield session`, `finally: session.close()`.",
        "`with SessionLocal() as session:` around the `yield` does the same in less space.",
    )
)
def closed_on_error(get_session: Callable[..., Any], *, engine: Engine) -> None:
    """Close the session whatever the endpoint does."""
    with guest_book(engine) as lines:
        well = refused = broken = Recording()
        with criterion("a guest who is served well gets 200", shares=0) as served:
            said, well = serve(get_session, "/well")
            contextmanaged = claims.yield_needs_contextmanager if said == "TypeError" else None
            expect(said == "200", f"it was {said}", belief=contextmanaged)
        with criterion("then the session is closed, and the connection is back", needs=served):
            expect_closed(well, belief_behind_a_leak(well))
        always = bool(well.connections_out)
        behind = belief_behind_a_leak(well) if always else claims.close_at_the_end_suffices
        with criterion("after a refusal (404) as well", needs=served):
            said_404, refused = serve(get_session, "/refused")
            expect_closed(refused, behind)
        with criterion("after an unexpected error as well", needs=served):
            said_error, broken = serve(get_session, "/broken")
            expect_closed(broken, behind)
        with criterion("both errors still reach the guest", needs=served):
            found = f"404 became {said_404}, the ValueError became {said_error}"
            told = said_404 == "404" and said_error in {"ValueError", "500"}
            swallowed = "FastAPIError" in (said_404, said_error)
            expect(told, found, belief=claims.swallowed_error_is_handled if swallowed else None)
        with criterion("what a failed request had written is not saved", needs=served):
            found = f"the file holds {lines()}"
            expect(lines() == [], found, belief=claims.finally_saves_what_went_well)
    engine.dispose()


def expect_closed(request: Recording, belief: Claim) -> None:
    out = f"{request.connections_out} still out"
    expect(request.connections_out == 0, out, belief=belief)
    closed = len(request.of(Kind.SESSION_CLOSES))
    expect(closed >= 1, "the connection is back, but nobody closed the session", belief=belief)


def serve(dependency: Callable[..., Any], path: str) -> tuple[str, Recording]:
    """Ask a route that uses the dependency; returns its status, or the error that came out of it."""
    app = FastAPI()
    Db = Annotated[Session, Depends(dependency)]

    @app.get("/well")
    def well(db: Db) -> None:
        a_session(db)
        db.execute(text("SELECT 1"))

    @app.get("/refused")
    def refused(db: Db) -> None:
        db.execute(text("INSERT INTO guest_book VALUES ('refused')"))
        raise HTTPException(404)

    @app.get("/broken")
    def broken(db: Db) -> None:
        db.execute(text("INSERT INTO guest_book VALUES ('broken')"))
        raise ValueError("broken")

    with holding_sessions(), xray(app) as request:
        try:
            said = str(TestClient(app).get(path).status_code)
        except Unmet:
            raise
        except Exception as error:
            said = type(error).__name__
    return said, request


@contextmanager
def guest_book(engine: Engine) -> Iterator[Callable[[], list[str]]]:
    """A table of the check's own in the notebook's file, gone afterwards; called, it reads the lines."""
    with closing(sqlite3.connect(str(engine.url.database))) as other:
        other.execute("PRAGMA synchronous = OFF")
        other.execute("DROP TABLE IF EXISTS guest_book")
        other.execute("CREATE TABLE guest_book (line TEXT)")
        try:
            yield lambda: [line for (line,) in other.execute("SELECT line FROM guest_book")]
        finally:
            other.execute("DROP TABLE guest_book")


@exercise(
    hints=(
        "Who closes what `Menu` opens? Look for the code that runs when the guest has gone.",
        "`get_db` does it right. A class can ask for it like any route: its `__init__` is the dependency, "
        "and its parameters are dependencies too.",
        "`def __init__(self, session: Annotated[Session, Depends(get_db)]) -> None:` and "
        "`self.session = session`.",
    )
)
def mend_the_leak(leaky_bistro: BuildApp) -> None:
    """Serve fifty guests without losing a connection."""
    dish, price = fresh().word("dish"), fresh().number("price")
    with pantry(pool_size=2, max_overflow=0, pool_timeout=0) as engine:
        with criterion("`leaky_bistro(sessions)` builds an app", shares=0) as built:
            app = built_app(leaky_bistro, engine)
            with engine.begin() as connection:
                connection.execute(text(INSERT), {"name": dish, "price": price})
        with criterion("`GET /dishes/{name}` tells the price", needs=built, shares=0) as tells:
            with holding_sessions(), TestClient(app) as guest:
                answer = guest.get(f"/dishes/{dish}")
            expect(answer.json() == price, f"it answered {answer.status_code} {answer.text}")
        with criterion("fifty guests in a row are served", needs=tells):
            served = guests_served(app, f"/dishes/{dish}", 50, status=200)
            found = (
                f"guest {served + 1} was not: {connections_out(engine)} of 2 connections were out"
            )
            belief = belief_behind_a_leaky_app(leaky_bistro) if served < 50 else None
            expect(served == 50, found, belief=belief)
        with criterion("after them no connection is out", needs=tells) as back:
            out = connections_out(engine)
            belief = belief_behind_a_leaky_app(leaky_bistro) if out else None
            expect(out == 0, f"{out} still out", belief=belief)
        with criterion("two guests are two sessions", needs=back):
            with xray(app) as two:
                guests_served(app, f"/dishes/{dish}", 2, status=200)
            found = f"2 guests, {two.sessions} session{'s' * (two.sessions != 1)}"
            expect(two.sessions == 2, found, belief=claims.one_session_for_all)
        with criterion("guests who ask for an unknown dish get 404 and lose none", needs=back):
            served = guests_served(app, "/dishes/unknown", 5, status=404)
            out = connections_out(engine)
            fine = served == 5 and out == 0
            found = f"{served} of 5 got 404, {out} still out"
            expect(fine, found, belief=claims.close_at_the_end_suffices if out else None)


def connections_out(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


def guests_served(app: FastAPI, path: str, guests: int, *, status: int) -> int:
    """How many guests in a row get the status, until one does not."""

    async def come_in() -> int:
        # TestClient would take twice as long, and a notebook already runs a loop in its own thread.
        async with async_client_of(app) as client:
            for number in range(guests):
                if (await client.get(path)).status_code != status:
                    return number
        return guests

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, come_in()).result()


def two_guests(build_app: BuildApp) -> Recording:
    """What two guests do in an app, each in a thread of their own."""
    with pantry() as engine:
        app = built_app(build_app, engine)
        with xray(app) as guests:
            for _ in range(2):
                with TestClient(app) as guest:
                    guest.get("/dishes/soup")
    return guests


def belief_behind_a_leaky_app(build_app: BuildApp) -> Claim:
    """Why connections stay out: is nobody closing, or is one session kept for all?"""
    guests = two_guests(build_app)
    return claims.one_session_for_all if guests.sessions < 2 else belief_behind_a_leak(guests)


@exercise(
    hints=(
        "The failed `commit()` raises in the endpoint, and the error comes out of your `yield`.",
        "Catch it there, any `Exception`: `session.rollback()`, then `raise`, so that the guest hears of it.",
        "`with sessions() as session:`, inside it `try: yield session`, then "
        "`except Exception: session.rollback(); raise`.",
    )
)
def roll_back_first(cautious_bistro: BuildApp) -> None:
    """Let other writers go on after a commit that failed."""
    soup, lost, tea = fresh().word("dish"), fresh().word("lost dish"), fresh().word("next dish")
    more = (fresh().word("bread"), fresh().word("fish"))
    with pantry(connect_args={"timeout": 0.01}) as engine, ExitStack() as evening:
        with criterion("`cautious_bistro(sessions)` builds an app", shares=0) as built:
            app = built_app(cautious_bistro, engine)
            guest = client_of(evening, app)
        with criterion("`POST /dishes` saves a dish", needs=built, shares=0) as saves:
            status = guest.post("/dishes", params={"name": soup, "price": 1}).status_code
            expect(status == 201, f"it answered {status}")
            expect(soup in on_disk(engine), "it answered 201, and the dish is not on disk")
        with criterion("a commit that fails is told to the guest (400 or more)", needs=saves):
            with somebody_reads(engine), xray(app) as refused:
                raised = error_of(guest, lost)
            told = " ".join(refused.of(Kind.RESPONSE_START))
            late = claims.late_commit_is_told if raised else None
            expect(told.startswith(("4", "5")), f"the guest was told {told}", belief=late)
            found = "the dependency kept the error to itself: FastAPIError"
            swallowed = claims.swallowed_error_is_handled
            expect(raised != "FastAPIError", found, belief=swallowed)
        with criterion("afterwards another program may write", needs=saves):
            writer = somebody_writes(engine)
            locked = None if writer == "may write" else belief_behind_a_lock(cautious_bistro)
            expect(writer == "may write", f"it was told: {writer}", belief=locked)
        with criterion("the next guest's order is saved", needs=saves):
            status = guest.post("/dishes", params={"name": tea, "price": 2}).status_code
            expect(status == 201 and tea in on_disk(engine), f"it was answered with {status}")
        with criterion("each guest has a session of their own, and it is closed", needs=saves):
            with xray(app) as two:
                for name in more:
                    guest.post("/dishes", params={"name": name, "price": 1})
            found = f"2 guests, {two.sessions} session{'s' * (two.sessions != 1)}"
            expect(two.sessions == 2, found, belief=claims.one_session_for_all)
            closed = len(two.of(Kind.SESSION_CLOSES))
            found = f"2 sessions, {closed} closed"
            expect(closed >= 2, found, belief=claims.session_closes_itself)
        with criterion("the order that failed is not saved with it", needs=saves):
            found = "it came onto the disk with the next guest's order"
            expect(lost not in on_disk(engine), found, belief=claims.close_undoes_everything)


def error_of(guest: TestClient, dish: str) -> str:
    """The type of the error that came out of the app when a guest orders a dish, or nothing."""
    try:
        guest.post("/dishes", params={"name": dish, "price": 1})
    except Exception as error:
        return type(error).__name__
    return ""


def belief_behind_a_lock(build_app: BuildApp) -> Claim:
    """Why a lock stays: when does the app roll back, if ever, and which session?"""
    with pantry(connect_args={"timeout": 0.01}) as engine, ExitStack() as evening:
        guest = client_of(evening, build_app(sessionmaker(engine)), raising=False)
        served = steps_of(guest, "tea")
        doubled = steps_of(guest, "tea")  # an IntegrityError
        with somebody_reads(engine):
            locked = steps_of(guest, "bread")
    if served[:1] == ["rollback"] or "rollback of another session" in locked:
        return claims.next_request_cleans_up
    if "rollback" in locked:  # too late: the session was closed before
        return claims.close_undoes_everything
    if "rollback" in served:
        return claims.close_at_the_end_suffices
    return claims.only_integrity_errors if "rollback" in doubled else claims.close_undoes_everything


def steps_of(guest: TestClient, dish: str) -> list[str]:
    """When the app flushes and when it calls `rollback()` for an order; `close()` does not count."""
    steps: list[str] = []
    at_work: list[Session] = []
    original = Session.rollback

    def flush(session: Session, *_: object) -> None:
        at_work.append(session)
        steps.append("flush")

    def rollback(self: Session) -> None:
        stranger = bool(at_work) and self not in at_work
        steps.append("rollback of another session" if stranger else "rollback")
        original(self)

    event.listen(Session, "before_flush", flush)
    Session.rollback = rollback  # type: ignore[method-assign]
    try:
        guest.post("/dishes", params={"name": dish, "price": 1})
    finally:
        Session.rollback = original  # type: ignore[method-assign]
        event.remove(Session, "before_flush", flush)
    return steps
