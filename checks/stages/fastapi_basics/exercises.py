"""The six exercises of stage 1. Each check calls the learner's app as a guest would."""

import dis
import inspect
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, cast

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import ResponseValidationError
from fastapi.routing import APIRoute
from httpx2 import Response

from checks.claim import Claim
from checks.client import an_app, client_of
from checks.criterion import criterion, expect, fresh
from checks.exercise import exercise
from checks.response import body_of
from checks.rush import CoffeeMachine, rush
from checks.stages.fastapi_basics import claims

BuildApp = Callable[..., FastAPI]


def built_app(build_app: BuildApp, *arguments: Any) -> FastAPI:
    """The app that the learner's factory builds; anything else is said so."""
    whole = "an app came, not its factory: hand over the function itself, without brackets"
    expect(not isinstance(build_app, FastAPI), whole)
    expect(callable(build_app), f"{type(build_app).__name__} came, not a function")
    return an_app(build_app(*arguments))


def fields_of(answer: Response) -> dict[str, Any]:
    """The JSON object of an answer; any other body is said so."""
    body = body_of(answer)
    found = f"the answer was {answer.text or 'empty'}, which is no JSON object"
    expect(isinstance(body, dict), found)
    return cast("dict[str, Any]", body)


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
    with ExitStack() as evening:
        with criterion("`greeting_app()` builds an app", shares=0) as built:
            client = client_of(evening, built_app(greeting_app))
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
            message = fields_of(answer).get("message")
            expect(message == f"Welcome, {guest}!", f"the message was {message!r}")
        with criterion("the neighbour is the next seat, a number", needs=answers):
            neighbour = fields_of(answer).get("neighbour")
            guessed = claims.types_are_guessed if neighbour == f"{seat}1" else None
            kind = "text" if isinstance(neighbour, str) else type(neighbour).__name__
            found = f"the neighbour of {seat} was no number but {kind}"
            expect(type(neighbour) is int, found, belief=guessed)
            expect(neighbour == seat + 1, "it was another number")
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
        "Bounds go in the type: `limit: Annotated[int, Query(ge=1, le=50)] = 10`.",
        "`sorted(dish for dish in menu if contains in dish)[:limit]` finds, sorts and cuts.",
    )
)
def search_menu(menu_app: BuildApp) -> None:
    """Find dishes on a menu by a piece of their name, at most so many."""
    with ExitStack() as evening:
        piece = fresh().word("piece").lower()
        # Those with the piece come last in the alphabet and first on the menu: who cuts too early, or
        # sorts too late, loses them.
        hits = [f"z {fresh().word(f'dish {number}').lower()} {piece} s" for number in range(3)]
        others = [f"{fresh().word(f'other dish {number}').lower()}" for number in range(11)]
        menu = [*hits, *others]
        with criterion("`menu_app(menu)` builds an app", shares=0) as built:
            client = client_of(evening, built_app(menu_app, menu))
        with criterion(
            "`GET /menu` alone answers with the first ten dishes", needs=built
        ) as answers:
            answer = client.get("/menu")
            found = f"it answered {answer.status_code} {answer.text}"
            belief = claims.query_is_optional if answer.status_code == 422 else None
            expect(answer.status_code == 200, found, belief=belief)
            dishes = fields_of(answer).get("dishes")
            expect(dishes == sorted(menu)[:10], f"it found {dishes}")
        with criterion(
            "`contains` keeps the dishes with that piece anywhere in their name, sorted",
            needs=answers,
        ):
            dishes = client.get("/menu", params={"contains": piece}).json().get("dishes")
            expect(dishes == sorted(hits), f"for {piece!r} it found {dishes}")
            dishes = client.get("/menu", params={"contains": piece.upper()}).json().get("dishes")
            found = f"for {piece!r} in capitals it found {dishes}, where nothing is written so"
            expect(dishes == [], found)
        with criterion(
            "`limit` cuts the list, with `contains` and without",
            needs=answers,
            beliefs={TypeError: claims.types_are_guessed},
        ) as cuts:
            dishes = client.get("/menu?limit=2").json().get("dishes")
            expect(dishes == sorted(menu)[:2], f"with limit=2 it found {dishes}")
            dishes = (
                client.get("/menu", params={"contains": piece, "limit": 2}).json().get("dishes")
            )
            expect(dishes == sorted(hits)[:2], f"for {piece!r} and limit=2 it found {dishes}")
        with criterion("`limit=1` and `limit=50` are allowed", needs=cuts):
            for limit in (1, 50):
                status = client.get(f"/menu?limit={limit}").status_code
                shut_out = claims.gt_takes_its_bound if status == 422 else None
                expect(status == 200, f"limit={limit} was answered with {status}", belief=shut_out)
        for limit in (0, 51):
            with criterion(f"`limit={limit}` is refused with 422", needs=cuts):
                answer = client.get(f"/menu?limit={limit}")
                found = f"it answered {answer.status_code} {answer.text}"
                expect(
                    answer.status_code == 422,
                    found,
                    belief=belief_behind_a_lost_bound(answer, limit),
                )


