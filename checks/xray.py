"""What one request really did: recorded while it happens, shown as a timeline and a diagram."""

from __future__ import annotations

import textwrap
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any

from checks import display

if TYPE_CHECKING:
    from starlette.applications import Starlette


class Lane(StrEnum):
    """Who takes part in a request."""

    CLIENT = "Client"
    FASTAPI = "FastAPI"
    ENDPOINT = "Endpoint"
    DATABASE = "Database"


class Kind(StrEnum):
    """What can happen in a request."""

    REQUEST = "request"
    ENDPOINT = "endpoint"
    ENDPOINT_RETURNS = "endpoint returns"
    ENDPOINT_RAISES = "endpoint raises"
    BEGIN = "begin"
    STATEMENT = "statement"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    RESPONSE_START = "response start"
    RESPONSE_BODY = "response body"


_LANES = {
    Kind.REQUEST: (Lane.CLIENT, Lane.FASTAPI),
    Kind.ENDPOINT: (Lane.FASTAPI, Lane.ENDPOINT),
    Kind.ENDPOINT_RETURNS: (Lane.ENDPOINT, Lane.FASTAPI),
    Kind.ENDPOINT_RAISES: (Lane.ENDPOINT, Lane.FASTAPI),
    Kind.BEGIN: (Lane.ENDPOINT, Lane.DATABASE),
    Kind.STATEMENT: (Lane.ENDPOINT, Lane.DATABASE),
    Kind.COMMIT: (Lane.ENDPOINT, Lane.DATABASE),
    Kind.ROLLBACK: (Lane.ENDPOINT, Lane.DATABASE),
    Kind.RESPONSE_START: (Lane.FASTAPI, Lane.CLIENT),
    Kind.RESPONSE_BODY: (Lane.FASTAPI, Lane.CLIENT),
}
_ANSWERS = {
    Kind.ENDPOINT_RETURNS,
    Kind.ENDPOINT_RAISES,
    Kind.RESPONSE_START,
    Kind.RESPONSE_BODY,
}


@dataclass(frozen=True)
class Event:
    """One thing that happened; `text` carries no id, no time and no path."""

    kind: Kind
    text: str


class Recording:
    """What happened, in the order in which it happened; shows itself as text and as a diagram."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything recorded so far."""
        return tuple(self._events)

    def of(self, kind: Kind) -> tuple[str, ...]:
        """The texts of the events of one kind: statements, requests, status lines."""
        return tuple(event.text for event in self._events if event.kind is kind)

    def note(self, kind: Kind, text: str) -> None:
        """Add an event at the end."""
        self._events.append(Event(kind, " ".join(text.split())))

    def __repr__(self) -> str:
        return timeline(self.events)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/vnd.mermaid": sequence_diagram(self.events), "text/plain": repr(self)}


@contextmanager
def xray(app: Starlette | None = None) -> Iterator[Recording]:
    """Record what requests to `app` do, or without an app what this block itself does.

    Requests are watched at the app's ASGI border, so any client will do, and the response is noted
    when it is sent. Everything that listens is gone when the block ends. Recordings of two apps, or
    of two threads, do not mix.
    """
    recording = Recording()
    with ExitStack() as stack:
        stack.enter_context(_hooks())
        stack.enter_context(_listening_here(recording) if app is None else _tapped(app, recording))
        yield recording


def timeline(events: tuple[Event, ...]) -> str:
    """The events as text, a line each: from whom, to whom, what."""
    if not events:
        return "(nothing happened)"
    lines = []
    for kind, text in _joined(events):
        sender, receiver = _LANES[kind]
        lines.append(_hanging(f"{sender:<8} → {receiver:<8}  ", text))
    return "\n".join(lines)


def sequence_diagram(events: tuple[Event, ...]) -> str:
    """The events as Mermaid source, with a title and a description for screen readers."""
    seen = {lane for event in events for lane in _LANES[event.kind]}
    said = "; ".join(
        f"{_LANES[kind][0]} to {_LANES[kind][1]}: {text}" for kind, text in _joined(events)
    )
    lines = [
        '%%{init: {"sequence": {"mirrorActors": false}}}%%',
        "sequenceDiagram",
        "  accTitle: What the request did",
        f"  accDescr: {_escaped(display.shortened(said, 600)) or 'nothing happened'}",
        *(f"  participant {lane}" for lane in Lane if lane in seen or lane is Lane.CLIENT),
    ]
    for kind, text in _joined(events):
        sender, receiver = _LANES[kind]
        arrow = "-->>" if kind in _ANSWERS else "->>"
        wrapped = "<br/>".join(_escaped(line) for line in textwrap.wrap(text, 36)[:6])
        lines.append(f"  {sender}{arrow}{receiver}: {wrapped}")
    return "\n".join(lines)


