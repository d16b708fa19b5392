"""The gradebook keeps what was found, and refuses a file that it should not touch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given, settings
from sqlalchemy import create_engine, text

from checks.grading.grade import Answer, Grade
from checks.grading.gradebook import migrate
from checks.grading.gradebook.database import APPLICATION_ID
from checks.grading.gradebook.gradebook import Gradebook, Key, Version
from checks.grading.gradebook.models import Base
from checks.grading.notebook import Vote, printable
from checks.grading.status import GradingError, Status
from checks.tests.grading.grades import GRADED, grades

KEY = Key(GRADED.learner, GRADED.stage, GRADED.file)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gradebook]:
    """A gradebook for tests that leave others' rows alone."""
    with Gradebook(tmp_path_factory.mktemp("shared") / "gradebook.sqlite") as gradebook:
        yield gradebook


def test_what_was_recorded_is_read_back(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "gradebook.sqlite") as gradebook:
        gradebook.record(GRADED, "f1")
    with Gradebook(tmp_path / "gradebook.sqlite") as gradebook:
        [found] = gradebook.grades([KEY])
        assert found == GRADED
        unknown = Key("learner-2", "soup", "")
        assert list(gradebook.versions([unknown, KEY])) == [
            (unknown, None),
            (KEY, Version("d1", "f1")),
        ]


def test_a_hand_in_is_found_by_learner_stage_and_file_together(tmp_path: Path) -> None:
    other = replace(GRADED, learner="learner-2", file="learner-2/b.ipynb")
    mixed = [Key(GRADED.learner, GRADED.stage, other.file), Key(other.learner, "", GRADED.file)]
    with Gradebook(tmp_path / "gradebook.sqlite") as gradebook:
        for grade in (GRADED, other):
            gradebook.record(grade, "f1")
        assert list(gradebook.grades(mixed)) == []
        assert [version for _, version in gradebook.versions(mixed)] == [None, None]


def test_a_new_grade_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "gradebook.sqlite") as gradebook:
        gradebook.record(GRADED, "f1")
        gradebook.record(replace(GRADED, status=Status.TIMEOUT, exercises=(), answers=()), "f2")
        [found] = gradebook.grades([KEY])
        assert (found.status, found.exercises) == (Status.TIMEOUT, ())
        assert list(gradebook.versions([KEY])) == [(KEY, Version("d1", "f2"))]
    with sqlite3.connect(tmp_path / "gradebook.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM criterion").fetchone() == (0,)
    connection.close()


@settings(max_examples=40, deadline=None)
@given(grade=grades())
def test_any_grade_is_kept_as_it_is(grade: Grade, shared: Gradebook) -> None:
    shared.record(grade, "f")
    [found] = shared.grades([Key(*map(printable, (grade.learner, grade.stage, grade.file)))])
    last = {(vote.claim, vote.asked): vote for vote in grade.votes}
    kept = {"double": grade.answers} if "double" in {each.id for each in grade.exercises} else {}
    expected = replace(grade, votes=tuple(last.values()), answers=kept.get("double", ()))
    assert found == expected


def test_a_made_up_notebook_cannot_fill_the_gradebook(tmp_path: Path) -> None:
    votes = tuple(Vote(f"claim_{number}", "quiz", "yes") for number in range(10_000))
    answers = (Answer("double", "x" * 1_000_000),)
    with Gradebook(tmp_path / "gradebook.sqlite") as gradebook:
        gradebook.record(replace(GRADED, votes=votes, answers=answers), "f")
        [found] = gradebook.grades([KEY])
    assert len(found.votes) <= 200
    assert len(found.answers[0].source) <= 10_000


def test_who_is_forgotten_leaves_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.sqlite"
    secret = replace(GRADED, learner="unmistakable-name", reason="unmistakable-reason")
    with Gradebook(path) as gradebook:
        gradebook.record(secret, "f")
        gradebook.record(GRADED, "f")
        assert gradebook.others([KEY]) == (("unmistakable-name", "soup", GRADED.file),)
        gradebook.forget(gradebook.others([KEY]))
        assert gradebook.others([]) == (KEY,)
    assert b"unmistakable" not in path.read_bytes()


def test_what_experiments_showed_counts_for_that_state_of_the_course(tmp_path: Path) -> None:
    with Gradebook(tmp_path / "gradebook.sqlite") as gradebook:
        gradebook.record(GRADED, "f")
        assert gradebook.claims("soup") == {"soup_is_hot", "text_cannot_double"}
        gradebook.record_truths("soup", "state-1", {"soup_is_hot": False})
        gradebook.record_truths("soup", "state-2", {"soup_is_hot": True})
        assert gradebook.truths("soup", "state-1") == {}
        assert gradebook.truths("soup", "state-2") == {"soup_is_hot": True}


REVISIONS = [
    script.revision
    for script in ScriptDirectory(
        str(Path(migrate.__file__).with_name("migrations"))
    ).walk_revisions()
]


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_gradebook_of_any_earlier_release_is_brought_up_to_date(
    revision: str, tmp_path: Path
) -> None:
    path = tmp_path / "gradebook.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text(f"PRAGMA application_id = {APPLICATION_ID}"))
        migrate.upgrade(connection, revision)
        connection.execute(
            text(
                "INSERT INTO hand_in VALUES (1, 'learner-1', 'soup', 'learner-1/a.ipynb', 'd', 'f', "
                "'graded', '', '[\"a note\"]', 2.5, 9, '', '2026-11-21 00:00:00.000000')"
            )
        )
    engine.dispose()
    with Gradebook(path) as gradebook:
        [found] = gradebook.grades([KEY])
        assert (found.points, found.notes) == (2.5, ("a note",))
    with engine.connect() as connection:
        assert migrate.schema_version(connection) == migrate.NEWEST == REVISIONS[0]
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def newer(path: Path) -> None:
    Gradebook(path).__exit__(None, None, None)
    execute(path, "UPDATE alembic_version SET version_num = '9999'")


def another_database(path: Path) -> None:
    execute(path, "CREATE TABLE notes (text)")


def torn(path: Path) -> None:
    with Gradebook(path) as gradebook:
        for number in range(40):
            gradebook.record(replace(GRADED, learner=f"learner-{number}"), "f")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\xff" * 5000)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (newer, "was written by a newer release of this course; update the course"),
        (another_database, "is not a gradebook of this course; move it aside"),
        (torn, "the gradebook is damaged"),
        (lambda path: path.write_bytes(b"marks"), "is not a gradebook of this course"),
        (lambda path: path.write_bytes(b""), "is not a gradebook of this course"),
        (lambda path: path.mkdir(), "cannot be opened"),
    ],
)
def test_a_file_that_is_no_sound_gradebook_is_refused_and_left_as_it_was(
    spoil: object, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "gradebook.sqlite"
    assert callable(spoil)
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(GradingError, match=sentence) as raised:
        Gradebook(path)
    assert len(str(raised.value).splitlines()) == 1
    assert (path.read_bytes() if path.is_file() else None) == before