def belief_behind_a_lost_bound(answer: Response, limit: int) -> Claim | None:
    """The belief that explains why a limit of 0 or 51 was not refused."""
    dishes = fields_of(answer).get("dishes") if answer.status_code == 200 else None
    if not isinstance(dishes, list):
        return None
    mended = limit == 0 and dishes  # of 51 it cannot be told: the menu is shorter
    return claims.silent_mending_helps if mended else claims.int_means_sensible


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
    with ExitStack() as evening:
        with criterion("`order_app()` builds an app", shares=0) as built:
            client = client_of(evening, built_app(order_app))
        order = {"dish": fresh().word("dish"), "portions": fresh().number("portions")}
        with criterion(
            "`POST /orders` takes dish and portions from the body", needs=built
        ) as taken:
            answer = client.post("/orders", json=order)
            in_query = answer.status_code == 422 and '"loc":["query"' in answer.text
            lost = claims.post_parameters_are_body if in_query else None
            expect(
                answer.is_success, f"it answered {answer.status_code} {answer.text}", belief=lost
            )
        with criterion("it answers 201 Created", needs=taken):
            found = f"it answered {answer.status_code} {answer.text}"
            is_list = answer.text.startswith("[")
            unsaid = claims.tuple_sets_status if is_list else claims.post_answers_201
            expect(answer.status_code == 201, found, belief=unsaid)
        with criterion("the answer repeats the order and gives it number 1", needs=taken):
            expect(fields_of(answer) == {"number": 1, **order}, f"it was {answer.text}")
        with criterion("the next order gets number 2", needs=taken):
            number = fields_of(client.post("/orders", json=order)).get("number")
            expect(number == 2, f"it got {number!r}")
        with criterion("another app starts with number 1 again", needs=taken):
            number = fields_of(
                client_of(evening, built_app(order_app)).post("/orders", json=order)
            ).get("number")
            goes_on = type(number) is int and number > 1
            belief = claims.outside_is_fresh_too if goes_on else None
            expect(number == 1, f"it started with {number!r}", belief=belief)
        with criterion(
            "portions that are no whole number are refused with 422", needs=taken
        ) as typed:
            for portions, behind in (
                ("some", claims.validate_by_hand),
                (1.5, claims.float_is_any_number),
            ):
                status = client.post("/orders", json=order | {"portions": portions}).status_code
                expect(status == 422, f"{portions!r} was answered with {status}", belief=behind)
        with criterion("0 portions are refused with 422, and 1 is taken", needs=(taken, typed)):
            none = client.post("/orders", json=order | {"portions": 0})
            belief = claims.int_means_sensible if none.is_success else None
            found = f"0 was answered with {none.status_code}"
            expect(none.status_code == 422, found, belief=belief)
            one = client.post("/orders", json=order | {"portions": 1})
            belief = claims.gt_takes_its_bound if one.status_code == 422 else None
            expect(one.is_success, f"1 was answered with {one.status_code}", belief=belief)


