"""What one request really did: recorded while it happens, shown as a timeline and a diagram."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial, wraps
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import fastapi.routing
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool
from starlette.background import BackgroundTask

from checks import display

if TYPE_CHECKING:
    from starlette.applications import Starlette


class Lane(StrEnum):
    """Who takes part in a request."""

    CLIENT = "Client"
    FASTAPI = "FastAPI"
    DEPENDENCY = "Dependency"
    ENDPOINT = "Endpoint"
    BACKGROUND = "Background task"
    CODE = "Your code"
    SQLALCHEMY = "SQLAlchemy"
    DATABASE = "Database"


class Kind(StrEnum):
    """What can happen in a request."""

    REQUEST = "request"
    DEPENDENCY_ENTERED = "dependency entered"
    DEPENDENCY_RESUMED = "dependency resumed"
    DEPENDENCY_LEFT = "dependency left"
    ENDPOINT = "endpoint"
    ENDPOINT_RETURNS = "endpoint returns"
    ENDPOINT_RAISES = "endpoint raises"
    SESSION_BEGINS = "session begins"
    SESSION_CLOSES = "session closes"
    CONNECTION_OPENED = "connection opened"
    CONNECTION_OUT = "connection out"
    CONNECTION_BACK = "connection back"
    BEGIN = "begin"
    STATEMENT = "statement"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    RESPONSE_START = "response start"
    RESPONSE_BODY = "response body"
    BACKGROUND_TASK = "background task"
    BACKGROUND_TASK_DONE = "background task done"


_LANES = {
    Kind.REQUEST: (Lane.CLIENT, Lane.FASTAPI),
    Kind.DEPENDENCY_ENTERED: (Lane.FASTAPI, Lane.DEPENDENCY),
    Kind.DEPENDENCY_RESUMED: (Lane.FASTAPI, Lane.DEPENDENCY),
    Kind.DEPENDENCY_LEFT: (Lane.DEPENDENCY, Lane.FASTAPI),
    Kind.ENDPOINT: (Lane.FASTAPI, Lane.ENDPOINT),
    Kind.ENDPOINT_RETURNS: (Lane.ENDPOINT, Lane.FASTAPI),
    Kind.ENDPOINT_RAISES: (Lane.ENDPOINT, Lane.FASTAPI),
    Kind.CONNECTION_OPENED: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.BEGIN: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.STATEMENT: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.COMMIT: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.ROLLBACK: (Lane.SQLALCHEMY, Lane.DATABASE),
    Kind.RESPONSE_START: (Lane.FASTAPI, Lane.CLIENT),
    Kind.RESPONSE_BODY: (Lane.FASTAPI, Lane.CLIENT),
    Kind.BACKGROUND_TASK: (Lane.FASTAPI, Lane.BACKGROUND),
    Kind.BACKGROUND_TASK_DONE: (Lane.BACKGROUND, Lane.FASTAPI),
}
"""From whom to whom; what stands not here goes from whoever acts to SQLAlchemy."""

_ANSWERS = {
    Kind.DEPENDENCY_LEFT,
    Kind.ENDPOINT_RETURNS,
    Kind.ENDPOINT_RAISES,
    Kind.CONNECTION_BACK,
    Kind.RESPONSE_START,
    Kind.RESPONSE_BODY,
    Kind.BACKGROUND_TASK_DONE,
}


@dataclass(frozen=True)
class Event:
    """One thing that happened; `text` carries no id, no time and no path.

    `actor` is who was at work: the lane from which SQLAlchemy was called.
    """

    kind: Kind
    text: str
    actor: Lane = Lane.CODE

    @property
    def lanes(self) -> tuple[Lane, Lane]:
        """From whom to whom it went."""
        if self.kind is Kind.CONNECTION_BACK:
            return Lane.SQLALCHEMY, self.actor
        return _LANES.get(self.kind, (self.actor, Lane.SQLALCHEMY))


class Recording:
    """What happened, in the order in which it happened; shows itself as text and as a diagram."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._sessions: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._session_count = 0
        self._out = 0
        self._peak = 0
        self._lock = Lock()

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything recorded so far."""
        return tuple(self._events)

    def of(self, kind: Kind) -> tuple[str, ...]:
        """The texts of the events of one kind: statements, requests, status lines."""
        return tuple(each.text for each in self._events if each.kind is kind)

    @property
    def statements(self) -> tuple[str, ...]:
        """The SQL that was sent, in its order, each statement on one line."""
        return self.of(Kind.STATEMENT)

    @property
    def transactions(self) -> int:
        """How many transactions were begun."""
        return len(self.of(Kind.BEGIN))

    @property
    def commits(self) -> int:
        """How many transactions were committed."""
        return len(self.of(Kind.COMMIT))

    @property
    def rollbacks(self) -> int:
        """How many transactions were rolled back, also by closing a session or connection."""
        return len(self.of(Kind.ROLLBACK))

    @property
    def sessions(self) -> int:
        """How many different ORM sessions were at work."""
        return self._session_count

    @property
    def peak_connections(self) -> int:
        """The most connections that were out of their pools at the same time."""
        return self._peak

    @property
    def connections_out(self) -> int:
        """How many of the connections that were taken had not come back when recording ended."""
        return self._out

    def order(self, *kinds: Kind) -> tuple[Kind, ...]:
        """The kinds of the events in their order, only these kinds where any are given."""
        return tuple(each.kind for each in self._events if not kinds or each.kind in kinds)

    def only(self, *kinds: Kind) -> Recording:
        """A recording with the events of these kinds alone: for a diagram that stays short."""
        shown = Recording()
        shown._events = [each for each in self._events if each.kind in kinds]
        return shown

    def note(self, kind: Kind, text: str, actor: Lane = Lane.CODE) -> None:
        """Add an event at the end."""
        self._events.append(Event(kind, " ".join(text.split()), actor))

    def name_of(self, session: Any) -> str:
        """What the session is called here: `session 1` is the first that was seen."""
        with self._lock:
            if session not in self._sessions:
                self._session_count += 1
                self._sessions[session] = self._session_count
            return f"session {self._sessions[session]}"

    def connection_moved(self, kind: Kind, actor: Lane) -> None:
        """Note that a connection left its pool or came back, and count it."""
        with self._lock:
            self._out += 1 if kind is Kind.CONNECTION_OUT else -1
            self._peak = max(self._peak, self._out)
            self.note(kind, f"{kind} ({self._out} out)", actor)

    def __repr__(self) -> str:
        return timeline(self.events)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/vnd.mermaid": sequence_diagram(self.events), "text/plain": repr(self)}


@contextmanager
def xray(app: Starlette | None = None) -> Iterator[Recording]:
    """Record what requests to `app` do, or without an app what this block itself does.

    Requests are watched at the app's ASGI border, so any client will do, and the response is noted
    when it is sent. Everything that listens is gone when the block ends, and `connections_out` is
    what it was then. Recordings of two apps, or of two threads, do not mix.
    """
    recording = Recording()
    with ExitStack() as stack:
        stack.enter_context(_hooks())
        if app is None:
            stack.enter_context(_listening_here(recording))
            stack.enter_context(_acting(Lane.CODE))
        else:
            stack.enter_context(_tapped(app, recording))
            if isinstance(app, FastAPI):
                stack.enter_context(_watched_dependencies(app))
        yield recording


def timeline(events: tuple[Event, ...]) -> str:
    """The events as text, a line each: from whom, to whom, what."""
    if not events:
        return "(nothing happened)"
    width = max(len(lane) for each in events for lane in each.lanes)
    lines = []
    for each in _joined(events):
        sender, receiver = each.lanes
        lines.append(_hanging(f"{sender:<{width}} → {receiver:<{width}}  ", each.text))
    return "\n".join(lines)


def sequence_diagram(events: tuple[Event, ...]) -> str:
    """The events as Mermaid source, with a title and a description for screen readers."""
    seen = {lane for each in events for lane in each.lanes}
    said = "; ".join(f"{each.lanes[0]} to {each.lanes[1]}: {each.text}" for each in _joined(events))
    lines = [
        '%%{init: {"sequence": {"mirrorActors": false}}}%%',
        "sequenceDiagram",
        "  accTitle: What happened, in its order",
        f"  accDescr: {_escaped(display.shortened(said, 600)) or 'nothing happened'}",
        *(f"  participant {_short(lane)} as {lane}" for lane in Lane if lane in seen),
    ]
    for each in _joined(events):
        sender, receiver = map(_short, each.lanes)
        arrow = "-->>" if each.kind in _ANSWERS else "->>"
        wrapped = "<br/>".join(_escaped(line) for line in textwrap.wrap(each.text, 36)[:6])
        lines.append(f"  {sender}{arrow}{receiver}: {wrapped}")
    return "\n".join(lines)


def _short(lane: Lane) -> str:
    return lane.replace(" ", "")


def _joined(events: tuple[Event, ...]) -> Iterator[Event]:
    """The events, with a body that follows its status line at once on one line."""
    waiting: Event | None = None
    for each in events:
        if waiting is not None and each.kind is Kind.RESPONSE_BODY:
            repeated = waiting.text.endswith(each.text)  # "500 Internal Server Error" says it all
            yield waiting if repeated else replace(waiting, text=f"{waiting.text} {each.text}")
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = each if each.kind is Kind.RESPONSE_START else None
        if waiting is None:
            yield each
    if waiting is not None:
        yield waiting


def _hanging(head: str, text: str) -> str:
    return textwrap.fill(
        text,
        max(display.WIDTH, len(head) + 60),
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

_actor: ContextVar[Lane] = ContextVar("actor", default=Lane.CODE)
"""Who is at work here: what SQLAlchemy does is done for this lane."""


def _note(kind: Kind, text: str) -> None:
    for recording in _listening.get():
        recording.note(kind, text, _actor.get())


@contextmanager
def _listening_here(recording: Recording) -> Iterator[None]:
    token = _listening.set((*_listening.get(), recording))
    try:
        yield
    finally:
        _listening.reset(token)


@contextmanager
def _acting(lane: Lane) -> Iterator[None]:
    token = _actor.set(lane)
    try:
        yield
    finally:
        _actor.reset(token)


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
        with _listening_here(recording), _acting(Lane.FASTAPI):
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
_unhooking = ExitStack()


@contextmanager
def _hooks() -> Iterator[None]:
    """Have FastAPI and SQLAlchemy tell what happens, for as long as any recording runs."""
    global _hooks_in_use
    with _hooks_lock:
        _hooks_in_use += 1
        if _hooks_in_use == 1:
            _hook(_unhooking)
    try:
        yield
    finally:
        with _hooks_lock:
            _hooks_in_use -= 1
            if _hooks_in_use == 0:
                _unhooking.close()


def _hook(unhooking: ExitStack) -> None:
    with ExitStack() as stack:
        for target, name, listener in _LISTENERS:
            event.listen(target, name, listener)
            stack.callback(event.remove, target, name, listener)
        # FastAPI keeps this function apart so that endpoints can be observed.
        stack.enter_context(_replaced(fastapi.routing, "run_endpoint_function", _observed_endpoint))
        stack.enter_context(_replaced(BackgroundTask, "__call__", _observed_task))
        # SQLAlchemy has no event for a session that is closed.
        stack.enter_context(_replaced(Session, "close", _observed_close))
        unhooking.push(stack.pop_all())


@contextmanager
def _replaced(owner: Any, name: str, observed: Callable[[Any], Any]) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, observed(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


def _observed_endpoint(original: Any) -> Any:
    async def run_endpoint_function(*, dependant: Any, **rest: Any) -> Any:
        name = getattr(dependant.call, "__name__", type(dependant.call).__name__)
        _note(Kind.ENDPOINT, f"{name}({_arguments(rest['values'])})")
        try:
            with _acting(Lane.ENDPOINT):
                result = await original(dependant=dependant, **rest)
        except Exception as error:
            _note(Kind.ENDPOINT_RAISES, f"raises {type(error).__name__}")
            raise
        _note(Kind.ENDPOINT_RETURNS, f"returns {_a_plain(result) or type(result).__name__}")
        return result

    return run_endpoint_function


def _observed_task(original: Any) -> Any:
    async def call(self: BackgroundTask) -> None:
        name = getattr(self.func, "__name__", type(self.func).__name__)
        _note(Kind.BACKGROUND_TASK, f"{name}()")
        try:
            with _acting(Lane.BACKGROUND):
                await original(self)
        finally:
            _note(Kind.BACKGROUND_TASK_DONE, f"{name}() is done")

    return call


def _observed_close(original: Any) -> Any:
    def close(self: Session) -> None:
        for recording in _listening.get():
            text = f"{recording.name_of(self)} closes"
            recording.note(Kind.SESSION_CLOSES, text, _actor.get())
        original(self)

    return close


def _on_session_begins(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        for recording in _listening.get():
            text = f"{recording.name_of(session)} begins"
            recording.note(Kind.SESSION_BEGINS, text, _actor.get())


_OUT_FOR = "the recordings of the x-ray that saw this connection leave"


def _on_connect(_: Any, __: Any) -> None:
    _note(Kind.CONNECTION_OPENED, "connects")


def _on_checkout(_: Any, record: Any, __: Any) -> None:
    if recordings := _listening.get():
        record.info[_OUT_FOR] = recordings
        for recording in recordings:
            recording.connection_moved(Kind.CONNECTION_OUT, _actor.get())


def _on_checkin(_: Any, record: Any) -> None:
    # It may come back late and elsewhere: from the garbage collector, from another thread.
    for recording in record.info.pop(_OUT_FOR, ()):
        recording.connection_moved(Kind.CONNECTION_BACK, _actor.get())


def _on_statement(*arguments: Any) -> None:
    _note(Kind.STATEMENT, arguments[2])


def _on_begin(_: Any) -> None:
    _note(Kind.BEGIN, "BEGIN")


def _on_commit(_: Any) -> None:
    _note(Kind.COMMIT, "COMMIT")


def _on_rollback(_: Any) -> None:
    _note(Kind.ROLLBACK, "ROLLBACK")


_LISTENERS: tuple[tuple[Any, str, Callable[..., None]], ...] = (
    (Engine, "before_cursor_execute", _on_statement),
    (Engine, "begin", _on_begin),
    (Engine, "commit", _on_commit),
    (Engine, "rollback", _on_rollback),
    (Pool, "connect", _on_connect),
    (Pool, "checkout", _on_checkout),
    (Pool, "checkin", _on_checkin),
    (Session, "after_transaction_create", _on_session_begins),
)


# --- Dependencies, watched through the app's own overrides ---------------------------------------


@contextmanager
def _watched_dependencies(app: FastAPI) -> Iterator[None]:
    """Override every dependency with itself, so that entering and leaving it are noted."""
    original = app.dependency_overrides
    watched = _Watched(original)
    app.dependency_overrides = watched
    try:
        yield
    finally:
        # What the block changed in the overrides stays changed.
        original.clear()
        original.update(watched)
        if app.dependency_overrides is watched:
            app.dependency_overrides = original


class _Watched(dict[Callable[..., Any], Callable[..., Any]]):
    """Dependency overrides in which every dependency is found, each wrapped once."""

    def __init__(self, overrides: Mapping[Callable[..., Any], Callable[..., Any]]) -> None:
        super().__init__(overrides)
        self._wrapped: dict[Callable[..., Any], Callable[..., Any]] = {}

    def __bool__(self) -> bool:
        return True

    def get(self, call: Any, default: Any = None) -> Any:
        actual = super().get(call, default)
        if not callable(actual):
            return actual  # FastAPI says itself what is wrong with it
        if actual not in self._wrapped:
            self._wrapped[actual] = _noted(actual)
        return self._wrapped[actual]


def _noted(call: Callable[..., Any]) -> Callable[..., Any]:
    """A dependency of the same kind and signature that notes when it is entered and left."""
    name = getattr(call, "__name__", type(call).__name__)
    body = call if inspect.isroutine(call) or inspect.isclass(call) else type(call).__call__
    if inspect.isasyncgenfunction(body):

        @wraps(call)
        async def watched_async_generator(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            manager = asynccontextmanager(call)(*args, **kwargs)
            with _working_in(name):
                value = await manager.__aenter__()
            try:
                yield value
            except BaseException as error:
                with _going_on_in(name, error):
                    if not await manager.__aexit__(type(error), error, error.__traceback__):
                        raise
            else:
                with _going_on_in(name):
                    await manager.__aexit__(None, None, None)

        return watched_async_generator
    if inspect.isgeneratorfunction(body):

        @wraps(call)
        def watched_generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
            manager = contextmanager(call)(*args, **kwargs)
            with _working_in(name):
                value = manager.__enter__()
            try:
                yield value
            except BaseException as error:
                with _going_on_in(name, error):
                    if not manager.__exit__(type(error), error, error.__traceback__):
                        raise
            else:
                with _going_on_in(name):
                    manager.__exit__(None, None, None)

        return watched_generator
    if inspect.iscoroutinefunction(body):

        @wraps(call)
        async def watched_coroutine(*args: Any, **kwargs: Any) -> Any:
            with _working_in(name):
                return await call(*args, **kwargs)

        return watched_coroutine

    @wraps(call)
    def watched(*args: Any, **kwargs: Any) -> Any:
        with _working_in(name):
            return call(*args, **kwargs)

    return watched


# Each phase sets the actor and sets it back: the code before and the code after a `yield` may run
# in different threads, where the one cannot undo what the other did.


@contextmanager
def _working_in(name: str) -> Iterator[None]:
    _note(Kind.DEPENDENCY_ENTERED, f"{name}()")
    with _acting(Lane.DEPENDENCY):
        yield


@contextmanager
def _going_on_in(name: str, error: BaseException | None = None) -> Iterator[None]:
    why = f"gets {type(error).__name__}" if error else "goes on after its yield"
    _note(Kind.DEPENDENCY_RESUMED, f"{name}() {why}")
    try:
        with _acting(Lane.DEPENDENCY):
            yield
    finally:
        _note(Kind.DEPENDENCY_LEFT, f"{name}() is left")


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
