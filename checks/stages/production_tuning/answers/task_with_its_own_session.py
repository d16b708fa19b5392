# %% right="the id is read before the commit"
def order_app(engine: Engine) -> FastAPI:
    app = FastAPI()
    sessions = sessionmaker(engine)

    def get_db() -> Iterator[Session]:
        with sessions() as session:
            yield session

    def print_ticket(number: int) -> None:
        with sessions.begin() as session:
            session.get_one(Order, number).state = "printed"

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int, seat: int, db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks
    ) -> dict[str, int]:
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.flush()
        number = order.id
        db.commit()
        tasks.add_task(print_ticket, number)
        return {"id": number}

    return app


# %% right="the dependency is left before the answer"
def order_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    def print_ticket(number):
        with Session(engine) as session:
            session.execute(update(Order).where(Order.id == number).values(state="printed"))
            session.commit()

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int,
        seat: int,
        db: Annotated[Session, Depends(get_db, scope="function")],
        tasks: BackgroundTasks,
    ):
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.commit()
        db.refresh(order)
        tasks.add_task(print_ticket, number=order.id)
        return {"id": order.id}

    return app


# %% right="nothing expires, and the task uses Core"
def order_app(engine):
    app = FastAPI()
    sessions = sessionmaker(engine, expire_on_commit=False)

    async def print_ticket(number):
        def work():
            with engine.begin() as connection:
                connection.execute(
                    text("UPDATE orders SET state = 'printed' WHERE id = :id"), {"id": number}
                )

        await run_in_threadpool(work)

    @app.post("/orders", status_code=201)
    def take_order(dish_id: int, seat: int, tasks: BackgroundTasks):
        with sessions.begin() as session:
            order = Order(dish_id=dish_id, seat=seat)
            session.add(order)
        tasks.add_task(print_ticket, order.id)
        return {"id": order.id}

    return app


# %% right="the sessions are made when the app starts"
from contextlib import asynccontextmanager


def order_app(engine):
    @asynccontextmanager
    async def lifespan(app):
        app.state.sessions = sessionmaker(engine)
        yield
        engine.dispose()

    app = FastAPI(lifespan=lifespan)

    def print_ticket(number):
        with app.state.sessions.begin() as session:
            session.get_one(Order, number).state = "printed"

    @app.post("/orders", status_code=201)
    def take_order(dish_id: int, seat: int, tasks: BackgroundTasks):
        order = Order(dish_id=dish_id, seat=seat)
        with app.state.sessions(expire_on_commit=False) as session:
            session.add(order)
            session.commit()
        tasks.add_task(print_ticket, order.id)
        return {"id": order.id}

    return app


# %% wrong="the task works in the request's session" claim="handed_session_is_free"
def order_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    def print_ticket(db, number):
        db.get_one(Order, number).state = "printed"
        db.commit()

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int, seat: int, db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks
    ):
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.commit()
        tasks.add_task(print_ticket, db, order.id)
        return {"id": order.id}

    return app


# %% wrong="the task works in the request's session, which was closed" claim="handed_session_is_free"
def order_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    def print_ticket(db, number):
        db.get_one(Order, number).state = "printed"
        db.commit()

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int,
        seat: int,
        db: Annotated[Session, Depends(get_db, scope="function")],
        tasks: BackgroundTasks,
    ):
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.commit()
        tasks.add_task(print_ticket, db, order.id)
        return {"id": order.id}

    return app


# %% wrong="the task gets the object" claim="object_saves_itself"
def order_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    def print_ticket(order):
        order.state = "printed"

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int, seat: int, db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks
    ):
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.commit()
        tasks.add_task(print_ticket, order)
        return {"id": order.id}

    return app


# %% wrong="the task never commits" claim="with_session_commits"
def order_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    def print_ticket(number):
        with Session(engine) as session:
            session.get_one(Order, number).state = "printed"

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int,
        seat: int,
        db: Annotated[Session, Depends(get_db, scope="function")],
        tasks: BackgroundTasks,
    ):
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.commit()
        tasks.add_task(print_ticket, order.id)
        return {"id": order.id}

    return app


