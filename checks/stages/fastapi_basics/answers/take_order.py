# %% right="a model with a bound, a list for the numbers"
def order_app() -> FastAPI:
    class Order(BaseModel):
        dish: str
        portions: int = Field(ge=1)

    app = FastAPI()
    orders: list[Order] = []

    @app.post("/orders", status_code=201)
    def take_order(order: Order) -> dict[str, str | int]:
        orders.append(order)
        return {"number": len(orders), **order.model_dump()}

    return app


# %% right="two models, one in and one out, and a counter"
def order_app():
    class OrderIn(BaseModel):
        dish: str
        portions: Annotated[int, Field(gt=0)]

    class OrderOut(OrderIn):
        number: int

    numbers = iter(range(1, 1_000))
    app = FastAPI()

    @app.post("/orders", status_code=status.HTTP_201_CREATED, response_model=OrderOut)
    async def take_order(order: OrderIn):
        return OrderOut(number=next(numbers), dish=order.dish, portions=order.portions)

    return app


# %% right="single fields of the body, without a model"
def order_app():
    app = FastAPI()
    orders = []

    @app.post("/orders", status_code=201)
    def take_order(dish: Annotated[str, Body()], portions: Annotated[int, Body(ge=1)]):
        orders.append(dish)
        return {"number": len(orders), "dish": dish, "portions": portions}

    return app


# %% wrong="the status is left as it is" claim="post_answers_201"
def order_app():
    class Order(BaseModel):
        dish: str
        portions: int = Field(ge=1)

    app = FastAPI()
    orders = []

    @app.post("/orders")
    def take_order(order: Order):
        orders.append(order)
        return {"number": len(orders), **order.model_dump()}

    return app


# %% wrong="plain parameters, which are read from the query" claim="post_parameters_are_body"
def order_app():
    app = FastAPI()
    orders = []

    @app.post("/orders", status_code=201)
    def take_order(dish: str, portions: int):
        orders.append(dish)
        return {"number": len(orders), "dish": dish, "portions": portions}

    return app


# %% wrong="the type alone, without a bound" claim="int_means_sensible"
def order_app():
    class Order(BaseModel):
        dish: str
        portions: int

    app = FastAPI()
    orders = []

    @app.post("/orders", status_code=201)
    def take_order(order: Order):
        orders.append(order)
        return {"number": len(orders), **order.model_dump()}

    return app


# %% wrong="a bare dict, checked by hand" claim="validate_by_hand"
def order_app():
    app = FastAPI()
    orders = []

    @app.post("/orders", status_code=201)
    def take_order(order: dict):
        if not isinstance(order.get("portions"), int) or order["portions"] < 1:
            return {"error": "portions must be a number from 1"}
        orders.append(order)
        return {"number": len(orders), **order}

    return app


# %% wrong="the orders of all apps in one list" claim="outside_is_fresh_too"
class Order(BaseModel):
    dish: str
    portions: int = Field(ge=1)


orders = []


def order_app():
    app = FastAPI()

    @app.post("/orders", status_code=201)
    def take_order(order: Order):
        orders.append(order)
        return {"number": len(orders), **order.model_dump()}

    return app


# %% wrong="the status beside the order" claim="tuple_sets_status"
def order_app():
    class Order(BaseModel):
        dish: str
        portions: int = Field(ge=1)

    app = FastAPI()
    orders = []

    @app.post("/orders")
    def take_order(order: Order):
        orders.append(order)
        return {"number": len(orders), **order.model_dump()}, 201

    return app


# %% right="the list of orders is made when the app opens"
def order_app():
    class Order(BaseModel):
        dish: str
        portions: int = Field(ge=1)

    @asynccontextmanager
    async def lifespan(app):
        app.state.orders = []
        yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/orders", status_code=201)
    def take_order(order: Order):
        app.state.orders.append(order)
        return {"number": len(app.state.orders), **order.model_dump()}

    return app


# %% wrong="a bound that shuts out 1" claim="gt_takes_its_bound"
def order_app():
    class Order(BaseModel):
        dish: str
        portions: int = Field(gt=1)

    app = FastAPI()
    orders = []

    @app.post("/orders", status_code=201)
    def take_order(order: Order):
        orders.append(order)
        return {"number": len(orders), **order.model_dump()}

    return app


# %% wrong="any number of portions, whole or not" claim="float_is_any_number"
def order_app():
    class Order(BaseModel):
        dish: str
        portions: float = Field(ge=1)

    app = FastAPI()
    orders = []

    @app.post("/orders", status_code=201)
    def take_order(order: Order):
        orders.append(order)
        return {"number": len(orders), **order.model_dump()}

    return app


# %% wrong="the number is read before the order is in the list" claim=""
def order_app():
    class Order(BaseModel):
        dish: str
        portions: int = Field(ge=1)

    app = FastAPI()
    orders: list[Order] = []

    @app.post("/orders", status_code=201)
    def take(order: Order):
        number = len(orders)
        orders.append(order)
        return {"number": number, **order.model_dump()}

    return app
