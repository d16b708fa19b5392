# %% right="exclude_unset and setattr"
def change_app(get_db) -> FastAPI:
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    class DishChange(BaseModel):
        name: str | None = None
        price: int | None = Field(default=None, ge=0)
        note: str | None = None

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: DB) -> Dish:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        for field, value in change.model_dump(exclude_unset=True).items():
            setattr(dish, field, value)
        db.commit()
        db.refresh(dish)
        return dish

    return app


# %% right="model_fields_set, a return annotation, an async endpoint"
def change_app(get_db):
    class DishChange(BaseModel):
        name: str = ""
        price: int = 0
        note: str | None = None

    app = FastAPI()

    @app.patch("/dishes/{dish_id}")
    async def change_dish(
        dish_id: int, change: DishChange, db: Session = Depends(get_db)
    ) -> DishOut:
        if not (dish := db.get(Dish, dish_id)):
            raise HTTPException(status_code=404)
        for field in change.model_fields_set:
            setattr(dish, field, getattr(change, field))
        db.commit()
        return DishOut.model_validate(dish, from_attributes=True)

    return app


# %% right="one UPDATE"
def change_app(get_db):
    class DishChange(BaseModel):
        name: str | None = None
        price: int | None = None
        note: str | None = None

    app = FastAPI()

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: Annotated[Session, Depends(get_db)]):
        sent = change.model_dump(exclude_unset=True)
        query = update(Dish).where(Dish.id == dish_id).values(**sent).returning(Dish)
        dish = db.scalar(query)
        if dish is None:
            raise HTTPException(404, "no such dish")
        db.commit()
        return dish

    return app


# %% wrong="model_dump without exclude_unset" claim="model_dump_knows_what_was_sent"
def change_app(get_db):
    class DishChange(BaseModel):
        name: str | None = None
        price: int | None = None
        note: str | None = None

    app = FastAPI()

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, "no such dish")
        for field, value in change.model_dump().items():
            setattr(dish, field, value)
        db.commit()
        return dish

    return app


# %% wrong="every field is set, with harmless defaults" claim="model_dump_knows_what_was_sent"
def change_app(get_db):
    class DishChange(BaseModel):
        name: str = ""
        price: int = 0
        note: str | None = None

    app = FastAPI()

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, "no such dish")
        dish.name, dish.price, dish.note = change.name, change.price, change.note
        db.commit()
        return dish

    return app


# %% wrong="exclude_none" claim="null_means_not_sent"
def change_app(get_db):
    class DishChange(BaseModel):
        name: str | None = None
        price: int | None = None
        note: str | None = None

    app = FastAPI()

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, "no such dish")
        for field, value in change.model_dump(exclude_none=True).items():
            setattr(dish, field, value)
        db.commit()
        return dish

    return app


# %% wrong="if change.price" claim="truth_tells_what_was_sent"
def change_app(get_db):
    class DishChange(BaseModel):
        name: str | None = None
        price: int | None = None
        note: str | None = None

    app = FastAPI()

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, "no such dish")
        if change.name:
            dish.name = change.name
        if change.price:
            dish.price = change.price
        if change.note:
            dish.note = change.note
        db.commit()
        return dish

    return app


# %% wrong="the model of POST" claim="one_model_for_post_and_patch"
def change_app(get_db):
    app = FastAPI()

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishIn, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, "no such dish")
        for field, value in change.model_dump(exclude_unset=True).items():
            setattr(dish, field, value)
        db.commit()
        return dish

    return app


# %% wrong="no commit" claim="closing_commits"
def change_app(get_db):
    class DishChange(BaseModel):
        name: str | None = None
        price: int | None = None
        note: str | None = None

    app = FastAPI()

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, "no such dish")
        for field, value in change.model_dump(exclude_unset=True).items():
            setattr(dish, field, value)
        return dish

    return app


# %% wrong="no look whether the dish is there" claim="missing_becomes_404"
def change_app(get_db):
    class DishChange(BaseModel):
        name: str | None = None
        price: int | None = None
        note: str | None = None

    app = FastAPI()

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: Annotated[Session, Depends(get_db)]):
        dish = db.get(Dish, dish_id)
        for field, value in change.model_dump(exclude_unset=True).items():
            setattr(dish, field, value)
        db.commit()
        return dish

    return app


# %% wrong="any field of the body is set" claim=""
def change_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: dict[str, Any], db: DB) -> Any:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        for field, value in change.items():
            setattr(dish, field, value)
        db.commit()
        return dish

    return app


# %% wrong="committed, but an attribute of another name was set" claim=""
def change_app(get_db: Callable[..., Any]) -> FastAPI:
    app = FastAPI()
    DB = Annotated[Session, Depends(get_db)]

    class DishChange(BaseModel):
        name: str | None = None
        price: int | None = None
        note: str | None = None

    @app.patch("/dishes/{dish_id}", response_model=DishOut)
    def change_dish(dish_id: int, change: DishChange, db: DB) -> Any:
        dish = db.get(Dish, dish_id)
        if dish is None:
            raise HTTPException(404, f"There is no dish {dish_id}")
        for field, value in change.model_dump(exclude_unset=True).items():
            dish.field = value
        db.commit()
        return dish

    return app
