# %% right="get, and a 404"
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    def dish_or_404(dish_id: int, db: DB) -> Dish:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        return dish

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% right="a callable object, Depends as a default"
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    class Finder:
        async def __call__(self, dish_id: int, db: Session = Depends(get_db)):
            if found := db.scalars(select(Dish).where(Dish.id == dish_id)).one_or_none():
                return found
            raise HTTPException(detail=["unknown", dish_id], status_code=404)

    dish_or_404 = Finder()

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% right="with yield, on top of another dependency"
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    def maybe_dish(dish_id: int, db: DB):
        return db.get(Dish, dish_id)

    def dish_or_404(dish_id: int, dish: Annotated[Any, Depends(maybe_dish)]):
        if not dish:
            raise HTTPException(404, f"dish {dish_id}?")
        yield dish

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% wrong="a session of its own" claim="any_session_will_do"
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    def dish_or_404(dish_id: int) -> Dish:
        db = next(get_db())
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        return dish

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% wrong="another scope, and with it another session" claim="any_session_will_do"
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    def dish_or_404(
        dish_id: int, db: Annotated[Session, Depends(get_db, scope="function")]
    ) -> Dish:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        return dish

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% wrong="None for an unknown dish" claim="missing_becomes_404"
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    def dish_or_404(dish_id: int, db: DB) -> Dish:
        return db.get(Dish, dish_id)

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% wrong="the exception is returned" claim="returned_exception_counts"
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    def dish_or_404(dish_id: int, db: DB) -> Dish:
        dish = db.get(Dish, dish_id)
        if dish is None:
            return HTTPException(404, f"There is no dish {dish_id}")
        return dish

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% wrong="another name than the path has" claim="path_values_by_position"
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    def dish_or_404(number: int, db: DB) -> Dish:
        dish = db.get(Dish, number)
        if dish is None:
            raise HTTPException(404, f"There is no dish {number}")
        return dish

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app


# %% wrong="a session without Depends" claim="session_without_setup" canary=true
def routes_app(get_db):
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    def dish_or_404(dish_id: int, db: Session) -> Dish:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        return dish

    DishOfPath = Annotated[Dish, Depends(dish_or_404)]

    @app.get("/dishes/{dish_id}", response_model=DishOut)
    def read(dish: DishOfPath) -> Dish:
        return dish

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_price(dish: DishOfPath, price: int, db: DB) -> Dish:
        dish.price = price
        db.commit()
        return dish

    @app.delete("/dishes/{dish_id}", status_code=204)
    def remove(dish: DishOfPath, db: DB) -> None:
        db.delete(dish)
        db.commit()

    return app
