# %% [markdown] cid="title" kind="prose"
# # 5 · Integrating SQLAlchemy with FastAPI endpoints: waiter meets chef
#
# The kitchen is ready: engine, session factory, a `get_db` that yields a session and closes it. The waiter stands at the door. Today they meet, and most of what goes wrong between them goes wrong silently.
#
# The next cell is what stage 4 arrived at, with two helpers: `restock()` puts the pantry back to two dishes, `on_disk()` reads the file past SQLAlchemy.

# %% cid="setup" kind="setup"
import atexit
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Annotated, Any
from unittest.mock import patch

from checks.stages.integrating_endpoints import FACT, MYTH, NO, YES, check, predict, quiz
from checks.xray import xray

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Response, status
from fastapi.exceptions import FastAPIError
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field
from sqlalchemy import Engine, create_engine, delete, func, inspect, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

shelf = Path(mkdtemp())
atexit.register(rmtree, shelf, ignore_errors=True)
pantry_file = shelf / "pantry.db"
engine = create_engine(f"sqlite:///{pantry_file}")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Dish(Base):
    __tablename__ = "dishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    price: Mapped[int]
    cost: Mapped[int] = mapped_column(default=0)  # what we pay: nobody's business
    note: Mapped[str | None]


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        try:
            yield db
        except Exception:
            db.rollback()
            raise


def restock() -> None:
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with SessionLocal.begin() as db:
        db.add_all([Dish(name="soup", price=7, cost=2), Dish(name="bread", price=3, cost=1)])


def on_disk() -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(pantry_file)) as raw:
        return raw.execute("SELECT id, name, price FROM dishes ORDER BY id").fetchall()


# %% cid="predict-without-setup" kind="predict"
# BEGIN SOLUTION: predict.session_without_setup()
predict.session_without_setup(NO)
# END SOLUTION

# %% cid="without-depends" kind="example"
app = FastAPI()

try:

    @app.get("/count")
    def count_dishes(db: Session) -> int:
        return db.scalar(select(func.count()).select_from(Dish))

except FastAPIError as error:
    print(f"{type(error).__name__}: {str(error).split(' is a valid')[0]}")

# %% [markdown] cid="injection" kind="prose"
# Refused while the app was built, before any guest came. A type hint describes what the *client* sends, and no client can send a session. Somebody has to say who makes it.
#
# **After this stage you can**
#
# - inject a session, and say who makes it, hands it over and closes it;
# - commit before the answer leaves, and send back what is really saved;
# - keep schemas beside models, so that nothing leaks and nothing is lost;
# - answer 201, 204 and 404, and change only what was sent;
# - share one lookup between routes, and one session between dependencies;
# - test the whole app on another database, with tests that notice faults.
#
# About 60 minutes, seven exercises. It builds on stage 4. Seen with FastAPI 0.165 and SQLAlchemy 2.1.
#
# ## Don't make it, ask for it
#
# *Dependency injection* is older than FastAPI, and the first of three ideas this course borrows from elsewhere. A function says **what** it needs. Somebody else decides **where that comes from**, hands it over, and clears away. The function below asks for a session. First you hand it one, then FastAPI does, which calls `get_db` for that.


# %% cid="bridge" kind="demo"
def count_dishes(db: Annotated[Session, Depends(get_db)]) -> int:
    return db.scalar(select(func.count()).select_from(Dish))


restock()
with SessionLocal() as mine:
    print("called by you:    ", count_dishes(mine))

app = FastAPI()
app.get("/count")(count_dishes)
with xray(app) as request:
    print("called by FastAPI:", TestClient(app).get("/count").json())
request

# %% [markdown] cid="design" kind="prose"
# This is the bridge, drawn from a real request: **app → dependency → session → engine → database**, and back. (The engine lends the connection and takes it back.) The endpoint is two lines. Everything around it happened because of one word, `Depends`. It is *clean* (the endpoint holds no plumbing), *reusable* (any route asks the same way) and *safe* (the session is closed whatever happens). What would the alternatives cost?
#
# | instead | the price |
# |---|---|
# | one global session | a refused change of one guest is saved by the next (stage 4) |
# | `with SessionLocal()` in each endpoint | sound, but repeated everywhere, and no test can put another database there |
# | a middleware that opens a session | every request pays for it, and no signature shows who uses it |
# | `next(get_db())` in the endpoint | nobody closes it: `predict.next_is_as_good()` |
#
# ## Two classes, because these are two questions
#
# `Dish` says what is *stored*. What may *leave* is another question. Two routes without a response model:

