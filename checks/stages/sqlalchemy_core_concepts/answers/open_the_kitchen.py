# %% right="an f-string with three slashes"
def open_kitchen(file: Path) -> Engine:
    return create_engine(f"sqlite:///{file}")


# %% right="the URL is put together by SQLAlchemy"
def open_kitchen(file):
    return create_engine(URL.create("sqlite", database=str(file)))


# %% right="the driver is named, connections are not kept, and the log is off"
def open_kitchen(file):
    url = "sqlite+pysqlite:///" + file.as_posix()
    engine = create_engine(url, echo=False, poolclass=NullPool)
    return engine


# %% wrong="it is tried out before it is handed on" claim="engine_must_be_opened"
def open_kitchen(file: Path) -> Engine:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return engine


# %% wrong="a connection instead of an engine" claim="engine_is_a_connection"
def open_kitchen(file):
    return create_engine(f"sqlite:///{file}").connect()


# %% wrong="two slashes and the path" claim="two_slashes_and_a_path" canary=true
def open_kitchen(file):
    return create_engine(f"sqlite://{file}")


# %% wrong="the path alone" claim="path_is_enough" canary=true
def open_kitchen(file):
    return create_engine(str(file))


# %% wrong="a database in memory" claim="memory_is_shared"
def open_kitchen(file):
    return create_engine("sqlite://")
