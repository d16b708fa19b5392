"""The x-ray shows things in the order in which they happen: FastAPI's order of today, case by case.

Dependencies with `yield` are left after the response by default, and before it with
`scope="function"` (FastAPI 0.121 and later). A test here fails when that changes again.
"""

import asyncio
import gc
import weakref
from typing import Annotated

import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from checks.xray import Kind, Lane, sequence_diagram, xray

STEPS = {
    Kind.DEPENDENCY_ENTERED: "enter",
    Kind.DEPENDENCY_RESUMED: "resume",
    Kind.DEPENDENCY_LEFT: "leave",
    Kind.ENDPOINT: "endpoint",
    Kind.RESPONSE_START: "start",
    Kind.RESPONSE_BODY: "body",
    Kind.BACKGROUND_TASK: "task",
    Kind.BACKGROUND_TASK_DONE: "task done",
}


def steps(recording):
    return " ".join(STEPS[kind] for kind in recording.order(*STEPS))


def gate():
    """A dependency without a database: what counts is when it is left."""
    yield "open"


async def async_gate():
    yield "open"


def app_for(dependency, scope):
    app = FastAPI()
    Gate = Annotated[str, Depends(dependency, scope=scope)]  # noqa: N806

    @app.get("/plain")
    def plain(gate: Gate) -> str:
        return gate

    @app.get("/refused")
    def refused(gate: Gate) -> str:
        raise HTTPException(418)

    @app.get("/broken")
    def broken(gate: Gate) -> str:
        raise ValueError("broken")

    @app.get("/task")
    def task(gate: Gate, tasks: BackgroundTasks) -> str:
        tasks.add_task(sorted, [])
        return gate

    @app.get("/stream")
    def stream(gate: Gate) -> StreamingResponse:
        return StreamingResponse(iter("ab"))

    return app


DEFAULT = {
    "/plain": "enter endpoint start body resume leave",
    "/refused": "enter endpoint resume leave start body",
    "/broken": "enter endpoint resume leave start body",
    "/task": "enter endpoint start body task task done resume leave",
    "/stream": "enter endpoint start body body resume leave",
}
FUNCTION = {
    "/plain": "enter endpoint resume leave start body",
    "/refused": "enter endpoint resume leave start body",
    "/broken": "enter endpoint resume leave start body",
    "/task": "enter endpoint resume leave start body task task done",
    "/stream": "enter endpoint resume leave start body body",
}


@pytest.mark.parametrize("dependency", [gate, async_gate])
@pytest.mark.parametrize(
    ("scope", "path", "order"),
    [(None, *case) for case in DEFAULT.items()]
    + [("request", *case) for case in DEFAULT.items()]
    + [("function", *case) for case in FUNCTION.items()],
)
def test_when_the_code_after_yield_runs(dependency, scope, path, order):
    app = app_for(dependency, scope)
    with xray(app) as request:
        TestClient(app, raise_server_exceptions=False).get(path)
    assert steps(request) == order


def test_an_error_in_the_dependency_itself_reaches_the_client():
    def closed():
        raise HTTPException(503)
        yield

    app = app_for(closed, None)
    with xray(app) as request:
        TestClient(app).get("/plain")
    assert steps(request) == "enter start body"
    assert request.of(Kind.RESPONSE_START) == ("503 Service Unavailable",)


def test_the_dependency_sees_the_exception_of_the_endpoint():
    seen = []

    def watching():
        try:
            yield "open"
        except ValueError as error:
            seen.append(str(error))
            raise

    app = app_for(watching, None)
    with xray(app) as request:
        TestClient(app, raise_server_exceptions=False).get("/broken")
    assert seen == ["broken"]
    assert request.of(Kind.DEPENDENCY_RESUMED) == ("watching() gets ValueError",)


