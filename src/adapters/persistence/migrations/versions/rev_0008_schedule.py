"""When daily jobs are due, and the news that are still to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; what is due is planned by itself from what the connections say."""
    op.create_table(
        "schedule",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("next_at", _INSTANT, nullable=False),
        sa.Column("skipped_code", sa.Text(), nullable=True),
        sa.Column("skipped_cause", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("connection_id", "job", name=op.f("pk_schedule")),
    )
    op.create_index(op.f("ix_schedule_job_next_at"), "schedule", ["job", "next_at"], unique=False)
    op.create_table(
        "told_troubles",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_told_troubles")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", "channel", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_due_at"), "notices", ["due_at"], unique=False)


def downgrade() -> None:
    """Drop the tables; news that were not told by then are not told any more."""
    for table in ("notices", "told_troubles", "schedule"):
        op.drop_table(table)
