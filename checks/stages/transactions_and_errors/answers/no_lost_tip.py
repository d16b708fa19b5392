# %% right="the database adds, told through the object"
def add_tip(engine: Engine, amount: int) -> None:
    with Session(engine) as session, session.begin():
        jar = session.get_one(Account, "tips")
        jar.balance = Account.balance + amount


# %% right="an atomic UPDATE"
def add_tip(engine, amount):
    with engine.begin() as connection:
        connection.execute(
            update(Account)
            .where(Account.owner == "tips")
            .values(balance=Account.balance + amount, version=Account.version + 1)
        )


# %% right="a version counter by hand, and another try"
def add_tip(engine, amount):
    while True:
        with Session(engine) as session, session.begin():
            jar = session.get_one(Account, "tips")
            seen = jar.version
            saved = session.execute(
                update(Account)
                .where(Account.owner == "tips", Account.version == seen)
                .values(balance=jar.balance + amount, version=seen + 1)
            )
            if saved.rowcount == 1:
                return


# %% right="the mapper counts versions, and a stale one is tried again"
class Counting(DeclarativeBase):
    pass


class Jar(Counting):
    __tablename__ = "accounts"
    owner: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


def add_tip(engine, amount):
    for attempt in range(5):
        try:
            with Session(engine) as session, session.begin():
                session.get_one(Jar, "tips").balance += amount
            return
        except StaleDataError:
            continue
    raise RuntimeError("too many waiters")


# %% right="BEGIN IMMEDIATE: the writer's lock is taken before the read"
def add_tip(engine, amount):
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with Session(connection) as session:
            jar = session.get_one(Account, "tips")
            jar.balance = jar.balance + amount
            session.commit()
        connection.commit()


# %% wrong="read, add in Python, write, with another name for it" claim="transaction_prevents_lost_updates"
def add_tip(engine, amount):
    with sessionmaker(engine).begin() as session:
        jar = session.get_one(Account, "tips")
        jar.balance += amount


# %% wrong="SELECT … FOR UPDATE, which SQLite does not know" claim="transaction_prevents_lost_updates" canary=true
def add_tip(engine, amount):
    with Session(engine) as session, session.begin():
        jar = session.get_one(Account, "tips", with_for_update=True)
        jar.balance = jar.balance + amount


# %% wrong="a lock in Python, which no other process sees" claim="transaction_prevents_lost_updates"
import threading

one_at_a_time = threading.Lock()


def add_tip(engine, amount):
    with one_at_a_time, Session(engine) as session, session.begin():
        jar = session.get_one(Account, "tips")
        jar.balance = jar.balance + amount


# %% wrong="the writer's lock comes after the read" claim="transaction_prevents_lost_updates"
def add_tip(engine, amount):
    with Session(engine) as session:
        total = session.get_one(Account, "tips").balance + amount
    with engine.begin() as connection:
        connection.execute(update(Account).where(Account.owner == "tips").values(balance=total))


# %% wrong="a version counter, and nobody who tries again" claim="version_counter_adds_up"
class Counting(DeclarativeBase):
    pass


class Jar(Counting):
    __tablename__ = "accounts"
    owner: Mapped[str] = mapped_column(primary_key=True)
    balance: Mapped[int]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


def add_tip(engine, amount):
    with Session(engine) as session, session.begin():
        session.get_one(Jar, "tips").balance += amount


# %% wrong="the database adds, and nobody commits" claim="with_block_commits"
def add_tip(engine, amount):
    with Session(engine) as session:
        session.get_one(Account, "tips").balance = Account.balance + amount
        session.flush()


# %% wrong="the database adds, to every account" claim=""
def add_tip(engine: Engine, amount: int) -> None:
    with Session(engine) as session, session.begin():
        session.execute(update(Account).values(balance=Account.balance + amount))
