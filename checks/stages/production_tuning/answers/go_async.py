# %% right="an async generator gives the session"
def coffee_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI()

    async def get_db() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session:
            yield session

    @app.get("/coffee")
    async def make_coffee(db: Annotated[AsyncSession, Depends(get_db)]) -> dict[str, str]:
        return {"cup": await db.scalar(text("SELECT brew()"))}

    return app


# %% right="a session maker, and the session inside the endpoint"
def coffee_app(engine):
    app = FastAPI()
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @app.get("/coffee")
    async def make_coffee():
        async with sessions() as session:
            result = await session.execute(select(func.brew()))
            return {"cup": result.scalar_one()}

    return app


# %% right="Core on an async connection"
def coffee_app(engine):
    app = FastAPI()

    async def get_connection():
        async with engine.begin() as connection:
            yield connection

    @app.get("/coffee")
    async def make_coffee(connection: Annotated[Any, Depends(get_connection)]):
        return {"cup": await connection.scalar(text("SELECT brew()"))}

    return app


# %% right="a session that is closed by hand"
def coffee_app(engine):
    app = FastAPI()

    async def get_db():
        session = AsyncSession(engine)
        try:
            yield session
        finally:
            await session.close()

    @app.get("/coffee")
    async def make_coffee(db: Annotated[AsyncSession, Depends(get_db)]):
        cups = await db.scalars(text("SELECT brew()"))
        return {"cup": cups.one()}

    return app


# %% wrong="a sync session on the async engine" claim="async_interchangeable"
def coffee_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine.sync_engine) as session:
            yield session

    @app.get("/coffee")
    async def make_coffee(db: Annotated[Session, Depends(get_db)]):
        return {"cup": db.scalar(text("SELECT brew()"))}

    return app


# %% wrong="a Session made of the async engine" claim="async_interchangeable"
def coffee_app(engine):
    app = FastAPI()

    @app.get("/coffee")
    def make_coffee():
        with Session(engine) as session:
            return {"cup": session.scalar(text("SELECT brew()"))}

    return app


# %% wrong="await is forgotten" claim="await_is_optional"
def coffee_app(engine):
    app = FastAPI()

    @app.get("/coffee")
    async def make_coffee():
        async with AsyncSession(engine) as session:
            return {"cup": session.scalars(text("SELECT brew()")).one()}

    return app


# %% wrong="one session for all guests" claim="async_session_is_shared"
def coffee_app(engine):
    app = FastAPI()
    session = AsyncSession(engine)

    @app.get("/coffee")
    async def make_coffee():
        return {"cup": await session.scalar(text("SELECT brew()"))}

    return app


# %% wrong="the session is never closed" claim="unused_session_closes"
def coffee_app(engine):
    app = FastAPI()
    sessions = []

    async def get_db():
        sessions.append(AsyncSession(engine))
        yield sessions[-1]

    @app.get("/coffee")
    async def make_coffee(db: Annotated[AsyncSession, Depends(get_db)]):
        return {"cup": await db.scalar(text("SELECT brew()"))}

    return app


# %% wrong="the row is sent, not its value" claim=""
def coffee_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI()

    @app.get("/coffee")
    async def make_coffee():
        async with AsyncSession(engine) as session:
            return {"cup": (await session.execute(text("SELECT brew()"))).one()}

    return app


# %% wrong="with instead of async with" claim="async_interchangeable"
def coffee_app(engine: AsyncEngine) -> FastAPI:
    app = FastAPI()

    @app.get("/coffee")
    async def make_coffee():
        with AsyncSession(engine) as session:
            return {"cup": await session.scalar(text("SELECT brew()"))}

    return app
