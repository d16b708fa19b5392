"""Guests who come at the same time, and a coffee machine that counts how many it serves at once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI
    from httpx2 import Response

PATIENCE = 1.0
"""Seconds that the first cup waits for the others; if none come, no later cup waits at all."""


class CoffeeMachine:
    """A piece of blocking work that counts, instead of a clock, how many do it at the same time.

    `brew()` holds its thread until `cups` brews run side by side. Where it was called on the event
    loop's own thread, nobody else can ever come while it blocks: there it returns at once.
    """

    def __init__(self, cups: int = 8) -> None:
        self.cups = cups
        self.most_at_once = 0
        self._brewing = 0
        self._patient = True
        self._changed = threading.Condition()

    def brew(self) -> str:
        """Make a cup. Blocks the thread it runs in."""
        with self._changed:
            self._brewing += 1
            self.most_at_once = max(self.most_at_once, self._brewing)
            self._changed.notify_all()
            if self._patient and not _on_an_event_loop():
                self._patient = self._changed.wait_for(self._all_here, PATIENCE)
            self._brewing -= 1
        return "espresso"

    def _all_here(self) -> bool:
        return self.most_at_once >= self.cups


def rush(app: FastAPI, path: str, guests: int = 8) -> list[Response]:
    """Let `guests` ask for `path` at the same time, all of one running app; returns their answers."""
    from fastapi.testclient import TestClient

    with TestClient(app) as client, ThreadPoolExecutor(guests) as crowd:
        return list(crowd.map(client.get, [path] * guests))


def _on_an_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
