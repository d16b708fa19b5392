"""Guests who come at the same time, and a coffee machine that counts how many it serves at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

from checks.client import async_client_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import Response

Result = TypeVar("Result")

PATIENCE = 1.0
"""Seconds that the first cup waits for the others; if none come, no later cup waits at all."""


class CoffeeMachine:
    """A piece of blocking work that counts, instead of a clock, how many do it at the same time.

    `brew()` holds its thread until `cups` brews run side by side. Where it was called on the event
    loop's own thread, nobody else can ever come while it blocks: there it returns at once.
    """

    def __init__(self, cups: int = 8) -> None:
        self.cups = cups
        self._most_at_once = 0
        self._brewing = 0
        self._patient = True
        self._changed = threading.Condition()

    @property
    def most_at_once(self) -> int:
        """The most cups that were made at the same time."""
        return self._most_at_once

    def brew(self) -> str:
        """Make a cup. Blocks the thread it runs in."""
        with self._changed:
            self._brewing += 1
            self._most_at_once = max(self._most_at_once, self._brewing)
            self._changed.notify_all()
            if self._patient and not _on_an_event_loop():
                self._patient = self._changed.wait_for(self._all_here, PATIENCE)
            self._brewing -= 1
        return "espresso"

    def _all_here(self) -> bool:
        return self._most_at_once >= self.cups


def rush(app: FastAPI, path: str, guests: int = 8) -> list[Response]:
    """Let `guests` ask for `path` at the same time, all of one running app; returns their answers."""
    from fastapi.testclient import TestClient

    with TestClient(app) as client, ThreadPoolExecutor(guests) as crowd:
        return list(crowd.map(client.get, [path] * guests))


def lunch_rush(app: FastAPI, path: str, guests: int = 6, threads: int = 2) -> list[Response]:
    """Let `guests` come at the same time into a small house; returns their answers in their order.

    The house has so many `threads` for `def` code instead of FastAPI's 40, so that few guests are
    a rush. `{guest}` in the path becomes the guest's number. An error of the app is a 500, as on a
    server. The app's lifespan runs around it all.
    """
    from anyio.to_thread import current_default_thread_limiter

    async def serve() -> list[Response]:
        async with async_client_of(app) as client:
            # The limit belongs to this event loop: it ends with it.
            current_default_thread_limiter().total_tokens = threads
            paths = (path.replace("{guest}", str(number)) for number in range(1, guests + 1))
            return await asyncio.gather(*map(client.get, paths))

    return run_apart(serve)


def run_apart(work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run async work to its end on an event loop of its own, in a thread of its own.

    A notebook has a loop that runs already, where `asyncio.run` is refused. What listens here, such
    as an x-ray, listens there too.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, asyncio.run, work()).result()


def _on_an_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
