"""What runs changed in tags, and counts that tell of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the view, and let the first query build all of them anew.

    Counts have new members, which a replay shows and rows from before lack.
    """
    op.create_table(
        "view_tag_options",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "sequence", name=op.f("pk_view_tag_options")),
    )
    _build_anew()


def downgrade() -> None:
    """Drop the view; the others are built anew as they were."""
    op.drop_table("view_tag_options")
    _build_anew()


def _build_anew() -> None:
    for table in (
        "view_transactions",
        "view_settings_versions",
        "view_runs",
        "view_run_rows",
        "view_connections",
    ):
        op.execute(sa.delete(sa.table(table)))
    op.execute("DELETE FROM tracking WHERE name = 'read_models'")
