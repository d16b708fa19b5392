"""The gradebook as the grader uses it: record a grade, ask what is known, read grades back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select, tuple_
from sqlalchemy.orm import Session, selectinload

from checks.grading.grade import Grade
from checks.grading.gradebook.database import one_sentence, open_database, writing
from checks.grading.gradebook.models import Exercise, HandIn, Truth, Vote
from checks.grading.gradebook.rows import insert_grade, to_grade

FILE = "gradebook.sqlite"
"""What the gradebook is called in the folder of the report."""

_AT_ONCE = 200
_KEY = tuple_(HandIn.learner, HandIn.stage, HandIn.file)


class Key(NamedTuple):
    """What a hand-in is found by; there is one grade for each."""

    learner: str
    stage: str
    file: str


class Version(NamedTuple):
    """Which hand-in was graded how: it is graded again where either has changed."""

    digest: str
    fingerprint: str


class Gradebook:
    """The gradebook in one file; a context manager that closes it.

    Takes the path of the file, which is made where there is none. Raises GradingError, with one
    sentence, where it cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = open_database(path)

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.dispose()

    def record(self, grade: Grade, fingerprint: str) -> None:
        """Put a grade in the place of what was known of this hand-in, in one transaction."""
        with self._writing() as session:
            session.execute(delete(HandIn).where(_is(_key(grade))))
            insert_grade(session, grade, fingerprint)

    def versions(self, keys: Iterable[Key]) -> Iterator[tuple[Key, Version | None]]:
        """For each key, in their order: what was graded under it, or None."""
        for some in _batches(keys):
            statement = select(
                HandIn.learner, HandIn.stage, HandIn.file, HandIn.digest, HandIn.fingerprint
            ).where(_KEY.in_(some))
            with self._reading() as session:
                known = {Key(*row[:3]): Version(*row[3:]) for row in session.execute(statement)}
            for key in some:
                yield key, known.get(key)

    def grades(self, keys: Iterable[Key]) -> Iterator[Grade]:
        """The grades of these hand-ins, in the order of the keys; what is not known is left out."""
        for some in _batches(keys):
            statement = (
                select(HandIn)
                .where(_KEY.in_(some))
                .options(
                    selectinload(HandIn.exercises).selectinload(Exercise.criteria),
                    selectinload(HandIn.votes),
                )
            )
            with self._reading() as session:
                known = {
                    Key(row.learner, row.stage, row.file): to_grade(row)
                    for row in session.scalars(statement)
                }
            yield from (known[key] for key in some if key in known)

    def others(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """The hand-ins that are known here but not among `keys`, sorted."""
        with self._reading() as session:
            known = {
                Key(*row)
                for row in session.execute(select(HandIn.learner, HandIn.stage, HandIn.file))
            }
        return tuple(sorted(known.difference(keys)))

    def forget(self, keys: Iterable[Key]) -> None:
        """Delete these hand-ins with all that is known of them; their bytes are overwritten."""
        with self._writing() as session:
            for key in keys:
                session.execute(delete(HandIn).where(_is(key)))

    def claims(self, stage: str) -> frozenset[str]:
        """The names of the claims that hand-ins of a stage voted on, or that explain an answer."""
        voted = select(Vote.claim).join(HandIn).where(HandIn.stage == stage)
        seen = select(Exercise.diagnosis).join(HandIn).where(HandIn.stage == stage)
        with self._reading() as session:
            names = {*session.scalars(voted.distinct()), *session.scalars(seen.distinct())}
        return frozenset(name for name in names if name)

    def truths(self, stage: str, fingerprint: str) -> dict[str, bool]:
        """Which claims of a stage hold, as far as that was found out in this state of the course."""
        statement = select(Truth.claim, Truth.holds).where(
            Truth.stage == stage, Truth.fingerprint == fingerprint
        )
        with self._reading() as session:
            return {row.claim: row.holds for row in session.execute(statement)}

    def record_truths(self, stage: str, fingerprint: str, truths: Mapping[str, bool]) -> None:
        """Keep what experiments showed, in the place of what was known from another state."""
        with self._writing() as session:
            for claim, holds in truths.items():
                session.merge(Truth(stage=stage, claim=claim, fingerprint=fingerprint, holds=holds))
            session.flush()

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with one_sentence(self._path), Session(self._engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with (
            one_sentence(self._path),
            writing(self._engine) as connection,
            Session(connection) as session,
        ):
            yield session


def _key(grade: Grade) -> Key:
    return Key(grade.learner, grade.stage, grade.file)


def _is(key: Key) -> ColumnElement[bool]:
    return and_(HandIn.learner == key.learner, HandIn.stage == key.stage, HandIn.file == key.file)


def _batches(keys: Iterable[Key]) -> Iterator[list[Key]]:
    rest = iter(keys)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
