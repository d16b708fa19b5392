# %% [markdown] cid="title" kind="prose"
# # 1 · Understanding FastAPI basics: the waiter
#
# You are opening a bistro. Its menu lives in a Python list, and it works. Then the bistro closes for the night and opens again.
#
# One rule runs through this course: **what you believe is put to the test**. You vote, and an experiment decides on the spot; the cell below it shows the matter in full. Vote by a click, or type it: `predict.app_remembers(YES)` or `(NO)`. Votes earn no points.
#
# Run each cell with <kbd>Shift</kbd> + <kbd>Enter</kbd>, from top to bottom. The next one sets the table: if a name is ever *not defined*, run it again. In the bistro below, `TestClient` plays the guest.

# %% cid="setup" kind="setup"
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from checks.rush import CoffeeMachine, rush
from checks.stages.fastapi_basics import FACT, MYTH, NO, YES, check, predict, quiz
from checks.xray import xray

from fastapi import APIRouter, Body, FastAPI, HTTPException, Path, Query, status
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field

# %% cid="predict-remembers" kind="predict"
# BEGIN SOLUTION: predict.app_remembers()
predict.app_remembers(NO)
# END SOLUTION


# %% cid="hook-bistro" kind="example"
def build_bistro() -> FastAPI:
    app = FastAPI()
    menu = ["soup"]

    @app.get("/menu")
    def read_menu() -> list[str]:
        return menu

    @app.post("/menu")
    def add_dish(dish: str) -> list[str]:
        menu.append(dish)
        return menu

    return app


tonight = TestClient(build_bistro())
tonight.post("/menu?dish=lentils")
print("tonight: ", tonight.get("/menu").json())

tomorrow = TestClient(build_bistro())
print("tomorrow:", tomorrow.get("/menu").json())

# %% [markdown] cid="model" kind="prose"
# The lentils are gone: `menu` was made anew together with the app. A real app is built anew whenever its process starts, at every deployment and after every crash. A bistro needs a **pantry**, a place that outlives the evening. The other six stages are about getting one and living with it. This is the picture for all of them:
#
# ```mermaid
# flowchart LR
#   accTitle: The bistro
#   accDescr: A guest asks the waiter, FastAPI. The waiter asks the chef, SQLAlchemy. The chef works with the pantry, the database. Each answer goes the same way back.
#   guest(["Guest<br/>the client"]) <-->|"HTTP, JSON"| waiter["Waiter<br/>FastAPI"]
#   waiter <-->|"Python objects"| chef["Chef<br/>SQLAlchemy"]
#   chef <-->|"SQL, rows"| pantry[("Pantry<br/>the database")]
# ```
#
# The **waiter** takes orders, refuses nonsense politely and brings the answer. He never cooks. The **chef** cooks and never talks to guests. The **pantry** keeps. This stage is about the waiter alone: most trouble with databases in FastAPI starts at his table. Who calls my function, when, in which thread, and what becomes of what I return?
#
# **After this stage you can**
#
# - read a route and say which request reaches it, with which values;
# - let FastAPI refuse bad input, and answer with the right status code;
# - keep secrets out of an answer with a response model;
# - choose between `def` and `async def` by counting guests, not by taste;
# - drive a whole app from a notebook without any server.
#
# About 55 minutes, six exercises, no database yet. It builds on Python and a rough idea of HTTP. Seen with FastAPI 0.165 and Starlette 1.10.

# %% [markdown] cid="route" kind="prose"
# ## A request finds its function
#
# A *route* ties a method and a path to a function. What a request has in the place of `{name}` is handed to the parameter `name`, and its type hint says what it has to be. The return type is a promise too: an answer that breaks it becomes a 500.
#
# `build_bistro` is an *app factory*: a function that builds a fresh app. `TestClient` calls that app as a function, in this process; no server runs. And the **x-ray** records what really happens, in the order in which it happens.


# %% cid="route-demo" kind="demo"
def build_bistro(menu: dict[str, int]) -> FastAPI:
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> dict[str, str | int]:
        return {"name": name, "price": menu[name]}

    @app.get("/tables/{number}")
    def read_table(number: int) -> dict[str, int]:
        return {"table": number, "seats": 4}

    return app


bistro = build_bistro({"soup": 7, "bread": 3})
guest = TestClient(bistro)
with xray(bistro) as request:
    guest.get("/dishes/soup")
request

# %% [markdown] cid="validation" kind="prose"
# Read it from top to bottom: the request arrives, FastAPI finds the function and calls it with `name='soup'`, the dict comes back, JSON goes out.
#
# Now somebody asks for table *seven*, in letters. **Predict**: must your function notice?

