"""The queue of receipts to ask about, and the view of those that were found."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, and let the views be built anew: runs count receipts from now on."""
    _create_receipt_checks()
    _create_receipts()
    op.execute("DELETE FROM view_runs")
    _forget_how_far_the_views_are()


def downgrade() -> None:
    """Drop the tables; the views are built anew as they were."""
    op.drop_table("view_receipts")
    op.drop_table("receipt_checks")
    op.execute("DELETE FROM view_runs")
    _forget_how_far_the_views_are()


def _forget_how_far_the_views_are() -> None:
    op.execute("DELETE FROM tracking WHERE name = 'read_models'")


def _create_receipt_checks() -> None:
    op.create_table(
        "receipt_checks",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("pex_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("unsettled", sa.Boolean(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("wanted_fingerprint", sa.Text(), nullable=True),
        sa.Column("due_at", _INSTANT, nullable=True),
        sa.Column("times_put_off", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "connection_id", "record", "pex_id", name=op.f("pk_receipt_checks")
        ),
    )
    op.create_index(
        op.f("ix_receipt_checks_run_id_sequence"),
        "receipt_checks",
        ["run_id", "sequence"],
        unique=False,
    )


def _create_receipts() -> None:
    op.create_table(
        "view_receipts",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("pex_id", sa.BigInteger(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("file_id", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("gone_from_pex", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "connection_id", "record", "pex_id", "receipt_id", name=op.f("pk_view_receipts")
        ),
    )
