# %% right="the class asks for the session of the request"
def leaky_bistro(sessions: sessionmaker[Session]) -> FastAPI:
    def get_db() -> Iterator[Session]:
        with sessions() as session:
            yield session

    class Menu:
        def __init__(self, session: Annotated[Session, Depends(get_db)]) -> None:
            self.session = session

        def price(self, name: str) -> int:
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        return menu.price(name)

    return app


# %% right="the menu opens a session for each question"
def leaky_bistro(sessions):
    class Menu:
        def price(self, name):
            with sessions() as session:
                price = session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        return menu.price(name)

    return app


# %% right="a dependency that makes the menu and closes its session"
def leaky_bistro(sessions):
    class Menu:
        def __init__(self):
            self.session = sessions()

        def price(self, name):
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    def get_menu():
        menu = Menu()
        try:
            yield menu
        finally:
            menu.session.close()

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Menu = Depends(get_menu)) -> int:
        return menu.price(name)

    return app


# %% right="the app keeps the factory of sessions while it lives"
from contextlib import asynccontextmanager

from fastapi import Request


def leaky_bistro(sessions):
    @asynccontextmanager
    async def lifespan(app):
        yield {"sessions": sessions}

    class Menu:
        def __init__(self, request: Request):
            self.sessions = request.state.sessions

        def price(self, name):
            with self.sessions() as session:
                price = session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI(lifespan=lifespan)

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]):
        return menu.price(name)

    return app


# %% wrong="get_db is called by hand, and never goes on" claim="session_closes_itself"
def leaky_bistro(sessions):
    opened = []

    def get_db():
        with sessions() as session:
            yield session

    class Menu:
        def __init__(self):
            opened.append(get_db())
            self.session = next(opened[-1])

        def price(self, name):
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        return menu.price(name)

    return app


# %% wrong="the objects are let go, the session is not closed" claim="session_closes_itself"
def leaky_bistro(sessions):
    class Menu:
        def __init__(self):
            self.session = sessions()

        def price(self, name):
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            self.session.expunge_all()
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        return menu.price(name)

    return app


# %% wrong="one session for all menus" claim="one_session_for_all"
def leaky_bistro(sessions):
    class Menu:
        session = sessions()

        def price(self, name):
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        return menu.price(name)

    return app


# %% wrong="closed in the last line, which a 404 never reaches" claim="close_at_the_end_suffices"
def leaky_bistro(sessions):
    class Menu:
        def __init__(self):
            self.session = sessions()

        def price(self, name):
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        price = menu.price(name)
        menu.session.close()
        return price

    return app


# %% wrong="the session is carried out of its with block" claim="return_waits_in_with"
def leaky_bistro(sessions):
    def get_db():
        with sessions() as session:
            yield session

    class Menu:
        def __init__(self):
            with sessions() as s:
                self.session = s

        def price(self, name):
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        return menu.price(name)

    return app


# %% wrong="one session for all menus, closed after each question" claim="one_session_for_all"
def leaky_bistro(sessions):
    def get_db():
        with sessions() as session:
            yield session

    class Menu:
        session = sessions()

        def price(self, name):
            price = self.session.scalar(select(Dish.price).where(Dish.name == name))
            self.session.close()
            if price is None:
                raise HTTPException(404, f"There is no {name} on the menu")
            return price

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_price(name: str, menu: Annotated[Menu, Depends()]) -> int:
        return menu.price(name)

    return app