# %% cid="predict-validate" kind="predict"
# BEGIN SOLUTION: predict.validate_by_hand()
predict.validate_by_hand(NO)
# END SOLUTION

# %% cid="validation-demo" kind="demo"
with xray(bistro) as request:
    guest.get("/tables/7")
    guest.get("/tables/seven")
request

# %% [markdown] cid="greet-guest-task" kind="prose" exercise="greet_guest"
# The second request never reached your function. The waiter refused it with **422** and said where the trouble is (`loc`) and of what kind (`type`). So inside `read_table`, `number` *is* an `int`: no test by hand, no `int(...)`, no `try`.
#
# ### Try: greet the guest
#
# Write the route `GET /guests/{name}/seats/{number}`. Its answer is a message and the number of the next seat: for `/guests/you/seats/4` it is `{"message": "Welcome, you!", "neighbour": 5}`. A seat that is no number is refused by FastAPI.
#
# The check calls your app as a guest would, with names and numbers drawn anew each time. Stuck? Run `check.greet_guest.hint()` in a cell of your own, as often as you like.


# %% cid="greet-guest" kind="exercise" exercise="greet_guest"
def greeting_app() -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION
    @app.get("/guests/{name}/seats/{number}")
    def greet(name: str, number: int) -> dict[str, str | int]:
        return {"message": f"Welcome, {name}!", "neighbour": number + 1}

    # END SOLUTION
    return app


# %% cid="greet-guest-check" kind="check" exercise="greet_guest"
check.greet_guest(greeting_app)

# %% [markdown] cid="search-menu-task" kind="prose" exercise="search_menu"
# ## What stands behind the question mark
#
# A parameter that the path does not name is a *query parameter*. A default makes it optional; without one it is required. Bounds go in the type, which for you is still an `int`:
#
# ```python
# @app.get("/tables")
# def free_tables(seats: Annotated[int, Query(ge=1, le=12)] = 2): ...
# ```
#
# `/tables` asks for 2 seats, `/tables?seats=4` for 4, and `/tables?seats=0` is refused with 422.
#
# ### Try: search the menu
#
# `menu` is a list of dish names. Write `GET /menu` with two query parameters:
#
# - `contains`, optional: only dishes with this piece in their name, written in just this way (`Pie` does not find `pie`);
# - `limit`, from 1 to 50, 10 if the guest says nothing: at most this many dishes.
#
# The answer is `{"dishes": [...]}`, sorted by name.


# %% cid="search-menu" kind="exercise" exercise="search_menu"
def menu_app(menu: list[str]) -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION
    @app.get("/menu")
    def search(
        contains: str = "", limit: Annotated[int, Query(ge=1, le=50)] = 10
    ) -> dict[str, list[str]]:
        found = sorted(dish for dish in menu if contains in dish)
        return {"dishes": found[:limit]}

    # END SOLUTION
    return app


# %% cid="search-menu-check" kind="check" exercise="search_menu"
check.search_menu(menu_app)

# %% [markdown] cid="order" kind="prose"
# ## The first match wins
#
# The soup gets dearer: you edit the price in the route and run its cell once more. **Predict**: does the guest pay the new price?

# %% cid="predict-rerun" kind="predict"
# BEGIN SOLUTION: predict.rerun_replaces_route()
predict.rerun_replaces_route(NO)
# END SOLUTION

# %% cid="order-example" kind="example"
app = FastAPI()


@app.get("/soup")
def soup_price() -> int:
    return 7


@app.get("/soup")  # the same cell, edited and run again
def soup_price() -> int:
    return 9


TestClient(app).get("/soup").json()

# %% [markdown] cid="body" kind="prose"
# The decorator *adds* a route to the app's list; it replaces nothing. A request walks along that list and stops at the first route that fits. Hence the app factory: it starts from an empty list, so its cell can be run twice. The same rule bites elsewhere: `/dishes/{name}` above `/dishes/special` swallows the special.
#
# ## An order has a body
#
# What is sent *in* a request, as JSON, is described by a Pydantic model. One class is the check, the documentation and the object that you work with.


# %% cid="body-example" kind="example"
class Reservation(BaseModel):
    name: str
    guests: int = Field(ge=1, le=12)


def build_bistro() -> FastAPI:
    app = FastAPI()

    @app.post("/reservations", status_code=201)  # 201: created
    def reserve(reservation: Reservation) -> dict[str, str]:
        return {"reserved for": reservation.name}

    return app


guest = TestClient(build_bistro())
print(guest.post("/reservations", json={"name": "window table", "guests": 3}).json())