# %% cid="bare-objects" kind="example"
restock()
app = FastAPI()


@app.get("/dishes/{dish_id}")
def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
    return db.get(Dish, dish_id)


@app.post("/dishes")
def create_dish(name: str, db: Annotated[Session, Depends(get_db)]):
    dish = Dish(name=name, price=9)
    db.add(dish)
    db.commit()
    return dish


guest = TestClient(app)
print("read:   ", sorted(guest.get("/dishes/1").json().items(), key=str))
print("created:", guest.post("/dishes?name=stew").json(), "on disk:", on_disk()[-1])


# %% cid="schemas" kind="setup"
class DishIn(BaseModel):  # what a client may send
    name: str
    price: int = Field(ge=0)
    cost: int = Field(default=0, ge=0)
    note: str | None = None


class DishOut(BaseModel):  # what may leave
    id: int
    name: str
    price: int
    note: str | None


# %% [markdown] cid="list-dishes-task" kind="prose" exercise="list_dishes"
# The first answer leaks `cost`. The second is `{}`, with status 200: the commit *expired* the object, and FastAPI sent what was left in it. With `DishOut` as response model it reads each field by name, so neither can happen.
#
# ### Try: list the dishes
#
# Write `GET /dishes`: dishes as `DishOut`, sorted by name, a page at a time. `limit` is from 1 to 50, 10 by default; `offset` is from 0, 0 by default. The session comes from the `get_db` that is handed to you: the check brings a pantry of its own. One SELECT, and the *database* cuts the page.


# %% cid="list-dishes" kind="exercise" exercise="list_dishes"
def list_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION
    @app.get("/dishes", response_model=list[DishOut])
    def list_dishes(
        db: Annotated[Session, Depends(get_db)],
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> Any:
        query = select(Dish).order_by(Dish.name).offset(offset).limit(limit)
        return db.scalars(query).all()

    # END SOLUTION
    return app


# %% cid="list-dishes-check" kind="check" exercise="list_dishes"
check.list_dishes(list_app)

# %% [markdown] cid="pitfall" kind="prose"
# ## Pitfall 2: the dish that never was
#
# A client creates a dish. The answer is `201 Created`, with an id. **Predict** whether that is proof.

# %% cid="predict-id" kind="predict"
# BEGIN SOLUTION: predict.id_proves_saved()
predict.id_proves_saved(NO)
# END SOLUTION


# %% cid="pitfall-wrong" kind="demo"
def build_bistro() -> FastAPI:
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]) -> dict[str, int]:
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.flush()  # sends the INSERT, and the row gets its id
        return {"id": dish.id}

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]) -> Dish:
        if (dish := db.get(Dish, dish_id)) is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        return dish

    return app


restock()
bistro = build_bistro()
guest = TestClient(bistro)
with xray(bistro) as request:
    created = guest.post("/dishes", json={"name": "stew", "price": 9})
print("the answer:", created.status_code, created.json())
missing = guest.get(f"/dishes/{created.json()['id']}")
print("and then:  ", missing.status_code, missing.json())
print("on disk:   ", on_disk())
request

# %% [markdown] cid="create-dish-task" kind="prose" exercise="create_dish"
# The client holds an id that does not exist. Read the end of the picture: INSERT, `201 Created`, the session closes, **ROLLBACK**. No error, no warning: to close without a commit means *I did not mean it*.
#
# ### Try: create a dish
#
# **First look** at the next cell, the mended form. `commit` saves. It also expires the object, so `refresh` reads the row again, with everything the database filled in. (Leave `refresh` out, and the response model does that SELECT: the answer is built *before* the session closes.)
#
# **Then write** the cell after it: `POST /dishes` takes a `DishIn` and answers `201` with the saved dish as `DishOut`. When the answer leaves, the row is on disk.


