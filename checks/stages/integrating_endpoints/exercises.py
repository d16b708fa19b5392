"""The seven exercises of stage 5. Each check gives the learner's routes a database of its own."""

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from fastapi.exceptions import FastAPIError, ResponseValidationError
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from checks.claim import Claim
from checks.client import an_app, client_of
from checks.criterion import Unmet, criterion, expect, fresh
from checks.exercise import exercise
from checks.stages.integrating_endpoints import claims
from checks.stages.integrating_endpoints.pantry import Dish, Pantry, pantry
from checks.xray import Kind, xray

BuildApp = Callable[..., FastAPI]
PUBLIC = ("id", "name", "price", "note")


def drawn_dish(which: str) -> dict[str, Any]:
    """The fields of a dish that no answer can know: those of `which`, so that a card can name them."""
    draw = fresh()
    return {
        "id": draw.number(f"id of {which}"),
        "name": draw.word(which),
        "price": draw.number(f"price of {which}"),
        "cost": draw.number(f"cost of {which}"),
        "note": draw.word(f"note on {which}"),
    }


def public(dish: dict[str, Any]) -> dict[str, Any]:
    """What a guest may see of a dish."""
    return {field: dish[field] for field in PUBLIC}


def answered(answer: Response, status: int, belief: Claim | None = None) -> None:
    """Demand the status of an answer."""
    observed = f"it answered {answer.status_code} {answer.text}"
    expect(answer.status_code == status, observed, belief=belief)


def listed(answer: Response) -> list[dict[str, Any]]:
    """The dishes of an answer; anything but a list of objects is said so."""
    found = json_of(answer)
    kinds = {dict: "an object", list: "a list", str: "a string", type(None): "null"}
    kind = kinds.get(type(found), "a number")
    expect(isinstance(found, list), f"the answer is {kind}, not a list of dishes")
    objects = all(isinstance(dish, dict) for dish in found)
    expect(objects, "the answer is a list, but not of objects with a name, a price and so on")
    return list(found)


def json_of(answer: Response) -> Any:
    """What an answer says; one that is empty, or no JSON, is said so."""
    expect(bool(answer.content), f"it answered {answer.status_code} with an empty body")
    try:
        return answer.json()
    except ValueError as error:
        observed = f"it answered {answer.status_code} with what is no JSON: {answer.text}"
        raise Unmet(observed, None) from error


def row_of(own: Pantry, dish: dict[str, Any]) -> dict[str, Any]:
    """The row of a dish on disk."""
    rows = [row for row in own.rows() if row["id"] == dish["id"]]
    expect(len(rows) == 1, "its row is gone")
    return rows[0]


def built_by(factory: BuildApp, own: Pantry) -> FastAPI:
    """The app of a learner's factory; what FastAPI refuses in it is said, with the belief behind it."""
    try:
        return an_app(factory(own.get_db))
    except FastAPIError as error:
        about_a_session = "sqlalchemy.orm.session.Session" in str(error)
        said = re.sub(r" at 0x\w+", "", str(error).split(" is a valid")[0])
        raise Unmet(
            f"FastAPIError: {said}",
            claims.session_without_setup if about_a_session else claims.orm_class_is_a_schema,
        ) from error
    except TypeError as error:
        if not str(error).endswith("is not a callable object"):
            raise
        observed = "TypeError: what stands in `Depends(…)` is not a callable object"
        raise Unmet(observed, claims.depends_takes_the_call) from error


