# %% right="a dependency with yield, in Annotated"
def bistro(sessions: sessionmaker[Session]) -> FastAPI:
    def get_db() -> Iterator[Session]:
        with sessions() as session:
            yield session

    Db = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int, session: Db) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return dish.price

    return app


# %% right="Depends as the default, try and finally, a router, left before the response"
def bistro(sessions):
    async def get_db():
        session = sessions()
        try:
            yield session
        finally:
            session.close()

    Db = Depends(get_db, scope="function")
    app, router = FastAPI(), APIRouter(prefix="/dishes")

    @router.get("/{name}")
    def read_price(name: str, session: Session = Db):
        return session.scalar(select(Dish.price).where(Dish.name == name))

    @router.post("", status_code=201)
    def add_dish(name: str, price: int, session: Session = Db):
        session.add(Dish(name=name, price=price))
        session.commit()

    @router.patch("/{name}")
    def change_price(name: str, price: int, session: Session = Db):
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return price

    app.include_router(router)
    return app


# %% right="no dependency: each endpoint opens and closes its own session"
def bistro(sessions):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str) -> int:
        with sessions() as session:
            return session.scalars(select(Dish.price).where(Dish.name == name)).one()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int) -> str:
        with sessions.begin() as session:
            session.add(Dish(name=name, price=price))
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int) -> int:
        with sessions.begin() as session:
            dish = session.scalars(select(Dish).where(Dish.name == name)).one()
            dish.price = price
            if price < 0:
                raise HTTPException(422, "A price is not negative")
        return price

    return app


# %% wrong="one session, rolled back before the refusal" claim="one_session_for_all"
def bistro(sessions):
    app = FastAPI()
    session = sessions()

    @app.get("/dishes/{name}")
    def read_price(name: str) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            session.rollback()
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return dish.price

    return app


# %% wrong="a dependency that hands out the one session" claim="one_session_for_all"
def bistro(sessions):
    the_session = sessions()

    def get_db():
        yield the_session

    Db = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int, session: Db) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return dish.price

    return app


# %% wrong="a dependency that is cached, as settings are" claim="one_session_for_all"
def bistro(sessions):
    from functools import lru_cache

    @lru_cache
    def get_db():
        return sessions()

    Db = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int, session: Db) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return dish.price

    return app


# %% wrong="scoped_session" claim="scoped_session_is_per_request"
def bistro(sessions):
    from sqlalchemy.orm import scoped_session

    session = scoped_session(sessions)
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return dish.price

    return app


# %% wrong="the dependency is called by hand" claim="depends_wants_a_call" canary=true
def bistro(sessions):
    def get_db():
        with sessions() as session:
            yield session

    Db = Annotated[Session, Depends(get_db())]
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int, session: Db) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return dish.price

    return app


# %% wrong="one session each, and never closed" claim="session_closes_itself"
def bistro(sessions):
    def get_db():
        return sessions()

    Db = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int, session: Db) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return dish.price

    return app


# %% wrong="commit in finally" claim="finally_saves_what_went_well"
def bistro(sessions):
    app = FastAPI()

    def get_db():
        with sessions() as s:
            try:
                yield s
            finally:
                s.commit()

    Db = Annotated[Session, Depends(get_db)]

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int, session: Db) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return price

    return app


# %% wrong="PATCH still has the one session" claim="one_session_for_all"
def bistro(sessions):
    app = FastAPI()
    glob = sessions()

    def get_db():
        with sessions() as s:
            yield s

    Db = Annotated[Session, Depends(get_db)]

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int) -> int:
        dish = glob.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        glob.commit()
        return price

    return app


# %% wrong="each opens its own, only GET closes it" claim="session_closes_itself"
def bistro(sessions):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str) -> int:
        with sessions() as session:
            return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int) -> str:
        session = sessions()
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int) -> int:
        session = sessions()
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return price

    return app


# %% wrong="the error is swallowed" claim="swallowed_error_is_handled"
def bistro(sessions):
    app = FastAPI()

    def get_db():
        with sessions() as s:
            try:
                yield s
            except Exception:
                s.rollback()

    Db = Annotated[Session, Depends(get_db)]

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int, session: Db) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return price

    return app


# %% wrong="closed in the last line, which a refusal never reaches" claim="close_at_the_end_suffices"
def bistro(sessions):
    app = FastAPI()

    def get_db():
        s = sessions()
        yield s
        s.close()

    Db = Annotated[Session, Depends(get_db)]

    @app.get("/dishes/{name}")
    def read_price(name: str, session: Db) -> int:
        return session.scalars(select(Dish).where(Dish.name == name)).one().price

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Db) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    @app.patch("/dishes/{name}")
    def change_price(name: str, price: int, session: Db) -> int:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        if price < 0:
            raise HTTPException(422, "A price is not negative")
        session.commit()
        return price

    return app
