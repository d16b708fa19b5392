"""What one request really did: recorded while it happens, shown as a timeline and a diagram."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from checks.xray.border import tapped
from checks.xray.dependencies import watched_dependencies
from checks.xray.drawing import sequence_diagram, timeline
from checks.xray.event import Event, Kind, Lane
from checks.xray.hooks import hooked
from checks.xray.listening import acting, recorded_by
from checks.xray.recording import Recording

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["Event", "Kind", "Lane", "Recording", "sequence_diagram", "timeline", "xray"]


@contextmanager
def xray(app: Starlette | None = None) -> Iterator[Recording]:
    """Record what requests to `app` do, or without an app what this block itself does.

    Requests are watched at the app's ASGI border, so any client will do, and the response is noted
    when it is sent. Everything that listens is gone when the block ends, and `connections_out` is
    what it was then. Recordings of two apps, or of two threads, do not mix.
    """
    recording = Recording()
    with ExitStack() as stack:
        stack.callback(recording.end)
        stack.enter_context(hooked())
        if app is None:
            stack.enter_context(recorded_by(recording))
            stack.enter_context(acting(Lane.CODE))
        else:
            stack.enter_context(tapped(app, recording))
            if isinstance(app, FastAPI):
                stack.enter_context(watched_dependencies(app))
        yield recording
