"""Dependencies, watched through the app's own overrides: when each is entered and left."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import Any

from fastapi import FastAPI

from checks.xray.event import Kind, Lane
from checks.xray.listening import acting, note


@contextmanager
def watched_dependencies(app: FastAPI) -> Iterator[None]:
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
    note(Kind.DEPENDENCY_ENTERED, f"{name}()")
    with acting(Lane.DEPENDENCY):
        yield


@contextmanager
def _going_on_in(name: str, error: BaseException | None = None) -> Iterator[None]:
    why = f"gets {type(error).__name__}" if error else "goes on after its yield"
    note(Kind.DEPENDENCY_RESUMED, f"{name}() {why}")
    try:
        with acting(Lane.DEPENDENCY):
            yield
    finally:
        note(Kind.DEPENDENCY_LEFT, f"{name}() is left")
