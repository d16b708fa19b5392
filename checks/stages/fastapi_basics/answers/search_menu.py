# %% right="defaults, and bounds in an Annotated Query"
def menu_app(menu: list[str]) -> FastAPI:
    app = FastAPI()

    @app.get("/menu")
    def search(
        contains: str = "", limit: Annotated[int, Query(ge=1, le=50)] = 10
    ) -> dict[str, list[str]]:
        return {"dishes": sorted(dish for dish in menu if contains in dish)[:limit]}

    return app


# %% right="bounds as the default, None for no filter, a comprehension in two steps"
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    async def search(contains: str | None = None, limit: int = Query(10, gt=0, lt=51)):
        found = [dish for dish in menu if contains is None or contains in dish]
        return {"dishes": sorted(found)[:limit]}

    return app


# %% right="a model for all query parameters"
def menu_app(menu):
    class Search(BaseModel):
        contains: str = ""
        limit: int = Field(10, ge=1, le=50)

    app = FastAPI()

    @app.get("/menu")
    def search(wanted: Annotated[Search, Query()]):
        return {"dishes": sorted(d for d in menu if wanted.contains in d)[: wanted.limit]}

    return app


# %% wrong="no defaults" claim="query_is_optional"
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    def search(contains: str, limit: Annotated[int, Query(ge=1, le=50)]):
        return {"dishes": sorted(dish for dish in menu if contains in dish)[:limit]}

    return app


# %% wrong="None is allowed, but nobody said that it is the default" claim="query_is_optional"
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    def search(contains: str | None, limit: Annotated[int, Query(ge=1, le=50)] = 10):
        return {"dishes": sorted(dish for dish in menu if (contains or "") in dish)[:limit]}

    return app


# %% wrong="the bounds are mended silently" claim="silent_mending_helps"
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    def search(contains: str = "", limit: int = 10):
        limit = min(max(limit, 1), 50)
        return {"dishes": sorted(dish for dish in menu if contains in dish)[:limit]}

    return app


# %% wrong="a default is no type hint" claim="types_are_guessed"
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    def search(contains="", limit=10):
        return {"dishes": sorted(dish for dish in menu if contains in dish)[:limit]}

    return app


# %% wrong="no bounds at all" claim="int_means_sensible"
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    def search(contains: str = "", limit: int = 10):
        return {"dishes": sorted(dish for dish in menu if contains in dish)[:limit]}

    return app


# %% wrong="bounds that shut themselves out" claim="gt_takes_its_bound"
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    def search(contains: str = "", limit: Annotated[int, Query(gt=1, lt=50)] = 10):
        return {"dishes": sorted(dish for dish in menu if contains in dish)[:limit]}

    return app


# %% wrong="a lower bound, and no upper one" claim="int_means_sensible"
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    def search(contains: str = "", limit: Annotated[int, Query(ge=1)] = 10):
        return {"dishes": sorted(dish for dish in menu if contains in dish)[:limit]}

    return app


# %% wrong="upper and lower case are the same" claim=""
def menu_app(menu):
    app = FastAPI()

    @app.get("/menu")
    def search(contains: str = "", limit: int = Query(10, ge=1, le=50)):
        found = [dish for dish in menu if contains.lower() in dish.lower()]
        return {"dishes": sorted(found)[:limit]}

    return app
