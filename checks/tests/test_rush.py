"""The coffee machine counts who is served at the same time, without a clock."""

import asyncio
from contextlib import asynccontextmanager
from contextvars import ContextVar

import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from checks.rush import CoffeeMachine, lunch_rush, run_apart, rush


def app_with(endpoint):
    app = FastAPI()
    app.get("/coffee")(endpoint)
    return app


def test_def_routes_run_side_by_side():
    machine = CoffeeMachine(cups=8)
    answers = rush(app_with(lambda: machine.brew()), "/coffee", guests=8)
    assert [answer.json() for answer in answers] == ["espresso"] * 8
    assert machine.most_at_once == 8


def test_a_blocking_call_on_the_loop_serves_one_at_a_time():
    machine = CoffeeMachine(cups=8)

    async def make_coffee():
        return machine.brew()

    rush(app_with(make_coffee), "/coffee", guests=8)
    assert machine.most_at_once == 1


def test_a_machine_that_nobody_else_uses_gives_up_waiting_once(monkeypatch):
    monkeypatch.setattr("checks.rush.PATIENCE", 0.01)
    machine = CoffeeMachine(cups=2)
    assert [machine.brew(), machine.brew()] == ["espresso", "espresso"]
    assert machine.most_at_once == 1


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_small_house_has_so_many_threads(threads):
    machine = CoffeeMachine(cups=threads)
    answers = lunch_rush(app_with(lambda: machine.brew()), "/coffee", threads=threads)
    assert [answer.json() for answer in answers] == ["espresso"] * 6
    assert machine.most_at_once == threads


def test_the_guests_of_a_lunch_rush_are_numbered_and_errors_are_500():
    app = FastAPI()

    @app.get("/seats/{number}")
    def seat(number: int) -> int:
        return number // (number - 2)

    answers = lunch_rush(app, "/seats/{guest}", guests=3)
    assert [answer.status_code for answer in answers] == [200, 500, 200]
    assert answers[2].json() == 3


def test_a_lunch_rush_runs_the_lifespan_and_leaves_no_limit_behind():
    log = []

    @asynccontextmanager
    async def lifespan(_):
        log.append(current_default_thread_limiter().total_tokens)
        yield
        log.append("closed")

    app = FastAPI(lifespan=lifespan)
    for _ in range(2):
        lunch_rush(app, "/", guests=1)
    assert log == [40, "closed"] * 2


def test_async_work_runs_apart_from_a_loop_that_is_running_and_hears_what_listens():
    listening = ContextVar("listening", default="nobody")

    async def work():
        await asyncio.sleep(0)
        return listening.get()

    async def notebook():
        listening.set("x-ray")
        return run_apart(work)

    assert asyncio.run(notebook()) == "x-ray"


def test_an_error_of_work_that_runs_apart_comes_back():
    async def work():
        raise ValueError("burnt")

    with pytest.raises(ValueError, match="burnt"):
        run_apart(work)
