"""Accounts' names as charts told them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; the next chart that is read fills it."""
    op.create_table(
        "account_names",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "company_id", name=op.f("pk_account_names")),
    )


def downgrade() -> None:
    """Drop the table; accounts go by their numbers alone."""
    op.drop_table("account_names")
