# %% right="get_bind, and a note in session.info"
def split_sessions(writer: Engine, replica: Engine) -> sessionmaker[Session]:
    class Split(Session):
        def get_bind(self, mapper=None, *, clause=None, **rest):
            if self._flushing or isinstance(clause, sa.Insert | sa.Update | sa.Delete):
                self.info["wrote"] = True
            return writer if self.info.get("wrote") else replica

    return sessionmaker(class_=Split)


# %% right="an event notes the flush, an attribute remembers"
def split_sessions(writer, replica):
    class Split(Session):
        home = replica

        def get_bind(self, mapper=None, *, clause=None, **rest):
            if clause is not None and (clause.is_insert or clause.is_update or clause.is_delete):
                self.home = writer
            return self.home

    sessions = sessionmaker(class_=Split)

    @event.listens_for(sessions, "before_flush")
    def stick(session, *_):
        session.home = writer

    return sessions


# %% right="whatever is no SELECT writes, a plain function makes the sessions"
def split_sessions(writer, replica):
    class Split(Session):
        def __init__(self, **options):
            super().__init__(**options)
            self.wrote = False

        def get_bind(self, *args, clause=None, **rest):
            if not isinstance(clause, sa.Select):
                self.wrote = True
            return writer if self.wrote else replica

    return Split


# %% wrong="SELECTs always go to the replica" claim="selects_on_the_replica"
def split_sessions(writer, replica):
    class Split(Session):
        def get_bind(self, mapper=None, *, clause=None, **rest):
            if self._flushing or isinstance(clause, sa.Insert | sa.Update | sa.Delete):
                return writer
            return replica

    return sessionmaker(class_=Split)


# %% wrong="only the statement is looked at" claim="flush_shows_its_statement"
def split_sessions(writer, replica):
    class Split(Session):
        def get_bind(self, mapper=None, *, clause=None, **rest):
            if isinstance(clause, sa.Insert | sa.Update | sa.Delete):
                self.info["wrote"] = True
            return writer if self.info.get("wrote") else replica

    return sessionmaker(class_=Split)


# %% wrong="the class remembers" claim="class_flag_is_mine"
def split_sessions(writer, replica):
    class Split(Session):
        wrote = False

        def get_bind(self, mapper=None, *, clause=None, **rest):
            if self._flushing or isinstance(clause, sa.Insert | sa.Update | sa.Delete):
                Split.wrote = True
            return writer if Split.wrote else replica

    return sessionmaker(class_=Split)


# %% wrong="only the writer is used" claim="replica_is_found"
def split_sessions(writer, replica):
    return sessionmaker(writer)


# %% wrong="of the statements, only an UPDATE counts as writing" claim=""
def split_sessions(writer: Engine, replica: Engine) -> sessionmaker[Session]:
    class Split(Session):
        def get_bind(self, mapper: Any = None, *, clause: Any = None, **rest: Any) -> Engine:
            if self._flushing or isinstance(clause, sa.Update):
                self.info["wrote"] = True
            return writer if self.info.get("wrote") else replica

    return sessionmaker(class_=Split)
