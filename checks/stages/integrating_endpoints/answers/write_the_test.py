# %% right="create, read back, ask for an unknown one"
def test_dishes(client: TestClient) -> None:
    new = {"name": "stew", "price": 9, "cost": 4, "note": None}
    created = client.post("/dishes", json=new)
    assert created.status_code == 201

    number = created.json()["id"]
    read = client.get(f"/dishes/{number}")
    assert read.status_code == 200
    assert read.json() == {"id": number, "name": "stew", "price": 9, "note": None}

    assert client.get(f"/dishes/{number + 1}").status_code == 404


# %% right="the unknown one first, exceptions of other kinds"
def test_dishes(client):
    if client.get("/dishes/999999").status_code != 404:
        raise ValueError("an unknown dish was found")
    made = client.post("/dishes", json={"name": "pie", "price": 5, "cost": 1}).json()
    found = client.get(f"/dishes/{made['id']}").raise_for_status().json()
    assert found["name"] == "pie"
    assert "cost" not in found and "cost" not in made


# %% right="the answers are compared with each other"
def test_dishes(client):
    with client:
        made = client.post("/dishes", json={"name": "pie", "price": 5})
        found = client.get("/dishes/%d" % made.json()["id"])
        nothing = client.get("/dishes/-1")
    assert [made.status_code, found.status_code, nothing.status_code] == [201, 200, 404]
    assert made.json() == found.json()
    assert set(found.json()) == {"id", "name", "price", "note"}


# %% wrong="only the answer to the POST" claim="id_proves_saved"
def test_dishes(client):
    created = client.post("/dishes", json={"name": "stew", "price": 9})
    assert created.status_code == 201
    assert created.json()["id"]
    assert client.get("/dishes/999999").status_code == 404


# %% wrong="some fields" claim="looking_for_some_sees_all"
def test_dishes(client):
    number = client.post("/dishes", json={"name": "stew", "price": 9}).json()["id"]
    read = client.get(f"/dishes/{number}").json()
    assert read["name"] == "stew"
    assert read["price"] == 9
    assert client.get(f"/dishes/{number + 1}").status_code == 404


# %% wrong="never an unknown dish" claim="happy_path_is_enough"
def test_dishes(client):
    created = client.post("/dishes", json={"name": "stew", "price": 9}).json()
    read = client.get(f"/dishes/{created['id']}").json()
    assert read == {"id": created["id"], "name": "stew", "price": 9, "note": None}


# %% wrong="the first dish has the id 1" claim="first_dish_has_id_1"
def test_dishes(client):
    client.post("/dishes", json={"name": "stew", "price": 9})
    read = client.get("/dishes/1").json()
    assert read == {"id": 1, "name": "stew", "price": 9, "note": None}
    assert client.get("/dishes/2").status_code == 404


# %% wrong="it returns what it found" claim="returned_false_fails"
def test_dishes(client):
    created = client.post("/dishes", json={"name": "stew", "price": 9}).json()
    read = client.get(f"/dishes/{created['id']}")
    unknown = client.get(f"/dishes/{created['id'] + 1}")
    return read.json() == created and unknown.status_code == 404
