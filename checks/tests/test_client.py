"""The clients that checks call a learner's app with: its lifespan runs, and its state arrives."""

import asyncio
from contextlib import ExitStack, asynccontextmanager

import pytest
from fastapi import FastAPI, Request

from checks.client import an_app, async_client_of, client_of
from checks.criterion import Unmet


def bistro(log: list[str]) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI):
        log.append("opens")
        yield {"soup": "hot"}
        log.append("closes")
        raise RuntimeError("nobody has washed up")

    app = FastAPI(lifespan=lifespan)

    @app.get("/soup")
    def soup(request: Request) -> str:
        return request.state.soup

    @app.get("/burnt")
    def burnt() -> None:
        raise ValueError("burnt")

    return app


def test_a_client_comes_while_the_app_lives_and_hears_nothing_of_a_bad_end():
    log: list[str] = []
    with ExitStack() as evening:
        client = client_of(evening, bistro(log))
        assert client.get("/soup").json() == "hot"
        assert log == ["opens"]
    assert log == ["opens", "closes"]


def test_an_error_of_the_app_comes_out_of_a_client_or_is_a_500():
    with ExitStack() as evening:
        assert client_of(evening, bistro([]), raising=False).get("/burnt").status_code == 500
        with pytest.raises(ValueError, match="burnt"):
            client_of(evening, bistro([])).get("/burnt")


def test_an_asynchronous_client_comes_while_the_app_lives():
    log: list[str] = []

    async def visit() -> None:
        async with async_client_of(bistro(log)) as client:
            assert (await client.get("/soup")).json() == "hot"
            assert (await client.get("/burnt")).status_code == 500

    with pytest.raises(RuntimeError, match="washed up"):
        asyncio.run(visit())
    assert log == ["opens", "closes"]


@pytest.mark.parametrize(
    ("returned", "what"), [(None, "None"), (1, "an int"), (FastAPI, "a type")], ids=str
)
def test_what_is_no_app_is_said_so(returned, what):
    with pytest.raises(Unmet, match=f"it returned {what}, not a FastAPI app"):
        an_app(returned)
