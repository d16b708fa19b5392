"""A fault happens once, at the moment that was named, and leaves no listener behind."""

import asyncio
import sqlite3

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import Session

from checks import faults


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}", connect_args={"timeout": 0})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE log (word TEXT)"))
    yield engine
    engine.dispose()


def say(engine, *words):
    with engine.begin() as connection:
        for word in words:
            connection.execute(text("INSERT INTO log VALUES (:word)"), {"word": word})


def say_each(engine, *words):
    for word in words:
        say(engine, word)


def say_with_a_bare_close(engine, word):
    with Session(engine) as session:
        session.execute(text("INSERT INTO log VALUES (:word)"), {"word": word})
        session.commit()


def on_disk(engine):
    connection = sqlite3.connect(engine.url.database, timeout=0)
    try:
        return [word for (word,) in connection.execute("SELECT word FROM log ORDER BY rowid")]
    finally:
        connection.close()


class TestOnStatement:
    def test_the_statement_is_refused_and_the_transaction_undone(self, engine):
        with faults.on_statement(engine, number=2) as fault, pytest.raises(OperationalError) as e:
            say(engine, "a", "b", "c")
        assert str(e.value.orig) == "database is locked"
        assert "INSERT INTO log" in e.value.statement
        assert fault == faults.Fault(happened=True, steps=2, at="INSERT")
        assert on_disk(engine) == []

    def test_only_statements_that_begin_so_are_counted(self, engine):
        with faults.on_statement(engine, "insert", number=2) as fault, engine.begin() as c:
            c.execute(text("SELECT 1"))
            c.execute(text("INSERT INTO log VALUES ('a')"))
            c.execute(text("SELECT 1"))
        assert fault == faults.Fault(happened=False, steps=1)
        assert on_disk(engine) == ["a"]

    def test_a_commit_is_no_statement(self, engine):
        with faults.on_statement(engine, number=3) as fault:
            say_each(engine, "a", "b")
        assert not fault.happened

    def test_the_error_is_wrapped_as_a_real_one(self, engine):
        error = sqlite3.IntegrityError("UNIQUE constraint failed: log.word")
        with faults.on_statement(engine, error=error), pytest.raises(IntegrityError) as e:
            say(engine, "a")
        assert type(e.value.orig) is sqlite3.IntegrityError
        assert e.value.orig is not error

    def test_it_happens_once(self, engine):
        with faults.on_statement(engine):
            with pytest.raises(OperationalError):
                say(engine, "a")
            say(engine, "b")
        assert on_disk(engine) == ["b"]


class TestOnCommit:
    def test_the_commit_fails_with_what_a_database_says_so_late(self, engine):
        with faults.on_commit(engine, number=2), pytest.raises(IntegrityError) as e:
            say_each(engine, "a", "b", "c")
        assert str(e.value.orig) == "FOREIGN KEY constraint failed"
        assert on_disk(engine) == ["a"]

    def test_it_can_be_another_error(self, engine):
        with (
            faults.on_commit(engine, error=faults.LOCKED),
            pytest.raises(OperationalError, match="locked"),
        ):
            say(engine, "a")

    def test_a_bare_close_leaves_the_transaction_open_as_after_a_real_failure(self, engine):
        with faults.on_commit(engine), pytest.raises(IntegrityError):
            say_with_a_bare_close(engine, "failed")
        say(engine, "next")
        assert on_disk(engine) == ["failed", "next"]


