"""A database for one experiment: it is there for a block, it is seen by others, it leaves nothing."""

import gc

from sqlalchemy import text
from sqlalchemy.orm import Session

from checks.database import holding_sessions, new_engine, new_file, on_disk


def test_the_engine_has_a_file_of_its_own_that_goes_with_the_block():
    with new_engine() as engine, new_file() as other:
        assert not other.exists()
        assert on_disk(engine, "SELECT name FROM sqlite_master") == []
        folder = other.parent
    assert not folder.exists()


def test_somebody_else_sees_only_what_is_committed():
    with new_engine() as engine, engine.connect() as connection:
        connection.execute(text("CREATE TABLE dish (name TEXT)"))
        connection.commit()
        connection.execute(text("INSERT INTO dish VALUES ('soup')"))
        assert on_disk(engine, "SELECT name FROM dish") == []
        connection.commit()
        assert on_disk(engine, "SELECT name FROM dish WHERE name = ?", "soup") == [("soup",)]


def test_a_session_that_nobody_closes_is_held_until_the_block_ends():
    with new_engine() as engine:
        with holding_sessions():
            Session(engine).execute(text("SELECT 1"))
            gc.collect()
            assert engine.pool.checkedout() == 1
        assert engine.pool.checkedout() == 0
