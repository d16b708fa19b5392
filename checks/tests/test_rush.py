"""The coffee machine counts who is served at the same time, without a clock."""

from fastapi import FastAPI

from checks.rush import CoffeeMachine, rush


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
