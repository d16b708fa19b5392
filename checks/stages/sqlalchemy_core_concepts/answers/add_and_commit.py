# %% right="add, commit, and the id before the session closes"
def add_dish(engine: Engine, name: str, price: int) -> int:
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
        return dish.id


# %% right="session.begin() commits; the id is known after the flush"
def add_dish(engine, name, price):
    with Session(engine) as session, session.begin():
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.flush()
        return dish.id


# %% right="a session factory whose objects stay readable"
def add_dish(engine, name, price):
    new_session = sessionmaker(engine, expire_on_commit=False)
    with new_session.begin() as session:
        session.add(dish := Dish(name=name, price=price))
    return dish.id


# %% right="an insert() that returns the id"
def add_dish(engine, name, price):
    with Session(engine) as session:
        number = session.scalar(insert(Dish).values(name=name, price=price).returning(Dish.id))
        session.commit()
    return number


# %% right="closed by hand"
def add_dish(engine, name, price):
    session = Session(engine)
    try:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
        return dish.id
    finally:
        session.close()


# %% wrong="flush instead of commit" claim="flush_is_enough"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.flush()
        return dish.id


# %% wrong="nothing but add" claim="session_saves_on_close"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
    return dish.id


# %% wrong="the id is read before the INSERT" claim="id_known_after_add"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        number = dish.id
        session.commit()
    return number


# %% wrong="the id is read after the session has closed" claim="readable_after_commit_and_close"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
    return dish.id


# %% wrong="the session is never closed" claim="commit_closes"
def add_dish(engine, name, price):
    session = Session(engine)
    dish = Dish(name=name, price=price)
    session.add(dish)
    session.commit()
    return dish.id


# %% wrong="begin() after add()" claim="begin_any_time"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        with session.begin():
            session.flush()
        return dish.id


# %% wrong="a Core insert on a connection, without a commit" claim="connect_commits"
def add_dish(engine, name, price):
    with engine.connect() as connection:
        return connection.execute(insert(Dish).values(name=name, price=price)).lastrowid
