# %% right="Annotated, a response model, limit and offset"
def list_app(get_db) -> FastAPI:
    app = FastAPI()

    @app.get("/dishes", response_model=list[DishOut])
    def list_dishes(
        db: Annotated[Session, Depends(get_db)],
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> Any:
        query = select(Dish).order_by(Dish.name).offset(offset).limit(limit)
        return db.scalars(query).all()

    return app


# %% right="Depends as a default, a router, a return annotation, columns only"
def list_app(get_db):
    router = APIRouter(prefix="/dishes")

    @router.get("")
    def read(
        limit: int = Query(10, ge=1, le=50),
        offset: int = Query(0, ge=0),
        db: Session = Depends(get_db),
    ) -> list[DishOut]:
        columns = (Dish.id, Dish.name, Dish.price, Dish.note)
        rows = db.execute(select(*columns).order_by(Dish.name).limit(limit).offset(offset))
        return [DishOut(**row._mapping) for row in rows]

    app = FastAPI()
    app.include_router(router)
    return app


# %% right="a class for the page and one for the menu, scope function"
def list_app(get_db):
    DB = Annotated[Session, Depends(get_db, scope="function")]

    class Page(BaseModel):
        limit: int = Field(10, ge=1, le=50)
        offset: int = Field(0, ge=0)

    class Menu:
        def __init__(self, db: DB):
            self.db = db

        def page(self, page):
            query = select(Dish).order_by(Dish.name).slice(page.offset, page.offset + page.limit)
            return self.db.scalars(query).all()

    app = FastAPI()

    @app.get("/dishes", response_model=list[DishOut])
    async def list_dishes(menu: Annotated[Menu, Depends()], page: Annotated[Page, Query()]):
        return menu.page(page)

    return app


# %% wrong="the session without Depends" claim="session_without_setup"
def list_app(get_db):
    app = FastAPI()

    @app.get("/dishes", response_model=list[DishOut])
    def list_dishes(db: Session, limit: Annotated[int, Query(ge=1, le=50)] = 10, offset: int = 0):
        return db.scalars(select(Dish).order_by(Dish.name).offset(offset).limit(limit)).all()

    return app


# %% wrong="Annotated, but without Depends in it" claim="session_without_setup" canary=true
def list_app(get_db):
    app = FastAPI()

    @app.get("/dishes", response_model=list[DishOut])
    def list_dishes(db: Annotated[Session, get_db], limit: int = 10, offset: int = 0):
        return db.scalars(select(Dish).order_by(Dish.name).offset(offset).limit(limit)).all()

    return app


# %% wrong="Depends gets the result of a call" claim="depends_takes_the_call"
def list_app(get_db):
    app = FastAPI()

    @app.get("/dishes", response_model=list[DishOut])
    def list_dishes(db: Annotated[Session, Depends(get_db())], limit: int = 10, offset: int = 0):
        return db.scalars(select(Dish).order_by(Dish.name).offset(offset).limit(limit)).all()

    return app


# %% wrong="next(get_db()) by hand" claim="next_is_as_good"
def list_app(get_db):
    app = FastAPI()

    @app.get("/dishes", response_model=list[DishOut])
    def list_dishes(
        limit: Annotated[int, Query(ge=1, le=50)] = 10, offset: Annotated[int, Query(ge=0)] = 0
    ):
        db = next(get_db())
        return db.scalars(select(Dish).order_by(Dish.name).offset(offset).limit(limit)).all()

    return app


# %% wrong="the bare ORM objects" claim="orm_object_always_works"
def list_app(get_db):
    app = FastAPI()

    @app.get("/dishes")
    def list_dishes(
        db: Annotated[Session, Depends(get_db)],
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
        offset: Annotated[int, Query(ge=0)] = 0,
    ):
        return db.scalars(select(Dish).order_by(Dish.name).offset(offset).limit(limit)).all()

    return app


# %% wrong="the table's class as response model" claim="orm_class_is_a_schema" canary=true
def list_app(get_db):
    app = FastAPI()

    @app.get("/dishes")
    def list_dishes(
        db: Annotated[Session, Depends(get_db)], limit: int = 10, offset: int = 0
    ) -> list[Dish]:
        return db.scalars(select(Dish).order_by(Dish.name).offset(offset).limit(limit)).all()

    return app


# %% wrong="the page is cut in Python" claim="slicing_is_paging"
def list_app(get_db):
    app = FastAPI()

    @app.get("/dishes", response_model=list[DishOut])
    def list_dishes(
        db: Annotated[Session, Depends(get_db)],
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
        offset: Annotated[int, Query(ge=0)] = 0,
    ):
        return db.scalars(select(Dish).order_by(Dish.name)).all()[offset : offset + limit]

    return app


# %% wrong="no bounds" claim="silent_mending_helps"
def list_app(get_db):
    app = FastAPI()

    @app.get("/dishes", response_model=list[DishOut])
    def list_dishes(db: Annotated[Session, Depends(get_db)], limit: int = 10, offset: int = 0):
        limit = max(1, min(limit, 50))
        return db.scalars(select(Dish).order_by(Dish.name).offset(offset).limit(limit)).all()

    return app
