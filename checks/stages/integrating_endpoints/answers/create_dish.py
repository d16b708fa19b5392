# %% right="commit and refresh"
def create_app(get_db) -> FastAPI:
    app = FastAPI()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]) -> Dish:
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.commit()
        db.refresh(dish)
        return dish

    return app


# %% right="a router, a block that commits, a schema built by hand"
def create_app(get_db):
    router = APIRouter()

    @router.post("/dishes", status_code=status.HTTP_201_CREATED)
    def create_dish(new: DishIn, db: Session = Depends(get_db)) -> DishOut:
        with db.begin():
            dish = Dish(name=new.name, price=new.price, cost=new.cost, note=new.note)
            db.add(dish)
            db.flush()
            return DishOut(id=dish.id, name=dish.name, price=dish.price, note=dish.note)

    app = FastAPI()
    app.include_router(router)
    return app


# %% right="a dependency that commits, with scope function"
def create_app(get_db):
    def committing(db: Annotated[Session, Depends(get_db, scope="function")]):
        yield db
        db.commit()

    app = FastAPI()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    async def create_dish(
        new: DishIn, db: Annotated[Session, Depends(committing, scope="function")]
    ):
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.flush()
        return dish

    return app


# %% right="a class-based repository"
def create_app(get_db):
    class Menu:
        def __init__(self, db: Annotated[Session, Depends(get_db)]):
            self.db = db

        def add(self, new: DishIn) -> Dish:
            dish = Dish(**new.model_dump())
            self.db.add(dish)
            self.db.commit()
            return dish

    app = FastAPI()

    @app.post("/dishes", response_model=DishOut)
    def create_dish(new: DishIn, menu: Annotated[Menu, Depends()], response: Response):
        response.status_code = 201
        return menu.add(new)

    return app


# %% wrong="flush instead of commit" claim="id_proves_saved"
def create_app(get_db):
    app = FastAPI()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]):
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.flush()
        db.refresh(dish)
        return dish

    return app


# %% wrong="only add" claim="closing_commits"
def create_app(get_db):
    app = FastAPI()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]):
        dish = Dish(**new.model_dump())
        db.add(dish)
        return dish

    return app


# %% wrong="only add, and a dict for the answer" claim="closing_commits"
def create_app(get_db):
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]):
        dish = Dish(**new.model_dump())
        db.add(dish)
        return {"id": dish.id, "name": dish.name, "price": dish.price, "note": dish.note}

    return app


# %% wrong="the bare object after the commit" claim="orm_object_always_works"
def create_app(get_db):
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]):
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.commit()
        return dish

    return app


# %% wrong="refreshed, but without a response model" claim="orm_object_always_works"
def create_app(get_db):
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]):
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.commit()
        db.refresh(dish)
        return dish

    return app


# %% wrong="the status is left as it is" claim="post_answers_201"
def create_app(get_db):
    app = FastAPI()

    @app.post("/dishes", response_model=DishOut)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]):
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.commit()
        return dish

    return app


# %% wrong="the commit after the yield" claim="commit_after_yield_is_in_time"
def create_app(get_db):
    def committing(db: Annotated[Session, Depends(get_db)]):
        yield db
        db.commit()

    app = FastAPI()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create_dish(new: DishIn, db: Annotated[Session, Depends(committing)]):
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.flush()
        return dish

    return app


# %% wrong="a schema without bounds" claim="columns_refuse_nonsense"
def create_app(get_db):
    class NewDish(BaseModel):
        name: str
        price: int
        cost: int = 0
        note: str | None = None

    app = FastAPI()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create_dish(new: NewDish, db: Annotated[Session, Depends(get_db)]):
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.commit()
        return dish

    return app


# %% wrong="next(get_db()) by hand" claim="next_is_as_good"
def create_app(get_db):
    app = FastAPI()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create_dish(new: DishIn):
        db = next(get_db())
        dish = Dish(**new.model_dump())
        db.add(dish)
        db.commit()
        db.refresh(dish)
        return dish

    return app


# %% wrong="saved in the lesson's pantry, not in the one that is handed over" claim=""
def create_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()
    restock()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def create_dish(new: DishIn) -> Any:
        with SessionLocal() as db:
            dish = Dish(**new.model_dump())
            db.add(dish)
            db.commit()
            db.refresh(dish)
            return dish

    return app


# %% wrong="saved, and a text for the answer" claim=""
def create_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()

    @app.post("/dishes")
    def create_dish(new: DishIn, db: Annotated[Session, Depends(get_db)]) -> Response:
        db.add(Dish(**new.model_dump()))
        db.commit()
        return Response("saved", status_code=201)

    return app
