# %% right="the dependency is left before the answer"
def note_app(engine: Engine) -> FastAPI:
    sessions = sessionmaker(engine)

    def get_db() -> Iterator[Session]:
        with sessions.begin() as db:
            yield db

    DB = Annotated[Session, Depends(get_db, scope="function")]
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(text: str, db: DB) -> dict[str, str]:
        db.add(Note(text=text))
        return {"noted": text}

    return app


# %% right="the endpoint commits"
def note_app(engine):
    sessions = sessionmaker(engine)

    def get_db() -> Iterator[Session]:
        with sessions() as db:
            yield db

    DB = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(text: str, db: DB) -> dict[str, str]:
        db.add(Note(text=text))
        db.commit()
        return {"noted": text}

    return app


# %% right="a transaction as a block in the endpoint, and a conflict that is told"
def note_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/notes", status_code=201)
    async def leave_note(text: str, db: DB):
        try:
            with db.begin():
                db.add(Note(text=text))
        except IntegrityError as error:
            raise HTTPException(409, str(error.orig)) from None
        return {"noted": text}

    return app


# %% right="the sessions are made when the app starts"
from contextlib import asynccontextmanager

from fastapi import Request


def note_app(engine):
    @asynccontextmanager
    async def lifespan(app):
        yield {"sessions": sessionmaker(engine)}
        engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.post("/notes", status_code=201)
    def leave_note(text: str, request: Request):
        with request.state.sessions.begin() as db:
            db.add(Note(text=text))
        return {"noted": text}

    return app


# %% wrong="the endpoint flushes, the dependency commits after the yield" claim="flush_is_commit"
def note_app(engine):
    sessions = sessionmaker(engine)

    def get_db():
        with sessions.begin() as db:
            yield db

    DB = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(text: str, db: DB):
        db.add(Note(text=text))
        db.flush()
        return {"noted": text}

    return app


# %% wrong="a 409 raised in the teardown" claim="commit_in_teardown"
def note_app(engine):
    sessions = sessionmaker(engine)

    def get_db():
        with sessions() as db:
            yield db
            try:
                db.commit()
            except IntegrityError:
                db.rollback()
                raise HTTPException(409, "not saved")

    DB = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(text: str, db: DB):
        db.add(Note(text=text))
        return {"noted": text}

    return app


# %% wrong="nobody commits" claim="with_block_commits"
def note_app(engine):
    sessions = sessionmaker(engine)

    def get_db():
        with sessions() as db:
            yield db

    DB = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(text: str, db: DB):
        db.add(Note(text=text))
        return {"noted": text}

    return app


# %% wrong="nobody commits what was flushed" claim="flush_is_commit"
def note_app(engine):
    DB = Annotated[Session, Depends(get_db_for(engine))]
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(text: str, db: DB):
        db.add(Note(text=text))
        db.flush()
        return {"noted": text}

    return app


# %% wrong="a commit of its own inside the block that commits" claim="commit_inside_begin"
def note_app(engine):
    sessions = sessionmaker(engine)

    def get_db():
        with sessions.begin() as db:
            yield db

    DB = Annotated[Session, Depends(get_db)]
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(text: str, db: DB):
        note = Note(text=text)
        db.add(note)
        db.commit()
        db.refresh(note)
        return {"noted": note.text}

    return app


# %% wrong="committed in time, and a commit that fails is not told" claim="caught_is_handled"
def note_app(engine: Engine) -> FastAPI:
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def leave_note(
        text: str, db: Annotated[Session, Depends(get_db_for(engine))]
    ) -> dict[str, str]:
        db.add(Note(text=text))
        try:
            db.commit()
        except Exception:
            db.rollback()
        return {"noted": text}

    return app