# %% wrong="the task is called, not handed over" claim="add_task_takes_a_call"
def order_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    def print_ticket(number):
        with Session(engine) as session:
            session.get_one(Order, number).state = "printed"
            session.commit()

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int, seat: int, db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks
    ):
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.commit()
        number = order.id
        db.rollback()
        tasks.add_task(print_ticket(number))
        return {"id": number}

    return app


# %% wrong="the request reads after its commit" claim="free_on_return"
def order_app(engine):
    app = FastAPI()

    def get_db():
        with Session(engine) as session:
            yield session

    def print_ticket(number):
        with Session(engine) as session:
            session.get_one(Order, number).state = "printed"
            session.commit()

    @app.post("/orders", status_code=201)
    def take_order(
        dish_id: int, seat: int, db: Annotated[Session, Depends(get_db)], tasks: BackgroundTasks
    ):
        order = Order(dish_id=dish_id, seat=seat)
        db.add(order)
        db.commit()
        db.refresh(order)
        tasks.add_task(print_ticket, order.id)
        return {"id": order.id}

    return app


# %% right="two tasks, and the first only prints a line"
def order_app(engine: Engine) -> FastAPI:
    app = FastAPI()

    def announce(number: int) -> None:
        print("a new order")

    def print_ticket(number: int) -> None:
        with Session(engine) as session, session.begin():
            session.get_one(Order, number).state = "printed"

    @app.post("/orders", status_code=201)
    def take_order(dish_id: int, seat: int, tasks: BackgroundTasks) -> dict[str, int]:
        with Session(engine) as session, session.begin():
            order = Order(dish_id=dish_id, seat=seat)
            session.add(order)
            session.flush()
            number = order.id
        tasks.add_task(announce, number)
        tasks.add_task(print_ticket, number)
        return {"id": number}

    return app


# %% wrong="every order is printed" claim=""
def order_app(engine: Engine) -> FastAPI:
    app = FastAPI()

    def print_tickets() -> None:
        with Session(engine) as session, session.begin():
            session.execute(update(Order).values(state="printed"))

    @app.post("/orders", status_code=201)
    def take_order(dish_id: int, seat: int, tasks: BackgroundTasks) -> dict[str, int]:
        with Session(engine) as session, session.begin():
            order = Order(dish_id=dish_id, seat=seat)
            session.add(order)
            session.flush()
            number = order.id
        tasks.add_task(print_tickets)
        return {"id": number}

    return app


# %% wrong="a bare number is answered" claim=""
def order_app(engine: Engine) -> FastAPI:
    app = FastAPI()

    def print_ticket(number: int) -> None:
        with Session(engine) as session, session.begin():
            session.get_one(Order, number).state = "printed"

    @app.post("/orders", status_code=201)
    def take_order(dish_id: int, seat: int, tasks: BackgroundTasks) -> int:
        with Session(engine) as session, session.begin():
            order = Order(dish_id=dish_id, seat=seat)
            session.add(order)
            session.flush()
            number = order.id
        tasks.add_task(print_ticket, number)
        return number

    return app


# %% wrong="committed, but an attribute of another name was set" claim=""
def order_app(engine: Engine) -> FastAPI:
    app = FastAPI()

    def print_ticket(number: int) -> None:
        with Session(engine) as session, session.begin():
            session.get_one(Order, number).status = "printed"

    @app.post("/orders", status_code=201)
    def take_order(dish_id: int, seat: int, tasks: BackgroundTasks) -> dict[str, int]:
        with Session(engine) as session, session.begin():
            order = Order(dish_id=dish_id, seat=seat)
            session.add(order)
            session.flush()
            number = order.id
        tasks.add_task(print_ticket, number)
        return {"id": number}

    return app
