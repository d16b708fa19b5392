# %% right="try and finally, a look with a session of its own"
def test_create(app: FastAPI, get_db, scratch) -> None:
    def scratch_db():
        with scratch() as db:
            yield db

    app.dependency_overrides[get_db] = scratch_db
    try:
        answer = TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
        assert answer.status_code == 201
        with scratch() as db:
            assert db.scalars(select(Dish.name)).all() == ["stew"]
    finally:
        app.dependency_overrides.clear()


# %% right="patch.dict, and a second request that reads it back"
def test_create(app, get_db, scratch):
    async def scratch_db():
        db = scratch()
        try:
            yield db
        finally:
            db.close()

    with patch.dict(app.dependency_overrides, {get_db: scratch_db}), TestClient(app) as client:
        created = client.post("/dishes", json={"name": "stew", "price": 9}).json()
        assert client.get(f"/dishes/{created['id']}").json() == created


# %% right="the override is taken out with pop"
def test_create(app, get_db, scratch):
    with scratch() as db:
        before = db.scalar(select(func.count()).select_from(Dish))

    def scratch_db():
        with scratch() as db:
            yield db

    try:
        app.dependency_overrides[get_db] = scratch_db
        TestClient(app).post("/dishes", json={"name": "stew", "price": 9, "note": "hot"})
    finally:
        app.dependency_overrides.pop(get_db)
    with scratch() as db:
        if db.scalar(select(func.count()).select_from(Dish)) != before + 1:
            raise RuntimeError("the dish was not saved")


# %% wrong="the key is the name" claim="override_by_name"
def test_create(app, get_db, scratch):
    def scratch_db():
        with scratch() as db:
            yield db

    app.dependency_overrides["get_db"] = scratch_db
    try:
        answer = TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
        assert answer.status_code == 201
        with scratch() as db:
            assert db.scalars(select(Dish.name)).all() == ["stew"]
    finally:
        app.dependency_overrides.clear()


# %% wrong="the key is another function" claim="override_by_name"
def test_create(app, get_db, scratch):
    def scratch_db():
        with scratch() as db:
            yield db

    app.dependency_overrides[lambda: get_db()] = scratch_db
    try:
        client = TestClient(app)
        created = client.post("/dishes", json={"name": "stew", "price": 9}).json()
        assert client.get(f"/dishes/{created['id']}").json() == created
    finally:
        app.dependency_overrides.clear()


# %% wrong="a lambda that returns a session" claim="returned_session_is_closed"
def test_create(app, get_db, scratch):
    app.dependency_overrides[get_db] = lambda: scratch()
    try:
        client = TestClient(app)
        created = client.post("/dishes", json={"name": "stew", "price": 9}).json()
        assert client.get(f"/dishes/{created['id']}").json() == created
    finally:
        app.dependency_overrides.clear()


# %% wrong="the sessionmaker itself" claim="sessionmaker_is_a_dependency"
def test_create(app, get_db, scratch):
    app.dependency_overrides[get_db] = scratch
    try:
        answer = TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
        assert answer.status_code == 201
    finally:
        app.dependency_overrides.clear()


# %% wrong="the override is called" claim="depends_takes_the_call"
def test_create(app, get_db, scratch):
    def scratch_db():
        with scratch() as db:
            yield db

    app.dependency_overrides[get_db] = scratch_db()
    try:
        answer = TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
        assert answer.status_code == 201
    finally:
        app.dependency_overrides.clear()


# %% wrong="only the status is looked at" claim="id_proves_saved"
def test_create(app, get_db, scratch):
    def scratch_db():
        with scratch() as db:
            yield db

    app.dependency_overrides[get_db] = scratch_db
    try:
        answer = TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
        assert answer.status_code == 201
        assert answer.json()["id"]
    finally:
        app.dependency_overrides.clear()


# %% wrong="cleaned up only where all goes well" claim="override_ends_with_the_test"
def test_create(app, get_db, scratch):
    def scratch_db():
        with scratch() as db:
            yield db

    app.dependency_overrides[get_db] = scratch_db
    TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
    with scratch() as db:
        assert db.scalars(select(Dish.name)).all() == ["stew"]
    app.dependency_overrides.clear()


# %% wrong="it returns what it found" claim="returned_false_fails"
def test_create(app, get_db, scratch):
    def scratch_db():
        with scratch() as db:
            yield db

    app.dependency_overrides[get_db] = scratch_db
    try:
        TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
        with scratch() as db:
            return db.scalars(select(Dish.name)).all() == ["stew"]
    finally:
        app.dependency_overrides.clear()


# %% wrong="the app's own session looks whether it is saved" claim="what_a_session_sees_is_saved"
def test_create(app, get_db, scratch):
    with scratch() as db:
        app.dependency_overrides[get_db] = lambda: db
        try:
            answer = TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
            assert answer.status_code == 201
            assert db.scalars(select(Dish.name)).all() == ["stew"]
        finally:
            app.dependency_overrides.clear()


# %% wrong="it prints what it found" claim=""
def test_create(app, get_db, scratch):
    def scratch_db():
        with scratch() as db:
            yield db

    app.dependency_overrides[get_db] = scratch_db
    try:
        TestClient(app).post("/dishes", json={"name": "stew", "price": 9})
        with scratch() as db:
            print(db.scalars(select(Dish.name)).all() == ["stew"])
    finally:
        app.dependency_overrides.clear()
