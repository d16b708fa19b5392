# %% right="commit, catch, roll back, note, refuse"
def dish_app(engine: Engine) -> FastAPI:
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB) -> DishIn:
        db.add(Dish(name=dish.name, price=dish.price))
        try:
            db.commit()
        except IntegrityError:
            db.rollback()
            db.add(Note(text=dish.name))
            db.commit()
            raise HTTPException(409, f"{dish.name} is on the menu already") from None
        return dish

    return app


# %% right="an exception handler for the whole app, which writes the note in a session of its own"
from fastapi import Request
from fastapi.responses import JSONResponse


def dish_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.exception_handler(IntegrityError)
    def conflict(request: Request, error: IntegrityError):
        with Session(engine) as session, session.begin():
            session.add(Note(text=request.state.wanted))
        return JSONResponse({"detail": str(error.orig)}, 409)

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, request: Request, db: DB):
        request.state.wanted = dish.name
        db.add(Dish(**dish.model_dump()))
        db.commit()
        return dish

    return app


# %% right="a savepoint around the risky part"
from fastapi import Response


def dish_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB, response: Response):
        try:
            with db.begin_nested():
                db.add(Dish(name=dish.name, price=dish.price))
        except IntegrityError:
            db.add(Note(text=dish.name))
            response.status_code = 409
        db.commit()
        return dish

    return app


# %% right="the database is asked to do nothing where the name is taken"
def dish_app(engine):
    from sqlalchemy.dialects.sqlite import insert

    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB):
        added = db.execute(insert(Dish).values(**dish.model_dump()).on_conflict_do_nothing())
        if added.rowcount == 0:
            db.add(Note(text=dish.name))
        db.commit()
        if added.rowcount == 0:
            raise HTTPException(status_code=409, detail="taken")
        return dish

    return app


# %% right="the sessions are made when the app starts"
from contextlib import asynccontextmanager

from fastapi import Request


def dish_app(engine):
    @asynccontextmanager
    async def lifespan(app):
        app.state.sessions = sessionmaker(engine)
        yield
        engine.dispose()

    def get_db(request: Request):
        with request.app.state.sessions() as session:
            yield session

    app = FastAPI(lifespan=lifespan)

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: Annotated[Session, Depends(get_db)]):
        try:
            db.add(Dish(**dish.model_dump()))
            db.commit()
        except IntegrityError:
            db.rollback()
            db.add(Note(text=dish.name))
            db.commit()
            raise HTTPException(409, f"There is a {dish.name} already")
        return dish

    return app


# %% wrong="nobody catches the error" claim="integrity_error_is_409"
def dish_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB):
        db.add(Dish(name=dish.name, price=dish.price))
        db.commit()
        return dish

    return app


# %% wrong="the note is written without a rollback before it" claim="go_on_after_integrity_error"
def dish_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB):
        try:
            db.add(Dish(name=dish.name, price=dish.price))
            db.commit()
        except IntegrityError:
            db.add(Note(text=dish.name))
            db.commit()
            raise HTTPException(409, "taken")
        return dish

    return app


# %% wrong="ask first, and trust the answer" claim="asking_first_is_enough"
def dish_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB):
        if db.scalar(select(Dish).where(Dish.name == dish.name)):
            db.add(Note(text=dish.name))
            db.commit()
            raise HTTPException(409, "taken")
        db.add(Dish(name=dish.name, price=dish.price))
        db.commit()
        return dish

    return app


# %% wrong="the note goes before the rollback" claim="rollback_takes_back_one_step"
def dish_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB):
        db.add(Note(text=dish.name))
        db.flush()
        try:
            db.add(Dish(name=dish.name, price=dish.price))
            db.flush()
        except IntegrityError:
            db.rollback()
            db.commit()
            raise HTTPException(409, "taken")
        db.delete(db.scalars(select(Note).where(Note.text == dish.name)).one())
        db.commit()
        return dish

    return app


# %% wrong="the endpoint flushes, and nobody commits" claim="with_block_commits"
def dish_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(dish: DishIn, db: DB):
        db.add(Dish(name=dish.name, price=dish.price))
        try:
            db.flush()
        except IntegrityError:
            db.rollback()
            raise HTTPException(409, "taken")
        return dish

    return app


# %% right="the refresh, and a response model"
def dish_app(engine: Engine) -> FastAPI:
    class DishOut(DishIn):
        id: int

    app = FastAPI()

    @app.post("/dishes", status_code=201, response_model=DishOut)
    def add_dish(new: DishIn, db: Annotated[Session, Depends(get_db_for(engine))]) -> Dish:
        dish = Dish(**new.model_dump())
        try:
            db.add(dish)
            db.commit()
        except IntegrityError as error:
            db.rollback()
            with Session(engine) as other, other.begin():
                other.add(Note(text=new.name))
            raise HTTPException(409, "taken") from error
        db.refresh(dish)
        return dish

    return app


# %% wrong="the bare object after the commit" claim=""
def dish_app(engine: Engine) -> FastAPI:
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(new: DishIn, db: DB):
        dish = Dish(name=new.name, price=new.price)
        db.add(dish)
        try:
            db.commit()
        except IntegrityError:
            db.rollback()
            db.add(Note(text=new.name))
            db.commit()
            raise HTTPException(409, "taken") from None
        return dish

    return app


# %% wrong="nothing is returned" claim=""
def dish_app(engine: Engine) -> FastAPI:
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(new: DishIn, db: DB) -> None:
        db.add(Dish(name=new.name, price=new.price))
        try:
            db.commit()
        except IntegrityError:
            db.rollback()
            db.add(Note(text=new.name))
            db.commit()
            raise HTTPException(409, "taken") from None

    return app


# %% wrong="the note says more than the name" claim=""
def dish_app(engine: Engine) -> FastAPI:
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/dishes", status_code=201)
    def add_dish(new: DishIn, db: DB) -> DishIn:
        db.add(Dish(name=new.name, price=new.price))
        try:
            db.commit()
        except IntegrityError:
            db.rollback()
            db.add(Note(text=f"{new.name} was asked for"))
            db.commit()
            raise HTTPException(409, "taken") from None
        return new

    return app
