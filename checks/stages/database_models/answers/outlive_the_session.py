# %% right="nothing expires, and the menu comes with the SELECT"
def raise_price(engine: Engine, name: str, by: int) -> Course:
    query = select(Course).where(Course.name == name).options(joinedload(Course.menu))
    with Session(engine, expire_on_commit=False) as session:
        course = session.scalars(query).one()
        course.price += by
        session.commit()
    return course


# %% right="a session factory that keeps values, selectinload, begin()"
from sqlalchemy.orm import sessionmaker

keeping = sessionmaker(expire_on_commit=False)


def raise_price(engine, name, by):
    query = select(Course).filter_by(name=name).options(selectinload(Course.menu))
    with keeping(bind=engine) as session, session.begin():
        course = session.scalars(query).one()
        course.price = course.price + by
    return course


# %% right="columns and relationship refreshed by name"
def raise_price(engine, name, by):
    with Session(engine) as session:
        course = session.scalars(select(Course).where(Course.name == name)).one()
        course.price += by
        session.commit()
        session.refresh(course, ["name", "price", "menu"])
        course.menu.name
    return course


# %% right="what is needed is touched before the session closes"
def raise_price(engine, name, by):
    with Session(engine) as session:
        course = session.scalars(select(Course).where(Course.name == name)).one()
        course.price += by
        session.commit()
        _ = course.price, course.menu.name
    return course


# %% wrong="the commit expires, the close detaches" claim="committed_objects_stay_readable"
def raise_price(engine, name, by):
    with Session(engine) as session, session.begin():
        course = session.scalars(select(Course).where(Course.name == name)).one()
        course.price += by
    return course


# %% wrong="the menu was never loaded" claim="kept_means_complete"
def raise_price(engine, name, by):
    with Session(engine, expire_on_commit=False) as session:
        course = session.scalars(select(Course).where(Course.name == name)).one()
        course.price += by
        session.commit()
    return course


# %% wrong="a refresh without names" claim="refresh_loads_everything"
def raise_price(engine, name, by):
    with Session(engine) as session:
        course = session.scalars(select(Course).where(Course.name == name)).one()
        course.price += by
        session.commit()
        session.refresh(course)
    return course


# %% wrong="the session is left open" claim="open_session_is_free"
left_open = []


def raise_price(engine, name, by):
    session = Session(engine)
    left_open.append(session)
    course = session.scalars(select(Course).where(Course.name == name)).one()
    course.price += by
    session.commit()
    return course


# %% wrong="no commit" claim="with_session_commits"
def raise_price(engine, name, by):
    query = select(Course).where(Course.name == name).options(joinedload(Course.menu))
    with Session(engine) as session:
        course = session.scalars(query).one()
        course.price += by
    return course


# %% wrong="all is loaded, and nobody closes the session" claim="open_session_is_free"
def raise_price(engine, name, by):
    session = Session(engine, expire_on_commit=False)
    query = select(Course).where(Course.name == name).options(joinedload(Course.menu))
    course = session.scalars(query).one()
    course.price += by
    session.commit()
    return course
