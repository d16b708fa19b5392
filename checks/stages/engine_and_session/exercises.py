"""The six exercises of stage 4. The checks count sessions and connections, and read the file itself."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import ArgumentError, UnboundExecutionError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from checks.claim import Claim
from checks.exercise import criterion, exercise, expect, fresh
from checks.stages.engine_and_session import claims
from checks.stages.engine_and_session.pantry import (
    Dish,
    holding_sessions,
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
    expect(isinstance(made, Session), f"it was {_a(made)}, not a Session", belief=belief)
    assert isinstance(made, Session)
    return made


def _a(thing: object) -> str:
    return "None" if thing is None else f"a {type(thing).__name__}"


def an_app(app: object) -> FastAPI:
    """What the learner's function returned, if it is an app; anything else is said so."""
    expect(isinstance(app, FastAPI), f"it returned {_a(app)}, not a FastAPI app")
    assert isinstance(app, FastAPI)
    return app


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
    with pantry() as engine:
        url = engine.url.render_as_string(hide_password=False)
        with criterion("`open_kitchen(url)` returns something to call", shares=0) as built:
            factory = open_kitchen(url)
            belief = claims.one_session_for_all if isinstance(factory, Session) else None
            expect(callable(factory), f"it returned {_a(factory)}", belief=belief)
        with criterion(
            "each call makes a new session",
            needs=built,
            beliefs={ArgumentError: claims.commits_after_every_operation},
        ) as makes:
            first, second = a_session(factory()), a_session(factory())
            again = "both calls gave the same session"
            expect(first is not second, again, belief=claims.one_session_for_all)
        with criterion(
            "what a session commits is in the file that the URL names",
            needs=makes,
            beliefs={UnboundExecutionError: claims.factory_finds_the_engine},
        ) as commits:
            with a_session(factory()) as session:
                session.execute(text(INSERT), {"name": name, "price": price})
                session.commit()
            disk = on_disk(engine)
            expect(disk.get(name) == price, f"the file holds {list(disk)}")
        with criterion("a session finds in a SELECT what it has just added", needs=commits):
            found = dishes_after_adding(a_session(factory()))
            expect(
                found == 3, f"it found {found} dishes of 3", belief=claims.autoflush_off_is_harmless
            )


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
        beliefs={TypeError: claims.yield_needs_contextmanager},
    ) as asked:
        guests = three_guests(get_db, handed_over)
    with criterion("the route is given a session", needs=asked) as given:
        a_session(handed_over[0])
    with criterion("each guest gets a session of their own", needs=given) as own:
        count = len({id(each) for each in handed_over})
        found = f"3 guests, {count} session{'s' * (count > 1)}"
        expect(count == 3, found, belief=claims.one_session_for_all)
    with criterion("when a guest has gone, the connection is back in the pool", needs=own) as back:
        found = f"{guests.connections_out} of 3 connections are still out"
        expect(guests.connections_out == 0, found, belief=belief_behind_a_leak(guests))
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
            client.get("/").raise_for_status()
    return guests


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
    with pantry() as engine, ExitStack() as clients:
        with criterion("`bistro(sessions)` builds an app", shares=0) as built:
            app = built_app(bistro, engine)
            guest = clients.enter_context(TestClient(app))
        with criterion("it takes a new dish and changes its price", needs=built, shares=0) as works:
            said = [
                guest.post("/dishes", params={"name": dish, "price": 1}).status_code,
                guest.patch(f"/dishes/{dish}", params={"price": price}).status_code,
            ]
            on_file = on_disk(engine).get(dish)
            expect(on_file == price, f"it answered {said}, and the price on disk is {on_file}")
        with criterion("three guests are three sessions", needs=works) as own:
            fresh_app = built_app(bistro, engine)
            with xray(fresh_app) as three, TestClient(fresh_app) as reader:
                told = [reader.get(f"/dishes/{dish}").json() for _ in range(3)]
            expect(told == [price] * 3, f"they were told the prices {told}")
            count = f"3 guests, {three.sessions} session{'s' * (three.sessions != 1)}"
            belief = None if three.sessions == 3 else belief_behind_one_session(bistro, engine)
            expect(three.sessions == 3, count, belief=belief)
        with criterion("when they have gone, no connection is out", needs=own):
            out = f"{three.connections_out} still out"
            expect(three.connections_out == 0, out, belief=claims.session_closes_itself)
        with criterion("a refused price stays refused, whoever comes next", needs=works):
            refused = guest.patch(f"/dishes/{dish}", params={"price": -1}).status_code
            expect(refused == 422, f"the price -1 was answered with {refused}")
            guest.post("/dishes", params={"name": tea, "price": 2})
            on_file = on_disk(engine).get(dish)
            found = f"refused with 422, and after the next order the price on disk is {on_file}"
            expect(on_file == price, found, belief=claims.one_session_for_all)
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
            TestClient(app).get("/dishes/soup")
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
        with criterion("a guest who is served well gets 200", shares=0) as served:
            said, _ = serve(get_session, "/well")
            expect(said == "200", f"it was {said}")
        with criterion("after a refusal (404) the connection is back", needs=served):
            said_404, refused = serve(get_session, "/refused")
            expect_closed(refused)
        with criterion("after an unexpected error the connection is back", needs=served):
            said_error, broken = serve(get_session, "/broken")
            expect_closed(broken)
        with criterion("both errors still reach the guest", needs=served):
            found = f"404 became {said_404}, the ValueError became {said_error}"
            told = said_404 == "404" and said_error in {"ValueError", "500"}
            expect(told, found, belief=claims.swallowed_error_is_handled)
        with criterion("what a failed request had written is not saved", needs=served):
            found = f"the file holds {lines()}"
            expect(lines() == [], found, belief=claims.finally_saves_what_went_well)
    engine.dispose()


