"""The app's ASGI border: where a request comes in, and the response goes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from checks import display
from checks.xray.event import Kind, Lane
from checks.xray.listening import acting, recorded_by
from checks.xray.recording import Recording

if TYPE_CHECKING:
    from starlette.applications import Starlette

_Scope = MutableMapping[str, Any]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@contextmanager
def tapped(app: Starlette, recording: Recording) -> Iterator[None]:
    """Stand at the app's ASGI border: around its whole stack of middleware."""
    before = app.middleware_stack
    inner = before or app.build_middleware_stack()

    async def tap(scope: _Scope, receive: Any, send: _Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        with recorded_by(recording), acting(Lane.FASTAPI):
            recording.note(Kind.REQUEST, f"{scope['method']} {target}")
            await inner(scope, receive, partial(_sent, recording, send))

    app.middleware_stack = tap
    try:
        yield
    finally:
        if app.middleware_stack is tap:
            app.middleware_stack = before


async def _sent(recording: Recording, send: _Send, message: MutableMapping[str, Any]) -> None:
    if message["type"] == "http.response.start":
        recording.note(Kind.RESPONSE_START, _status_line(message["status"]))
    elif message["type"] == "http.response.body" and (body := message.get("body")):
        recording.note(Kind.RESPONSE_BODY, display.shortened(body.decode("utf-8", "replace"), 120))
    await send(message)


# Python 3.13 calls these as RFC 9110 does; older ones have older names.
_PHRASES = {413: "Content Too Large", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}


def _status_line(status: int) -> str:
    try:
        return f"{status} {_PHRASES.get(status) or HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
