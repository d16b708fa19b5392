"""What one may believe about sessions in endpoints, each with the experiment that decides it."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.exceptions import FastAPIError
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from checks.claim import Evidence, claim
from checks.stages.fastapi_basics import claims as waiter
from checks.stages.integrating_endpoints.pantry import Dish, pantry
from checks.xray import Kind, xray

# What stage 1 showed explains wrong answers here as well.
missing_becomes_404 = waiter.missing_becomes_404
path_values_by_position = waiter.path_values_by_position
post_answers_201 = waiter.post_answers_201
returned_exception_counts = waiter.returned_exception_counts
silent_mending_helps = waiter.silent_mending_helps

# --- The quiz and the predictions ----------------------------------------------------------------


@claim(
    "An endpoint can use a session without any setup: a parameter `db: Session` is enough.",
    why="A bare type hint describes what the client sends, and no client can send a session. "
    "`Depends(get_db)` says who makes it; FastAPI calls that and passes the session in.",
)
def session_without_setup() -> Evidence:
    app = FastAPI()
    try:

        @app.get("/dishes")
        def list_dishes(db: Session) -> list[str]:
            return list(db.scalars(select(Dish.name)))

    except FastAPIError as error:
        said = str(error).split(" is a valid")[0]
        return Evidence(holds=False, seen=("the route was refused, before any request:", said))
    return Evidence(holds=True, seen=("the route was accepted",))


@claim(
    "The id in the answer proves that the row is saved.",
    why="The id is given out by the flush, inside the transaction. Without `commit` the transaction is "
    "rolled back when the session closes, and the client keeps an id that does not exist.",
)
def id_proves_saved() -> Evidence:
    with pantry() as own:
        app = FastAPI()

        @app.post("/dishes")
        def create(db: Annotated[Session, Depends(own.get_db)]) -> int:
            dish = Dish(name="soup", price=7)
            db.add(dish)
            db.flush()
            return dish.id

        answer = TestClient(app).post("/dishes").json()
        on_disk = [row["id"] for row in own.rows()]
    seen = (f"id in the answer: {answer}", f"ids on disk:      {on_disk}")
    return Evidence(holds=answer in on_disk, seen=seen)


@claim(
    "Each `Depends(get_db)` makes its own session.",
    why="Within one request FastAPI calls a dependency once and hands the result to everyone who asks "
    "for it. So all parts of a request share one session, and one transaction.",
)
def each_depends_own_session() -> Evidence:
    with pantry() as own:
        DB = Annotated[Session, Depends(own.get_db)]

        class Menu:
            def __init__(self, db: DB) -> None:
                self.db = db

        app = FastAPI()

        @app.get("/same")
        def same(db: DB, menu: Annotated[Menu, Depends()]) -> bool:
            return db is menu.db

        answer = TestClient(app).get("/same").json()
        made = len(own.given)
    seen = (
        "two places ask for a session in one request",
        f"sessions made: {made}",
        f"the same one in both: {answer}",
    )
    return Evidence(holds=made == 2, seen=seen)


@claim(
    "An override goes by name: `app.dependency_overrides` finds `get_db` by what it is called.",
    why="The key is the function object itself. Any other key, even a function of the same name, is "
    "ignored without a word, and the test works on the real database.",
)
def override_by_name() -> Evidence:
    def make_get_db() -> Callable[[], str]:
        def get_db() -> str:
            return "the real pantry"

        return get_db

    get_db, namesake = make_get_db(), make_get_db()
    app = FastAPI()

    @app.get("/")
    def used(db: Annotated[str, Depends(get_db)]) -> str:
        return db

    keys: dict[str, Any] = {"its name": "get_db", "a namesake": namesake, "the function": get_db}
    used_with = {}
    for what, key in keys.items():
        app.dependency_overrides = {key: lambda: "the scratch pantry"}
        used_with[what] = TestClient(app).get("/").json()
    seen = tuple(f"key: {what:12} → {answer}" for what, answer in used_with.items())
    return Evidence(used_with["its name"] == "the scratch pantry", seen)


@claim(
    "Returning the ORM object always works: the answer is the dish.",
    why="Without a response model FastAPI sends what the object happens to have loaded: columns that "
    "nobody may see, and after a commit, which expires it, nothing at all.",
)
def orm_object_always_works() -> Evidence:
    with pantry(Dish(name="soup", price=7, cost=2)) as own:
        DB = Annotated[Session, Depends(own.get_db)]
        app = FastAPI()

        @app.get("/dish")
        def read(db: DB):  # type: ignore[no-untyped-def]
            return db.get(Dish, 1)

        @app.post("/dish")
        def create(db: DB):  # type: ignore[no-untyped-def]
            dish = Dish(name="bread", price=3)
            db.add(dish)
            db.commit()
            return dish

        read_fields = sorted(TestClient(app).get("/dish").json())
        created_fields = sorted(TestClient(app).post("/dish").json())
    seen = (f"read:         {read_fields}", f"after commit: {created_fields}")
    return Evidence(read_fields == created_fields == ["id", "name", "price"], seen)


@claim(
    "The response is built after the session has closed.",
    why="FastAPI turns what you return into JSON first and leaves the dependency later, whatever its "
    "scope. That is why an expired object can still be sent: it is read again, at the price of a SELECT.",
)
def response_after_close() -> Evidence:
    class DishOut(BaseModel):
        name: str

    steps = {}
    for scope in ("request", "function"):
        with pantry(Dish(name="soup", price=7)) as own:
            app = FastAPI()

            @app.get("/dish", response_model=DishOut)
            def read(db: Annotated[Session, Depends(own.get_db, scope=scope)]) -> Any:
                dish = db.get(Dish, 1)
                db.commit()  # expires the dish: building the response has to read it again
                return dish

            with xray(app) as request:
                TestClient(app).get("/dish")
            kinds = (
                Kind.ENDPOINT_RETURNS,
                Kind.STATEMENT,
                Kind.SESSION_CLOSES,
                Kind.RESPONSE_START,
            )
            steps[scope] = request.order(*kinds)[1:]  # the first SELECT is the endpoint's own
    late = [
        order.index(Kind.STATEMENT) > order.index(Kind.SESSION_CLOSES) for order in steps.values()
    ]
    seen = tuple(f"{scope:8} scope: {' → '.join(order)}" for scope, order in steps.items())
    return Evidence(holds=any(late), seen=seen)


@claim(
    "An override of `get_db` also reaches the dependencies that depend on it.",
    why="FastAPI looks into the overrides whenever it calls a dependency, however deep it stands. One "
    "override of `get_db` moves the whole app to another database.",
)
def override_reaches_sub_dependencies() -> Evidence:
    with pantry() as real, pantry() as scratch:

        class Menu:
            def __init__(self, db: Annotated[Session, Depends(real.get_db)]) -> None:
                self.db = db

        app = FastAPI()

        @app.post("/dishes")
        def create(menu: Annotated[Menu, Depends()]) -> None:
            menu.db.add(Dish(name="soup", price=7))
            menu.db.commit()

        app.dependency_overrides[real.get_db] = scratch.get_db
        TestClient(app).post("/dishes")
        in_real, in_scratch = len(real.rows()), len(scratch.rows())
    seen = (
        f"dishes in the real pantry:    {in_real}",
        f"dishes in the scratch pantry: {in_scratch}",
    )
    return Evidence(holds=(in_real, in_scratch) == (0, 1), seen=seen)


# --- Beliefs behind wrong answers ----------------------------------------------------------------


@claim(
    "The class of a table can be a response model: `response_model=Dish`, or `-> Dish`.",
    why="A response model is a Pydantic model. The table says what is stored, the schema what may "
    "leave: two classes, because these are two questions.",
)
def orm_class_is_a_schema() -> Evidence:
    app = FastAPI()
    try:

        @app.get("/dish", response_model=Dish)
        def read() -> Any: ...

    except FastAPIError as error:
        said = str(error).split(".", 1)[0].split("<class")[0].strip()
        return Evidence(False, ("the route was refused:", f"FastAPIError: {said} Dish …"))
    return Evidence(holds=True, seen=("the route was accepted",))


@claim(
    "`Depends(get_db())` is right: I call the function, and FastAPI gets the session.",
    why="Called once, while the app is built, it would be one object for all requests. `Depends(get_db)` "
    "hands over the function, and FastAPI calls it for each request.",
)
def depends_takes_the_call() -> Evidence:
    with pantry() as own:
        app = FastAPI()
        try:

            @app.get("/")
            def read(db: Annotated[Session, Depends(own.get_db())]) -> bool:
                return True

        except TypeError as error:
            said = str(error).split(">")[-1].strip()
            return Evidence(False, ("the route was refused:", f"TypeError: the generator {said}"))
    return Evidence(holds=True, seen=("the route was accepted",))


@claim(
    "`next(get_db())` in the endpoint is as good as `Depends(get_db)`.",
    why="Python throws the generator away at once, which closes the session before you use it. It opens "
    "again at the first query, and then nobody is left to close it.",
)
def next_is_as_good() -> Evidence:
    with pantry() as own:
        app = FastAPI()

        @app.get("/by-hand")
        def by_hand() -> int:
            db = next(own.get_db())
            return len(db.scalars(select(Dish)).all())

        @app.get("/injected")
        def injected(db: Annotated[Session, Depends(own.get_db)]) -> int:
            return len(db.scalars(select(Dish)).all())

        out = {}
        for path in ("/by-hand", "/injected"):
            with xray(app) as request:
                TestClient(app).get(path)
            out[path] = request.connections_out
    seen = tuple(f"{path:9} connections still out: {count}" for path, count in out.items())
    return Evidence(out["/by-hand"] == out["/injected"], seen)


@claim(
    "`[:limit]` on the list is as good as `.limit(limit)` on the query.",
    why="The slice comes after every row has travelled and become an object. `.limit()` lets the "
    "database send only the page.",
)
def slicing_is_paging() -> Evidence:
    loaded = []
    with pantry(*(Dish(name=f"dish {number}", price=7) for number in range(50))) as own:
        for query in (select(Dish), select(Dish).limit(5)):
            with own.sessions() as db:
                dishes = db.scalars(query).all()
                page = dishes[:5]
                loaded.append(len(db.identity_map))
                assert len(page) == 5
    seen = (
        "a page of 5 out of 50 dishes; objects loaded:",
        f"[:limit]:      {loaded[0]}",
        f".limit(limit): {loaded[1]}",
    )
    return Evidence(loaded[0] == loaded[1], seen)


@claim(
    "What I add or change is saved when the session closes.",
    why="Closing rolls back whatever was not committed, silently. Only `commit` saves.",
)
def closing_commits() -> Evidence:
    with pantry(Dish(name="soup", price=7)) as own:
        with own.sessions() as db:
            db.add(Dish(name="bread", price=3))
            db.get_one(Dish, 1).price = 9
        rows = [(row["name"], row["price"]) for row in own.rows()]
    return Evidence(len(rows) == 2 or rows[0] == ("soup", 9), (f"on disk after the close: {rows}",))


@claim(
    "A commit after the `yield` of a dependency happens before the answer is sent.",
    why="By default the code after `yield` runs when the answer is gone: if that commit fails, the client "
    'was told 201 all the same. Commit in the endpoint, or ask for `scope="function"`.',
)
def commit_after_yield_is_in_time() -> Evidence:
    with pantry() as own:

        def committing() -> Iterator[Session]:
            with own.sessions() as db:
                yield db
                db.commit()

        app = FastAPI()

        @app.post("/dishes", status_code=201)
        def create(db: Annotated[Session, Depends(committing)]) -> None:
            db.add(Dish(name="soup", price=7))

        with xray(app) as request:
            TestClient(app).post("/dishes")
    order = request.order(Kind.ENDPOINT_RETURNS, Kind.RESPONSE_START, Kind.COMMIT)
    return Evidence(order[-1] is not Kind.COMMIT, (" → ".join(order),))


@claim(
    "A price of -3 is refused because `price` is an `int`.",
    why="A type says what a value is, not what makes sense, and the column takes any number too. The "
    "schema for what comes in is the place for it: `Field(ge=0)`.",
)
def columns_refuse_nonsense() -> Evidence:
    class DishIn(BaseModel):
        price: int

    with pantry() as own:
        app = FastAPI()

        @app.post("/dishes")
        def create(new: DishIn, db: Annotated[Session, Depends(own.get_db)]) -> None:
            db.add(Dish(name="soup", **new.model_dump()))
            db.commit()

        status = TestClient(app).post("/dishes", json={"price": -3}).status_code
        prices = [row["price"] for row in own.rows()]
    return Evidence(status == 422, (f"status: {status}", f"prices on disk: {prices}"))


class Change(BaseModel):
    price: int | None = None
    note: str | None = None


@claim(
    "`model_dump()` of a PATCH holds only what the client sent.",
    why="It holds every field, with its default where nothing was sent: the rest of the dish is "
    "overwritten. `model_dump(exclude_unset=True)` holds what was sent.",
)
def model_dump_knows_what_was_sent() -> Evidence:
    change = Change.model_validate_json('{"price": 9}')
    dumped, unset = change.model_dump(), change.model_dump(exclude_unset=True)
    seen = ('sent: {"price": 9}', f"model_dump():                   {dumped}")
    return Evidence(list(dumped) == ["price"], (*seen, f"model_dump(exclude_unset=True): {unset}"))


@claim(
    "A field that is null was not sent.",
    why="`null` is a value: the client wants the note gone. `exclude_none` and `is not None` throw that "
    "wish away; `exclude_unset` knows the difference.",
)
def null_means_not_sent() -> Evidence:
    change = Change.model_validate_json('{"note": null}')
    none, unset = change.model_dump(exclude_none=True), change.model_dump(exclude_unset=True)
    seen = ('sent: {"note": null}', f"exclude_none:  {none}", f"exclude_unset: {unset}")
    return Evidence(none == unset, seen)


@claim(
    "`if change.price:` is true whenever the client sent a price.",
    why="0 is a price, and 0 is false. Ask whether the field was sent: `exclude_unset`.",
)
def truth_tells_what_was_sent() -> Evidence:
    change = Change.model_validate_json('{"price": 0}')
    seen = (
        'sent: {"price": 0}',
        f"bool(change.price): {bool(change.price)}",
        f"exclude_unset:      {change.model_dump(exclude_unset=True)}",
    )
    return Evidence(bool(change.price), seen)


@claim(
    "The model of POST serves PATCH too.",
    why="What POST requires, PATCH must leave open. A change needs a model of its own, in which every "
    "field has a default.",
)
def one_model_for_post_and_patch() -> Evidence:
    class DishIn(BaseModel):
        name: str
        price: int

    app = FastAPI()

    @app.patch("/dishes/1")
    def patch(change: DishIn) -> None: ...

    answer = TestClient(app).patch("/dishes/1", json={"price": 9})
    missing = answer.json()["detail"][0]["loc"] if answer.status_code == 422 else None
    seen = (f'PATCH {{"price": 9}} answered {answer.status_code}', f"missing: {missing}")
    return Evidence(answer.status_code == 200, seen)


@claim(
    "A route that returns nothing answers 204 No Content.",
    why="`None` is sent as `null` with 200. Say `status_code=204` in the decorator.",
)
def nothing_answers_204() -> Evidence:
    app = FastAPI()

    @app.delete("/dishes/1")
    def remove() -> None: ...

    answer = TestClient(app).delete("/dishes/1")
    return Evidence(answer.status_code == 204, (f"answer: {answer.status_code} {answer.text}",))


@claim(
    "An answer with status 204 can carry a message.",
    why="204 says No Content, and FastAPI keeps to it: it refuses a declared body and drops any other.",
)
def no_content_has_content() -> Evidence:
    app = FastAPI()

    @app.delete("/dishes/1", status_code=204)
    def remove():  # type: ignore[no-untyped-def]
        return {"message": "it is gone"}

    body = TestClient(app).delete("/dishes/1").text
    return Evidence("gone" in body, (f"body of the answer: {body!r}",))


@claim(
    "Deleting a row that is not there is an error.",
    why="A DELETE that finds nothing is content with that: 0 rows. Look whether the dish is there, or "
    "at `rowcount`.",
)
def deleting_nothing_fails() -> Evidence:
    with pantry() as own, own.sessions() as db:
        try:
            gone = db.scalars(delete(Dish).where(Dish.id == 99).returning(Dish.id)).all()
        except Exception as error:
            return Evidence(holds=True, seen=(type(error).__name__,))
    return Evidence(holds=False, seen=(f"no error; rows deleted: {len(gone)}",))


@claim(
    "A dish that one session has loaded can be committed by another.",
    why="An object belongs to the session that loaded it, and only that one saves its changes. "
    "Within a request, asking with another `scope` makes a second session.",
)
def any_session_will_do() -> Evidence:
    with pantry(Dish(name="soup", price=7)) as own:
        with own.sessions() as first, own.sessions() as second:
            first.get_one(Dish, 1).price = 9
            second.commit()
        price = own.rows()[0]["price"]
    return Evidence(
        price == 9, ("changed to 9, committed by the other session", f"on disk: {price}")
    )


@claim(
    "A `sessionmaker` is a dependency as it is: it makes a session when it is called.",
    why="FastAPI reads the parameters of what it calls, finds the `**local_kw` of the sessionmaker and "
    "asks the client for it. And nobody would close the session.",
)
def sessionmaker_is_a_dependency() -> Evidence:
    with pantry() as own:
        app = FastAPI()

        @app.get("/")
        def read(db: Annotated[Session, Depends(own.sessions)]) -> bool:
            return True

        answer = TestClient(app).get("/")
    missing = answer.json()["detail"][0]["loc"] if answer.status_code == 422 else None
    seen = (f"answer: {answer.status_code}", f"missing: {missing}")
    return Evidence(answer.status_code == 200, seen)


@claim(
    "FastAPI closes a session that a dependency returns.",
    why="What is returned is only handed on. What is yielded comes back to your code, and `with` "
    "closes it there.",
)
def returned_session_is_closed() -> Evidence:
    with pantry() as own:
        app = FastAPI()

        @app.get("/")
        def read(db: Annotated[Session, Depends(lambda: own.sessions())]) -> int:
            return len(db.scalars(select(Dish)).all())

        with xray(app) as request:
            TestClient(app).get("/")
    out = request.connections_out
    return Evidence(holds=out == 0, seen=(f"connections still out after the request: {out}",))


@claim(
    "What a session can read is saved.",
    why="A session sees its own open transaction, flushed rows and all. Only another session, or a second "
    "request, sees what is saved.",
)
def what_a_session_sees_is_saved() -> Evidence:
    with pantry() as own, own.sessions() as db:
        db.add(Dish(name="stew", price=9))
        db.flush()
        seen_by_itself = list(db.scalars(select(Dish.name)))
        on_disk = [row["name"] for row in own.rows()]
    seen = (f"the session that added it reads: {seen_by_itself}", f"on disk: {on_disk}")
    return Evidence(seen_by_itself == on_disk, seen)


@claim(
    "An override ends with the test that set it.",
    why="`dependency_overrides` is a dict of the app and stays as it is: the next test works with it. "
    "Take it out in a `finally`, so that a failing test cleans up too.",
)
def override_ends_with_the_test() -> Evidence:
    def get_db() -> str:
        return "the real pantry"

    app = FastAPI()

    @app.get("/")
    def used(db: Annotated[str, Depends(get_db)]) -> str:
        return db

    def test_one() -> None:
        app.dependency_overrides[get_db] = lambda: "the scratch pantry of test one"
        TestClient(app).get("/")

    test_one()
    after = TestClient(app).get("/").json()
    return Evidence(after == "the real pantry", (f"the next test works on: {after}",))


@claim(
    "A test that returns False fails.",
    why="A test speaks by raising: `assert`. What it returns is thrown away, so it passes.",
)
def returned_false_fails() -> Evidence:
    def test_status() -> bool:
        status = int("200")
        return status == 201

    try:
        returned = test_status()
    except AssertionError:
        return Evidence(holds=True, seen=("it raised an AssertionError",))
    return Evidence(holds=False, seen=(f"it returned {returned} and raised nothing: passed",))


@claim(
    "The first dish that a test creates gets the id 1.",
    why="It gets the next free one, and a test is seldom alone in its database. Take the id from the "
    "answer.",
)
def first_dish_has_id_1() -> Evidence:
    menu = (Dish(name="soup", price=7), Dish(name="bread", price=3))
    with pantry(*menu) as own, own.sessions() as db:
        dish = Dish(name="stew", price=9)
        db.add(dish)
        db.commit()
        number = dish.id
    return Evidence(number == 1, (f"in a pantry that holds two dishes: {number}",))


@claim(
    "A test that asserts the fields it expects also notices one too many.",
    why='`answer["name"]` says nothing of what else was sent. Compare the whole answer: `answer == {...}`.',
)
def looking_for_some_sees_all() -> Evidence:
    app = FastAPI()
    app.get("/dish")(lambda: {"id": 1, "name": "soup", "price": 7, "cost": 2})
    answer = TestClient(app).get("/dish").json()
    fields = answer["name"] == "soup" and answer["price"] == 7
    whole = answer == {"id": 1, "name": "soup", "price": 7}
    seen = (
        f"the answer: {answer}",
        f"field by field: {'passes' if fields else 'fails'}",
        f"as a whole:     {'passes' if whole else 'fails'}",
    )
    return Evidence(holds=not fields, seen=seen)


@claim(
    "A test that creates a dish and reads it back covers the route.",
    why="It tried one way through it. What an unknown id gets is another way, and has to be asked for.",
)
def happy_path_is_enough() -> Evidence:
    menu = {1: "soup"}
    app = FastAPI()

    @app.get("/dishes/{number}")
    def read(number: int) -> str | None:
        return menu.get(number)

    known, unknown = (TestClient(app).get(f"/dishes/{number}") for number in (1, 99))
    seen = (
        f"known id:   {known.status_code} {known.text}",
        f"unknown id: {unknown.status_code} {unknown.text}",
    )
    return Evidence(known.status_code == 200 and unknown.status_code == 404, seen)