# %% cid="pitfall-mended" kind="demo"
def build_bistro() -> FastAPI:
    app = FastAPI()

    @app.post("/soups", status_code=201, response_model=DishOut)
    def create_soup(db: Annotated[Session, Depends(get_db)]) -> Dish:
        soup = Dish(name="another soup", price=8)
        db.add(soup)
        db.commit()
        db.refresh(soup)
        return soup

    return app


restock()
bistro = build_bistro()
with xray(bistro) as request:
    print("the answer:", TestClient(bistro).post("/soups").json())
print("on disk:   ", on_disk())
request


# %% cid="create-dish" kind="exercise" exercise="create_dish"
def create_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()

    # BEGIN SOLUTION
    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]) -> Dish:
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.commit()
        db.refresh(dish)
        return dish

    # END SOLUTION
    return app


# %% cid="create-dish-check" kind="check" exercise="create_dish"
check.create_dish(create_app)

# %% [markdown] cid="change-dish-task" kind="prose" exercise="change_dish"
# ## Change what was sent, and nothing else
#
# A PATCH sends *some* fields. So its schema has a default for each, and then a question is left: did the client send `null`, or nothing at all?
#
# ### Try: change a dish
#
# **First look** at the next cell: Pydantic remembers what was sent.
#
# **Then write** `PATCH /dishes/{dish_id}`. The body may have `name`, `price` and `note`, and whatever else it has changes nothing; the answer is the whole dish as `DishOut`. A field that was not sent stays. A price of 0 is a price, a note of `null` takes the note away. An unknown dish is a 404.


# %% cid="exclude-unset" kind="example"
class TableChange(BaseModel):
    seats: int | None = None
    note: str | None = None


change = TableChange.model_validate_json('{"note": null}')
print("model_dump()                  ", change.model_dump())
print("model_dump(exclude_none=True) ", change.model_dump(exclude_none=True))
print("model_dump(exclude_unset=True)", change.model_dump(exclude_unset=True))


# %% cid="change-dish" kind="exercise" exercise="change_dish"
def change_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    # BEGIN SOLUTION
    class DishChange(BaseModel):
        name: str = ""  # a default only leaves it out: no client can send null here
        price: int = Field(default=0, ge=0)
        note: str | None = None

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: DB) -> Dish:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        for field, value in change.model_dump(exclude_unset=True).items():
            setattr(dish, field, value)
        db.commit()
        db.refresh(dish)
        return dish

    # END SOLUTION
    return app


# %% cid="change-dish-check" kind="check" exercise="change_dish"
check.change_dish(change_app)

# %% [markdown] cid="remove-dish-task" kind="prose" exercise="remove_dish"
# ### Try: remove a dish
#
# | done | status | body |
# |---|---|---|
# | read or changed | 200 OK | the dish |
# | created | 201 Created | the dish, with its id |
# | removed | **204 No Content** | none |
# | not there | 404 Not Found | a detail |
#
# Write `DELETE /dishes/{dish_id}`. The row is gone from the disk, and a second DELETE finds nothing.


# %% cid="remove-dish" kind="exercise" exercise="remove_dish"
def remove_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    # BEGIN SOLUTION
    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove_dish(dish_id: int, db: DB) -> None:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        db.delete(dish)
        db.commit()

    # END SOLUTION
    return app


# %% cid="remove-dish-check" kind="check" exercise="remove_dish"
check.remove_dish(remove_app)

# %% [markdown] cid="sub-dependencies" kind="prose"
# ## Dependencies of dependencies
#
# A dependency may ask for others, just as a route does. A *repository* is such a one: a class that knows the queries, so that the routes need not. Both ask for `get_db`. **Predict** whether that makes two sessions.

# %% cid="predict-each" kind="predict"
# BEGIN SOLUTION: predict.each_depends_own_session()
predict.each_depends_own_session(NO)
# END SOLUTION

# %% cid="sub-dependencies-example" kind="example"
restock()
app = FastAPI()


class Menu:
    def __init__(self, db: Annotated[Session, Depends(get_db)]) -> None:
        self.db = db

    def cheapest(self) -> str:
        return self.db.scalar(select(Dish.name).order_by(Dish.price).limit(1))


