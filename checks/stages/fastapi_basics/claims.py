"""What one may believe about FastAPI, each with the experiment that decides it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient
from pydantic import BaseModel

from checks.claim import Evidence, claim
from checks.rush import CoffeeMachine, rush

# --- The quiz and the predictions ----------------------------------------------------------------


@claim(
    "A dish that I add to the menu is still there after the app is built again.",
    why="The menu is made anew together with the app. What must outlive a restart belongs in a "
    "database.",
)
def app_remembers() -> Evidence:
    def build_app() -> FastAPI:
        menu: list[str] = ["soup"]
        app = FastAPI()
        app.get("/menu")(lambda: menu)
        app.post("/menu")(lambda dish: menu.append(dish))
        return app

    first = TestClient(build_app())
    first.post("/menu?dish=bread")
    before, after = first.get("/menu").json(), TestClient(build_app()).get("/menu").json()
    return Evidence(after == before, (f"before: {before}", f"after:  {after}"))


@claim(
    "I must check by hand that a number from outside really is a number.",
    why="The type hint is the check. FastAPI refuses what does not fit with 422, and your function "
    "is never called.",
)
def validate_by_hand() -> Evidence:
    calls = []
    app = FastAPI()

    @app.get("/tables/{number}")
    def read_table(number: int) -> int:
        calls.append(number)
        return number

    status = TestClient(app).get("/tables/seven").status_code
    seen = (f"GET /tables/seven answered {status}", f"calls of the function: {len(calls)}")
    return Evidence(holds=len(calls) == 1, seen=seen)


@claim(
    "When I run the cell of a route again, the new function replaces the old one.",
    why="Routes are a list, and the first match wins. Build the app in a function, and a second run "
    "starts from an empty list.",
)
def rerun_replaces_route() -> Evidence:
    app = FastAPI()
    for price in (7, 9):  # the same cell, run twice, with another price
        app.get("/soup")(lambda price=price: {"price": price})
    answer = TestClient(app).get("/soup").json()
    return Evidence(answer == {"price": 9}, ("first run: 7, second run: 9", f"GET /soup: {answer}"))


@claim(
    "`async def` is always faster than `def`.",
    why="A blocking call inside `async def` stops the one event loop, and every guest with it. In "
    "`def` FastAPI gives each guest a thread. Use `async def` for work that you await.",
)
def async_is_always_faster() -> Evidence:
    threads, loop = CoffeeMachine(), CoffeeMachine()
    app = FastAPI()

    @app.get("/def")
    def in_a_thread() -> str:
        return threads.brew()

    @app.get("/async-def")
    async def on_the_loop() -> str:
        return loop.brew()

    rush(app, "/def")
    rush(app, "/async-def")
    seen = (
        "8 guests, one blocking coffee each; served at the same time:",
        f"def:       {threads.most_at_once}",
        f"async def: {loop.most_at_once}",
    )
    return Evidence(loop.most_at_once > threads.most_at_once, seen)


@claim(
    "TestClient needs a server that is running.",
    why="TestClient calls the app as a function, in this very process. No port, no network: that is "
    "why a notebook or a test can drive a whole app.",
)
def client_needs_a_server() -> Evidence:
    app = FastAPI()
    app.get("/soup")(lambda: {"price": 7})
    client = TestClient(app)  # nothing was started, and nothing listens at this address
    answer = client.get("/soup")
    seen = (f"address: {client.base_url}", f"GET /soup: {answer.status_code} {answer.json()}")
    return Evidence(answer.status_code != 200, seen)


@claim(
    "The lifespan of an app runs with any TestClient.",
    why="Only `with TestClient(app) as client:` opens and closes the bistro. Without `with`, what "
    "your lifespan prepares is missing.",
)
def lifespan_always_runs() -> Evidence:
    log = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        log.append("opened")
        yield

    app = FastAPI(lifespan=lifespan)
    TestClient(app).get("/")
    without = len(log)
    with TestClient(app) as client:
        client.get("/")
    seen = (f"runs without `with`: {without}", f"runs with `with`:    {len(log)}")
    return Evidence(holds=without == 1, seen=seen)


@claim(
    "A plain `def` route can serve several guests at the same time.",
    why="FastAPI runs `def` routes in threads, 40 of them by default. `def` is the safe choice for "
    "blocking work.",
)
def def_serves_many() -> Evidence:
    machine = CoffeeMachine()
    app = FastAPI()
    app.get("/coffee")(lambda: machine.brew())
    rush(app, "/coffee", guests=8)
    return Evidence(
        machine.most_at_once == 8, (f"8 guests; served at the same time: {machine.most_at_once}",)
    )


# --- Beliefs behind wrong answers ----------------------------------------------------------------


@claim(
    "FastAPI sees that `7` is a number and hands me an `int`.",
    why="Everything in a URL is text. The type hint is what turns it into a number.",
)
def types_are_guessed() -> Evidence:
    app = FastAPI()

    @app.get("/seats/{number}")
    def read_seat(number):  # type: ignore[no-untyped-def]
        return type(number).__name__

    seen = TestClient(app).get("/seats/7").json()
    return Evidence(seen == "int", (f"without a type hint, 7 arrives as: {seen}",))


@claim(
    "The values of a path are handed over in their order, so the names may differ.",
    why="A path value finds its parameter by name. A parameter that the path does not name is "
    "looked for in the query.",
)
def path_values_by_position() -> Evidence:
    app = FastAPI()

    @app.get("/guests/{guest}")
    def greet(name: str) -> str:
        return name

    answer = TestClient(app).get("/guests/you")
    error = answer.json()["detail"][0]
    return Evidence(
        answer.status_code == 200,
        (f"GET /guests/you answered {answer.status_code}", f"{error['type']}: {error['loc']}"),
    )


@claim(
    "A query parameter is optional: who does not send it gets None.",
    why="A parameter without a default is required, `str | None` included. The default makes it optional.",
)
def query_is_optional() -> Evidence:
    app = FastAPI()

    @app.get("/menu")
    def read_menu(contains: str | None) -> str | None:
        return contains

    status = TestClient(app).get("/menu").status_code
    return Evidence(status == 200, (f"GET /menu without the parameter answered {status}",))


@claim(
    "A POST answers 201 Created by itself.",
    why="FastAPI answers 200 unless you say otherwise: `status_code=201` in the decorator.",
)
def post_answers_201() -> Evidence:
    app = FastAPI()
    app.post("/orders")(lambda: {"number": 1})
    status = TestClient(app).post("/orders").status_code
    return Evidence(status == 201, (f"POST /orders answered {status}",))


@claim(
    "In a POST route, plain parameters are read from the body.",
    why="Plain types come from path and query in every method. The body is read into a Pydantic model.",
)
def post_parameters_are_body() -> Evidence:
    app = FastAPI()

    @app.post("/orders")
    def take_order(dish: str) -> str:
        return dish

    answer = TestClient(app).post("/orders", json={"dish": "soup"})
    return Evidence(
        answer.status_code == 200,
        (f"status: {answer.status_code}", f"missing: {answer.json()['detail'][0]['loc']}"),
    )


@claim(
    "A type such as `int` also refuses what makes no sense, such as 0 portions.",
    why="A type says what a value is, not what makes sense. Bounds are yours to state: `Field(ge=1)` "
    "in a model, `Query(ge=1)` for a parameter.",
)
def int_means_sensible() -> Evidence:
    class Order(BaseModel):
        portions: int

    app = FastAPI()

    @app.post("/orders")
    def take_order(order: Order) -> int:
        return order.portions

    answer = TestClient(app).post("/orders", json={"portions": -3})
    return Evidence(
        answer.status_code == 422,
        (f"an order of -3 portions: {answer.status_code}, portions {answer.json()}",),
    )


@claim(
    "For a whole number, `float` does as well as `int`.",
    why="`float` takes 1.5, and hands it on. `int` takes whole numbers only: 1.5 is refused with 422.",
)
def float_is_any_number() -> Evidence:
    app = FastAPI()

    @app.get("/guests")
    def seat(number: float) -> float:
        return number

    answer = TestClient(app).get("/guests?number=1.5")
    seen = (f"1.5 guests: {answer.status_code} {answer.json()}",)
    return Evidence(answer.status_code == 422, seen)


@claim(
    "`gt=1` takes 1, and `lt=50` takes 50.",
    why="`gt` is *greater than*, `lt` is *less than*: the bound itself is out. `ge` and `le`, *or "
    "equal*, take it.",
)
def gt_takes_its_bound() -> Evidence:
    app = FastAPI()

    @app.get("/guests")
    def seat(number: Annotated[int, Query(gt=1, lt=50)]) -> int:
        return number

    client = TestClient(app)
    statuses = [client.get(f"/guests?number={number}").status_code for number in (1, 2, 49, 50)]
    return Evidence(statuses == [200] * 4, (f"1, 2, 49 and 50 guests: {statuses}",))


@claim(
    "When my code finds nothing, FastAPI answers 404.",
    why="A KeyError is a bug to FastAPI: 500. None is an answer: 200 and `null`. A 404 is said with "
    "`raise HTTPException(404, …)`.",
)
def missing_becomes_404() -> Evidence:
    menu = {"soup": 7}
    app = FastAPI()
    app.get("/key-error")(lambda: menu["caviar"])
    app.get("/none")(lambda: menu.get("caviar"))
    client = TestClient(app, raise_server_exceptions=False)
    statuses = [client.get(path).status_code for path in ("/key-error", "/none")]
    return Evidence(
        statuses == [404, 404], (f"KeyError answered {statuses[0]}", f"None answered {statuses[1]}")
    )


@claim(
    "`return body, 404` sets the status.",
    why="A tuple is data: it becomes a JSON list, with status 200. Raise an HTTPException instead.",
)
def tuple_sets_status() -> Evidence:
    app = FastAPI()

    @app.get("/caviar")
    def read_caviar() -> Any:
        return {"detail": "no caviar"}, 404

    answer = TestClient(app).get("/caviar")
    return Evidence(answer.status_code == 404, (f"{answer.status_code} {answer.json()}",))


@claim(
    "Returning an HTTPException does the same as raising it.",
    why="What is returned is data and answers 200. Only `raise` ends the request with the status.",
)
def returned_exception_counts() -> Evidence:
    app = FastAPI()
    app.get("/caviar")(lambda: HTTPException(404, "no caviar"))
    answer = TestClient(app).get("/caviar")
    return Evidence(answer.status_code == 404, (f"{answer.status_code} {answer.json()}",))


@claim(
    "What I define outside the app factory is fresh for each app, too.",
    why="It is made once, when its cell runs, and all apps share it. What belongs to one app is made "
    "inside the factory.",
)
def outside_is_fresh_too() -> Evidence:
    orders: list[str] = []

    def build_app() -> FastAPI:
        app = FastAPI()
        app.post("/orders")(lambda: orders.append("soup") or len(orders))  # type: ignore[func-returns-value]
        return app

    numbers = [TestClient(build_app()).post("/orders").json() for _ in range(2)]
    return Evidence(numbers == [1, 1], (f"the first order of two apps: number {numbers}",))


@claim(
    "A field that the client has no use for does not leave the kitchen.",
    why="Without a response model, everything that you return is sent. The response model is the "
    "list of what may leave.",
)
def extra_fields_stay_inside() -> Evidence:
    app = FastAPI()
    app.get("/soup")(lambda: {"name": "soup", "price": 7, "cost": 2})
    answer = TestClient(app).get("/soup").json()
    return Evidence("cost" not in answer, (f"sent: {answer}",))


@claim(
    "The dict that I take from the menu is my own copy.",
    why="Python hands out the object itself. Removing a key from it removes it for everybody, and "
    "for the next request.",
)
def dict_is_a_copy() -> Evidence:
    menu = {"soup": {"price": 7, "cost": 2}}
    dish = menu["soup"]
    dish.pop("cost")
    return Evidence("cost" in menu["soup"], (f"the menu afterwards: {menu}",))


@claim(
    "A field that is None is not sent.",
    why="None is sent as `null`, with its name. What the response model does not name is not sent.",
)
def none_is_not_sent() -> Evidence:
    class Dish(BaseModel):
        name: str
        cost: int | None = None

    app = FastAPI()

    @app.get("/soup")
    def read_soup() -> Dish:
        return Dish(name="soup")

    answer = TestClient(app).get("/soup").text
    return Evidence("cost" not in answer, (f"sent: {answer}",))


@claim(
    "`await` makes a blocking call let other guests through.",
    why="`await` only lets others through where something really waits. Blocking code blocks the "
    "loop, however many `async def` stand around it. Use `def`, or `await run_in_threadpool(…)`.",
)
def await_unblocks() -> Evidence:
    wrapped, in_threads = CoffeeMachine(), CoffeeMachine()
    app = FastAPI()

    async def brew() -> str:
        return wrapped.brew()

    @app.get("/awaited")
    async def awaited() -> str:
        return await brew()

    @app.get("/to-thread")
    async def to_thread() -> str:
        return await run_in_threadpool(in_threads.brew)

    rush(app, "/awaited")
    rush(app, "/to-thread")
    seen = (
        "8 guests; served at the same time:",
        f"await of an async function that blocks: {wrapped.most_at_once}",
        f"await run_in_threadpool(…):             {in_threads.most_at_once}",
    )
    return Evidence(wrapped.most_at_once > 1, seen)


@claim(
    "A bound that I mend silently is as good as a bound that I refuse.",
    why="The client asked for 0 and got 1 without a word. With `Query(ge=1, le=50)` the refusal says "
    "which parameter is wrong and why, and the documentation shows the bounds.",
)
def silent_mending_helps() -> Evidence:
    app = FastAPI()
    app.get("/mended")(lambda limit=10: {"used": max(1, int(limit))})

    @app.get("/refused")
    def refused(limit: Annotated[int, Query(ge=1)] = 10) -> dict[str, int]:
        return {"used": limit}

    client = TestClient(app)
    mended, refused_answer = client.get("/mended?limit=0"), client.get("/refused?limit=0")
    said = refused_answer.json()["detail"][0]["msg"]
    seen = (
        f"mended:  {mended.status_code} {mended.json()}",
        f"refused: {refused_answer.status_code} {said}",
    )
    return Evidence(mended.status_code == refused_answer.status_code, seen)
