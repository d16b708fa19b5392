# %% right="with"
def get_session() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


# %% right="try and finally"
def get_session():
    session = SessionLocal()
    try:
        yield session
    finally:
        session.close()


# %% right="closing() from the standard library, async, and a rollback"
async def get_session():
    with closing(SessionLocal()) as session:
        try:
            yield session
        except Exception:
            session.rollback()
            raise


# %% wrong="close() as the last line" claim="close_at_the_end_suffices"
def get_session():
    db = SessionLocal()
    yield db
    db.close()


# %% wrong="only a refusal is thought of" claim="close_at_the_end_suffices"
def get_session():
    session = SessionLocal()
    try:
        yield session
    except HTTPException:
        session.close()
        raise
    else:
        session.close()


# %% wrong="the error is swallowed" claim="swallowed_error_is_handled"
def get_session():
    session = SessionLocal()
    try:
        yield session
    except Exception:
        session.rollback()
    finally:
        session.close()


# %% wrong="commit in finally" claim="finally_saves_what_went_well"
def get_session():
    session = SessionLocal()
    try:
        yield session
    finally:
        session.commit()
        session.close()


# %% wrong="the error is swallowed by suppress" claim="swallowed_error_is_handled"
def get_session():
    with SessionLocal() as session, suppress(Exception):
        yield session


# %% wrong="closed on errors only" claim="session_closes_itself"
def get_session():
    session = SessionLocal()
    try:
        yield session
    except Exception:
        session.close()
        raise


# %% wrong="return inside with" claim="return_waits_in_with"
def get_session():
    with SessionLocal() as session:
        return session


# %% wrong="contextmanager around it" claim="yield_needs_contextmanager"
@contextmanager
def get_session():
    with SessionLocal() as session:
        yield session
