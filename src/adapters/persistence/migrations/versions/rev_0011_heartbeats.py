"""When each worker and each scheduler was last heard of."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; the processes fill it by themselves."""
    op.create_table(
        "heartbeats",
        sa.Column("process", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process", "role", name=op.f("pk_heartbeats")),
    )


def downgrade() -> None:
    """Drop the table; nobody is heard of any more, and everything goes on."""
    op.drop_table("heartbeats")
