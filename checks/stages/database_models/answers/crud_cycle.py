# %% right="a session and a commit in each function"
def add_dish(engine: Engine, name: str, price: int) -> int:
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
        return dish.id


def price_of(engine: Engine, name: str) -> int | None:
    with Session(engine) as session:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one_or_none()
        return dish.price if dish else None


def change_price(engine: Engine, name: str, price: int) -> None:
    with Session(engine) as session:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price
        session.commit()


def remove_dish(engine: Engine, name: str) -> None:
    with Session(engine) as session:
        session.delete(session.scalars(select(Dish).where(Dish.name == name)).one())
        session.commit()


# %% right="a session factory, begin(), and statements instead of objects"
from sqlalchemy import insert
from sqlalchemy.orm import sessionmaker

make_session = sessionmaker(expire_on_commit=False)


def add_dish(engine, name, price):
    with make_session(bind=engine) as session, session.begin():
        return session.scalar(insert(Dish).values(name=name, price=price).returning(Dish.id))


def price_of(engine, name):
    with make_session(bind=engine) as session:
        return session.scalar(select(Dish.price).filter_by(name=name))


def change_price(engine, name, price):
    with make_session(bind=engine) as session, session.begin():
        session.execute(update(Dish).where(Dish.name == name).values(price=price))


def remove_dish(engine, name):
    with make_session(bind=engine) as session, session.begin():
        session.execute(delete(Dish).where(Dish.name == name))


# %% right="Core on a connection of the engine, and a flush for the id"
def add_dish(engine, name, price):
    with Session(engine) as session:
        session.add(dish := Dish(name=name, price=price))
        session.flush()
        number = dish.id
        session.commit()
    return number


def price_of(engine, name):
    with engine.connect() as connection:
        return connection.scalar(select(Dish.price).where(Dish.name == name))


def change_price(engine, name, price):
    with engine.begin() as connection:
        connection.execute(update(Dish).where(Dish.name == name).values(price=price))


def remove_dish(engine, name):
    session = Session(engine)
    try:
        session.delete(session.query(Dish).filter_by(name=name).one())
        session.commit()
    finally:
        session.close()


# %% wrong="no commit: the end of the block is believed to save" claim="with_session_commits"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
    return dish.id


def price_of(engine, name):
    with Session(engine) as session:
        return session.scalar(select(Dish.price).where(Dish.name == name))


def change_price(engine, name, price):
    with Session(engine) as session:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        dish.price = price


def remove_dish(engine, name):
    with Session(engine) as session:
        session.delete(session.scalars(select(Dish).where(Dish.name == name)).one())


# %% wrong="a flush is believed to save" claim="flush_is_commit"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.flush()
        return dish.id


def price_of(engine, name):
    with Session(engine) as session:
        return session.scalar(select(Dish.price).where(Dish.name == name))


def change_price(engine, name, price):
    with Session(engine) as session:
        session.scalars(select(Dish).where(Dish.name == name)).one().price = price
        session.flush()


def remove_dish(engine, name):
    with Session(engine) as session:
        session.delete(session.scalars(select(Dish).where(Dish.name == name)).one())
        session.flush()


# %% wrong="the id is read after the session has closed" claim="committed_objects_stay_readable"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
    return dish.id


def price_of(engine, name):
    with Session(engine) as session:
        return session.scalar(select(Dish.price).where(Dish.name == name))


def change_price(engine, name, price):
    with Session(engine) as session, session.begin():
        session.scalars(select(Dish).where(Dish.name == name)).one().price = price


def remove_dish(engine, name):
    with Session(engine) as session, session.begin():
        session.execute(delete(Dish).where(Dish.name == name))


# %% wrong="the id is read before the INSERT was sent" claim="id_is_known_at_once"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        number = dish.id
        session.commit()
    return number


def price_of(engine, name):
    with Session(engine) as session:
        return session.scalar(select(Dish.price).where(Dish.name == name))


def change_price(engine, name, price):
    with Session(engine) as session, session.begin():
        session.scalars(select(Dish).where(Dish.name == name)).one().price = price


def remove_dish(engine, name):
    with Session(engine) as session, session.begin():
        session.execute(delete(Dish).where(Dish.name == name))


# %% wrong="one() for a dish that is not there" claim="one_gives_none"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
        return dish.id


def price_of(engine, name):
    with Session(engine) as session:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        return dish.price if dish else None


def change_price(engine, name, price):
    with Session(engine) as session, session.begin():
        session.scalars(select(Dish).where(Dish.name == name)).one().price = price


def remove_dish(engine, name):
    with Session(engine) as session, session.begin():
        session.execute(delete(Dish).where(Dish.name == name))


# %% wrong="del forgets the name, not the row" claim="del_deletes_the_row"
def add_dish(engine, name, price):
    with Session(engine) as session:
        dish = Dish(name=name, price=price)
        session.add(dish)
        session.commit()
        return dish.id


def price_of(engine, name):
    with Session(engine) as session:
        return session.scalar(select(Dish.price).where(Dish.name == name))


def change_price(engine, name, price):
    with Session(engine) as session, session.begin():
        session.scalars(select(Dish).where(Dish.name == name)).one().price = price


def remove_dish(engine, name):
    with Session(engine) as session:
        dish = session.scalars(select(Dish).where(Dish.name == name)).one()
        del dish
        session.commit()


# %% wrong="sessions that nobody closes" claim="open_session_is_free"
def add_dish(engine: Engine, name: str, price: int) -> int:
    session = Session(engine)
    session.add(dish := Dish(name=name, price=price))
    session.commit()
    return dish.id


def price_of(engine: Engine, name: str) -> int | None:
    return Session(engine).scalars(select(Dish.price).where(Dish.name == name)).one_or_none()


def change_price(engine: Engine, name: str, price: int) -> None:
    session = Session(engine)
    session.scalars(select(Dish).where(Dish.name == name)).one().price = price
    session.commit()


def remove_dish(engine: Engine, name: str) -> None:
    session = Session(engine)
    session.delete(session.scalars(select(Dish).where(Dish.name == name)).one())
    session.commit()