refused = guest.post("/reservations", json={"name": "window table", "guests": 0})
print(refused.status_code, refused.json()["detail"][0]["loc"], refused.json()["detail"][0]["msg"])

# %% [markdown] cid="take-order-task" kind="prose" exercise="take_order"
# ### Try: take an order
#
# Write `POST /orders`. Its body has `dish`, a text, and `portions`, a whole number, 1 or more. The answer is `201 Created` with the order and its number: `{"number": 1, "dish": "soup", "portions": 2}`, and 2 for the next order of the same app. A new app starts with 1 again.


# %% cid="take-order" kind="exercise" exercise="take_order"
def order_app() -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION
    class Order(BaseModel):
        dish: str
        portions: int = Field(ge=1)

    orders: list[Order] = []

    @app.post("/orders", status_code=201)
    def take_order(order: Order) -> dict[str, str | int]:
        orders.append(order)
        return {"number": len(orders), **order.model_dump()}

    # END SOLUTION
    return app


# %% cid="take-order-check" kind="check" exercise="take_order"
check.take_order(order_app)

# %% [markdown] cid="errors" kind="prose"
# ## Saying no
#
# | status | says | who says it |
# |---|---|---|
# | 200 OK | here it is | FastAPI, unless told otherwise |
# | 201 Created | done, and it is new | you: `status_code=201` |
# | 404 Not Found | there is no such thing | FastAPI for unknown paths, **you** for unknown dishes |
# | 422 Unprocessable Content | I cannot read this | FastAPI, from your type hints |
# | 500 Internal Server Error | our fault | an exception that nobody caught |
#
# Watch what a guest sees when the waiter simply looks the dish up. (`raise_server_exceptions=False` makes TestClient answer as a real server does, instead of raising.)


# %% cid="errors-example" kind="example"
def build_bistro(menu: dict[str, int]) -> FastAPI:
    app = FastAPI()

    @app.get("/prices/{name}")
    def read_price(name: str) -> int:
        return menu[name]

    return app


bistro = build_bistro({"soup": 7})
guest = TestClient(bistro, raise_server_exceptions=False)
with xray(bistro) as request:
    guest.get("/prices/caviar")
request

# %% [markdown] cid="unknown-dish-task" kind="prose" exercise="unknown_dish"
# ### Try: an unknown dish is no accident
#
# A `KeyError` became a 500: *our* fault, says the status, while the guest only asked for something we do not have. The way to say so is to **raise** an `HTTPException(status_code=404, detail=...)`.
#
# Write `GET /dishes/{name}`: `{"name": ..., "price": ...}` for a dish on the menu, 404 for any other, with a detail that names the dish that was asked for.


# %% cid="unknown-dish" kind="exercise" exercise="unknown_dish"
def price_app(menu: dict[str, int]) -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION
    @app.get("/dishes/{name}")
    def read_dish(name: str) -> dict[str, str | int]:
        if name not in menu:
            raise HTTPException(status_code=404, detail=f"There is no {name} on the menu")
        return {"name": name, "price": menu[name]}

    # END SOLUTION
    return app


# %% cid="unknown-dish-check" kind="check" exercise="unknown_dish"
check.unknown_dish(price_app)

# %% [markdown] cid="response" kind="prose"
# ## What may leave the kitchen
#
# Whatever your function returns is sent, unless a *response model* says what may leave. You give it as the return type, or as `response_model=` in the decorator. FastAPI checks the answer against it, lets nothing else out, and documents it: the app describes itself under `/openapi.json`.


# %% cid="response-example" kind="example"
class Table(BaseModel):
    number: int


def build_bistro() -> FastAPI:
    app = FastAPI()

    @app.get("/everything")
    def everything():
        return {"number": 7, "tip last night": 12}

    @app.get("/filtered", response_model=Table)
    def filtered():
        return {"number": 7, "tip last night": 12}

    return app


guest = TestClient(build_bistro())
print("no model:", guest.get("/everything").json())
print("a model: ", guest.get("/filtered").json())
print("documented paths:", list(guest.get("/openapi.json").json()["paths"]))

# %% [markdown] cid="hide-the-cost-task" kind="prose" exercise="hide_the_cost"
# ### Try: hide the cost
#
# `pantry` maps the name of a dish to a dict with `name`, `price` and `cost`. What we pay for the ingredients is nobody's business. Write `GET /dishes/{name}` so that it answers with name and price only, and leaves the pantry as it is.


# %% cid="hide-the-cost" kind="exercise" exercise="hide_the_cost"
def card_app(pantry: dict[str, dict[str, Any]]) -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION
    class DishOut(BaseModel):
        name: str
        price: int

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> DishOut:
        return DishOut(**pantry[name])

    # END SOLUTION
    return app


