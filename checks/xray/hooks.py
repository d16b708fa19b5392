"""What FastAPI and SQLAlchemy tell while they work: endpoints, tasks, sessions, connections, SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Any

import fastapi.routing
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool
from starlette.background import BackgroundTask

from checks import display
from checks.xray.event import Kind, Lane
from checks.xray.listening import acting, actor, note, recordings

stand_ins: list[Any] = []
"""The functions that now stand in for those of FastAPI, Starlette and SQLAlchemy."""

_hooks_in_use = 0
_hooks_lock = Lock()
_unhooking = ExitStack()


@contextmanager
def hooked() -> Iterator[None]:
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
    stand_in = observed(original)
    setattr(owner, name, stand_in)
    stand_ins.append(stand_in)
    try:
        yield
    finally:
        stand_ins.remove(stand_in)
        setattr(owner, name, original)


def _observed_endpoint(original: Any) -> Any:
    async def run_endpoint_function(*, dependant: Any, **rest: Any) -> Any:
        name = getattr(dependant.call, "__name__", type(dependant.call).__name__)
        note(Kind.ENDPOINT, f"{name}({_arguments(rest['values'])})")
        try:
            with acting(Lane.ENDPOINT):
                result = await original(dependant=dependant, **rest)
        except Exception as error:
            note(Kind.ENDPOINT_RAISES, f"raises {type(error).__name__}")
            raise
        note(Kind.ENDPOINT_RETURNS, f"returns {_a_plain(result) or type(result).__name__}")
        return result

    return run_endpoint_function


def _observed_task(original: Any) -> Any:
    async def call(self: BackgroundTask) -> None:
        name = getattr(self.func, "__name__", type(self.func).__name__)
        note(Kind.BACKGROUND_TASK, f"{name}()")
        try:
            with acting(Lane.BACKGROUND):
                await original(self)
        finally:
            note(Kind.BACKGROUND_TASK_DONE, f"{name}() is done")

    return call


def _observed_close(original: Any) -> Any:
    def close(self: Session) -> None:
        for recording in recordings.get():
            text = f"{recording.name_of(self)} closes"
            recording.note(Kind.SESSION_CLOSES, text, actor.get())
        original(self)

    return close


def _on_session_begins(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        for recording in recordings.get():
            text = f"{recording.name_of(session)} begins"
            recording.note(Kind.SESSION_BEGINS, text, actor.get())


_OUT_FOR = "the recordings of the x-ray that saw this connection leave"


def _on_connect(_: Any, __: Any) -> None:
    note(Kind.CONNECTION_OPENED, "connects")


def _on_checkout(_: Any, record: Any, __: Any) -> None:
    record.info[_OUT_FOR] = recordings.get()
    for recording in recordings.get():
        recording.connection_moved(Kind.CONNECTION_OUT, actor.get())


def _on_checkin(_: Any, record: Any) -> None:
    # It may come back late and elsewhere: from the garbage collector, from another thread.
    for recording in record.info.pop(_OUT_FOR, ()):
        recording.connection_moved(Kind.CONNECTION_BACK, actor.get())


def _on_statement(*arguments: Any) -> None:
    note(Kind.STATEMENT, arguments[2])


def _on_begin(_: Any) -> None:
    note(Kind.BEGIN, "BEGIN")


def _on_commit(_: Any) -> None:
    note(Kind.COMMIT, "COMMIT")


def _on_rollback(_: Any) -> None:
    note(Kind.ROLLBACK, "ROLLBACK")


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