class TestWithAnEngine:
    @pytest.fixture
    def engine(self, tmp_path):
        engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
        yield engine
        engine.dispose()

    @pytest.fixture
    def app(self, engine):
        sessions = sessionmaker(engine)

        def get_db():
            with sessions() as session:
                yield session

        app = FastAPI()

        @app.get("/one")
        def one(db: Annotated[Session, Depends(get_db)]) -> int:
            return db.scalar(text("SELECT 1"))

        return app

    def test_a_session_holds_its_connection_until_the_dependency_closes_it(self, app):
        with xray(app) as request:
            TestClient(app).get("/one")
        assert request.order() == (
            Kind.REQUEST,
            Kind.DEPENDENCY_ENTERED,
            Kind.ENDPOINT,
            Kind.SESSION_BEGINS,
            Kind.CONNECTION_OPENED,
            Kind.CONNECTION_OUT,
            Kind.BEGIN,
            Kind.STATEMENT,
            Kind.ENDPOINT_RETURNS,
            Kind.RESPONSE_START,
            Kind.RESPONSE_BODY,
            Kind.DEPENDENCY_RESUMED,
            Kind.SESSION_CLOSES,
            Kind.ROLLBACK,
            Kind.CONNECTION_BACK,
            Kind.DEPENDENCY_LEFT,
        )

    def test_who_was_at_work_is_told(self, app):
        with xray(app) as request:
            TestClient(app).get("/one")
        actors = {each.kind: each.actor for each in request.events}
        assert actors[Kind.SESSION_BEGINS] is Lane.ENDPOINT
        assert actors[Kind.SESSION_CLOSES] is Lane.DEPENDENCY

    def test_it_counts(self, app):
        with xray(app) as requests, TestClient(app) as client:
            for _ in range(3):
                client.get("/one")
        assert len(requests.statements) == 3
        assert requests.transactions == requests.sessions == requests.rollbacks == 3
        assert requests.commits == 0
        assert requests.peak_connections == 1
        assert requests.connections_out == 0

    def test_one_session_that_is_used_again_is_one_session(self, engine):
        with xray() as block, Session(engine) as session:
            session.execute(text("SELECT 1"))
            session.commit()
            session.execute(text("SELECT 1"))
        assert block.sessions == 1
        assert block.transactions == 2

    def test_a_leak_is_counted_and_not_kept_alive(self, engine):
        gc.disable()
        try:
            with xray() as block:
                session = Session(engine)
                session.execute(text("SELECT 1"))
            assert block.connections_out == block.peak_connections == 1
            leaked = weakref.ref(session)
            del session
        finally:
            gc.enable()
        gc.collect()
        assert leaked() is None

    def test_a_connection_that_comes_back_from_another_thread_is_counted(self, engine):
        with xray() as block:
            connection = engine.connect()
            asyncio.run(asyncio.to_thread(connection.close))
        assert block.connections_out == 0

    def test_two_apps_recorded_at_once_do_not_mix(self, app):
        other = FastAPI()
        other.get("/other")(lambda: 1)
        with xray(app) as first, xray(other) as second:
            TestClient(app).get("/one")
            TestClient(other).get("/other")
        assert first.of(Kind.REQUEST) == ("GET /one",)
        assert second.of(Kind.REQUEST) == ("GET /other",)
        assert second.statements == ()

    def test_the_same_app_can_be_recorded_twice_at_once(self, app):
        with xray(app) as outer:
            TestClient(app).get("/one")
            with xray(app) as inner:
                TestClient(app).get("/one")
        assert len(inner.statements) == 1
        assert len(outer.statements) == 2


def test_an_async_session_is_recorded_like_a_sync_one(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")

    async def get_db():
        async with AsyncSession(engine) as session:
            yield session

    app = FastAPI()

    @app.get("/one")
    async def one(db: Annotated[AsyncSession, Depends(get_db)]) -> int:
        return await db.scalar(text("SELECT 1"))

    with xray(app) as request, TestClient(app) as client:
        client.get("/one")
        client.portal.call(engine.dispose)
    assert request.statements == ("SELECT 1",)
    assert request.sessions == request.peak_connections == 1
    assert request.connections_out == 0
    assert {each.actor for each in request.events if each.kind is Kind.STATEMENT} == {Lane.ENDPOINT}


class TestDependenciesStayWhatTheyAre:
    def test_overrides_go_on_working_and_stay_as_the_block_left_them(self):
        app = app_for(gate, None)

        def override():
            return "overridden"

        before = app.dependency_overrides
        with xray(app) as request:
            app.dependency_overrides[gate] = override
            answer = TestClient(app).get("/plain")
        assert answer.json() == "overridden"
        assert request.of(Kind.DEPENDENCY_ENTERED) == ("override()",)
        assert app.dependency_overrides is before
        assert before == {gate: override}

    def test_an_override_that_cannot_be_called_is_refused_in_the_words_of_fastapi(self):
        app = app_for(gate, None)
        app.dependency_overrides[gate] = gate()
        with xray(app), pytest.raises(TypeError, match="is not a callable object"):
            TestClient(app).get("/plain")

    def test_a_dependency_is_still_run_once_for_each_request(self):
        runs = []

        def counted():
            runs.append(1)
            return len(runs)

        app = FastAPI()
        Counted = Annotated[int, Depends(counted)]  # noqa: N806

        def twice(a: Counted, b: Counted):
            return a + b

        @app.get("/")
        def total(a: Counted, b: Annotated[int, Depends(twice)]) -> int:
            return a + b

        with xray(app):
            assert TestClient(app).get("/").json() == 3
        assert runs == [1]

    def test_classes_callables_and_parameters_keep_their_signature(self):
        class Page:
            def __init__(self, page: int = 1):
                self.page = page

        class Least:
            def __call__(self, least: int) -> int:
                return least

        async def plus_one(number: int) -> int:
            return number + 1

        router = APIRouter()

        @router.get("/{number}")
        def show(
            page: Annotated[Page, Depends()],
            least: Annotated[int, Depends(Least())],
            more: Annotated[int, Depends(plus_one)],
        ) -> list[int]:
            return [page.page, least, more]

        app = FastAPI()
        app.include_router(router, prefix="/numbers")
        with xray(app) as request:
            answer = TestClient(app).get("/numbers/4?page=2&least=3")
        assert answer.json() == [2, 3, 5]
        assert request.of(Kind.DEPENDENCY_ENTERED) == ("Page()", "Least()", "plus_one()")


def test_a_diagram_names_lanes_with_spaces(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with xray() as block, engine.connect():
        pass
    engine.dispose()
    assert "participant Yourcode as Your code" in sequence_diagram(block.events)
