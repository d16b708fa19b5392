"""The app that a learner's function returned, and a client that calls it as a guest would."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from checks.criterion import expect
from checks.display import kind_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import ExitStack

    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from httpx2 import AsyncClient


def an_app(returned: object) -> FastAPI:
    """What the learner's function returned, if it is a FastAPI app.

    Raises Unmet, with what it is instead, where it is none.
    """
    from fastapi import FastAPI

    said = f"it returned {kind_of(returned)}, not a FastAPI app"
    expect(isinstance(returned, FastAPI), said)
    assert isinstance(returned, FastAPI)
    return returned


def client_of(evening: ExitStack, app: Any, *, raising: bool = True) -> TestClient:
    """A client of an app, or of anything else that speaks ASGI.

    The app's lifespan begins here and ends with the evening; what breaks at its end was not asked for.
    `raising` says whether an error in the app comes out of the client, or is a 500 as on a server.
    """
    from fastapi.testclient import TestClient

    client = TestClient(app, raise_server_exceptions=raising)
    client.__enter__()

    def close() -> None:
        with suppress(Exception):
            client.__exit__()

    evening.callback(close)
    return client


@asynccontextmanager
async def async_client_of(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """An asynchronous client of an app, whose lifespan lasts as long as the block.

    An error in the app is a 500, as on a server.
    """
    from httpx2 import ASGITransport, AsyncClient

    async with app.router.lifespan_context(app) as state:

        async def door(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = ASGITransport(app=door, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://bistro") as client:
            yield client
