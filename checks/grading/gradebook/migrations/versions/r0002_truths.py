"""What the experiments of the claims showed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "truth",
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("claim", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("stage", "claim", name="pk_truth"),
    )
