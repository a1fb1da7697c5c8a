"""What changed in PEX after posting, in the view of transactions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, empty: no event tells of such a change yet."""
    op.add_column("view_transactions", sa.Column("changes", sa.Text(), nullable=True))
    op.add_column(
        "view_transactions",
        sa.Column("missing_in_pex", sa.DateTime(timezone=True), nullable=True),
    )
    op.add_column("view_transactions", sa.Column("differs", sa.Boolean(), nullable=True))
    op.create_index(
        op.f("ix_view_transactions_connection_id_differs_day_pex_id_record"),
        "view_transactions",
        ["connection_id", "differs", "day", "pex_id", "record"],
        unique=False,
    )


def downgrade() -> None:
    """Drop the columns; an older version does not know the events that fill them either."""
    op.drop_index(
        op.f("ix_view_transactions_connection_id_differs_day_pex_id_record"),
        table_name="view_transactions",
    )
    for name in ("differs", "missing_in_pex", "changes"):
        op.drop_column("view_transactions", name)
