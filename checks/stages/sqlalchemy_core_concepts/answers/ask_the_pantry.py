# %% right="text with a bound parameter"
def find_price(connection: Connection, name: str) -> int | None:
    statement = text("SELECT price FROM dish WHERE name = :name")
    return connection.scalar(statement, {"name": name})


# %% right="the value is bound to the statement, and the first row is unpacked by hand"
def find_price(connection, name):
    statement = text("SELECT price FROM dish WHERE name = :wanted").bindparams(wanted=name)
    row = connection.execute(statement).first()
    if row is None:
        return None
    return row.price


# %% right="Core writes the statement and binds the value"
def find_price(connection, name):
    dish = Table("dish", MetaData(), Column("name", String), Column("price", Integer))
    return connection.scalar(select(dish.c.price).where(dish.c.name == name))


# %% right="the placeholder of the driver"
def find_price(connection, name):
    found = connection.exec_driver_sql("SELECT price FROM dish WHERE name = ?", (name,))
    return found.scalar_one_or_none()


# %% wrong="the string is put together in another way" claim="text_makes_it_safe"
def find_price(connection, name):
    return connection.scalar(text("SELECT price FROM dish WHERE name = '" + name + "'"))


# %% wrong="the quotes are doubled by hand" claim="doubled_quotes_suffice"
def find_price(connection, name):
    name = name.replace("'", "''")
    return connection.scalar(text(f"SELECT price FROM dish WHERE name = '{name}'"))


# %% wrong="quotes are doubled, colons are escaped" claim="doubled_quotes_suffice"
def find_price(connection, name):
    name = name.replace("'", "''").replace(":", "\\:")
    return connection.scalar(text(f"SELECT price FROM dish WHERE name = '{name}'"))


# %% wrong="names with a quote are refused" claim="refusing_quotes_is_enough"
def find_price(connection, name):
    if "'" in name:
        return None
    return connection.scalar(text(f"SELECT price FROM dish WHERE name = '{name}'"))


# %% wrong="the placeholder stands in quotes" claim="placeholder_needs_quotes"
def find_price(connection, name):
    return connection.scalar(text("SELECT price FROM dish WHERE name = ':name'"), {"name": name})
