# %% right="get, delete, commit"
def remove_app(get_db) -> FastAPI:
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove_dish(dish_id: int, db: DB) -> None:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        db.delete(dish)
        db.commit()

    return app


# %% right="one DELETE, and how many rows it took"
def remove_app(get_db):
    router = APIRouter(prefix="/dishes")

    @router.delete("/{number}")
    def remove_dish(number: int, db: Session = Depends(get_db)):
        if db.execute(delete(Dish).where(Dish.id == number)).rowcount == 0:
            raise HTTPException(404)
        db.commit()
        return Response(status_code=status.HTTP_204_NO_CONTENT)

    app = FastAPI()
    app.include_router(router)
    return app


# %% right="what to say is prepared when the app starts"
from contextlib import asynccontextmanager


def remove_app(get_db):
    @asynccontextmanager
    async def lifespan(app):
        app.state.unknown = HTTPException(404, "There is no such dish")
        yield

    app = FastAPI(lifespan=lifespan)

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise app.state.unknown
        db.delete(dish)
        db.commit()

    return app


# %% wrong="no commit" claim="closing_commits"
def remove_app(get_db):
    app = FastAPI()

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404)
        db.delete(dish)

    return app


# %% wrong="the status is left as it is" claim="nothing_answers_204"
def remove_app(get_db):
    app = FastAPI()

    @app.delete("/dishes/{dish_id}")
    def remove_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404)
        db.delete(dish)
        db.commit()

    return app


# %% wrong="a message with the 204" claim="no_content_has_content" canary=true
def remove_app(get_db):
    app = FastAPI()

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]) -> dict[str, str]:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404)
        db.delete(dish)
        db.commit()
        return {"message": "it is gone"}

    return app


# %% wrong="one DELETE, whether it found the row or not" claim="deleting_nothing_fails"
def remove_app(get_db):
    app = FastAPI()

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        db.execute(delete(Dish).where(Dish.id == dish_id))
        db.commit()

    return app


# %% wrong="no look whether the dish is there" claim="missing_becomes_404"
def remove_app(get_db):
    app = FastAPI()

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        db.delete(db.get(Dish, dish_id))
        db.commit()

    return app
