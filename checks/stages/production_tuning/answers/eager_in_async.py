# %% right="selectinload"
async def read_board(sessions: async_sessionmaker[AsyncSession]) -> dict[str, list[int]]:
    async with sessions() as session:
        dishes = await session.scalars(select(Dish).options(selectinload(Dish.orders)))
        return {dish.name: [order.seat for order in dish.orders] for dish in dishes}


# %% right="joinedload, made unique"
async def read_board(sessions):
    async with sessions() as session:
        dishes = (await session.scalars(select(Dish).options(joinedload(Dish.orders)))).unique()
        board = {}
        for dish in dishes:
            board[dish.name] = [order.seat for order in dish.orders]
    return board


# %% right="two queries of columns"
async def read_board(sessions):
    async with sessions() as session:
        names = dict((await session.execute(select(Dish.id, Dish.name))).all())
        board = {name: [] for name in names.values()}
        for dish_id, seat in await session.execute(
            select(Order.dish_id, Order.seat).order_by(Order.id)
        ):
            board[names[dish_id]].append(seat)
        return board


# %% right="loaded in the block, read after it"
async def read_board(sessions):
    async with sessions() as session:
        result = await session.execute(select(Dish).options(selectinload(Dish.orders)))
        dishes = result.scalars().all()
    return {dish.name: [order.seat for order in dish.orders] for dish in dishes}


# %% wrong="the orders are touched" claim="touching_loads"
async def read_board(sessions):
    async with sessions() as session:
        dishes = await session.scalars(select(Dish))
        return {dish.name: [order.seat for order in dish.orders] for dish in dishes}


# %% wrong="awaited dish by dish" claim="awaiting_loads_all"
async def read_board(sessions):
    board = {}
    async with sessions() as session:
        for dish in (await session.scalars(select(Dish))).all():
            orders = await dish.awaitable_attrs.orders
            board[dish.name] = [order.seat for order in orders]
    return board


# %% wrong="joinedload, not made unique" claim="joined_rows_are_unique"
async def read_board(sessions):
    async with sessions() as session:
        dishes = (await session.scalars(select(Dish).options(joinedload(Dish.orders)))).all()
        return {dish.name: [order.seat for order in dish.orders] for dish in dishes}


# %% wrong="touched after the session has closed" claim="objects_load_after_close"
async def read_board(sessions):
    async with sessions() as session:
        dishes = (await session.scalars(select(Dish))).all()
    return {dish.name: [order.seat for order in dish.orders] for dish in dishes}


# %% wrong="await is forgotten" claim="await_is_optional"
async def read_board(sessions):
    async with sessions() as session:
        dishes = session.scalars(select(Dish).options(selectinload(Dish.orders))).all()
        return {dish.name: [order.seat for order in dish.orders] for dish in dishes}


# %% wrong="the session is never closed" claim="unused_session_closes"
async def read_board(sessions):
    read_board.session = sessions()
    dishes = await read_board.session.scalars(select(Dish).options(selectinload(Dish.orders)))
    return {dish.name: [order.seat for order in dish.orders] for dish in dishes}


# %% wrong="nothing is returned" claim=""
async def read_board(sessions: async_sessionmaker[AsyncSession]) -> dict[str, list[int]]:
    async with sessions() as session:
        dishes = await session.scalars(select(Dish).options(selectinload(Dish.orders)))
        board = {dish.name: [order.seat for order in dish.orders] for dish in dishes}


# %% wrong="one seat for each dish" claim=""
async def read_board(sessions: async_sessionmaker[AsyncSession]) -> dict[str, list[int]]:
    async with sessions() as session:
        rows = await session.execute(select(Dish.name, Order.seat).outerjoin(Order))
        return dict(rows.tuples().all())


# %% wrong="the keys are objects" claim=""
async def read_board(sessions: async_sessionmaker[AsyncSession]) -> dict[str, list[int]]:
    async with sessions() as session:
        dishes = await session.scalars(select(Dish).options(selectinload(Dish.orders)))
        return {dish: [order.seat for order in dish.orders] for dish in dishes}
