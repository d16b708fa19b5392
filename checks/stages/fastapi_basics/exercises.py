"""The six exercises of stage 1. Each check calls the learner's app as a guest would."""

import dis
from collections.abc import Callable

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from checks.claim import Claim
from checks.exercise import criterion, exercise, expect, fresh
from checks.rush import CoffeeMachine, rush
from checks.stages.fastapi_basics import claims

BuildApp = Callable[..., FastAPI]


def client_of(app: FastAPI) -> TestClient:
    """A client of an app that the learner's factory returned; any other object is said so."""
    expect(isinstance(app, FastAPI), f"it returned {type(app).__name__}, not a FastAPI app")
    return TestClient(app)


@exercise(
    hints=(
        "The path has two places: `/guests/{name}/seats/{number}`. The parameters of your function "
        "have the same two names.",
        "Everything in a URL is text. Say which type you want: `name: str, number: int`.",
        'Return a dict: `{"message": f"Welcome, {name}!", "neighbour": number + 1}`.',
    )
)
def greet_guest(greeting_app: BuildApp) -> None:
    """Greet the guest by name and say the number of the next seat."""
    with criterion("`greeting_app()` builds an app", shares=0) as built:
        client = client_of(greeting_app())
    guest, seat = fresh().word("name"), fresh().number("number")
    with criterion(
        "`GET /guests/{name}/seats/{number}` answers 200",
        needs=built,
        beliefs={TypeError: claims.types_are_guessed},
    ) as answers:
        answer = client.get(f"/guests/{guest}/seats/{seat}")
        belief = claims.path_values_by_position if answer.status_code == 422 else None
        expect(
            answer.status_code == 200,
            f"it answered {answer.status_code} {answer.text}",
            belief=belief,
        )
    with criterion("the message welcomes the guest by name", needs=answers):
        message = answer.json().get("message")
        expect(message == f"Welcome, {guest}!", f"the message was {message!r}")
    with criterion("the neighbour is the next seat, a number", needs=answers):
        neighbour = answer.json().get("neighbour")
        guessed = claims.types_are_guessed if isinstance(neighbour, str) else None
        expect(neighbour == seat + 1, f"the neighbour of {seat} was {neighbour!r}", belief=guessed)
    with criterion(
        "a seat that is no number is refused with 422",
        needs=answers,
        belief=claims.validate_by_hand,
    ):
        status = client.get(f"/guests/{guest}/seats/window").status_code
        expect(status == 422, f"it answered {status}")


@exercise(
    hints=(
        "A parameter that the path does not name is a query parameter. A default makes it optional: "
        '`contains: str = ""`.',
        "Bounds stand in the type: `limit: Annotated[int, Query(ge=1, le=50)] = 10`.",
        "`sorted(dish for dish in menu if contains in dish)[:limit]` finds, sorts and cuts.",
    )
)
def search_menu(menu_app: BuildApp) -> None:
    """Find dishes on a menu by a piece of their name, at most so many."""
    piece = fresh().word("piece").lower()
    with_piece = sorted(f"{piece} {fresh().word(f'dish {number}').lower()}" for number in range(3))
    others = [fresh().word(f"other dish {number}").lower() for number in range(9)]
    menu = [*others, *with_piece]
    with criterion("`menu_app(menu)` builds an app", shares=0) as built:
        client = client_of(menu_app(menu))
    with criterion("`GET /menu` alone answers with the first ten dishes", needs=built) as answers:
        answer = client.get("/menu")
        belief = claims.query_is_optional if answer.status_code == 422 else None
        expect(
            answer.status_code == 200,
            f"it answered {answer.status_code} {answer.text}",
            belief=belief,
        )
        dishes = answer.json().get("dishes")
        expect(dishes == sorted(menu)[:10], f"it found {dishes}")
    with criterion(
        "`contains` keeps the dishes with that piece in their name, sorted", needs=answers
    ):
        dishes = client.get("/menu", params={"contains": piece}).json().get("dishes")
        expect(dishes == with_piece, f"for {piece!r} it found {dishes}")
    with criterion(
        "`limit` cuts the list", needs=answers, beliefs={TypeError: claims.types_are_guessed}
    ) as cuts:
        dishes = client.get("/menu?limit=2").json().get("dishes")
        expect(dishes == sorted(menu)[:2], f"with limit=2 it found {dishes}")
    for limit in (0, 51):
        with criterion(f"`limit={limit}` is refused with 422", needs=cuts):
            status = client.get(f"/menu?limit={limit}").status_code
            expect(status == 422, f"it answered {status}", belief=claims.silent_mending_helps)


@exercise(
    hints=(
        "The body is described by a model: `class Order(BaseModel)` with `dish: str` and `portions: int`.",
        "A bound in a model: `portions: int = Field(ge=1)`.",
        '`@app.post("/orders", status_code=201)`, and the function takes `order: Order`.',
        "A list outside the function, `orders`, knows the next number: `len(orders)` after appending.",
    )
)
def take_order(order_app: BuildApp) -> None:
    """Take an order from the body of a POST."""
    with criterion("`order_app()` builds an app", shares=0) as built:
        client = client_of(order_app())
    order = {"dish": fresh().word("dish"), "portions": fresh().number("portions")}
    with criterion("`POST /orders` takes dish and portions from the body", needs=built) as taken:
        answer = client.post("/orders", json=order)
        lost = claims.post_parameters_are_body if answer.status_code == 422 else None
        expect(answer.is_success, f"it answered {answer.status_code} {answer.text}", belief=lost)
    with criterion("it answers 201 Created", needs=taken):
        expect(
            answer.status_code == 201,
            f"it answered {answer.status_code}",
            belief=claims.post_answers_201,
        )
    with criterion("the answer repeats the order and gives it number 1", needs=taken):
        expect(answer.json() == {"number": 1, **order}, f"it was {answer.text}")
    with criterion("the next order gets number 2", needs=taken):
        number = client.post("/orders", json=order).json().get("number")
        expect(number == 2, f"it got {number!r}")
    with criterion("portions that are no number are refused with 422", needs=taken) as typed:
        status = client.post("/orders", json=order | {"portions": "some"}).status_code
        expect(status == 422, f"it answered {status}", belief=claims.validate_by_hand)
    with criterion("0 portions are refused with 422", needs=(taken, typed)):
        status = client.post("/orders", json=order | {"portions": 0}).status_code
        expect(status == 422, f"it answered {status}", belief=claims.int_means_sensible)


