"""To which recordings what happens here belongs, and who is at work.

Both are kept in context variables, so that recordings of two apps, or of two threads, do not mix.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from checks.xray.event import Kind, Lane
from checks.xray.recording import Recording

recordings: ContextVar[tuple[Recording, ...]] = ContextVar("recordings", default=())
"""The recordings that what runs here belongs to. Worker threads and greenlets inherit it."""

actor: ContextVar[Lane] = ContextVar("actor", default=Lane.CODE)
"""Who is at work here: what SQLAlchemy does is done for this lane."""


def note(kind: Kind, text: str) -> None:
    """Add an event to every recording that listens here."""
    for recording in recordings.get():
        recording.note(kind, text, actor.get())


@contextmanager
def recorded_by(recording: Recording) -> Iterator[None]:
    """What happens in this block belongs to this recording, too."""
    token = recordings.set((*recordings.get(), recording))
    try:
        yield
    finally:
        recordings.reset(token)


@contextmanager
def acting(lane: Lane) -> Iterator[None]:
    """Who is at work in this block."""
    token = actor.set(lane)
    try:
        yield
    finally:
        actor.reset(token)
