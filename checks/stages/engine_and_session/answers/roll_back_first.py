# %% right="except, rollback, raise"
def cautious_bistro(sessions: sessionmaker[Session]) -> FastAPI:
    def get_db() -> Iterator[Session]:
        with sessions() as session:
            try:
                yield session
            except Exception:
                session.rollback()
                raise

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% right="rollback in finally"
def cautious_bistro(sessions):
    def get_db():
        session = sessions()
        try:
            yield session
        finally:
            session.rollback()
            session.close()

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% right="the factory's begin(), left before the response"
def cautious_bistro(sessions):
    def get_db():
        with sessions.begin() as session:
            yield session

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Session = Depends(get_db, scope="function")):
        session.add(Dish(name=name, price=price))

    return app


# %% right="rolled back, and told to the guest as 503"
def cautious_bistro(sessions):
    async def get_db():
        with sessions() as session:
            try:
                yield session
            except OperationalError:
                session.rollback()
                raise HTTPException(503, "Please try again")

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% right="begin() in the endpoint"
def cautious_bistro(sessions):
    def get_db():
        with sessions() as session:
            yield session

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]):
        with session.begin():
            session.add(Dish(name=name, price=price))

    return app


# %% wrong="close in finally" claim="close_undoes_everything"
def cautious_bistro(sessions):
    def get_db():
        session = sessions()
        try:
            yield session
        finally:
            session.close()

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="close on error" claim="close_undoes_everything"
def cautious_bistro(sessions):
    def get_db():
        session = sessions()
        try:
            yield session
        except Exception:
            session.close()
            raise
        session.close()

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="only an IntegrityError is rolled back" claim="only_integrity_errors"
def cautious_bistro(sessions):
    def get_db():
        with sessions() as session:
            try:
                yield session
            except IntegrityError:
                session.rollback()
                raise

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="rolled back, and the error is swallowed" claim="swallowed_error_is_handled"
def cautious_bistro(sessions):
    def get_db():
        with sessions() as session:
            try:
                yield session
            except Exception:
                session.rollback()

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="a rollback at the start" claim="next_request_cleans_up"
def cautious_bistro(sessions):
    def get_db():
        with sessions() as session:
            session.rollback()
            yield session

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="the dependency commits, after the response" claim="late_commit_is_told"
def cautious_bistro(sessions):
    def get_db():
        with sessions.begin() as session:
            yield session

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]):
        session.add(Dish(name=name, price=price))

    return app


# %% wrong="rollback as the last line" claim="close_at_the_end_suffices"
def cautious_bistro(sessions):
    def get_db():
        with sessions() as session:
            yield session
            session.rollback()

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="rollback after the session was closed" claim="close_undoes_everything"
def cautious_bistro(sessions):
    def get_db():
        try:
            with sessions() as session:
                yield session
        except Exception:
            session.rollback()
            raise

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="another session is rolled back" claim="next_request_cleans_up"
def cautious_bistro(sessions):
    def get_db():
        with sessions() as session:
            try:
                yield session
            except Exception:
                sessions().rollback()
                raise

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="one session for all, rolled back" claim="one_session_for_all"
def cautious_bistro(sessions):
    s = sessions()

    def get_db():
        try:
            yield s
        except Exception:
            s.rollback()
            raise

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% wrong="rolled back, and never closed" claim="session_closes_itself"
def cautious_bistro(sessions):
    def get_db():
        session = sessions()
        try:
            yield session
        except Exception:
            session.rollback()
            raise

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app


# %% right="told to the guest as a conflict"
def cautious_bistro(sessions):
    def get_db():
        with sessions() as session:
            try:
                yield session
            except Exception:
                session.rollback()
                raise HTTPException(409)

    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(name: str, price: int, session: Annotated[Session, Depends(get_db)]) -> str:
        session.add(Dish(name=name, price=price))
        session.commit()
        return name

    return app
