# %% right="a plain function with two typed path parameters"
def greeting_app() -> FastAPI:
    app = FastAPI()

    @app.get("/guests/{name}/seats/{number}")
    def greet(name: str, number: int) -> dict[str, str | int]:
        return {"message": f"Welcome, {name}!", "neighbour": number + 1}

    return app


# %% right="async, a router, an Annotated path and a model as the answer"
def greeting_app():
    class Greeting(BaseModel):
        message: str
        neighbour: int

    router = APIRouter(prefix="/guests")

    @router.get("/{guest}/seats/{seat}")
    async def greet(
        guest: Annotated[str, Path()], number: Annotated[int, Path(alias="seat")]
    ) -> Greeting:
        return Greeting(message="Welcome, " + guest + "!", neighbour=number + 1)

    app = FastAPI()
    app.include_router(router)
    return app


# %% wrong="no type hint: the number stays text" claim="types_are_guessed"
def greeting_app():
    app = FastAPI()

    @app.get("/guests/{name}/seats/{number}")
    def greet(name, number):
        return {"message": f"Welcome, {name}!", "neighbour": number + 1}

    return app


# %% wrong="the parameters have other names than the path" claim="path_values_by_position" canary=true
def greeting_app():
    app = FastAPI()

    @app.get("/guests/{guest}/seats/{seat}")
    def greet(name: str, number: int):
        return {"message": f"Welcome, {name}!", "neighbour": number + 1}

    return app


# %% wrong="text is turned into a number by hand, and what is no number answers 200" claim="validate_by_hand"
def greeting_app():
    app = FastAPI()

    @app.get("/guests/{name}/seats/{number}")
    def greet(name: str, number: str):
        if not number.isdigit():
            return {"error": "the seat must be a number"}
        return {"message": f"Welcome, {name}!", "neighbour": int(number) + 1}

    return app


# %% wrong="int() by hand raises in the function" claim="validate_by_hand"
def greeting_app():
    app = FastAPI()

    @app.get("/guests/{name}/seats/{number}")
    def greet(name: str, number: str):
        return {"message": f"Welcome, {name}!", "neighbour": int(number) + 1}

    return app