@exercise(
    hints=(
        "The session comes in as a parameter: `db: Annotated[Session, Depends(get_db)]`. Without the "
        "parentheses behind `get_db`: FastAPI is who calls it.",
        "Bounds stand in the type: `limit: Annotated[int, Query(ge=1, le=50)] = 10`, and `offset` from 0.",
        "One query sorts and cuts: `select(Dish).order_by(Dish.name).offset(offset).limit(limit)`.",
        "Return `db.scalars(query).all()` and let `response_model=list[DishOut]` decide what leaves.",
    )
)
def list_dishes(list_app: BuildApp) -> None:
    """List the dishes, a page at a time, through an injected session."""
    by_name = [drawn_dish(f"dish {number}") for number in range(12)]
    for number, dish in enumerate(by_name):
        # A card shows them in the same order each time, and no other column sorts them like the name.
        dish["name"] = f"{'abcdefghijkl'[number]} {dish['name']}"
        dish |= {"price": 50 - number, "cost": 30 - number, "note": f"note {30 - number}"}
    shuffled = (2, 0, 3, 1, 11, 5, 4, 7, 6, 9, 8, 10)
    menu = [by_name[at] | {"id": 41 + place} for place, at in enumerate(shuffled)]
    with pantry(*(Dish(**dish) for dish in menu)) as own, ExitStack() as evening:
        with criterion("`list_app(get_db)` builds an app", shares=0) as built:
            app = built_by(list_app, own)
            client = client_of(evening, app)
        with criterion(
            "`GET /dishes` answers with the dishes of the pantry", needs=built
        ) as answers:
            with xray(app) as request:
                answer = client.get("/dishes")
            answered(answer, 200)
            found = listed(answer)
            known = {dish["name"] for dish in by_name}
            strange = sorted({str(dish.get("name")) for dish in found} - known)
            unasked = "" if own.given else ", and never asked the `get_db` that it was handed"
            expect(bool(found), f"the list is empty{unasked}")
            expect(not strange, f"it listed {strange}{unasked}")
        with criterion("the session comes from `get_db`, once for the request", needs=answers):
            made = len(own.given)
            expect(made == 1, f"`get_db` was entered {made} times")
        with criterion("the session is closed and its connection given back", needs=answers):
            out = request.connections_out
            left = f"connections still out after the request: {out}"
            expect(out == 0, left, belief=claims.next_is_as_good)
        with criterion(
            "a dish is sent with id, name, price and note, and nothing else", needs=answers
        ):
            fields = sorted(found[0])
            expect(
                fields == sorted(PUBLIC), f"it has {fields}", belief=claims.orm_object_always_works
            )
        with criterion(
            "`?offset=1&limit=2` is the second and third by name", needs=answers
        ) as pages:
            with xray(app) as request:
                answer = client.get("/dishes?offset=1&limit=2")
            answered(answer, 200)
            names = [dish.get("name") for dish in listed(answer)]
            expect(names == [dish["name"] for dish in by_name[1:3]], f"it listed {names}")
        with criterion("without a query it is the first ten of twelve, by name", needs=pages):
            names = [dish.get("name") for dish in listed(client.get("/dishes"))]
            expect(len(names) == 10, f"it listed {len(names)}")
            expect(names == [dish["name"] for dish in by_name[:10]], f"it listed {names}")
        with criterion("the database cuts the page, in one SELECT", needs=pages):
            sent = request.statements
            expect(len(sent) == 1, f"{len(sent)} statements were sent")
            cut = " limit " in f" {sent[0]} ".lower()
            expect(cut, "the SELECT has no LIMIT", belief=claims.slicing_is_paging)
        with criterion("`limit` is from 1 to 50, `offset` from 0, all else is a 422", needs=pages):
            for query in ("limit=1", "limit=50", "offset=0"):
                status = client.get(f"/dishes?{query}").status_code
                expect(status == 200, f"`?{query}` answered {status}")
            accepted = [
                f"`?{query}`"
                for query in ("limit=0", "limit=51", "offset=-1")
                if client.get(f"/dishes?{query}").status_code != 422
            ]
            belief = claims.silent_mending_helps if len(accepted) == 3 else None
            expect(not accepted, f"not refused: {', '.join(accepted)}", belief=belief)