# %% cid="hide-the-cost-check" kind="check" exercise="hide_the_cost"
check.hide_the_cost(card_app)

# %% [markdown] cid="async" kind="prose"
# ## Eight guests at once
#
# FastAPI runs an `async def` function on its one *event loop*, and a `def` function in one of 40 *threads*. A database call of the classic kind **blocks**: it holds whatever it runs in until the answer is there.
#
# Our coffee machine blocks too, and it counts: `most_at_once` is how many cups were in the making at the same time. **Predict** before eight guests order.

# %% cid="predict-async" kind="predict"
# BEGIN SOLUTION: predict.async_is_always_faster()
predict.async_is_always_faster(NO)
# END SOLUTION

# %% cid="async-example" kind="example"
machines = {"/def": CoffeeMachine(), "/async-def": CoffeeMachine()}
app = FastAPI()


@app.get("/def")
def in_a_thread() -> str:
    return machines["/def"].brew()


@app.get("/async-def")
async def on_the_loop() -> str:
    return machines["/async-def"].brew()


for path, machine in machines.items():
    rush(app, path, guests=8)
    print(f"{path:10} coffees in the making at the same time: {machine.most_at_once} of 8")

# %% [markdown] cid="do-not-block-task" kind="prose" exercise="do_not_block"
# One after the other: while the loop is stuck in `brew()`, no other guest is served. (On the loop the machine does not even wait for company: nobody could come.) The rule is short. **Blocking work belongs in `def`. `async def` is for code that awaits.**
#
# ### Try: find the blocking call
#
# The app below works, and its guests complain about the queue. Find the cause and mend it. The coffee stays what it is: `GET /coffee` answers `{"cup": ...}` with what `machine.brew()` returns.


# %% cid="do-not-block" kind="exercise" exercise="do_not_block"
def coffee_app(machine: CoffeeMachine) -> FastAPI:
    app = FastAPI()

    @app.get("/coffee")
    # BEGIN SOLUTION: async def make_coffee() -> dict[str, str]:
    def make_coffee() -> dict[str, str]:
        # END SOLUTION
        return {"cup": machine.brew()}

    return app


# %% cid="do-not-block-check" kind="check" exercise="do_not_block"
check.do_not_block(coffee_app)

# %% [markdown] cid="lifespan" kind="prose"
# ## Opening and closing
#
# What has to happen once, before the first guest and after the last, goes into the app's *lifespan*. In later stages the database engine is opened and closed there. In tests it has a catch:

# %% cid="lifespan-example" kind="example"
log = []


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    log.append("open the bistro")
    yield
    log.append("close the bistro")


app = FastAPI(lifespan=lifespan)

TestClient(app).get("/")
print("a bare client:   ", log)

with TestClient(app) as guest:
    guest.get("/")
print("a client in with:", log)

# %% [markdown] cid="quiz-intro" kind="prose"
# The bare client never opened the bistro. Use `with` whenever your lifespan prepares something.
#
# ## Myth-buster
#
# Fact or myth? Each verdict comes from an experiment that runs when you commit; open it on the card and read it.

# %% cid="quiz" kind="quiz"
# BEGIN SOLUTION: quiz()
quiz(
    async_is_always_faster=MYTH,
    client_needs_a_server=MYTH,
    validate_by_hand=MYTH,
    rerun_replaces_route=MYTH,
    lifespan_always_runs=MYTH,
    def_serves_many=FACT,
)
# END SOLUTION

# %% [markdown] cid="recap" kind="prose"
# ## What you take along
#
# - A route is found by method and path; the first match wins.
# - Type hints are the check: what does not fit is refused with 422, and your function is not called.
# - No default means required. Bounds go in the type.
# - A refusal is raised: `HTTPException(404, ...)`. What nobody catches becomes a 500.
# - The response model is the list of what may leave.
# - `def` gets a thread, `async def` gets the loop. Blocking work belongs in `def`.
# - `with TestClient(app)` runs the lifespan; without `with` it does not run.
#
# **A checklist for your own service**
#
# 1. Is each app built by a factory, so that tests start from a fresh one?
# 2. Does every route declare its response model?
# 3. Is there a blocking call inside any `async def`?
# 4. Does every lookup that can miss raise a 404?
#
# **How far you are,** and where to go on: `from checks.progress import progress; progress()`, in a cell of your own.
#
# The waiter is ready. In [stage 2](02_sqlalchemy_core_concepts.ipynb) the chef comes in.
