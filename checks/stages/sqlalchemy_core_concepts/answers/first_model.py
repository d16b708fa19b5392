# %% right="Mapped and mapped_column"
def build_menu(engine: Engine) -> type[Any]:
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __tablename__ = "dish"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        price: Mapped[int]
        note: Mapped[str | None]

    Base.metadata.create_all(engine)
    return Dish


# %% right="types and nullability spelled out, and the table created on its own"
def build_menu(engine):
    class Kitchen(DeclarativeBase):
        pass

    class MenuEntry(Kitchen):
        __tablename__ = "dish"

        number: Mapped[int] = mapped_column("id", Integer, primary_key=True)
        name = mapped_column(String(80), nullable=False)
        price = mapped_column(BigInteger, nullable=False)
        note = mapped_column(Text)

    MenuEntry.__table__.create(engine)
    return MenuEntry


# %% right="classic columns"
def build_menu(engine):
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __tablename__ = "dish"

        id = Column(Integer, primary_key=True)
        name = Column(String, nullable=False)
        price = Column(Integer, nullable=False)
        note = Column(String)

    Base.metadata.create_all(engine)
    return Dish


# %% right="a table first, then a class over it, in a transaction"
def build_menu(engine):
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __table__ = Table(
            "dish",
            Base.metadata,
            Column("id", Integer, primary_key=True),
            Column("name", String, nullable=False),
            Column("price", Integer, nullable=False),
            Column("note", String),
        )

    with engine.begin() as connection:
        Base.metadata.create_all(connection)
    return Dish


# %% wrong="the table is never created" claim="class_makes_its_table"
def build_menu(engine):
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __tablename__ = "dish"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        price: Mapped[int]
        note: Mapped[str | None]

    return Dish


# %% wrong="no primary key" claim="id_comes_by_itself" canary=true
def build_menu(engine):
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __tablename__ = "dish"

        name: Mapped[str]
        price: Mapped[int]
        note: Mapped[str | None]

    Base.metadata.create_all(engine)
    return Dish


# %% wrong="hints without Mapped" claim="any_hint_is_a_column" canary=true
def build_menu(engine):
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __tablename__ = "dish"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: str
        price: int
        note: str | None

    Base.metadata.create_all(engine)
    return Dish


# %% wrong="the note must be given" claim="hint_leaves_null_open"
def build_menu(engine):
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __tablename__ = "dish"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        price: Mapped[int]
        note: Mapped[str]

    Base.metadata.create_all(engine)
    return Dish


# %% wrong="classic columns that may be empty" claim="column_is_required"
def build_menu(engine):
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __tablename__ = "dish"

        id = Column(Integer, primary_key=True)
        name = Column(String)
        price = Column(Integer)
        note = Column(String)

    Base.metadata.create_all(engine)
    return Dish


# %% wrong="a required price with a default in the table" claim="not_null_must_be_given"
def build_menu(engine):
    class Base(DeclarativeBase):
        pass

    class Dish(Base):
        __tablename__ = "dish"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        price: Mapped[int] = mapped_column(server_default="0")
        note: Mapped[str | None]

    Base.metadata.create_all(engine)
    return Dish
