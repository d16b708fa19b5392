# %% right="back_populates and a cascade on the list"
class OrderBook(DeclarativeBase):
    pass


class Order(OrderBook):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_number: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan"
    )


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dish: Mapped[str]
    portions: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship(back_populates="lines")


# %% right="classic columns, other names, and a backref"
from sqlalchemy.orm import declarative_base

OrderBook = declarative_base()


class OrderLine(OrderBook):
    __tablename__ = "lines"

    number = Column(Integer, primary_key=True)
    dish = Column(String, nullable=False)
    portions = Column(Integer, nullable=False)
    of = Column(Integer, ForeignKey("order.number"))


class Order(OrderBook):
    __tablename__ = "order"

    number = Column(Integer, primary_key=True)
    table_number = Column(Integer, nullable=False)
    lines = relationship(
        OrderLine, backref="order", cascade="save-update, merge, delete, delete-orphan"
    )


# %% right="the database would delete too, and the backref carries the cascade"
from sqlalchemy.orm import backref


class OrderBook(DeclarativeBase):
    pass


class Order(OrderBook):
    __tablename__ = "orders"

    id = mapped_column(Integer, primary_key=True)
    table_number = mapped_column(Integer, nullable=False)


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id = mapped_column(Integer, primary_key=True)
    dish = mapped_column(String(40), nullable=False)
    portions = mapped_column(Integer, nullable=False)
    order_id = mapped_column(ForeignKey(Order.id, ondelete="CASCADE"), nullable=False, index=True)
    order = relationship(Order, backref=backref("lines", cascade="all, delete-orphan"))


# %% wrong="no cascade, and a key that must be given" claim="deleted_with_its_parent"
class OrderBook(DeclarativeBase):
    pass


class Order(OrderBook):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_number: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order")


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dish: Mapped[str]
    portions: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship(back_populates="lines")


# %% wrong="no cascade, and a key that may be empty" claim="deleted_with_its_parent"
class OrderBook(DeclarativeBase):
    pass


class Order(OrderBook):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_number: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order")


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dish: Mapped[str]
    portions: Mapped[int]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order | None"] = relationship(back_populates="lines")


# %% wrong="a cascade without delete-orphan" claim="removed_means_deleted"
class OrderBook(DeclarativeBase):
    pass


class Order(OrderBook):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_number: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order", cascade="all")


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dish: Mapped[str]
    portions: Mapped[int]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order | None"] = relationship(back_populates="lines")


# %% wrong="two ends that are not tied" claim="relationships_find_each_other"
class OrderBook(DeclarativeBase):
    pass


class Order(OrderBook):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_number: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(cascade="all, delete-orphan")


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dish: Mapped[str]
    portions: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    order: Mapped["Order"] = relationship()


# %% wrong="no foreign key" claim="relationship_makes_the_key" canary=true
class OrderBook(DeclarativeBase):
    pass


class Order(OrderBook):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_number: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan"
    )


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dish: Mapped[str]
    portions: Mapped[int]
    order: Mapped["Order"] = relationship(back_populates="lines")


# %% wrong="deleting is left to SQLite, which does not do it" claim="sqlite_enforces_foreign_keys"
class OrderBook(DeclarativeBase):
    pass


class Order(OrderBook):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    table_number: Mapped[int]
    lines: Mapped[list["OrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan", passive_deletes=True
    )


class OrderLine(OrderBook):
    __tablename__ = "order_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    dish: Mapped[str]
    portions: Mapped[int]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    order: Mapped["Order"] = relationship(back_populates="lines")