class TestStopBefore:
    def test_what_was_committed_stays_and_what_was_not_is_gone(self, engine):
        with faults.stop_before(engine, "INSERT", number=2) as fault:
            say(engine, "a")
            say(engine, "b")
            raise AssertionError("the process has ended")
        assert fault.happened
        assert on_disk(engine) == ["a"]

    def test_a_commit_is_a_step_too(self, engine):
        with faults.stop_before(engine, number=2) as fault:
            say(engine, "a")
        assert fault.happened
        assert on_disk(engine) == []

    def test_nothing_reaches_the_database_afterwards(self, engine):
        with faults.stop_before(engine, "INSERT"):
            try:
                say(engine, "a")
            finally:
                say(engine, "b")
        assert on_disk(engine) == []

    @pytest.mark.parametrize("step", ["SELECT", "COMMIT"])
    def test_what_nobody_rolled_back_is_undone_as_well(self, engine, step):
        session = Session(engine)
        with faults.stop_before(engine, step):
            session.execute(text("INSERT INTO log VALUES ('a')"))
            session.commit() if step == "COMMIT" else session.execute(text("SELECT 1"))
        say(engine, "b")
        session.close()
        assert on_disk(engine) == ["b"]

    def test_it_reaches_the_block_through_an_app(self, engine):
        app = FastAPI()
        app.post("/")(lambda: say_each(engine, "a", "b"))
        for client in (TestClient(app), TestClient(app, raise_server_exceptions=False)):
            with faults.stop_before(engine, "INSERT", number=2) as fault:
                client.post("/")
            assert fault.happened
        with faults.stop_before(engine, "INSERT", number=2) as fault, TestClient(app) as client:
            client.post("/")
        assert fault.happened
        assert on_disk(engine) == ["a", "a", "a"]

    def test_another_error_before_that_moment_is_not_hidden(self, engine):
        with pytest.raises(ValueError, match="mine"), faults.stop_before(engine):
            raise ValueError("mine")


class TestMeanwhile:
    def test_somebody_else_is_faster(self, engine):
        with faults.meanwhile(engine, "INSERT", do=lambda: say(engine, "other")) as fault:
            say(engine, "mine")
        assert fault.happened
        assert on_disk(engine) == ["other", "mine"]

    def test_what_somebody_else_does_is_no_further_moment(self, engine):
        calls = []

        def other():
            calls.append(1)
            say(engine, "other")

        with faults.meanwhile(engine, number=1, do=other):
            say_each(engine, "a", "b")
        assert calls == [1]


def test_a_sweep_finds_every_moment_and_its_end(engine):
    stopped = []
    for number in range(1, 10):
        with faults.stop_before(engine, number=number) as fault:
            say(engine, "a", "b")
        if not fault.happened:
            break
        stopped.append((fault.at, on_disk(engine)))
    assert stopped == [("INSERT", []), ("INSERT", []), ("COMMIT", [])]
    assert on_disk(engine) == ["a", "b"]


def test_nothing_listens_afterwards(engine):
    blocks = (
        faults.on_statement(engine),
        faults.on_commit(engine),
        faults.stop_before(engine),
        faults.meanwhile(engine, do=list),
    )
    for block in blocks:
        with block:
            pass
        assert not engine.dispatch.before_cursor_execute
        assert not engine.dispatch.commit
    say(engine, "a")
    assert on_disk(engine) == ["a"]


def test_two_faults_do_not_disturb_each_other(engine):
    def heard(*_):
        pass

    event.listen(engine, "commit", heard)
    with (
        faults.on_statement(engine, number=9) as first,
        faults.on_commit(engine, number=9) as second,
    ):
        say_each(engine, "a", "b")
    assert (first.steps, second.steps) == (2, 2)
    assert event.contains(engine, "commit", heard)


def test_an_async_engine_has_faults_too(tmp_path):
    async def run():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
        with faults.on_statement(engine), pytest.raises(OperationalError, match="locked"):
            async with engine.begin() as connection:
                await connection.execute(text("SELECT 1"))
        with faults.on_commit(engine), pytest.raises(IntegrityError, match="FOREIGN KEY"):
            async with engine.begin() as connection:
                await connection.execute(text("SELECT 1"))
        with faults.stop_before(engine) as fault:
            async with engine.begin() as connection:
                await connection.execute(text("SELECT 1"))
        await engine.dispose()
        return fault.happened

    assert asyncio.run(run())