@exercise(
    hints=(
        "Ask first whether the dish is there: `if name not in menu:`.",
        "A refusal is raised: `raise HTTPException(status_code=404, detail=…)`.",
        'The detail helps most when it repeats what was asked: `f"There is no {name} on the menu"`.',
    )
)
def unknown_dish(price_app: BuildApp) -> None:
    """Answer 404 for a dish that is not on the menu, and say which one."""
    known, price, unknown = (
        fresh().word("dish"),
        fresh().number("price"),
        fresh().word("unknown dish"),
    )
    with criterion("`price_app(menu)` builds an app", shares=0) as built:
        client = client_of(price_app({known: price}))
    with criterion("`GET /dishes/{name}` knows the price of a dish", needs=built) as knows:
        answer = client.get(f"/dishes/{known}")
        found = f"it answered {answer.status_code} {answer.text}"
        expect(
            answer.status_code == 200 and answer.json() == {"name": known, "price": price}, found
        )
    with criterion(
        "an unknown dish is answered with 404",
        needs=knows,
        beliefs={KeyError: claims.missing_becomes_404},
    ) as refused:
        answer = client.get(f"/dishes/{unknown}")
        found = f"it answered {answer.status_code} {answer.text}"
        expect(answer.status_code == 404, found, belief=belief_behind_a_lost_404(answer.text))
    with criterion("the detail names the dish that was asked for", needs=refused):
        detail = answer.json().get("detail")
        expect(unknown in str(detail), f"the detail was {detail!r}")


def belief_behind_a_lost_404(body: str) -> Claim:
    """The belief that explains an answer which should have been a 404."""
    if "status_code" in body:
        return claims.returned_exception_counts
    return claims.tuple_sets_status if body.startswith("[") else claims.missing_becomes_404


@exercise(
    hints=(
        "A model with the two fields that may leave: `class DishOut(BaseModel)` with `name: str` and `price: int`.",
        "Promise it as the type of the answer: `def read_dish(name: str) -> DishOut:`, or "
        '`@app.get("/dishes/{name}", response_model=DishOut)`.',
        "With `response_model=DishOut` you may return the whole dict: FastAPI sends only what the model names.",
    )
)
def hide_the_cost(card_app: BuildApp) -> None:
    """Answer with name and price of a dish, and keep its cost in the kitchen."""
    name, price, cost = fresh().word("dish"), fresh().number("price"), fresh().number("cost")
    pantry = {name: {"name": name, "price": price, "cost": cost}}
    with criterion("`card_app(pantry)` builds an app", shares=0) as built:
        client = client_of(card_app(pantry))
    with criterion("`GET /dishes/{name}` answers with name and price", needs=built) as answers:
        answer = client.get(f"/dishes/{name}")
        found = f"it answered {answer.status_code} {answer.text}"
        expect(answer.status_code == 200, found)
        expect(answer.json().get("name") == name and answer.json().get("price") == price, found)
    with criterion("the cost is not in the answer, not even as an empty field", needs=answers):
        emptied = "cost" in answer.json() and answer.json()["cost"] is None
        belief = claims.none_is_not_sent if emptied else claims.extra_fields_stay_inside
        expect("cost" not in answer.json(), f"it was {answer.text}", belief=belief)
    with criterion("the pantry still knows the cost", needs=answers):
        left = pantry.get(name, {}).get("cost")
        expect(left == cost, f"in the pantry it is {left!r} now", belief=claims.dict_is_a_copy)


@exercise(
    hints=(
        "Four guests come at once and one is served: something stops the event loop. Which call waits?",
        "`machine.brew()` blocks, and `async def` runs it on the loop, where everybody else waits too.",
        "A plain `def` route gets a thread of its own. One word less is enough.",
    )
)
def do_not_block(coffee_app: BuildApp) -> None:
    """Find the blocking call that serves one guest at a time, and mend it."""
    machine = CoffeeMachine(cups=4)
    with criterion("`coffee_app(machine)` builds an app", shares=0) as built:
        app = coffee_app(machine)
        client_of(app)
    with criterion(
        "`GET /coffee` answers four guests who come at once", needs=built, shares=0
    ) as served:
        answers = rush(app, "/coffee", guests=4)
        expect(
            all(answer.status_code == 200 for answer in answers),
            f"one got {answers[0].status_code}",
        )
        cup = answers[0].json()
        expect(cup == {"cup": "espresso"}, f"a guest got {cup}")
    with criterion("their four coffees are made at the same time", needs=served):
        awaits = awaits_something(app, "/coffee")
        belief = claims.await_unblocks if awaits else claims.async_is_always_faster
        at_once = f"at most {machine.most_at_once} of 4 at the same time"
        expect(machine.most_at_once == 4, at_once, belief=belief)


def awaits_something(app: FastAPI, path: str) -> bool:
    """Whether the endpoint of a path has an `await` in its own body."""
    return any(
        step.opname == "GET_AWAITABLE"
        for route in app.routes
        if isinstance(route, APIRoute) and route.path == path
        for step in dis.get_instructions(route.endpoint)
    )