def _joined(events: tuple[Event, ...]) -> Iterator[tuple[Kind, str]]:
    """Kind and text of the events, with a body that follows its status line at once on one line."""
    waiting: Event | None = None
    for event in events:
        if waiting is not None and event.kind is Kind.RESPONSE_BODY:
            yield waiting.kind, f"{waiting.text} {event.text}".strip()
            waiting = None
            continue
        if waiting is not None:
            yield waiting.kind, waiting.text
        waiting = event if event.kind is Kind.RESPONSE_START else None
        if waiting is None:
            yield event.kind, event.text
    if waiting is not None:
        yield waiting.kind, waiting.text


def _hanging(head: str, text: str) -> str:
    return textwrap.fill(
        text,
        display.WIDTH + len(head) // 2,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )


def _escaped(text: str) -> str:
    """The text with what Mermaid would take as its own syntax written as character codes."""
    return "".join(f"#{ord(sign)};" if sign in "#;<>&{}\\" else sign for sign in text)


# --- Where a recording listens -------------------------------------------------------------------

_listening: ContextVar[tuple[Recording, ...]] = ContextVar("listening", default=())
"""The recordings that what runs here belongs to. Worker threads and greenlets inherit it."""


def _note(kind: Kind, text: str) -> None:
    for recording in _listening.get():
        recording.note(kind, text)


@contextmanager
def _listening_here(recording: Recording) -> Iterator[None]:
    token = _listening.set((*_listening.get(), recording))
    try:
        yield
    finally:
        _listening.reset(token)


_Scope = MutableMapping[str, Any]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@contextmanager
def _tapped(app: Starlette, recording: Recording) -> Iterator[None]:
    """Stand at the app's ASGI border: around its whole stack of middleware."""
    before = app.middleware_stack
    inner = before or app.build_middleware_stack()

    async def tap(scope: _Scope, receive: Any, send: _Send) -> None:
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        with _listening_here(recording):
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


_hooks_in_use = 0
_hooks_lock = Lock()


@contextmanager
def _hooks() -> Iterator[None]:
    """Have FastAPI and SQLAlchemy tell what happens, for as long as any recording runs."""
    global _hooks_in_use, _unhook
    with _hooks_lock:
        _hooks_in_use += 1
        if _hooks_in_use == 1:
            _unhook = _hook()
    try:
        yield
    finally:
        with _hooks_lock:
            _hooks_in_use -= 1
            if _hooks_in_use == 0:
                _unhook()


def _no_hooks() -> None:
    """Nothing is hooked."""


_unhook: Callable[[], None] = _no_hooks


def _hook() -> Callable[[], None]:
    import fastapi.routing
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    # FastAPI keeps this function apart so that endpoints can be observed.
    original = fastapi.routing.run_endpoint_function

    async def observed(*, dependant: Any, values: dict[str, Any], is_coroutine: bool) -> Any:
        _note(Kind.ENDPOINT, f"{dependant.call.__name__}({_arguments(values)})")
        try:
            result = await original(dependant=dependant, values=values, is_coroutine=is_coroutine)
        except Exception as error:
            _note(Kind.ENDPOINT_RAISES, f"raises {type(error).__name__}")
            raise
        _note(Kind.ENDPOINT_RETURNS, f"returns {_a_plain(result) or type(result).__name__}")
        return result

    def on_statement(*arguments: Any) -> None:
        _note(Kind.STATEMENT, arguments[2])

    def on_begin(_: Any) -> None:
        _note(Kind.BEGIN, "BEGIN")

    def on_commit(_: Any) -> None:
        _note(Kind.COMMIT, "COMMIT")

    def on_rollback(_: Any) -> None:
        _note(Kind.ROLLBACK, "ROLLBACK")

    listeners = {
        "before_cursor_execute": on_statement,
        "begin": on_begin,
        "commit": on_commit,
        "rollback": on_rollback,
    }
    fastapi.routing.run_endpoint_function = observed
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)

    def unhook() -> None:
        fastapi.routing.run_endpoint_function = original
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)

    return unhook


def _arguments(values: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}={_a_plain(value) or type(value).__name__}" for name, value in values.items()
    )


def _a_plain(value: Any) -> str:
    """The value as code where it is plain data, else nothing: other objects would show addresses."""
    if value is None or isinstance(value, str | int | float | bool):
        return display.shortened(repr(value), 60)
    if isinstance(value, dict | list | tuple):
        parts = value.values() if isinstance(value, dict) else value
        if all(_a_plain(part) for part in parts):
            return display.shortened(repr(value), 60)
    return ""