@app.get("/menu")
def menu(menu: Annotated[Menu, Depends()], db: Annotated[Session, Depends(get_db)]):
    return {"cheapest": menu.cheapest(), "one session": menu.db is db}


@app.get("/scopes")
def scopes(
    db: Annotated[Session, Depends(get_db)],
    early: Annotated[Session, Depends(get_db, scope="function")],
    uncached: Annotated[Session, Depends(get_db, use_cache=False)],
):
    return {"another scope": early is db, "use_cache=False": uncached is db}


guest = TestClient(app)
print(guest.get("/menu").json())
print(guest.get("/scopes").json())

# %% [markdown] cid="dish-or-404-task" kind="prose" exercise="dish_or_404"
# Within a request, FastAPI calls a dependency once and shares the result: one session, one transaction. Ask with another `scope`, or later with `use_cache=False`, and you get a second session: then `db.commit()` saves nothing of what the other one changed. So write **one alias**, `DB = Annotated[Session, Depends(get_db)]`, and use it everywhere.
#
# ### Try: one lookup for three routes
#
# Three routes need *the dish of the path, or a 404*. Write it once: `dish_or_404` is a dependency that returns the dish, or refuses with a detail that names the id. It has no parameters yet. Which does it need?


# %% cid="dish-or-404" kind="exercise" exercise="dish_or_404"
def routes_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    # BEGIN SOLUTION: def dish_or_404() -> Dish: ...
    def dish_or_404(dish_id: int, db: DB) -> Dish:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        return dish

    # END SOLUTION

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% cid="dish-or-404-check" kind="check" exercise="dish_or_404"
check.dish_or_404(routes_app)

# %% [markdown] cid="tests" kind="prose"
# ## A test cooks in another kitchen
#
# A test must not touch the real pantry. It needs two things.
#
# **Tables.** They are made when the bistro opens, in the *lifespan*. It runs only for a client in `with`. (`create_all` makes what is missing and never alters a table; stage 7 brings migrations.)
#
# **Another database behind the same routes.** `app.dependency_overrides` is a dict: the original dependency, and what to call instead. First the tables; then **predict** whether an override finds its function by name.


# %% cid="lifespan" kind="example"
def build_bistro(engine: Engine) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        Base.metadata.create_all(engine)
        yield
        engine.dispose()

    return FastAPI(lifespan=lifespan)


empty = create_engine(f"sqlite:///{shelf / 'empty.db'}")
Base.metadata.drop_all(empty)

TestClient(build_bistro(empty)).get("/")
print("a bare client:   ", inspect(empty).get_table_names())

with TestClient(build_bistro(empty)):
    print("a client in with:", inspect(empty).get_table_names())

# %% cid="predict-override" kind="predict"
# BEGIN SOLUTION: predict.override_by_name()
predict.override_by_name(NO)
# END SOLUTION

# %% cid="override-example" kind="example"
restock()
scratch_engine = create_engine(f"sqlite:///{shelf / 'scratch.db'}")
Base.metadata.create_all(scratch_engine)


def scratch_db() -> Iterator[Session]:
    with Session(scratch_engine) as db:
        yield db


app = FastAPI()


@app.get("/count")
def count_dishes(db: Annotated[Session, Depends(get_db)]) -> int:
    return db.scalar(select(func.count()).select_from(Dish))


guest = TestClient(app)
print("no override:     ", guest.get("/count").json(), "dishes")

app.dependency_overrides["get_db"] = scratch_db
print("key 'get_db':    ", guest.get("/count").json(), "dishes")

app.dependency_overrides[get_db] = scratch_db
print("the key is get_db:", guest.get("/count").json(), "dishes")

app.dependency_overrides.clear()
scratch_engine.dispose()

