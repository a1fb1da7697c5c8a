"""Who comes in, and how often in vain: attempts by address; a token's last use and its end."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table of attempts; earlier revocations stay without a name."""
    op.create_table(
        "attempts",
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("what", "address", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_since"), "attempts", ["since"])
    op.add_column("api_tokens", sa.Column("revoked_by", sa.Text(), nullable=True))
    op.add_column("api_tokens", sa.Column("last_used_at", _INSTANT, nullable=True))


def downgrade() -> None:
    """Drop what was counted."""
    op.drop_column("api_tokens", "last_used_at")
    op.drop_column("api_tokens", "revoked_by")
    op.drop_index(op.f("ix_attempts_since"), table_name="attempts")
    op.drop_table("attempts")
