# %% right="a block that commits or rolls back"
def pay_the_bill(engine: Engine, guest: str, amount: int) -> None:
    with Session(engine) as session, session.begin():
        session.get_one(Account, guest).balance -= amount
        session.get_one(Account, "bistro").balance += amount


# %% right="commit and rollback by hand"
def pay_the_bill(engine, guest, amount):
    session = Session(engine)
    try:
        payer = session.get(Account, guest)
        bistro = session.get(Account, "bistro")
        payer.balance -= amount
        session.flush()
        bistro.balance += amount
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


# %% right="Core, in the transaction of the engine"
def pay_the_bill(engine, guest, amount):
    with engine.begin() as connection:
        for owner, change in ((guest, -amount), ("bistro", amount)):
            connection.execute(
                update(Account)
                .where(Account.owner == owner)
                .values(balance=Account.balance + change)
            )


# %% right="a session factory, and a refusal of its own"
def pay_the_bill(engine, guest, amount):
    with sessionmaker(engine).begin() as session:
        payer = session.scalars(select(Account).where(Account.owner == guest)).one()
        if payer.balance < amount:
            raise ValueError("not enough money")
        payer.balance = Account.balance - amount
        session.get_one(Account, "bistro").balance = Account.balance + amount


# %% right="a locked file is tried again, once"
def pay_the_bill(engine, guest, amount):
    for last in (False, True):
        try:
            with Session(engine) as session, session.begin():
                session.get_one(Account, guest).balance -= amount
                session.get_one(Account, "bistro").balance += amount
            return
        except OperationalError:
            if last:
                raise


# %% wrong="a commit for each step" claim="commit_each_change"
def pay_the_bill(engine, guest, amount):
    with Session(engine) as session:
        session.get_one(Account, guest).balance -= amount
        session.commit()
        session.get_one(Account, "bistro").balance += amount
        session.commit()


# %% wrong="the bistro first, each in a transaction of its own" claim="commit_each_change"
def pay_the_bill(engine, guest, amount):
    for owner, change in (("bistro", amount), (guest, -amount)):
        with Session(engine) as session, session.begin():
            session.get_one(Account, owner).balance += change


# %% wrong="autocommit" claim="commit_each_change"
def pay_the_bill(engine, guest, amount):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for owner, change in ((guest, -amount), ("bistro", amount)):
            connection.execute(
                update(Account)
                .where(Account.owner == owner)
                .values(balance=Account.balance + change)
            )


# %% wrong="no commit" claim="with_block_commits"
def pay_the_bill(engine, guest, amount):
    with Session(engine) as session:
        session.get_one(Account, guest).balance -= amount
        session.get_one(Account, "bistro").balance += amount


# %% wrong="the error is caught, undone and not told" claim="caught_is_handled"
def pay_the_bill(engine, guest, amount):
    with Session(engine) as session:
        try:
            session.get_one(Account, guest).balance -= amount
            session.get_one(Account, "bistro").balance += amount
            session.commit()
        except Exception:
            session.rollback()


# %% wrong="one commit, and a bare close where it fails" claim="close_undoes_a_failed_commit"
def pay_the_bill(engine, guest, amount):
    with Session(engine) as session:
        session.get_one(Account, guest).balance -= amount
        session.get_one(Account, "bistro").balance += amount
        session.commit()
