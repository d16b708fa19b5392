# %% right="get, once for each id"
def fetch_dishes(session: Session, ids: list[int]) -> list[Dish]:
    return [session.get(Dish, number) for number in ids]


# %% right="one SELECT for all, then by id"
def fetch_dishes(session, ids):
    found = session.scalars(select(Dish).where(Dish.id.in_(ids)))
    by_id = {dish.id: dish for dish in found}
    return [by_id[number] for number in ids]


# %% right="get_one, and a loop"
def fetch_dishes(session, ids):
    dishes = []
    for number in ids:
        dishes.append(session.get_one(Dish, number))
    return dishes


# %% wrong="a select() for each id" claim="select_looks_there_first"
def fetch_dishes(session, ids):
    return [session.scalars(select(Dish).where(Dish.id == number)).one() for number in ids]


# %% wrong="a session of its own for each dish" claim="same_object_in_any_session"
def fetch_dishes(session, ids):
    dishes = []
    for number in ids:
        with Session(session.get_bind()) as another:
            dishes.append(another.get(Dish, number))
    return dishes


# %% wrong="one other session for all" claim="same_object_in_any_session"
def fetch_dishes(session, ids):
    with Session(session.get_bind()) as another:
        return [another.get(Dish, number) for number in ids]


# %% wrong="objects made by hand from rows" claim="same_id_same_row"
def fetch_dishes(session, ids):
    rows = session.execute(select(Dish.id, Dish.name, Dish.price).where(Dish.id.in_(ids)))
    by_id = {row.id: row for row in rows}
    return [Dish(id=n, name=by_id[n].name, price=by_id[n].price) for n in ids]


# %% wrong="rows, not objects" claim="same_id_same_row"
def fetch_dishes(session, ids):
    rows = session.execute(select(Dish.id, Dish.name, Dish.price).where(Dish.id.in_(ids)))
    by_id = {row.id: row for row in rows}
    return [by_id[number] for number in ids]


# %% right="a dict remembers, and a tuple comes back"
def fetch_dishes(session, ids):
    seen = {}
    for number in ids:
        if number not in seen:
            seen[number] = session.scalars(select(Dish).filter_by(id=number)).one()
    return tuple(seen[number] for number in ids)


# %% wrong="one SELECT with IN, as it comes" claim="in_keeps_my_list"
def fetch_dishes(session, ids):
    return session.scalars(select(Dish).where(Dish.id.in_(ids))).all()


# %% wrong="the ids are taken for places in the list of all dishes" claim="ids_are_places"
def fetch_dishes(session, ids):
    dishes = session.scalars(select(Dish).order_by(Dish.id)).all()
    return [dishes[number - 1] for number in ids]


# %% wrong="the ids of the text" claim=""
def fetch_dishes(session, ids):
    return [session.get(Dish, number) for number in [1, 2, 1, 1, 2]]