@exercise(
    hints=(
        "Ask first whether the dish is there: `if name not in menu:`.",
        "A refusal is raised: `raise HTTPException(status_code=404, detail=…)`.",
        'The detail helps most when it repeats what was asked: `f"There is no {name} on the menu"`.',
    )
)
def unknown_dish(price_app: BuildApp) -> None:
    """Answer 404 for a dish that is not on the menu, and say which one."""
    with ExitStack() as evening:
        known, price, unknown = (
            fresh().word("dish"),
            fresh().number("price"),
            fresh().word("unknown dish"),
        )
        with criterion("`price_app(menu)` builds an app", shares=0) as built:
            menu = {fresh().word("first dish"): price + 1, known: price}
            client = client_of(evening, built_app(price_app, menu))
        with criterion("`GET /dishes/{name}` knows the price of a dish", needs=built) as knows:
            answer = client.get(f"/dishes/{known}")
            found = f"it answered {answer.status_code} {answer.text}"
            expect(
                answer.status_code == 200 and answer.json() == {"name": known, "price": price},
                found,
            )
        with criterion(
            "an unknown dish is answered with 404",
            needs=knows,
            beliefs={KeyError: claims.missing_becomes_404},
        ) as refused:
            try:
                answer = client.get(f"/dishes/{unknown}")
            except ResponseValidationError as error:
                returned = error.body
                found = f"your function returned {type(returned).__name__}, and a guest saw a 500"
                expect(False, found, belief=belief_behind_a_lost_404(returned))
            found = f"it answered {answer.status_code} {answer.text}"
            lost = belief_behind_a_lost_404(answer.json()) if answer.status_code == 200 else None
            expect(answer.status_code == 404, found, belief=lost)
        with criterion("the detail names the dish that was asked for", needs=refused):
            detail = fields_of(answer).get("detail")
            expect(unknown in str(detail), f"the detail was {detail!r}")


def belief_behind_a_lost_404(returned: Any) -> Claim:
    """The belief that explains what was returned where a 404 had to be raised."""
    if isinstance(returned, HTTPException) or (
        isinstance(returned, dict) and "status_code" in returned
    ):
        return claims.returned_exception_counts
    return (
        claims.tuple_sets_status
        if isinstance(returned, list | tuple)
        else claims.missing_becomes_404
    )


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
    with ExitStack() as evening:
        name, price, cost = fresh().word("dish"), fresh().number("price"), fresh().number("cost")
        pantry = {name: {"name": name, "price": price, "cost": cost}}
        with criterion("`card_app(pantry)` builds an app", shares=0) as built:
            client = client_of(evening, built_app(card_app, pantry))
        with criterion("`GET /dishes/{name}` answers with name and price", needs=built) as answers:
            answer = client.get(f"/dishes/{name}")
            found = f"it answered {answer.status_code} {answer.text}"
            expect(answer.status_code == 200, found)
            fields = fields_of(answer)
            expect(fields.get("name") == name and fields.get("price") == price, found)
        with criterion(
            "nothing else is in the answer, the cost not even as an empty field", needs=answers
        ):
            emptied = "cost" in answer.json() and answer.json()["cost"] is None
            belief = claims.none_is_not_sent if emptied else claims.extra_fields_stay_inside
            expect(set(answer.json()) == {"name", "price"}, f"it was {answer.text}", belief=belief)
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
        app = built_app(coffee_app, machine)
    with criterion(
        "`GET /coffee` answers four guests who come at once", needs=built, shares=0
    ) as served:
        answers = rush(app, "/coffee", guests=4)
        failed = [each.status_code for each in answers if each.status_code != 200]
        expect(not failed, f"some got {failed}")
        expect(fields_of(answers[0]).get("cup") == "espresso", f"a guest got {answers[0].text}")
        expect(machine.most_at_once > 0, "`machine.brew()` was not called")
    with criterion("their four coffees are made at the same time", needs=served):
        at_once = f"at most {machine.most_at_once} of 4 at the same time"
        belief = belief_behind_a_queue(app, "/coffee")
        expect(machine.most_at_once == 4, at_once, belief=belief)


def belief_behind_a_queue(app: FastAPI, path: str) -> Claim | None:
    """The belief of somebody whose endpoint blocks the event loop; none for a plain `def`."""
    for route in app.routes:
        if isinstance(route, APIRoute) and route.path == path:
            if not inspect.iscoroutinefunction(route.endpoint):
                return None
            awaits = any(
                step.opname == "GET_AWAITABLE" for step in dis.get_instructions(route.endpoint)
            )
            return claims.await_unblocks if awaits else claims.async_is_always_faster
    return None
