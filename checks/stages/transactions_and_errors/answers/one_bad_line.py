# %% right="a savepoint for each line"
def take_order(engine: Engine, table: int, dishes: list[str]) -> list[str]:
    refused = []
    with Session(engine) as session, session.begin():
        for dish in dishes:
            try:
                with session.begin_nested():
                    session.add(Line(table=table, dish=dish))
            except IntegrityError:
                refused.append(dish)
    return refused


# %% right="savepoints by hand"
def take_order(engine, table, dishes):
    refused = []
    with Session(engine) as session:
        try:
            for dish in dishes:
                savepoint = session.begin_nested()
                try:
                    session.add(Line(table=table, dish=dish))
                    session.flush()
                    savepoint.commit()
                except IntegrityError:
                    savepoint.rollback()
                    refused.append(dish)
            session.commit()
        except Exception:
            session.rollback()
            raise
    return refused


# %% right="Core: savepoints of the connection"
from sqlalchemy import insert


def take_order(engine, table, dishes):
    refused = []
    with engine.begin() as connection:
        for dish in dishes:
            try:
                with connection.begin_nested():
                    connection.execute(insert(Line).values(table=table, dish=dish))
            except IntegrityError:
                refused.append(dish)
    return refused


# %% right="ask for the menu within the same transaction"
def take_order(engine, table, dishes):
    with sessionmaker(engine).begin() as session:
        menu = set(session.scalars(select(Dish.name)))
        session.add_all(Line(table=table, dish=dish) for dish in dishes if dish in menu)
    return [dish for dish in dishes if dish not in menu]


# %% wrong="the error is caught, without a savepoint" claim="go_on_after_integrity_error" canary=true
def take_order(engine, table, dishes):
    refused = []
    with Session(engine) as session, session.begin():
        for dish in dishes:
            try:
                session.add(Line(table=table, dish=dish))
                session.flush()
            except IntegrityError:
                refused.append(dish)
    return refused


# %% wrong="a rollback of the whole session at the bad line" claim="rollback_takes_back_one_step"
def take_order(engine, table, dishes):
    refused = []
    with Session(engine) as session:
        for dish in dishes:
            try:
                session.add(Line(table=table, dish=dish))
                session.flush()
            except IntegrityError:
                session.rollback()
                refused.append(dish)
        session.commit()
    return refused


# %% wrong="a commit for each line" claim="commit_each_change"
def take_order(engine, table, dishes):
    refused = []
    with Session(engine) as session:
        for dish in dishes:
            try:
                session.add(Line(table=table, dish=dish))
                session.commit()
            except IntegrityError:
                session.rollback()
                refused.append(dish)
    return refused


# %% wrong="the line is added before its savepoint, which flushes it" claim="go_on_after_integrity_error"
def take_order(engine, table, dishes):
    refused = []
    with Session(engine) as session, session.begin():
        for dish in dishes:
            session.add(Line(table=table, dish=dish))
            try:
                with session.begin_nested():
                    session.flush()
            except IntegrityError:
                refused.append(dish)
    return refused


# %% wrong="savepoints, and no commit" claim="with_block_commits"
def take_order(engine, table, dishes):
    refused = []
    with Session(engine) as session:
        for dish in dishes:
            try:
                with session.begin_nested():
                    session.add(Line(table=table, dish=dish))
            except IntegrityError:
                refused.append(dish)
    return refused


# %% right="the order is begun again without what was refused"
def take_order(engine: Engine, table: int, dishes: list[str]) -> list[str]:
    refused: list[str] = []
    while True:
        try:
            with Session(engine) as session, session.begin():
                for dish in dishes:
                    if dish not in refused:
                        session.add(Line(table=table, dish=dish))
                        session.flush()
            return refused
        except IntegrityError:
            refused.append(dish)


# %% wrong="each dish only once" claim=""
def take_order(engine: Engine, table: int, dishes: list[str]) -> list[str]:
    refused = []
    with Session(engine) as session, session.begin():
        for dish in dict.fromkeys(dishes):
            try:
                with session.begin_nested():
                    session.add(Line(table=table, dish=dish))
            except IntegrityError:
                refused.append(dish)
    return refused


# %% wrong="it stops at the first bad line" claim=""
def take_order(engine: Engine, table: int, dishes: list[str]) -> list[str]:
    refused = []
    with Session(engine) as session, session.begin():
        try:
            for dish in dishes:
                with session.begin_nested():
                    session.add(Line(table=table, dish=dish))
        except IntegrityError:
            refused.append(dish)
    return refused


# %% wrong="the menu of the example" claim=""
def take_order(engine: Engine, table: int, dishes: list[str]) -> list[str]:
    menu = {"soup", "bread"}
    with Session(engine) as session, session.begin():
        session.add(Note(text="an order"))
        session.add_all(Line(table=table, dish=dish) for dish in dishes if dish in menu)
    return [dish for dish in dishes if dish not in menu]
