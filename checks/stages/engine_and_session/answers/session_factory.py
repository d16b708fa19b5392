# %% right="an engine and a sessionmaker"
def open_kitchen(url: str) -> sessionmaker[Session]:
    engine = create_engine(url)
    return sessionmaker(engine)


# %% right="bind by name, and objects that stay readable after a commit"
def open_kitchen(url):
    return sessionmaker(bind=create_engine(url, pool_pre_ping=True), expire_on_commit=False)


# %% right="a function that makes sessions"
def open_kitchen(url):
    engine = create_engine(url)

    def new_session():
        return Session(engine)

    return new_session


# %% wrong="a session instead of a factory" claim="one_session_for_all" canary=true
def open_kitchen(url):
    return Session(create_engine(url))


# %% wrong="a function that always returns the same session" claim="one_session_for_all"
def open_kitchen(url):
    session = sessionmaker(create_engine(url))()
    return lambda: session


# %% wrong="the line of the old tutorials" claim="autoflush_off_is_harmless"
def open_kitchen(url):
    engine = create_engine(url, connect_args={"check_same_thread": False})
    return sessionmaker(autocommit=False, autoflush=False, bind=engine)


# %% wrong="autocommit" claim="commits_after_every_operation" canary=true
def open_kitchen(url):
    return sessionmaker(create_engine(url), autocommit=True)


# %% wrong="the factory does not know the engine" claim="factory_finds_the_engine"
def open_kitchen(url):
    create_engine(url)
    return sessionmaker()


# %% wrong="an engine for each session" claim="engine_per_request"
def open_kitchen(url):
    def new():
        return Session(create_engine(url))

    return new


# %% wrong="scoped_session" claim="scoped_session_is_per_request"
def open_kitchen(url):
    from sqlalchemy.orm import scoped_session

    return scoped_session(sessionmaker(create_engine(url)))


# %% right="functools.partial"
def open_kitchen(url):
    from functools import partial

    return partial(Session, create_engine(url))
