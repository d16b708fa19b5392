# %% right="def instead of async def"
def coffee_app(machine: CoffeeMachine) -> FastAPI:
    app = FastAPI()

    @app.get("/coffee")
    def make_coffee() -> dict[str, str]:
        return {"cup": machine.brew()}

    return app


# %% right="async def, with the blocking call in a thread"
def coffee_app(machine):
    app = FastAPI()

    @app.get("/coffee")
    async def make_coffee():
        return {"cup": await run_in_threadpool(machine.brew)}

    return app


# %% right="asyncio's own threads"
def coffee_app(machine):
    app = FastAPI()

    @app.get("/coffee")
    async def make_coffee():
        cup = await asyncio.to_thread(machine.brew)
        return {"cup": cup}

    return app


# %% wrong="async def with a blocking call" claim="async_is_always_faster"
def coffee_app(machine):
    app = FastAPI()

    @app.get("/coffee")
    async def make_coffee():
        return {"cup": machine.brew()}

    return app


# %% wrong="an async function around the blocking call" claim="await_unblocks"
def coffee_app(machine):
    async def brew() -> str:
        return machine.brew()

    app = FastAPI()

    @app.get("/coffee")
    async def make_coffee():
        return {"cup": await brew()}

    return app


# %% wrong="a task around the blocking call" claim="await_unblocks"
def coffee_app(machine):
    async def brew() -> str:
        return machine.brew()

    app = FastAPI()

    @app.get("/coffee")
    async def make_coffee():
        (cup,) = await asyncio.gather(brew())
        return {"cup": cup}

    return app