def expect_closed(request: Recording) -> None:
    out = f"{request.connections_out} still out"
    expect(request.connections_out == 0, out, belief=claims.close_at_the_end_suffices)


def serve(dependency: Callable[..., Any], path: str) -> tuple[str, Recording]:
    """Ask a route that uses the dependency; returns its status, or the error that came out of it."""
    app = FastAPI()
    Db = Annotated[Session, Depends(dependency)]

    @app.get("/well")
    def well(db: Db) -> None:
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
            with holding_sessions():
                answer = TestClient(app).get(f"/dishes/{dish}")
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
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://bistro") as client:
            for number in range(guests):
                if (await client.get(path)).status_code != status:
                    return number
        return guests

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, come_in()).result()


def belief_behind_a_leaky_app(build_app: BuildApp) -> Claim:
    """Why connections stay out: is nobody closing, or is one session kept for all?"""
    with pantry() as engine:
        app = built_app(build_app, engine)
        with xray(app) as two_guests, TestClient(app) as guest:
            for _ in range(2):
                guest.get("/dishes/soup")
    return claims.one_session_for_all if two_guests.sessions < 2 else claims.session_closes_itself


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
    with pantry(connect_args={"timeout": 0.01}) as engine, ExitStack() as clients:
        with criterion("`cautious_bistro(sessions)` builds an app", shares=0) as built:
            app = built_app(cautious_bistro, engine)
            guest = clients.enter_context(TestClient(app))
        with criterion("`POST /dishes` saves a dish", needs=built, shares=0) as saves:
            status = guest.post("/dishes", params={"name": soup, "price": 1}).status_code
            expect(status == 201, f"it answered {status}")
            expect(soup in on_disk(engine), "it answered 201, and the dish is not on disk")
        with criterion("a commit that fails is told to the guest (500 or more)", needs=saves):
            with somebody_reads(engine), xray(app) as refused:
                raised = error_of(guest, lost)
            told = " ".join(refused.of(Kind.RESPONSE_START))
            early = claims.late_commit_is_told if raised else claims.swallowed_error_is_handled
            expect(told.startswith("5"), f"the guest was told {told}", belief=early)
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
    """Why a lock stays: when does the app roll back, if ever?"""
    with pantry() as engine, rollbacks_called() as calls:
        client = TestClient(build_app(sessionmaker(engine)), raise_server_exceptions=False)
        client.post("/dishes", params={"name": "tea", "price": 1})
        if calls:
            return claims.next_request_cleans_up
        client.post("/dishes", params={"name": "tea", "price": 1})  # an IntegrityError
    return claims.only_integrity_errors if calls else claims.close_undoes_everything


@contextmanager
def rollbacks_called() -> Iterator[list[Session]]:
    """The sessions whose `rollback()` is called in this block; `close()` does not count."""
    calls: list[Session] = []
    original = Session.rollback

    def rollback(self: Session) -> None:
        calls.append(self)
        original(self)

    Session.rollback = rollback  # type: ignore[method-assign]
    try:
        yield calls
    finally:
        Session.rollback = original  # type: ignore[method-assign]
