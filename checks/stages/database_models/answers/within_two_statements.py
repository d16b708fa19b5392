# %% right="selectinload"
def menu_card(session: Session) -> dict[str, list[str]]:
    query = select(Menu).options(selectinload(Menu.courses))
    menus = session.scalars(query).all()
    return {menu.name: [course.name for course in menu.courses] for menu in menus}


# %% right="joinedload, and unique()"
def menu_card(session):
    menus = session.scalars(select(Menu).options(joinedload(Menu.courses))).unique()
    return {menu.name: [course.name for course in menu.courses] for menu in menus}


# %% right="subqueryload"
from sqlalchemy.orm import subqueryload


def menu_card(session):
    menus = session.scalars(select(Menu).options(subqueryload(Menu.courses))).all()
    return {menu.name: [course.name for course in menu.courses] for menu in menus}


# %% right="columns by an outer join, put together in Python"
def menu_card(session):
    card = {}
    for menu, course in session.execute(select(Menu.name, Course.name).outerjoin(Menu.courses)):
        card.setdefault(menu, []).extend([course] if course else [])
    return card


# %% right="two plain SELECTs"
def menu_card(session):
    card = {number: (name, []) for number, name in session.execute(select(Menu.id, Menu.name))}
    for course in session.scalars(select(Course)):
        card[course.menu_id][1].append(course.name)
    return dict(card.values())


# %% wrong="a join that loads nothing" claim="join_loads_the_children"
def menu_card(session):
    menus = session.scalars(select(Menu).outerjoin(Menu.courses)).unique()
    return {menu.name: [course.name for course in menu.courses] for menu in menus}


# %% wrong="joinedload without unique()" claim="joinedload_needs_nothing"
def menu_card(session):
    menus = session.scalars(select(Menu).options(joinedload(Menu.courses))).all()
    return {menu.name: [course.name for course in menu.courses] for menu in menus}


# %% wrong="an inner join loses the empty menu" claim="join_keeps_the_childless"
from sqlalchemy.orm import contains_eager


def menu_card(session):
    query = select(Menu).join(Menu.courses).options(contains_eager(Menu.courses))
    return {m.name: [course.name for course in m.courses] for m in session.scalars(query).unique()}


# %% wrong="the same N+1, written as loops" claim="related_objects_come_along"
def menu_card(session):
    card = {}
    for menu in session.scalars(select(Menu).order_by(Menu.name)):
        card[menu.name] = []
        for course in menu.courses:
            card[menu.name].append(course.name)
    return card


# %% wrong="N+1 in a thread of its own" claim="related_objects_come_along"
from concurrent.futures import ThreadPoolExecutor


def menu_card(session):
    menus = session.scalars(select(Menu)).all()
    with ThreadPoolExecutor(1) as pool:
        return dict(pool.map(lambda menu: (menu.name, [each.name for each in menu.courses]), menus))