@exercise(
    hints=(
        "What comes in has a model: the parameter `new: DishIn` reads the body.",
        "`dish = Dish(**new.model_dump())`, then `db.add(dish)` and `db.commit()`.",
        "`status_code=201` and `response_model=DishOut` stand in the decorator.",
        "`db.refresh(dish)` after the commit reads the row once more; the response model would do it too.",
    )
)
def create_dish(create_app: BuildApp) -> None:
    """Create a dish: 201, complete, and on disk before the answer leaves."""
    new = drawn_dish("the new dish")
    del new["id"]
    with pantry(Dish(**drawn_dish("another dish") | {"id": 41})) as own, ExitStack() as evening:
        on_disk_then: list[list[dict[str, Any]]] = []
        with criterion("`create_app(get_db)` builds an app", shares=0) as built:
            app = built_by(create_app, own)
            client = client_of(evening, noting(on_disk_then, own, app))
        with criterion("`POST /dishes` answers 201", needs=built) as answers:
            try:
                with xray(app) as request:
                    answer = client.post("/dishes", json=new)
            except ResponseValidationError as error:
                fields = ", ".join(str(each["loc"][-1]) for each in error.errors())
                observed = f"the answer does not fit its response model: look at {fields}"
                raise Unmet(observed, claims.closing_commits) from error
            unaware = claims.post_answers_201 if answer.status_code == 200 else None
            answered(answer, 201, unaware)
        with criterion("the dish is on disk afterwards", needs=answers) as saved:
            with_id = re.search(r'"id":\s*\d', answer.text)
            unasked = "" if own.given else ": it never asked the `get_db` that it was handed"
            trusting = claims.id_proves_saved if with_id else claims.closing_commits
            expect(
                new["name"] in [row["name"] for row in own.rows()],
                f"the answer was {answer.status_code} {answer.text}, but the row is not there{unasked}",
                belief=None if unasked else trusting,
            )
        with criterion("it is there already when the answer leaves", needs=saved):
            then = [row["name"] for row in on_disk_then[0]]
            late = claims.commit_after_yield_is_in_time
            expect(new["name"] in then, "the answer left before the COMMIT", belief=late)
        with criterion("all its columns are saved as they were sent", needs=saved) as complete:
            row = next(row for row in own.rows() if row["name"] == new["name"])
            kept = {field: row[field] for field in new}
            expect(kept == new, f"the row is {kept}")
        with criterion("the answer has the id of the row, name, price and note", needs=saved):
            sent = json_of(answer)
            got = {field: sent.get(field) for field in PUBLIC} if isinstance(sent, dict) else sent
            row = next(row for row in own.rows() if row["name"] == new["name"])
            whole = f"the answer was {answer.text}"
            bare = sent == {} or (isinstance(sent, dict) and "id" in sent and "cost" in sent)
            belief = claims.orm_object_always_works if bare else None
            expect(got == public(row) and "cost" not in sent, whole, belief=belief)
        with criterion("the session is closed and its connection given back", needs=saved):
            out = request.connections_out
            left = f"connections still out after the request: {out}"
            expect(out == 0, left, belief=claims.next_is_as_good)
        with criterion("a price below 0 is refused with 422, and not saved", needs=complete):
            answer = client.post("/dishes", json=new | {"name": "free", "price": -3})
            answered(answer, 422, claims.columns_refuse_nonsense)
            saved_all_the_same = "free" in [row["name"] for row in own.rows()]
            expect(not saved_all_the_same, "it was refused, but the row is there")


