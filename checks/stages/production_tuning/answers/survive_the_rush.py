# %% right="a limit at the door"
def rush_app(engine: Engine) -> FastAPI:
    app = FastAPI()

    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    def get_db() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    DB = Annotated[Session, Depends(get_db, max_concurrency=1)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: DB) -> Dish:
        return db.get_one(Dish, dish_id)

    return app


# %% right="converted, and closed before it returns"
def rush_app(engine):
    app = FastAPI()

    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    def get_db():
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{dish_id}")
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]) -> DishOut:
        dish = DishOut.model_validate(db.get_one(Dish, dish_id), from_attributes=True)
        db.close()
        return dish

    return app


# %% right="a session inside the endpoint, no dependency"
def rush_app(engine):
    app = FastAPI()

    @app.get("/dishes/{dish_id}")
    def read_dish(dish_id: int):
        with Session(engine) as session:
            dish = session.get_one(Dish, dish_id)
            return {"id": dish.id, "name": dish.name, "price": dish.price}

    return app


# %% right="async from end to end, with a lifespan that disposes"
def rush_app(engine):
    async_engine = create_async_engine(
        engine.url.set(drivername="sqlite+aiosqlite"), pool_size=1, max_overflow=0
    )

    @asynccontextmanager
    async def lifespan(app):
        yield
        await async_engine.dispose()

    app = FastAPI(lifespan=lifespan)

    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    async def get_db():
        async with AsyncSession(async_engine) as session:
            yield session

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    async def read_dish(dish_id: int, db: Annotated[AsyncSession, Depends(get_db)]):
        return await db.get_one(Dish, dish_id)

    return app


# %% right="no response model, the fields picked by hand"
def rush_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{dish_id}")
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        row = db.execute(select(Dish.id, Dish.name, Dish.price).where(Dish.id == dish_id)).one()
        return dict(row._mapping)

    return app


# %% wrong="the session is closed in a finally" claim="free_on_return"
def rush_app(engine):
    app = FastAPI()

    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    def get_db():
        session = Session(engine)
        try:
            yield session
        finally:
            session.close()

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        return db.get_one(Dish, dish_id)

    return app


# %% wrong="the dependency is left before the answer" claim="function_scope_cures"
def rush_app(engine):
    app = FastAPI()

    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    def get_db():
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db, scope="function")]):
        return db.get_one(Dish, dish_id)

    return app


# %% wrong="a limit, but as many as there are threads in FastAPI" claim="any_limit_cures"
def rush_app(engine):
    app = FastAPI()

    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    def get_db():
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db, max_concurrency=40)]):
        return db.get_one(Dish, dish_id)

    return app


# %% wrong="async def with the sync session" claim="async_interchangeable"
def rush_app(engine):
    app = FastAPI()

    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    def get_db():
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    async def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        return db.get_one(Dish, dish_id)

    return app


# %% wrong="without the response model" claim="model_is_documentation"
def rush_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{dish_id}")
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]):
        return db.get_one(Dish, dish_id)

    return app


# %% wrong="a limit at the door, and nobody closes the session" claim="unused_session_closes"
def rush_app(engine):
    app = FastAPI()
    kept = []

    @app.get("/dishes/{dish_id}")
    async def read_dish(dish_id: int):
        if not kept:
            kept.append(Session(engine))
        dish = kept[0].get_one(Dish, dish_id)
        return {"id": dish.id, "name": dish.name, "price": dish.price}

    return app


# %% right="a door of its own: a semaphore that is awaited"
def rush_app(engine: Engine) -> FastAPI:
    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    app = FastAPI()
    door = asyncio.Semaphore(1)

    async def one_at_a_time() -> AsyncIterator[None]:
        async with door:
            yield

    def get_db(_: Annotated[None, Depends(one_at_a_time)]) -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]) -> Dish:
        return db.get_one(Dish, dish_id)

    return app


# %% wrong="an engine of its own with a bigger pool" claim="bigger_pool_cures"
def rush_app(engine: Engine) -> FastAPI:
    class DishOut(BaseModel):
        id: int
        name: str
        price: int

    app = FastAPI()
    bigger = create_engine(engine.url, pool_size=20)

    def get_db() -> Iterator[Session]:
        with Session(bigger) as session:
            yield session

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read_dish(dish_id: int, db: Annotated[Session, Depends(get_db)]) -> Dish:
        return db.get_one(Dish, dish_id)

    return app
