# %% right="with and yield"
def get_db() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


# %% right="try and finally"
def get_db():
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()


# %% right="an async generator around the same session"
async def get_db():
    with SessionLocal() as session:
        yield session


# %% right="a class whose object is the dependency"
class SessionOfAGuest:
    def __init__(self, factory):
        self.factory = factory

    def __call__(self):
        with self.factory() as session:
            yield session


get_db = SessionOfAGuest(SessionLocal)


# %% right="a Session of the engine, and a rollback on errors"
def get_db():
    with Session(engine) as session:
        try:
            yield session
        except Exception:
            session.rollback()
            raise


# %% wrong="returned, and never closed" claim="session_closes_itself"
def get_db():
    return SessionLocal()


# %% wrong="yielded, and never closed" claim="session_closes_itself"
def get_db():
    session = SessionLocal()
    yield session


# %% wrong="return inside with" claim="return_waits_in_with"
def get_db():
    with SessionLocal() as session:
        return session


# %% wrong="the factory itself" claim="factory_is_a_session"
def get_db():
    yield SessionLocal


# %% wrong="contextmanager around it" claim="yield_needs_contextmanager"
@contextmanager
def get_db():
    with SessionLocal() as session:
        yield session


# %% wrong="one session, made beforehand" claim="one_session_for_all"
the_session = SessionLocal()


def get_db():
    yield the_session


# %% wrong="an engine for each request" claim="engine_per_request"
def get_db():
    with Session(create_engine(engine.url)) as session:
        yield session


# %% wrong="the factory is not called" claim="factory_is_a_session" canary=true
def get_db():
    with SessionLocal as s:
        yield s


# %% wrong="scoped_session, never removed" claim="scoped_session_is_per_request"
from sqlalchemy.orm import scoped_session

reg = scoped_session(SessionLocal)


def get_db():
    yield reg()


# %% wrong="committed, and never closed" claim="session_closes_itself"
def get_db():
    db = SessionLocal()
    yield db
    db.commit()


# %% wrong="yielded after the with block" claim="return_waits_in_with"
def get_db():
    with SessionLocal() as session:
        pass
    yield session


# %% wrong="a Session without an engine" claim="factory_finds_the_engine"
def get_db():
    with Session() as s:
        yield s
