# %% right="an UPDATE of the class"
def happy_hour(session: Session, dish: Dish, off: int) -> int:
    session.execute(update(Dish).values(price=Dish.price - off))
    return dish.price


# %% right="Core, and a refresh"
def happy_hour(session, dish, off):
    dishes = Dish.__table__
    session.execute(dishes.update().values(price=dishes.c.price - off))
    session.refresh(dish)
    return dish.price


# %% right="SQL, and everything expires"
def happy_hour(session, dish, off):
    session.execute(text("UPDATE dishes SET price = price - :off"), {"off": off})
    session.expire_all()
    return dish.price


# %% right="the rows are returned by the UPDATE"
def happy_hour(session, dish, off):
    prices = session.execute(
        update(Dish).values(price=Dish.price - off).returning(Dish.id, Dish.price)
    )
    return dict(prices.all())[dish.id]


# %% right="read anew into the object"
def happy_hour(session, dish, off):
    session.connection().execute(text("UPDATE dishes SET price = price - :off"), {"off": off})
    again = select(Dish).execution_options(populate_existing=True)
    return next(each.price for each in session.scalars(again) if each is dish)


# %% wrong="Core, and the object stays as it was" claim="core_reaches_objects"
def happy_hour(session, dish, off):
    session.execute(Dish.__table__.update().values(price=Dish.__table__.c.price - off))
    return dish.price


# %% wrong="SQL, and the price is asked for by its column" claim="core_reaches_objects"
def happy_hour(session, dish, off):
    session.execute(text("UPDATE dishes SET price = price - :off"), {"off": off})
    return session.scalar(select(Dish.price).where(Dish.id == dish.id))


# %% wrong="a commit brings the object up to date" claim="core_needs_a_commit"
def happy_hour(session, dish, off):
    session.execute(text("UPDATE dishes SET price = price - :off"), {"off": off})
    session.commit()
    return dish.price


# %% wrong="a transaction of its own" claim="core_needs_a_commit"
def happy_hour(session, dish, off):
    with session.get_bind().begin() as connection:
        connection.execute(text("UPDATE dishes SET price = price - :off"), {"off": off})
    session.refresh(dish)
    return dish.price


# %% wrong="each object is changed, so each row has its UPDATE" claim=""
def happy_hour(session: Session, dish: Dish, off: int) -> int:
    for each in session.scalars(select(Dish)):
        each.price -= off
    session.flush()
    return dish.price


# %% wrong="the old price is returned" claim=""
def happy_hour(session: Session, dish: Dish, off: int) -> int:
    old = dish.price
    session.execute(update(Dish).values(price=Dish.price - off))
    return old
