# %% right="where, order_by, offset and limit"
def find_dishes(session: Session, piece: str, most: int, page: int) -> list[str]:
    query = (
        select(Dish.name)
        .where(Dish.name.contains(piece), Dish.price <= most)
        .order_by(Dish.price, Dish.name)
        .offset((page - 1) * 3)
        .limit(3)
    )
    return list(session.scalars(query))


# %% right="objects, & with brackets, a slice of the query"
def find_dishes(session, piece, most, page):
    wanted = (Dish.name.like(f"%{piece}%")) & (Dish.price <= most)
    first = 3 * (page - 1)
    query = select(Dish).where(wanted).order_by(Dish.price.asc(), Dish.name.asc())
    return [dish.name for dish in session.scalars(query.slice(first, first + 3))]


# %% right="SQL by hand with bound parameters"
from sqlalchemy import text


def find_dishes(session, piece, most, page):
    query = text(
        "SELECT name FROM dish WHERE name LIKE :like AND price <= :most "
        "ORDER BY price, name LIMIT 3 OFFSET :skip"
    )
    values = {"like": f"%{piece}%", "most": most, "skip": 3 * page - 3}
    return session.scalars(query, values).all()


# %% wrong="all rows come, Python keeps three" claim="slicing_is_limit"
def find_dishes(session, piece, most, page):
    query = (
        select(Dish.name)
        .where(Dish.name.contains(piece), Dish.price <= most)
        .order_by(Dish.price, Dish.name)
    )
    return session.scalars(query).all()[3 * page - 3 : 3 * page]


# %% wrong="Python's and between two conditions" claim="and_joins_conditions" canary=true
def find_dishes(session, piece, most, page):
    query = select(Dish.name).where(Dish.name.contains(piece) and Dish.price <= most)
    query = query.order_by(Dish.price, Dish.name).offset(3 * page - 3).limit(3)
    return session.scalars(query).all()


# %% wrong="no order at all" claim="rows_keep_their_order"
def find_dishes(session, piece, most, page):
    query = select(Dish.name).where(Dish.name.contains(piece), Dish.price <= most)
    return session.scalars(query.offset(3 * page - 3).limit(3)).all()


# %% wrong="sorted in Python, page by page" claim="rows_keep_their_order"
def find_dishes(session, piece, most, page):
    query = select(Dish).where(Dish.name.contains(piece)).where(Dish.price <= most)
    found = session.scalars(query.offset(3 * page - 3).limit(3)).all()
    return [dish.name for dish in sorted(found, key=lambda dish: (dish.price, dish.name))]


# %% wrong="a limit that grows with the page, cut in Python" claim="slicing_is_limit"
def find_dishes(session: Session, piece: str, most: int, page: int) -> list[str]:
    query = (
        select(Dish.name)
        .where(Dish.name.contains(piece), Dish.price <= most)
        .order_by(Dish.price, Dish.name)
        .limit(page * 3)
    )
    return list(session.scalars(query))[(page - 1) * 3 :]


# %% wrong="limit counts from the first row" claim="limit_is_where_it_ends"
def find_dishes(session, piece, most, page):
    query = (
        select(Dish.name)
        .where(Dish.name.contains(piece), Dish.price <= most)
        .order_by(Dish.price, Dish.name)
        .offset((page - 1) * 3)
        .limit(page * 3)
    )
    return session.scalars(query).all()
