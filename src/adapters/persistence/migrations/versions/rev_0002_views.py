"""The views, which can be dropped and built again from the events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the views' tables, empty; the first query fills them from the log."""
    _create_connections()
    _create_run_rows()
    _create_runs()
    _create_settings_versions()
    _create_transactions()


def downgrade() -> None:
    """Drop the views, and forget how far they had come."""
    for table in (
        "view_transactions",
        "view_settings_versions",
        "view_runs",
        "view_run_rows",
        "view_connections",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM tracking WHERE name = 'read_models'")


def _create_connections() -> None:
    op.create_table(
        "view_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.BigInteger(), nullable=False),
        sa.Column("business_name", sa.Text(), nullable=False),
        sa.Column("funding", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_code", sa.Text(), nullable=True),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.Column("pex_signed_in", sa.Boolean(), nullable=False),
        sa.Column("microsoft", sa.Text(), nullable=True),
        sa.Column("company_id", sa.Text(), nullable=True),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("auto_sync", sa.Boolean(), nullable=False),
        sa.Column("settings_version", sa.Integer(), nullable=False),
        sa.Column("active_run", sa.Uuid(), nullable=True),
        sa.Column("opened_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view_connections")),
        sa.UniqueConstraint("business_id", name=op.f("uq_view_connections_business_id")),
    )
    op.create_index(
        op.f("ix_view_connections_opened_at_id"),
        "view_connections",
        ["opened_at", "id"],
        unique=False,
    )


def _create_run_rows() -> None:
    op.create_table(
        "view_run_rows",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("pex_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "sequence", name=op.f("pk_view_run_rows")),
    )
    op.create_index(
        op.f("ix_view_run_rows_run_id_outcome_sequence"),
        "view_run_rows",
        ["run_id", "outcome", "sequence"],
        unique=False,
    )


def _create_runs() -> None:
    op.create_table(
        "view_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("preview", sa.Boolean(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("finished_at", _INSTANT, nullable=True),
        sa.Column("settings_version", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("waiting_until", _INSTANT, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view_runs")),
    )
    op.create_index(
        op.f("ix_view_runs_connection_id_started_at_id"),
        "view_runs",
        ["connection_id", "started_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_view_runs_connection_id_preview_finished_at"),
        "view_runs",
        ["connection_id", "preview", "finished_at"],
        unique=False,
    )
    op.create_index(op.f("ix_view_runs_finished_at"), "view_runs", ["finished_at"], unique=False)


def _create_settings_versions() -> None:
    op.create_table(
        "view_settings_versions",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("saved_at", _INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "version", name=op.f("pk_view_settings_versions")),
    )


def _create_transactions() -> None:
    op.create_table(
        "view_transactions",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("pex_id", sa.BigInteger(), nullable=False),
        sa.Column("stream", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("merchant", sa.Text(), nullable=False),
        sa.Column("cardholder", sa.Text(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=True),
        sa.Column("line_numbers", sa.Text(), nullable=False),
        sa.Column("line_ids", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint(
            "connection_id", "record", "pex_id", name=op.f("pk_view_transactions")
        ),
    )
    op.create_index(
        op.f("ix_view_transactions_connection_id_day_pex_id_record"),
        "view_transactions",
        ["connection_id", "day", "pex_id", "record"],
        unique=False,
    )
    op.create_index(
        op.f("ix_view_transactions_connection_id_kind_day_pex_id_record"),
        "view_transactions",
        ["connection_id", "kind", "day", "pex_id", "record"],
        unique=False,
    )
    op.create_index(
        op.f("ix_view_transactions_connection_id_outcome_day_pex_id_record"),
        "view_transactions",
        ["connection_id", "outcome", "day", "pex_id", "record"],
        unique=False,
    )
    op.create_index(
        op.f("ix_view_transactions_connection_id_state"),
        "view_transactions",
        ["connection_id", "state"],
        unique=False,
    )