# %% [markdown] cid="test-with-an-override-task" kind="prose" exercise="test_with_an_override"
# The key is the function itself. A wrong key is ignored without a word, and a green test has just worked on the real pantry.
#
# ### Try: a test with an override
#
# Write `test_create`, a test of `POST /dishes`, as you would for pytest: it asserts. It is handed
#
# - `app`, whose routes depend on `get_db`. `POST /dishes` takes a `DishIn` and answers 201 with a `DishOut`; `GET /dishes/{dish_id}` reads one;
# - `get_db`, which opens the real pantry;
# - `scratch`, a `sessionmaker` on an empty pantry with tables.
#
# The test moves the app to the scratch pantry, creates a dish, and makes sure it is *saved*. No override stays behind, even when the test fails. The check runs it on a good app and on one that forgets the commit.


# %% cid="test-with-an-override" kind="exercise" exercise="test_with_an_override"
def test_create(app: FastAPI, get_db: Callable[..., Any], scratch: sessionmaker[Session]) -> None:
    # BEGIN SOLUTION
    def scratch_db() -> Iterator[Session]:
        with scratch() as db:
            yield db

    app.dependency_overrides[get_db] = scratch_db
    try:
        answer = TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
        assert answer.status_code == 201
        with scratch() as db:
            assert db.scalars(select(Dish.name)).all() == ["stew"]
    finally:
        app.dependency_overrides.clear()
    # END SOLUTION


# %% cid="test-with-an-override-check" kind="check" exercise="test_with_an_override"
check.test_with_an_override(test_create)

# %% [markdown] cid="write-the-test-task" kind="prose" exercise="write_the_test"
# ### Try: a test worth its name
#
# A test that never fails proves nothing. Write `test_dishes(client)` for that same app; the client is already on a scratch pantry, which may hold other dishes. These are the promises to test:
#
# - what `POST /dishes` created, `GET /dishes/{id}` finds, as `DishOut`;
# - the cost never leaves;
# - an unknown id is a 404.
#
# The check runs your test on a good app and on three bad ones. The card says which fault survived.


# %% cid="write-the-test" kind="exercise" exercise="write_the_test"
def test_dishes(client: TestClient) -> None:
    # BEGIN SOLUTION
    new = {"name": "stew", "price": 9, "cost": 4, "note": None}
    created = client.post("/dishes", json=new)
    assert created.status_code == 201

    number = created.json()["id"]
    read = client.get(f"/dishes/{number}")
    assert read.status_code == 200
    assert read.json() == {"id": number, "name": "stew", "price": 9, "note": None}

    assert client.get(f"/dishes/{number + 1}").status_code == 404
    # END SOLUTION


# %% cid="write-the-test-check" kind="check" exercise="write_the_test"
check.write_the_test(test_dishes)

# %% [markdown] cid="quiz-intro" kind="prose"
# ## Myth-buster
#
# Fact or myth? Each verdict comes from an experiment that runs when you commit; open it on the card and read it.

# %% cid="quiz" kind="quiz"
# BEGIN SOLUTION: quiz()
quiz(
    each_depends_own_session=MYTH,
    override_by_name=MYTH,
    orm_object_always_works=MYTH,
    response_after_close=MYTH,
    id_proves_saved=MYTH,
    override_reaches_sub_dependencies=FACT,
)
# END SOLUTION

# %% [markdown] cid="recap" kind="prose"
# ## What you take along
#
# - `Depends(get_db)`: you name the function, FastAPI calls it, passes the session in and closes it.
# - Close without commit is a rollback. Only `commit` saves; an id or a 201 proves nothing.
# - `commit` expires the object; `refresh`, or the response model, reads it again.
# - A model says what is stored, a schema what may come in or leave.
# - PATCH: `exclude_unset` knows what was sent. DELETE: 204, no body.
# - One request, one `DB` alias, one session.
# - The response is built first; the session closes later.
# - An override's key is the function itself, and it reaches every sub-dependency.
#
# **A checklist for your own service**
#
# 1. Does every route that writes commit before it returns?
# 2. Does every route that returns an ORM object name a response model?
# 3. Is there one alias for the session, with one scope?
# 4. Does a test read back, by a second request, what the first one created?
# 5. Is every override taken out again, also when the test fails?
#
# **How far you are,** and where to go on: `from checks.progress import progress; progress()`, in a cell of your own.
#
# One order now has one commit. In [stage 6](06_transactions_and_errors.ipynb) an order has several steps, and one of them fails: the bill.
