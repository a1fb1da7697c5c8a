"""Whether PEX calls a connection back about settlements, in the view of connections."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: no event tells of callbacks yet."""
    op.add_column("view_connections", sa.Column("callbacks", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Drop it; callbacks that still come are refused by an older version, which knows none."""
    op.drop_column("view_connections", "callbacks")
