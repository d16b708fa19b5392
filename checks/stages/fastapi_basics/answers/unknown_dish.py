# %% right="ask first, raise, answer"
def price_app(menu: dict[str, int]) -> FastAPI:
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> dict[str, str | int]:
        if name not in menu:
            raise HTTPException(status_code=404, detail=f"There is no {name} on the menu")
        return {"name": name, "price": menu[name]}

    return app


# %% right="try first, and turn the KeyError into a 404 with a structured detail"
def price_app(menu):
    app = FastAPI()

    @app.get("/dishes/{name}")
    async def read_dish(name: str):
        try:
            return {"name": name, "price": menu[name]}
        except KeyError:
            raise HTTPException(404, detail={"unknown dish": name}) from None

    return app


# %% wrong="the KeyError is left alone" claim="missing_becomes_404"
def price_app(menu):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str):
        return {"name": name, "price": menu[name]}

    return app


# %% wrong="None for an unknown dish" claim="missing_becomes_404"
def price_app(menu):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str):
        if name in menu:
            return {"name": name, "price": menu[name]}

    return app


# %% wrong="a status beside the body" claim="tuple_sets_status" canary=true
def price_app(menu):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str):
        if name not in menu:
            return {"detail": f"There is no {name} on the menu"}, 404
        return {"name": name, "price": menu[name]}

    return app


# %% wrong="the exception is returned" claim="returned_exception_counts"
def price_app(menu):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str):
        if name not in menu:
            return HTTPException(status_code=404, detail=f"There is no {name} on the menu")
        return {"name": name, "price": menu[name]}

    return app


# %% wrong="a status beside the body, against the promised type" claim="tuple_sets_status"
def price_app(menu):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> dict[str, str | int]:
        if name not in menu:
            return {"detail": f"There is no {name} on the menu"}, 404
        return {"name": name, "price": menu[name]}

    return app


# %% wrong="the exception is returned, against the promised type" claim="returned_exception_counts"
def price_app(menu):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> dict[str, str | int]:
        if name not in menu:
            return HTTPException(status_code=404, detail=f"There is no {name} on the menu")
        return {"name": name, "price": menu[name]}

    return app


# %% wrong="the first dish decides" claim=""
def price_app(menu):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def price(name: str):
        for dish in menu:
            if dish != name:
                raise HTTPException(404, f"There is no {name}")
            return {"name": name, "price": menu[name]}

    return app
