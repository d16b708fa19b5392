# %% right="the model as the return type"
def card_app(pantry: dict[str, dict[str, Any]]) -> FastAPI:
    class DishOut(BaseModel):
        name: str
        price: int

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> DishOut:
        return DishOut(**pantry[name])

    return app


# %% right="response_model filters the whole dict"
def card_app(pantry):
    class DishOut(BaseModel):
        name: str
        price: int

    app = FastAPI()

    @app.get("/dishes/{name}", response_model=DishOut)
    async def read_dish(name: str):
        return pantry[name]

    return app


# %% right="a whole model, and one field excluded"
def card_app(pantry):
    class Dish(BaseModel):
        name: str
        price: int
        cost: int

    app = FastAPI()

    @app.get("/dishes/{name}", response_model=Dish, response_model_exclude={"cost"})
    def read_dish(name: str):
        return pantry[name]

    return app


# %% wrong="the whole dict, as it stands in the pantry" claim="extra_fields_stay_inside" canary=true
def card_app(pantry):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> dict[str, Any]:
        return pantry[name]

    return app


# %% wrong="the cost is taken out of the pantry itself" claim="dict_is_a_copy" canary=true
def card_app(pantry):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str):
        dish = pantry[name]
        dish.pop("cost", None)
        return dish

    return app


# %% wrong="the cost is sent as null" claim="none_is_not_sent"
def card_app(pantry):
    class DishOut(BaseModel):
        name: str
        price: int
        cost: int | None = None

    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str) -> DishOut:
        return DishOut(name=name, price=pantry[name]["price"])

    return app


# %% wrong="the cost is sent under another name" claim="extra_fields_stay_inside"
def card_app(pantry):
    app = FastAPI()

    @app.get("/dishes/{name}")
    def read_dish(name: str):
        dish = pantry[name]
        return {"name": name, "price": dish["price"], "for the kitchen": dish}

    return app
