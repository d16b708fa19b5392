# %% right="one block around the loop"
def run_steps(engine: Engine, steps: list[Callable[[Session], None]]) -> None:
    with Session(engine) as session, session.begin():
        for step in steps:
            step(session)


# %% right="by hand"
def run_steps(engine, steps):
    session = Session(engine)
    try:
        for step in steps:
            step(session)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


# %% right="a factory that begins, and a session that joins the connection's transaction"
def run_steps(engine, steps):
    with engine.begin() as connection, Session(connection) as session:
        for step in steps:
            step(session)
        session.flush()


# %% wrong="a commit after each step" claim="commit_each_change"
def run_steps(engine, steps):
    with Session(engine) as session:
        for step in steps:
            step(session)
            session.commit()


# %% wrong="a transaction for each step" claim="commit_each_change"
def run_steps(engine, steps):
    for step in steps:
        with Session(engine) as session, session.begin():
            step(session)


# %% wrong="a failing step is left out, the others are saved" claim="caught_is_handled"
def run_steps(engine, steps):
    with Session(engine) as session:
        for step in steps:
            try:
                with session.begin_nested():
                    step(session)
            except Exception:
                pass
        session.commit()


# %% wrong="all is undone, and nobody is told" claim="caught_is_handled"
def run_steps(engine, steps):
    with Session(engine) as session:
        try:
            for step in steps:
                step(session)
            session.commit()
        except Exception:
            session.rollback()


# %% wrong="committed in any case" claim="commit_each_change" canary=true
def run_steps(engine, steps):
    with Session(engine) as session:
        try:
            for step in steps:
                step(session)
        finally:
            session.commit()


# %% wrong="flushed, never committed" claim="flush_is_commit" canary=true
def run_steps(engine, steps):
    with Session(engine) as session:
        for step in steps:
            step(session)
            session.flush()


# %% wrong="it stops at the error, keeps what is done and tells nobody" claim="caught_is_handled"
def run_steps(engine: Engine, steps: list[Callable[[Session], None]]) -> None:
    with Session(engine) as session, session.begin():
        for step in steps:
            try:
                step(session)
            except Exception:
                break


# %% wrong="the caller gets another error" claim=""
def run_steps(engine: Engine, steps: list[Callable[[Session], None]]) -> None:
    with Session(engine) as session, session.begin():
        for number, step in enumerate(steps, 1):
            try:
                step(session)
            except Exception as error:
                raise ValueError(f"step {number} failed") from error


# %% wrong="one commit, and nobody who rolls back or closes" claim=""
def run_steps(engine: Engine, steps: list[Callable[[Session], None]]) -> None:
    session = Session(engine)
    for step in steps:
        step(session)
    session.commit()
