"""What several workers know together: calls under way, and what they ask of Business Central."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables; they fill by themselves."""
    op.create_table(
        "wakeup_calls",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_wakeup_calls")),
    )
    op.create_table(
        "request_users",
        sa.Column("user_key", sa.Text(), nullable=False),
        sa.Column("waiting_until", _INSTANT, nullable=False),
        sa.Column("counts_operations_until", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("user_key", name=op.f("pk_request_users")),
    )
    op.create_table(
        "request_slots",
        sa.Column("user_key", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until_utc", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("user_key", "slot", name=op.f("pk_request_slots")),
    )
    op.create_table(
        "request_counts",
        sa.Column("user_key", sa.Text(), nullable=False),
        sa.Column("began_at", _INSTANT, nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("operations", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_key", "began_at", name=op.f("pk_request_counts")),
    )


def downgrade() -> None:
    """Drop the tables; each process minds the limits by itself then."""
    for table in ("request_counts", "request_slots", "request_users", "wakeup_calls"):
        op.drop_table(table)