def noting(seen: list[list[dict[str, Any]]], own: Pantry, app: FastAPI) -> Any:
    """The app, with what is on disk noted at the moment when its answer leaves."""

    async def noted(scope: Any, receive: Any, send: Any) -> None:
        async def note_and_send(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen.append(own.rows())
            await send(message)

        await app(scope, receive, note_and_send)

    return noted


@exercise(
    hints=(
        "A model of its own for the change, with a default for each field: "
        "`price: int = Field(default=0, ge=0)`, `note: str | None = None`.",
        "`change.model_dump(exclude_unset=True)` is a dict of what was sent, and only that.",
        "`for field, value in sent.items(): setattr(dish, field, value)`, then `db.commit()`.",
        "`dish = db.get(Dish, dish_id)`, and `raise HTTPException(404, ...)` where that is None.",
    )
)
def change_dish(change_app: BuildApp) -> None:
    """Change what was sent of a dish, and nothing else."""
    dish = drawn_dish("the dish")
    other = drawn_dish("another dish")
    price, nobodys = fresh().number("new price"), fresh().number("id of no dish")
    with pantry(Dish(**dish), Dish(**other)) as own, ExitStack() as evening:
        with criterion("`change_app(get_db)` builds an app", shares=0) as built:
            client = client_of(evening, built_by(change_app, own))
        path = f"/dishes/{dish['id']}"
        with criterion(
            "`PATCH /dishes/{dish_id}` with a price alone answers 200",
            needs=built,
            beliefs={IntegrityError: claims.model_dump_knows_what_was_sent},
        ) as answers:
            with xray() as request:
                answer = client.patch(path, json={"price": price})
            strict = answer.status_code == 422 and '"missing","loc":["body","name"]' in answer.text
            answered(answer, 200, claims.one_model_for_post_and_patch if strict else None)
        with criterion("the new price is on disk", needs=answers) as saved:
            on_disk = row_of(own, dish)["price"]
            belief = None if request.commits else claims.closing_commits
            expect(on_disk == price, f"on disk it is {on_disk}", belief=belief)
        with criterion("everything that was not sent is as before", needs=saved) as kept:
            row = row_of(own, dish)
            lost = [field for field in dish if field != "price" and row[field] != dish[field]]
            why = claims.model_dump_knows_what_was_sent
            expect(not lost, f"changed all the same: {', '.join(lost)}", belief=why)
            expect(row_of(own, other) == other, "another dish was changed too")
        with criterion(
            "the answer is the whole dish with the new price, without the cost", needs=kept
        ):
            wanted = public(dish) | {"price": price}
            whole = f"it was {answer.text}"
            got = json_of(answer)
            bare = got == {} or (isinstance(got, dict) and "id" in got and "cost" in got)
            belief = claims.orm_object_always_works if bare else None
            expect(got == wanted, whole, belief=belief)
        with criterion("a price of 0 is a change", needs=kept):
            answered(client.patch(path, json={"price": 0}), 200)
            on_disk = row_of(own, dish)["price"]
            why = claims.truth_tells_what_was_sent
            expect(on_disk == 0, f"on disk it is {on_disk}", belief=why)
        with criterion("a note of null takes the note away", needs=kept):
            answered(client.patch(path, json={"note": None}), 200)
            note = row_of(own, dish)["note"]
            expect(note is None, f"on disk it is {note!r}", belief=claims.null_means_not_sent)
        with criterion("a name and a note of text are changes", needs=kept):
            sent = {"name": fresh().word("new name"), "note": fresh().word("new note")}
            answered(client.patch(path, json=sent), 200)
            on_disk = {field: row_of(own, dish)[field] for field in sent}
            expect(on_disk == sent, f"on disk they are {on_disk}")
        with criterion("a cost that is sent changes nothing", needs=kept):
            client.patch(path, json={"price": price, "cost": dish["cost"] + 1})
            cost = row_of(own, dish)["cost"]
            expect(cost == dish["cost"], "on disk the cost is another one")
        with criterion(
            "an unknown dish is answered with 404", needs=answers, belief=claims.missing_becomes_404
        ):
            answer = client.patch(f"/dishes/{nobodys}", json={"price": price})
            answered(answer, 404, belief_behind_a_lost_404(answer.text))


def belief_behind_a_lost_404(said: str) -> Claim:
    """The belief that explains an answer, or an exception, that should have been a 404."""
    if "status_code" in said or "HTTPException" in said:
        return claims.returned_exception_counts
    return claims.missing_becomes_404


@exercise(
    hints=(
        "`status_code=204` in the decorator, and nothing to return.",
        "Look first: `dish = db.get(Dish, dish_id)`; None is a 404.",
        "`db.delete(dish)` marks it, `db.commit()` does it.",
    )
)
def remove_dish(remove_app: BuildApp) -> None:
    """Remove a dish: 204, then 404."""
    dish = drawn_dish("the dish")
    other = drawn_dish("another dish") | {"id": dish["id"] + 1}
    with pantry(Dish(**dish), Dish(**other)) as own, ExitStack() as evening:
        with criterion(
            "`remove_app(get_db)` builds an app",
            beliefs={AssertionError: claims.no_content_has_content},
            shares=0,
        ) as built:
            client = client_of(evening, built_by(remove_app, own))
        path = f"/dishes/{dish['id']}"
        with criterion(
            "`DELETE /dishes/{dish_id}` answers 204, without a body", needs=built
        ) as answers:
            answer = client.delete(path)
            expect(answer.is_success, f"it answered {answer.status_code} {answer.text}")
            answered(answer, 204, claims.nothing_answers_204)
            expect(answer.text == "", f"its body was {answer.text}")
        with criterion("that row is gone from the disk, and no other", needs=answers) as gone:
            left = [row["name"] for row in own.rows()]
            still = f"on disk: {', '.join(left) or 'nothing'}"
            belief = claims.closing_commits if dish["name"] in left else None
            expect(left == [other["name"]], still, belief=belief)
        with criterion(
            "the same DELETE once more is answered with 404",
            needs=gone,
            belief=claims.missing_becomes_404,
        ):
            answer = client.delete(path)
            unnoticed = answer.status_code == 204
            belief = (
                claims.deleting_nothing_fails
                if unnoticed
                else belief_behind_a_lost_404(answer.text)
            )
            answered(answer, 404, belief)


@exercise(
    hints=(
        "A dependency may ask for what a route may ask for: `dish_id: int` from the path, and the session.",
        "`dish = db.get(Dish, dish_id)`, with the very `DB` that the routes use.",
        '`if dish is None: raise HTTPException(404, f"There is no dish {dish_id}")`, else `return dish`.',
    )
)
def dish_or_404(routes_app: BuildApp) -> None:
    """Find the dish of the path, or answer 404, in one place for three routes."""
    dish = drawn_dish("the dish")
    other = drawn_dish("another dish") | {"id": 41}
    price, nobodys = fresh().number("new price"), fresh().number("id of no dish")
    with pantry(Dish(**other), Dish(**dish)) as own, ExitStack() as evening:
        with criterion("`routes_app(get_db)` builds an app", shares=0) as built:
            app = built_by(routes_app, own)
            client = client_of(evening, app)
        path, unknown = f"/dishes/{dish['id']}", f"/dishes/{nobodys}"
        with criterion("GET finds the dish of its path", needs=built) as found:
            with xray(app) as request:
                answer = client.get(path)
            typeless = '["query","db"]' in answer.text
            unnamed = answer.status_code == 422 and not typeless
            elsewhere = answer.status_code == 404 and not own.given
            renamed = claims.path_values_by_position if unnamed else None
            answered(answer, 200, claims.any_session_will_do if elsewhere else renamed)
            expect(answer.json() == public(dish), f"it answered {answer.text}")
        with criterion("one SELECT is enough for it", needs=found):
            sent = len(request.statements)
            expect(sent == 1, f"{sent} statements were sent")
        with criterion("PATCH changes it, on disk", needs=found) as changed:
            own.given.clear()
            answered(client.patch(f"{path}?price={price}"), 200)
            on_disk = row_of(own, dish)["price"]
            expect(on_disk == price, f"on disk it is {on_disk}", belief=claims.any_session_will_do)
        with criterion("route and dependency share one session there", needs=changed):
            sessions = len(own.given)
            used = f"{sessions} sessions were made"
            expect(sessions == 1, used, belief=claims.any_session_will_do)
        for method in ("GET", "PATCH", "DELETE"):
            with criterion(f"{method} answers 404 for an unknown dish", needs=found) as refused:
                try:
                    answer = client.request(method, unknown, params={"price": price})
                except Exception as error:
                    belief = belief_behind_a_lost_404(str(error))
                    observed = f"the route went on and raised {type(error).__name__}"
                    raise Unmet(observed, belief) from error
                answered(answer, 404, belief_behind_a_lost_404(answer.text))
        with criterion("the detail of a 404 names the id", needs=refused):
            detail = client.get(unknown).json().get("detail")
            expect(str(nobodys) in str(detail), f"the detail was {detail!r}")
        with criterion("DELETE removes it, from the disk", needs=changed):
            answered(client.delete(path), 204)
            left = [row["id"] for row in own.rows()]
            still = dish["id"] in left
            observed = "the row is still there" if still else f"on disk are the dishes {left}"
            why = claims.any_session_will_do if still else None
            expect(left == [other["id"]], observed, belief=why)


# --- Tests that are tested -----------------------------------------------------------------------

LearnersTest = Callable[..., Any]


class Fault(StrEnum):
    """What may be wrong with a bistro, in the words of a card."""

    NONE = "a good app"
    FORGETS_COMMIT = "an app that forgets the commit"
    LEAKS_COST = "an app that sends the cost"
    NULL_FOR_UNKNOWN = "an app that answers 200 and null for an unknown dish"


class DishIn(BaseModel):
    name: str
    price: int
    cost: int = 0
    note: str | None = None


class DishOut(BaseModel):
    id: int
    name: str
    price: int
    note: str | None


class DishWithCost(DishOut):
    cost: int


def build_bistro(get_db: Callable[..., Any], fault: Fault = Fault.NONE) -> FastAPI:
    """The bistro that a learner's test tests, with one fault at most."""

    def note_overrides() -> None:
        app.state.overridden = len(app.dependency_overrides) > 0

    app = FastAPI(dependencies=[Depends(note_overrides)])
    app.state.overridden = False
    DB = Annotated[Session, Depends(get_db)]
    read_as = DishWithCost if fault is Fault.LEAKS_COST else DishOut

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create(new: DishIn, db: DB) -> Any:
        dish = Dish(**new.model_dump())
        db.add(dish)
        if fault is Fault.FORGETS_COMMIT:
            db.flush()
        else:
            db.commit()
        return dish

    @app.get("/dishes/{dish_id}", response_model=read_as | None)
    def read(dish_id: int, db: DB) -> Any:
        dish = db.get(Dish, dish_id)
        if dish is None and fault is not Fault.NULL_FOR_UNKNOWN:
            raise HTTPException(404, f"There is no dish {dish_id}")
        return dish

    return app


def run_test(test: LearnersTest, *arguments: Any) -> Any:
    """Run a learner's test as pytest would: what it raises goes on, what it returns says nothing."""
    returned = test(*arguments)
    if inspect.iscoroutine(returned):
        returned.close()
        raise Unmet("it is `async def`: nobody awaits it, so its code never ran", None)
    if inspect.isgenerator(returned):
        raise Unmet("it has a `yield`: its code never ran", None)
    return returned


def notices(test: LearnersTest, *arguments: Any, belief: Claim) -> None:
    """Demand that a learner's test fails, on an app whose fault the criterion names."""
    try:
        returned = run_test(test, *arguments)
    except Exception:  # a test may fail in any way
        return
    wrong_way = returned is not None and not returned
    said = (
        f"it returned {returned!r} and raised nothing, so it passed" if wrong_way else "it passed"
    )
    raise Unmet(f"{said}: the fault survived", claims.returned_false_fails if wrong_way else belief)


@exercise(
    hints=(
        "Write a dependency for the scratch pantry, as `get_db` is one: `with scratch() as db: yield db`.",
        "`app.dependency_overrides[get_db] = scratch_db`: the key is the function `get_db` itself.",
        "Put what follows into `try:`, and `app.dependency_overrides.clear()` into `finally:`.",
        "To see whether the dish is saved, look with a session of your own: `with scratch() as db: "
        "assert db.scalars(select(Dish.name)).all() == [...]`.",
    )
)
def test_with_an_override(test_create: LearnersTest) -> None:
    """A test of `POST /dishes` that leaves the real pantry alone."""
    kept = drawn_dish("a dish of the real pantry")
    with pantry(Dish(**kept)) as real, pantry() as scratch:
        good = build_bistro(real.get_db)
        why: dict[type[Exception], Claim] = {}
        with criterion(
            "`test_create(app, get_db, scratch)` passes on a good app", beliefs=why
        ) as passes:
            with xray(good) as block, explaining(why, good, real):
                run_test(test_create, good, real.get_db, scratch.sessions)
            expect(bool(block.of(Kind.REQUEST)), "it sent no request to the app")
        with criterion("the real pantry stays untouched") as untouched:
            names = [row["name"] for row in real.rows()]
            why_real = claims.override_by_name if good.state.overridden else None
            expect(names == [kept["name"]], f"it holds {', '.join(names)}", belief=why_real)
        with criterion(
            "the dish was made in the scratch pantry", needs=(passes, untouched)
        ) as made:
            expect(len(scratch.rows()) > 0, "the scratch pantry is empty")
        with criterion("every session of the scratch pantry is closed", needs=made):
            out = block.connections_out
            left = f"connections still out: {out}"
            expect(out == 0, left, belief=claims.returned_session_is_closed)
    with pantry() as real, pantry() as scratch:
        faulty = build_bistro(real.get_db, Fault.FORGETS_COMMIT)
        with criterion(f"it fails on {Fault.FORGETS_COMMIT}", needs=made):
            arguments = (faulty, real.get_db, scratch.sessions)
            survived: Unmet | None = None
            with xray() as block:
                try:
                    notices(test_create, *arguments, belief=claims.id_proves_saved)
                except Unmet as unmet:
                    survived = unmet
            if survived:
                looked = any(sent.lstrip().startswith("SELECT") for sent in block.statements)
                if survived.belief is claims.id_proves_saved:
                    if asserts_nothing(test_create, FastAPI(), *arguments[1:]):
                        raise nothing_asserted() from survived
                    if looked:
                        survived.belief = claims.what_a_session_sees_is_saved
                raise survived
        with criterion("no override is left behind, not even by a test that failed", needs=made):
            left_behind = len(good.dependency_overrides) + len(faulty.dependency_overrides)
            still = f"overrides still there after two runs: {left_behind}"
            expect(left_behind == 0, still, belief=claims.override_ends_with_the_test)


@contextmanager
def explaining(why: dict[type[Exception], Claim], app: FastAPI, real: Pantry) -> Iterator[None]:
    """Where a learner's test fails on the good app, put the belief behind that into `why`."""
    before = len(real.rows())
    try:
        with xray(app) as block:
            yield
    except AssertionError:
        if any(status.startswith("422") for status in block.of(Kind.RESPONSE_START)):
            why[AssertionError] = claims.sessionmaker_is_a_dependency
        elif len(real.rows()) > before and app.state.overridden:
            why[AssertionError] = claims.override_by_name
        raise
    except TypeError as error:
        if not str(error).endswith("is not a callable object"):
            raise
        observed = "FastAPI cannot call the override: it is no function"
        raise Unmet(observed, claims.depends_takes_the_call) from error


@exercise(
    hints=(
        "Two requests tell more than one: create a dish, then read it back by the id in the answer.",
        'Compare the whole answer: `assert answer.json() == {"id": ..., "name": ..., ...}`. A field too '
        "many is then a failure.",
        "Ask for an id that nobody has, and assert the status.",
    )
)
def write_the_test(test_dishes: LearnersTest) -> None:
    """Write the test that passes on a good app and fails on three bad ones."""
    names = [fresh().word(f"dish {number}") for number in range(3)]
    why: dict[type[Exception], Claim] = {}
    with (
        criterion(
            "`test_dishes(client)` passes on a good app, whose pantry holds other dishes",
            beliefs=why,
        ) as passes,
        pantry(*(Dish(name=name, price=7) for name in names)) as own,
        pantry(Dish(name=names[0], price=7)) as smaller,
    ):
        for each in (own, smaller):  # of different size, so that no guessed id fits both
            try:
                run_test(test_dishes, TestClient(build_bistro(each.get_db)))
            except Exception as error:
                if passes_alone(test_dishes):
                    why[type(error)] = claims.first_dish_has_id_1
                raise
        expect(bool(own.given), "it sent no request to the app")
    beliefs = {
        Fault.FORGETS_COMMIT: claims.id_proves_saved,
        Fault.LEAKS_COST: claims.looking_for_some_sees_all,
        Fault.NULL_FOR_UNKNOWN: claims.happy_path_is_enough,
    }
    for fault, belief in beliefs.items():
        with criterion(f"it fails on {fault}", needs=passes), pantry() as own:
            client = TestClient(build_bistro(own.get_db, fault))
            try:
                notices(test_dishes, client, belief=belief)
            except Unmet as unmet:
                if unmet.belief is belief and asserts_nothing(test_dishes, TestClient(FastAPI())):
                    raise nothing_asserted() from unmet
                raise


def asserts_nothing(test: LearnersTest, *without_routes: Any) -> bool:
    """Whether a learner's test passes even on an app that has no route at all."""
    try:
        run_test(test, *without_routes)
    except Exception:
        return False
    return True


def nothing_asserted() -> Unmet:
    """What is said of a test that asserts nothing."""
    return Unmet("it passed, as it does on an app without routes: it asserts nothing", None)


def passes_alone(test: LearnersTest) -> bool:
    """Whether a learner's test passes on a good app whose pantry is empty."""
    with pantry() as own:
        try:
            run_test(test, TestClient(build_bistro(own.get_db)))
        except Exception:
            return False
        return True
