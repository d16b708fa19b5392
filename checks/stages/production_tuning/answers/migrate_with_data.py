# %% right="in batches"
def upgrade(op: Operations) -> None:
    vegan = sa.Column("vegan", sa.Boolean, nullable=False, server_default=sa.false())
    with op.batch_alter_table("dishes") as dishes:
        dishes.alter_column("name", new_column_name="title")
        dishes.add_column(vegan)


def downgrade(op: Operations) -> None:
    with op.batch_alter_table("dishes") as dishes:
        dishes.drop_column("vegan")
        dishes.alter_column("title", new_column_name="name")


# %% right="one step at a time"
def upgrade(op):
    op.alter_column("dishes", "name", new_column_name="title")
    op.add_column("dishes", sa.Column("vegan", sa.Boolean(), nullable=False, server_default="0"))


def downgrade(op):
    op.drop_column("dishes", "vegan")
    op.alter_column("dishes", "title", new_column_name="name")


# %% right="in SQL"
def upgrade(op):
    op.execute("ALTER TABLE dishes RENAME COLUMN name TO title")
    op.execute("ALTER TABLE dishes ADD COLUMN vegan BOOLEAN NOT NULL DEFAULT FALSE")


def downgrade(op):
    op.execute("ALTER TABLE dishes DROP COLUMN vegan")
    op.execute("ALTER TABLE dishes RENAME COLUMN title TO name")


# %% right="new columns, filled from the old one, and a table copied for NOT NULL"
def upgrade(op):
    op.add_column("dishes", sa.Column("title", sa.String))
    op.add_column("dishes", sa.Column("vegan", sa.Boolean))
    op.execute("UPDATE dishes SET title = name, vegan = 0")
    with op.batch_alter_table("dishes") as dishes:
        dishes.drop_column("name")
        dishes.alter_column("title", existing_type=sa.String, nullable=False)
        dishes.alter_column("vegan", existing_type=sa.Boolean, nullable=False)


def downgrade(op):
    op.add_column("dishes", sa.Column("name", sa.String))
    op.get_bind().execute(sa.text("UPDATE dishes SET name = title"))
    with op.batch_alter_table("dishes") as dishes:
        dishes.drop_column("title")
        dishes.drop_column("vegan")
        dishes.alter_column("name", existing_type=sa.String, nullable=False)


# %% wrong="as autogenerate would write it" claim="autogenerate_sees_rename"
def upgrade(op):
    with op.batch_alter_table("dishes") as dishes:
        dishes.add_column(sa.Column("title", sa.String, nullable=False, server_default=""))
        dishes.add_column(sa.Column("vegan", sa.Boolean, nullable=False, server_default="0"))
        dishes.drop_column("name")


def downgrade(op):
    with op.batch_alter_table("dishes") as dishes:
        dishes.add_column(sa.Column("name", sa.String, nullable=False, server_default=""))
        dishes.drop_column("vegan")
        dishes.drop_column("title")


# %% wrong="not null, without a value for the rows there are" claim="not_null_needs_no_default" canary=true
def upgrade(op):
    op.alter_column("dishes", "name", new_column_name="title")
    op.add_column("dishes", sa.Column("vegan", sa.Boolean, nullable=False))


def downgrade(op):
    op.drop_column("dishes", "vegan")
    op.alter_column("dishes", "title", new_column_name="name")


# %% wrong="create_all with the new table" claim="create_all_alters" canary=true
def upgrade(op):
    metadata = sa.MetaData()
    sa.Table(
        "dishes",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String),
        sa.Column("price", sa.Integer),
        sa.Column("vegan", sa.Boolean),
    )
    metadata.create_all(op.get_bind())


def downgrade(op):
    pass


# %% wrong="the way back drops the names" claim="downgrade_restores_values"
def upgrade(op):
    op.alter_column("dishes", "name", new_column_name="title")
    op.add_column("dishes", sa.Column("vegan", sa.Boolean, nullable=False, server_default="0"))


def downgrade(op):
    op.drop_column("dishes", "vegan")
    op.drop_column("dishes", "title")
    op.add_column("dishes", sa.Column("name", sa.String))


# %% wrong="a number instead of a Boolean" claim=""
def upgrade(op: Operations) -> None:
    op.alter_column("dishes", "name", new_column_name="title")
    op.add_column("dishes", sa.Column("vegan", sa.Integer, nullable=False, server_default="0"))


def downgrade(op: Operations) -> None:
    op.drop_column("dishes", "vegan")
    op.alter_column("dishes", "title", new_column_name="name")
