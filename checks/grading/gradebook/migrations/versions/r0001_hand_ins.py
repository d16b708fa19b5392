"""Hand-ins with their exercises, criteria and votes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "hand_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learner", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.Column("isolation", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_hand_in"),
        sa.UniqueConstraint("learner", "stage", "file", name="uq_hand_in_learner_stage_file"),
    )
    op.create_table(
        "exercise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hand_in_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("diagnosis", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("likeness", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["hand_in_id"], ["hand_in.id"], name="fk_exercise_hand_in_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_exercise"),
        sa.UniqueConstraint("hand_in_id", "position", name="uq_exercise_hand_in_id_position"),
    )
    op.create_table(
        "criterion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exercise_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("observed", sa.String(), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exercise_id"], ["exercise.id"], name="fk_criterion_exercise_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_criterion"),
        sa.UniqueConstraint("exercise_id", "position", name="uq_criterion_exercise_id_position"),
    )
    op.create_table(
        "vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hand_in_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("vote", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hand_in_id"], ["hand_in.id"], name="fk_vote_hand_in_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_vote"),
        sa.UniqueConstraint("hand_in_id", "position", name="uq_vote_hand_in_id_position"),
    )
