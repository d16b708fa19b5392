# %% right="one begin block, many rows with one call"
def restock(engine: Engine, dish: Table, delivery: list[dict[str, Any]]) -> list[str]:
    with engine.begin() as connection:
        connection.execute(insert(dish), delivery)
        return list(connection.scalars(select(dish.c.name).order_by(dish.c.price)))


# %% right="connect and an explicit commit, row by row"
def restock(engine, dish, delivery):
    with engine.connect() as connection:
        for row in delivery:
            connection.execute(dish.insert().values(**row))
        rows = connection.execute(select(dish).order_by(dish.c.price.asc())).all()
        connection.commit()
    return [row.name for row in rows]


# %% right="a session runs Core statements too"
def restock(engine, dish, delivery):
    with Session(engine) as session, session.begin():
        session.execute(insert(dish).values(delivery))
        return session.scalars(select(dish.c.name).order_by("price")).all()


# %% right="text() for the reading half, and a transaction that is ended by hand"
def restock(engine, dish, delivery):
    with engine.connect() as connection:
        transaction = connection.begin()
        try:
            connection.execute(insert(dish), delivery)
            names = [
                name for (name,) in connection.execute(text("SELECT name FROM dish ORDER BY price"))
            ]
        except Exception:
            transaction.rollback()
            raise
        transaction.commit()
    return names


# %% wrong="connect without a commit" claim="connect_commits"
def restock(engine, dish, delivery):
    with engine.connect() as connection:
        connection.execute(insert(dish), delivery)
        return list(connection.scalars(select(dish.c.name).order_by(dish.c.price)))


# %% wrong="one transaction to write, another to read" claim="two_transactions_are_one"
def restock(engine, dish, delivery):
    with engine.begin() as connection:
        connection.execute(insert(dish), delivery)
    with engine.connect() as connection:
        return list(connection.scalars(select(dish.c.name).order_by(dish.c.price)))


# %% wrong="a commit after each row" claim="commit_each_row_is_safe"
def restock(engine, dish, delivery):
    with engine.connect() as connection:
        for row in delivery:
            connection.execute(insert(dish).values(**row))
            connection.commit()
        return list(connection.scalars(select(dish.c.name).order_by(dish.c.price)))


# %% wrong="rows instead of names" claim="row_is_its_value"
def restock(engine, dish, delivery):
    with engine.begin() as connection:
        connection.execute(insert(dish), delivery)
        return list(connection.execute(select(dish.c.name).order_by(dish.c.price)))


# %% wrong="no order is asked for" claim="select_keeps_the_order"
def restock(engine, dish, delivery):
    with engine.begin() as connection:
        connection.execute(insert(dish), delivery)
        return list(connection.scalars(select(dish.c.name)))


# %% wrong="errors are caught inside of the transaction" claim="refusal_undoes_all"
def restock(engine, dish, delivery):
    with engine.begin() as connection:
        for row in delivery:
            try:
                connection.execute(insert(dish), row)
            except Exception:
                pass
        return list(connection.scalars(select(dish.c.name).order_by(dish.c.price)))


# %% wrong="the engine is asked to execute" claim="engine_executes"
def restock(engine, dish, delivery):
    engine.execute(insert(dish), delivery)
    return engine.execute(select(dish.c.name).order_by(dish.c.price)).scalars().all()


# %% wrong="columns as attributes of the table" claim="columns_are_attributes"
def restock(engine, dish, delivery):
    with engine.begin() as connection:
        connection.execute(insert(dish), delivery)
        return list(connection.scalars(select(dish.name).order_by(dish.price)))


# %% right="the refusal becomes an exception of the kitchen's own"
class DeliveryRefused(Exception):
    pass


def restock(engine, dish, delivery):
    with engine.begin() as connection:
        try:
            connection.execute(insert(dish), delivery)
        except Exception as error:
            raise DeliveryRefused from error
        return connection.scalars(select(dish.c.name).order_by(dish.c.price)).all()


# %% wrong="the loop is caught as a whole, inside of the transaction" claim="refusal_undoes_all"
def restock(engine, dish, delivery):
    with engine.begin() as connection:
        try:
            for row in delivery:
                connection.execute(insert(dish), row)
        except Exception as error:
            print(type(error).__name__)
        return list(connection.scalars(select(dish.c.name).order_by(dish.c.price)))


# %% wrong="a row that fails is passed over, and the others are kept" claim=""
def restock(engine, dish, delivery):
    with engine.begin() as connection:
        with suppress(SQLAlchemyError):
            for row in delivery:
                connection.execute(insert(dish), row)
        return list(connection.scalars(select(dish.c.name).order_by(dish.c.price)))
