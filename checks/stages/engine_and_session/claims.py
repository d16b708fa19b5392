"""What one may believe about engines, sessions and requests, each with the experiment that decides it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError, OperationalError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from checks.claim import Evidence, claim
from checks.stages.engine_and_session.pantry import (
    Dish,
    first_line,
    on_disk,
    pantry,
    somebody_reads,
    somebody_writes,
)
from checks.xray import Kind, xray

# --- The quiz and the predictions ----------------------------------------------------------------


@claim(
    "One global session for all requests saves resources.",
    why="A session is a cheap Python object. What costs is the connection, and the engine's pool shares "
    "that out anyway: a session of one's own borrows it and gives it back. The global one keeps it, and "
    "with it every guest's unfinished changes and errors.",
)
def one_session_for_all() -> Evidence:
    opened, kept = {}, {}
    for way in ("one for all", "one for each"):
        with pantry() as engine, xray() as five_guests:
            for_all = Session(engine)
            for _ in range(5):
                session = for_all if way == "one for all" else Session(engine)
                session.scalars(select(Dish)).all()
                if session is not for_all:
                    session.close()
            opened[way] = len(five_guests.of(Kind.CONNECTION_OPENED))
            kept[way] = five_guests.connections_out
    seen = (
        f"{way:13} connections opened: {opened[way]}, held when nobody eats: {kept[way]}"
        for way in opened
    )
    return Evidence(opened["one for all"] < opened["one for each"], tuple(seen))


@claim(
    "The session commits after every operation.",
    why="A session collects changes and sends them when it must. Nothing is saved before `commit()`, "
    "and closing the session throws the rest away without a word.",
)
def commits_after_every_operation() -> Evidence:
    with pantry() as engine:
        with Session(engine) as session:
            session.add(Dish(name="bread", price=3))
            session.flush()
            inside = list(session.scalars(select(Dish.name).order_by(Dish.id)))
        disk = on_disk(engine)
    seen = (f"the session itself sees: {inside}", f"on disk, after close(): {list(disk)}")
    return Evidence("bread" in disk, seen)


@claim(
    "The code after `yield` runs before the response is sent.",
    why='By default it runs after the response. Only `Depends(get_db, scope="function")` puts it '
    "before. So commit in the endpoint: what fails after the response cannot be told to the guest.",
)
def teardown_before_response() -> Evidence:
    def get_db() -> Iterator[str]:
        yield "a session"

    app = FastAPI()

    @app.get("/")
    def read(db: Annotated[str, Depends(get_db)]) -> str:
        return db

    with xray(app) as request:
        TestClient(app).get("/")
    order = request.order(Kind.ENDPOINT, Kind.RESPONSE_BODY, Kind.DEPENDENCY_RESUMED)
    seen = tuple(f"{number}. {kind}" for number, kind in enumerate(order, 1))
    return Evidence(order.index(Kind.DEPENDENCY_RESUMED) < order.index(Kind.RESPONSE_BODY), seen)


@claim(
    "The connection is free as soon as my function returns.",
    why="It is held while a transaction is open: here until the dependency closes the session, after "
    "the response and after the background tasks. `commit()`, `rollback()` or `close()` set it free.",
)
def connection_free_on_return() -> Evidence:
    with pantry() as engine:

        def get_db() -> Iterator[Session]:
            with Session(engine) as session:
                yield session

        app = FastAPI()

        @app.get("/")
        def read(db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks) -> int | None:
            tasks.add_task(sorted, [])
            return db.scalar(select(Dish.price))

        with xray(app) as request:
            TestClient(app).get("/")
    order = request.order(
        Kind.CONNECTION_OUT,
        Kind.ENDPOINT_RETURNS,
        Kind.RESPONSE_BODY,
        Kind.BACKGROUND_TASK,
        Kind.CONNECTION_BACK,
    )
    seen = tuple(f"{number}. {kind}" for number, kind in enumerate(order, 1))
    return Evidence(order.index(Kind.CONNECTION_BACK) < order.index(Kind.RESPONSE_BODY), seen)


@claim(
    "`check_same_thread=False` makes a session safe to share between threads.",
    why="It only silences SQLite's own guard, and SQLAlchemy sets it for files anyway. A session "
    "belongs to one thread at a time: give each request its own.",
)
def check_same_thread_makes_safe() -> Evidence:
    inside, go_on = Event(), Event()

    def stop_here(*_: object) -> None:
        inside.set()
        go_on.wait(5)

    options = {"connect_args": {"check_same_thread": False}}
    with pantry(**options) as engine, ThreadPoolExecutor(1) as other_thread:
        event.listen(engine, "checkout", stop_here)
        shared = Session(engine)
        first = other_thread.submit(shared.scalar, text("SELECT 'served'"))
        inside.wait(5)  # the other thread is now in the middle of it
        try:
            second = str(shared.scalar(text("SELECT 'served'")))
        except InvalidRequestError as error:
            second = first_line(error)
        go_on.set()
        seen = (f"thread 1: {first.result()}", f"thread 2: {second}")
    return Evidence(second == "served", seen)


@claim(
    "When my endpoint raises, the dependency hears of it before the guest does.",
    why="The error is thrown into the dependency at its `yield`, before any response, in both scopes. "
    "That is where a rollback belongs; then let the error go on.",
)
def error_reaches_yield() -> Evidence:
    def get_db() -> Iterator[str]:
        yield "a session"

    app = FastAPI()

    @app.get("/")
    def read(db: Annotated[str, Depends(get_db)]) -> str:
        raise HTTPException(404)

    with xray(app) as request:
        TestClient(app).get("/")
    happened = [each for each in request.events if each.kind in _ERROR_STEPS]
    seen = tuple(f"{number}. {each.text}" for number, each in enumerate(happened, 1))
    kinds = [each.kind for each in happened]
    return Evidence(kinds.index(Kind.DEPENDENCY_RESUMED) < kinds.index(Kind.RESPONSE_START), seen)


_ERROR_STEPS = {Kind.ENDPOINT_RAISES, Kind.DEPENDENCY_RESUMED, Kind.RESPONSE_START}


@claim(
    "When a COMMIT fails, closing the session undoes the change.",
    why="After a failed COMMIT the session believes that its transaction is over, and closes without "
    "a ROLLBACK. SQLite still has it open, and the next guest's commit saves it. Call `rollback()`.",
)
def close_undoes_everything() -> Evidence:
    with pantry(connect_args={"timeout": 0.01}) as engine:
        with somebody_reads(engine), suppress(OperationalError), Session(engine) as session:
            session.add(Dish(name="refused bread", price=3))
            session.commit()  # OperationalError: database is locked
        writer = somebody_writes(engine)
        with Session(engine) as next_guest:
            next_guest.add(Dish(name="tea", price=2))
            next_guest.commit()
        disk = on_disk(engine)
    seen = (f"another writer afterwards: {writer}", f"on disk after the next guest: {list(disk)}")
    return Evidence("refused bread" not in disk, seen)


# --- Beliefs behind wrong answers ----------------------------------------------------------------


@claim(
    "When the request is over, FastAPI closes the session for me.",
    why="FastAPI only runs what stands after your `yield`. A session that nobody closes keeps its "
    "connection until the garbage collector finds it, and nobody knows when.",
)
def session_closes_itself() -> Evidence:
    with pantry() as engine:

        def get_db() -> Session:
            return Session(engine)

        app = FastAPI()

        @app.get("/")
        def read(db: Annotated[Session, Depends(get_db)]) -> int | None:
            return db.scalar(select(Dish.price))

        with xray(app) as request:
            TestClient(app).get("/")
    return Evidence(
        request.connections_out == 0, (f"connections still out: {request.connections_out}",)
    )


@claim(
    "A session that I carry out of its `with` block is closed after the request.",
    why="The block closes it when it is left, by `return` or by its last line: before the endpoint runs. "
    "Then the session opens again by itself, and is never closed any more. `yield` waits inside.",
)
def return_waits_in_with() -> Evidence:
    with pantry() as engine:

        def get_db() -> Session:
            with Session(engine) as session:
                return session

        app = FastAPI()

        @app.get("/")
        def read(db: Annotated[Session, Depends(get_db)]) -> int | None:
            return db.scalar(select(Dish.price))

        with xray(app) as request:
            TestClient(app).get("/")
    order = request.order(Kind.SESSION_CLOSES, Kind.ENDPOINT, Kind.CONNECTION_OUT)
    seen = (*map(str, order), f"connections still out: {request.connections_out}")
    return Evidence(request.connections_out == 0, seen)


@claim(
    "`SessionLocal` is a session.",
    why="It is a factory. A session is what you get when you call it: `SessionLocal()`.",
)
def factory_is_a_session() -> Evidence:
    with pantry() as engine:
        factory = sessionmaker(engine)
        seen = (
            f"SessionLocal: {type(factory).__name__}",
            f"SessionLocal(): {type(factory()).__name__}",
        )
        return Evidence(isinstance(factory, Session), seen)


@claim(
    "A dependency with `yield` needs `@contextmanager`.",
    why="FastAPI does that itself. With the decorator it gets something else than a generator.",
)
def yield_needs_contextmanager() -> Evidence:
    @contextmanager
    def get_db() -> Iterator[str]:
        yield "a session"

    app = FastAPI()

    @app.get("/")
    def read(db: Annotated[str, Depends(get_db)]) -> str:
        return db

    try:
        answer = str(TestClient(app).get("/").status_code)
    except TypeError as error:
        answer = first_line(error)
    return Evidence(answer == "200", (answer,))


@claim(
    "A dependency is called where I name it: `Depends(get_db())`.",
    why="Hand over the function itself: `Depends(get_db)`. FastAPI calls it, once for each request.",
)
def depends_wants_a_call() -> Evidence:
    def get_db() -> Iterator[str]:
        yield "a session"

    app = FastAPI()
    try:

        @app.get("/")
        def read(db: Annotated[str, Depends(get_db())]) -> str:
            return db

        said = "the route is built"
    except TypeError as error:
        said = f"the route cannot be built: {type(error).__name__}"
    return Evidence(said == "the route is built", (said,))


@claim(
    "`scoped_session` gives each request a session of its own.",
    why="It gives one to each thread, and threads are used again for the next request. It knows nothing "
    "of requests, unless you call `remove()` at the end of each.",
)
def scoped_session_is_per_request() -> Evidence:
    with pantry() as engine:
        registry = scoped_session(sessionmaker(engine))
        app = FastAPI()
        app.get("/")(lambda: registry().scalar(select(Dish.price)))
        with xray(app) as requests, TestClient(app) as guest:
            for _ in range(3):
                guest.get("/")
    seen = ("requests: 3", f"sessions: {requests.sessions}")
    return Evidence(requests.sessions == 3, seen)


@claim(
    "Each request needs an engine of its own.",
    why="The engine is the pool of connections. A new one for each request opens a new connection each "
    "time and shares nothing. One engine for the app, one session for the request.",
)
def engine_per_request() -> Evidence:
    with pantry() as shared, xray() as each_its_own:
        for _ in range(3):
            engine = create_engine(shared.url)
            with engine.connect():
                pass
            engine.dispose()
    with pantry() as engine, xray() as one_for_all:
        for _ in range(3):
            with engine.connect():
                pass
    opened = [len(block.of(Kind.CONNECTION_OPENED)) for block in (each_its_own, one_for_all)]
    seen = (
        f"3 engines, 3 guests: {opened[0]} connections opened",
        f"1 engine, 3 guests: {opened[1]}",
    )
    return Evidence(opened[0] <= opened[1], seen)


@claim(
    "`sessionmaker(autocommit=False, autoflush=False)` changes nothing that I would notice.",
    why="Old tutorials have that line. Without autoflush a session does not find in its own SELECT what "
    "it has just added. The defaults are right: `sessionmaker(engine)`.",
)
def autoflush_off_is_harmless() -> Evidence:
    found = {}
    for autoflush in (True, False):
        with pantry() as engine, sessionmaker(engine, autoflush=autoflush)() as session:
            session.add(Dish(name="bread", price=3))
            found[autoflush] = sorted(session.scalars(select(Dish.name)))
    seen = (
        f"by default the session finds: {found[True]}",
        f"with autoflush=False it finds: {found[False]}",
    )
    return Evidence(found[True] == found[False], seen)


@claim(
    "A session finds the engine by itself.",
    why="Nothing ties the two together but you: `sessionmaker(engine)`, or `Session(engine)`.",
)
def factory_finds_the_engine() -> Evidence:
    with pantry(), sessionmaker()() as session:
        try:
            said = str(session.scalar(select(Dish.price)))
        except InvalidRequestError as error:
            said = type(error).__name__
    return Evidence(said == "7", (said,))


@claim(
    "A `close()` or `rollback()` as the last line is enough.",
    why="An error leaves the function at the line where it happens: at the `yield`. What must run in any "
    "case stands in a `finally`, or behind a `with`.",
)
def close_at_the_end_suffices() -> Evidence:
    with pantry() as engine:

        def get_db() -> Iterator[Session]:
            session = Session(engine)
            yield session
            session.close()

        app = FastAPI()

        @app.get("/")
        def read(db: Annotated[Session, Depends(get_db)]) -> None:
            db.scalar(select(Dish.price))
            raise HTTPException(404)

        with xray(app) as request:
            TestClient(app).get("/")
    closed = len(request.of(Kind.SESSION_CLOSES))
    seen = (f"sessions closed: {closed}", f"connections still out: {request.connections_out}")
    return Evidence(closed == 1, seen)


@claim(
    "An error that my dependency catches is dealt with.",
    why="The endpoint never came to its answer, so there is none to send. Clean up and `raise` again; who "
    "answers the guest is decided further out.",
)
def swallowed_error_is_handled() -> Evidence:
    def get_db() -> Iterator[str]:
        with suppress(Exception):
            yield "a session"

    app = FastAPI()

    @app.get("/")
    def read(db: Annotated[str, Depends(get_db)]) -> str:
        raise HTTPException(404, "There is no such dish")

    answer = TestClient(app, raise_server_exceptions=False).get("/")
    return Evidence(
        answer.status_code == 404, (f"instead of 404 the guest got {answer.status_code}",)
    )


@claim(
    "A `commit()` in `finally` saves only what went well.",
    why="`finally` runs after an error too, and saves the half that was done. Commit where the work is "
    "done; clean up in `finally`.",
)
def finally_saves_what_went_well() -> Evidence:
    with pantry() as engine:

        def get_db() -> Iterator[Session]:
            with Session(engine) as session:
                try:
                    yield session
                finally:
                    session.commit()

        app = FastAPI()

        @app.post("/")
        def order(db: Annotated[Session, Depends(get_db)]) -> None:
            db.add(Dish(name="half a menu", price=3))
            raise HTTPException(422, "refused")

        status = TestClient(app).post("/").status_code
        disk = on_disk(engine)
    return Evidence(list(disk) == ["soup"], (f"the guest got {status}", f"on disk: {list(disk)}"))


@claim(
    "When a `commit()` after the `yield` fails, the guest hears of it.",
    why="By then the answer has been sent. Commit in the endpoint, or have the dependency left before "
    'the response: `Depends(get_db, scope="function")`.',
)
def late_commit_is_told() -> Evidence:
    with pantry() as engine:

        def get_db() -> Iterator[Session]:
            with Session(engine) as session:
                yield session
                session.commit()

        app = FastAPI()

        @app.post("/", status_code=201)
        def order(db: Annotated[Session, Depends(get_db)]) -> None:
            db.add(Dish(name="soup", price=8))  # it exists: the commit will fail

        status = TestClient(app, raise_server_exceptions=False).post("/").status_code
        disk = on_disk(engine)
    return Evidence(status >= 400, (f"the guest was told {status}", f"on disk: {disk}"))


@claim(
    "Only an IntegrityError needs a rollback.",
    why="Any error can leave a transaction open: a lock, a lost connection, a bug of your own. Catch "
    "`Exception`, roll back, and raise again.",
)
def only_integrity_errors() -> Evidence:
    with pantry(connect_args={"timeout": 0.01}) as engine:
        error_type = ""
        with somebody_reads(engine), Session(engine) as session:
            session.add(Dish(name="bread", price=3))
            try:
                session.commit()
            except IntegrityError:
                session.rollback()
            except OperationalError as error:  # nobody thought of this one
                error_type = type(error).__name__
        writer = somebody_writes(engine)
    seen = (f"it was an {error_type}", f"another writer afterwards: {writer}")
    return Evidence(writer == "may write", seen)


@claim(
    "A `rollback()` at the start of the next request cleans up what the last one left.",
    why="A new session has no transaction, so its rollback does nothing at all. Who made the mess has the "
    "session that can undo it.",
)
def next_request_cleans_up() -> Evidence:
    with pantry(connect_args={"timeout": 0.01}) as engine:
        with somebody_reads(engine), suppress(OperationalError), Session(engine) as session:
            session.add(Dish(name="bread", price=3))
            session.commit()
        with xray() as cleaning, Session(engine) as next_session:
            next_session.rollback()
        writer = somebody_writes(engine)
    seen = (f"ROLLBACKs sent: {cleaning.rollbacks}", f"another writer afterwards: {writer}")
    return Evidence(writer == "may write", seen)
