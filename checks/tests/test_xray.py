"""The x-ray records what a request did, in order, and leaves no trace."""

import re
import threading
from typing import Annotated

import fastapi.routing
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, event, text

from checks.xray import Event, Kind, sequence_diagram, timeline, xray


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def app(engine):
    app = FastAPI()

    @app.get("/dishes/{number}")
    def read_dish(number: int, size: str = "big") -> dict[str, int]:
        with engine.begin() as connection:
            return {"number": connection.scalar(text("SELECT :number"), {"number": number})}

    @app.get("/missing")
    async def missing():
        raise HTTPException(404, "nothing")

    return app


def kinds(recording):
    return [each.kind for each in recording.events]


def test_a_request_is_recorded_from_the_clients_call_to_the_answer(app):
    with xray(app) as request:
        TestClient(app).get("/dishes/7?size=small")
    assert repr(request).splitlines() == [
        "Client     → FastAPI     GET /dishes/7?size=small",
        "FastAPI    → Endpoint    read_dish(number=7, size='small')",
        "SQLAlchemy → Database    connects",
        "Endpoint   → SQLAlchemy  connection out (1 out)",
        "SQLAlchemy → Database    BEGIN",
        "SQLAlchemy → Database    SELECT ?",
        "SQLAlchemy → Database    COMMIT",
        "SQLAlchemy → Endpoint    connection back (0 out)",
        "Endpoint   → FastAPI     returns {'number': 7}",
        'FastAPI    → Client      200 OK {"number":7}',
    ]


def test_a_refused_request_never_reaches_the_endpoint(app):
    with xray(app) as request:
        TestClient(app).get("/dishes/seven")
    assert kinds(request) == [Kind.REQUEST, Kind.RESPONSE_START, Kind.RESPONSE_BODY]


def test_an_exception_leaves_the_endpoint_before_the_answer(app):
    with xray(app) as request:
        TestClient(app).get("/missing")
    assert request.of(Kind.ENDPOINT_RAISES) == ("raises HTTPException",)
    assert request.of(Kind.RESPONSE_START) == ("404 Not Found",)


def test_any_client_will_do_also_one_made_before(app):
    client = TestClient(app)
    client.get("/missing")
    with xray(app) as request:
        client.get("/missing")
    assert request.of(Kind.REQUEST) == ("GET /missing",)


def test_without_an_app_the_block_itself_is_recorded(engine):
    with xray() as block, engine.begin() as connection:
        connection.execute(text("SELECT 1"))
    assert block.order(Kind.BEGIN, Kind.STATEMENT, Kind.COMMIT) == (
        Kind.BEGIN,
        Kind.STATEMENT,
        Kind.COMMIT,
    )
    assert block.statements == ("SELECT 1",)


def test_with_an_app_only_its_requests_are_recorded(app, engine):
    with xray(app) as request, engine.connect() as connection:
        connection.execute(text("SELECT 2"))
    assert request.events == ()
    assert repr(request) == "(nothing happened)"


def test_afterwards_nothing_listens_any_more(app, monkeypatch):
    listeners = []
    listen = event.listen
    monkeypatch.setattr(event, "listen", lambda *all: (listeners.append(all), listen(*all)))
    TestClient(app).get("/missing")
    stack, endpoint = app.middleware_stack, fastapi.routing.run_endpoint_function

    def break_off():
        with xray(app) as request:
            recordings.append(request)
            TestClient(app).get("/missing")
            raise ZeroDivisionError

    recordings = []
    with pytest.raises(ZeroDivisionError):
        break_off()
    recorded = recordings[0].events
    TestClient(app).get("/missing")
    assert recordings[0].events == recorded
    assert app.middleware_stack is stack
    assert fastapi.routing.run_endpoint_function is endpoint
    assert listeners
    assert not any(event.contains(*each) for each in listeners)


def test_two_recordings_at_once_do_not_mix(app, engine):
    both_are_on = threading.Barrier(2)
    recordings = []

    def record(number):
        other = FastAPI()

        @other.get("/n")
        def n() -> int:
            with engine.connect() as connection:
                return connection.scalar(text(f"SELECT {number}"))

        with xray(other) as request:
            both_are_on.wait(5)
            TestClient(other).get("/n")
            both_are_on.wait(5)
        recordings.append((number, request.of(Kind.STATEMENT)))

    threads = [threading.Thread(target=record, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(recordings) == [(1, ("SELECT 1",)), (2, ("SELECT 2",))]


def test_what_comes_in_late_belongs_to_no_recording_that_has_ended(engine):
    with xray() as first:
        connection = engine.connect()
    before = first.events
    with xray():
        connection.close()
    assert (first.connections_out, first.events) == (1, before)


def test_an_object_shows_as_its_class_never_with_an_address(app):
    def a_thing() -> object:
        return object()

    @app.get("/things", response_model=None)
    def give_things(thing: Annotated[object, Depends(a_thing)]):
        return JSONResponse([repr(type(thing))])

    with xray(app) as request:
        TestClient(app).get("/things")
    assert request.of(Kind.ENDPOINT) == ("give_things(thing=object)",)
    assert request.of(Kind.ENDPOINT_RETURNS) == ("returns JSONResponse",)
    assert "0x" not in repr(request)


def test_the_diagram_is_accessible_and_escapes_what_mermaid_would_read(app):
    with xray(app) as request:
        TestClient(app).get("/dishes/7?size=a;b%23c")
    source = request._repr_mimebundle_()["text/vnd.mermaid"]
    assert "\nsequenceDiagram\n  accTitle: " in source
    assert re.search(r"^  accDescr: \S", source, re.MULTILINE)
    assert "a#59;b" in source
    assert not re.search(r"(?<!#\d\d);(?!$)(?<!#\d\d\d;)(?<!#\d\d;)", source.replace("<br/>", ""))


def test_a_body_that_follows_its_status_later_stays_where_it_was():
    events = (
        Event(Kind.RESPONSE_START, "200 OK"),
        Event(Kind.COMMIT, "COMMIT"),
        Event(Kind.RESPONSE_BODY, "late"),
    )
    assert [line.split("  ")[-1].strip() for line in timeline(events).splitlines()] == [
        "200 OK",
        "COMMIT",
        "late",
    ]


def test_long_statements_are_wrapped_in_the_diagram_not_stretched():
    source = sequence_diagram((Event(Kind.STATEMENT, "SELECT " + ", ".join(["column"] * 12)),))
    assert "<br/>" in source


def test_a_value_in_a_statement_stands_on_the_line_of_its_column():
    statement = "SELECT dish.id, dish.name, dish.price FROM dish WHERE dish.id = ?"
    source = sequence_diagram((Event(Kind.STATEMENT, statement),))
    assert source.endswith(
        "SELECT dish.id, dish.name,<br/>dish.price FROM dish WHERE<br/>dish.id = ?"
    )


def test_a_recording_can_be_cut_down_to_some_kinds(app):
    with xray(app) as request:
        TestClient(app).get("/dishes/7")
    shown = request.only(Kind.REQUEST, Kind.COMMIT)
    assert repr(shown).splitlines() == [
        "Client     → FastAPI     GET /dishes/7",
        "SQLAlchemy → Database    COMMIT",
    ]
    assert len(request.events) > len(shown.events)
