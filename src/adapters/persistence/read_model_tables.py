"""The views' tables; they can be dropped and built again from the events."""

import sqlalchemy as sa

from adapters.persistence.tables import NAMING, UtcDateTime

metadata = sa.MetaData(naming_convention=NAMING)

connections = sa.Table(
    "view_connections",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("business_id", sa.BigInteger(), nullable=False, unique=True),
    sa.Column("business_name", sa.Text(), nullable=False),
    sa.Column("funding", sa.Text(), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("status_code", sa.Text()),
    sa.Column("status_reason", sa.Text()),
    sa.Column("pex_signed_in", sa.Boolean(), nullable=False),
    sa.Column("microsoft", sa.Text()),
    sa.Column("company_id", sa.Text()),
    sa.Column("company_name", sa.Text()),
    sa.Column("auto_sync", sa.Boolean(), nullable=False),
    sa.Column("settings_version", sa.Integer(), nullable=False),
    sa.Column("active_run", sa.Uuid()),
    sa.Column("opened_at", UtcDateTime(), nullable=False),
    # NULL where they are off, as in rows from before there were any.
    sa.Column("callbacks", sa.Boolean()),
    sa.Index(None, "opened_at", "id"),
)

settings_versions = sa.Table(
    "view_settings_versions",
    metadata,
    sa.Column("connection_id", sa.Uuid(), primary_key=True),
    sa.Column("version", sa.Integer(), primary_key=True),
    sa.Column("settings", sa.Text(), nullable=False),
    sa.Column("saved_at", UtcDateTime(), nullable=False),
    sa.Column("actor", sa.Text(), nullable=False),
)

runs = sa.Table(
    "view_runs",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("connection_id", sa.Uuid(), nullable=False),
    sa.Column("trigger", sa.Text(), nullable=False),
    sa.Column("preview", sa.Boolean(), nullable=False),
    sa.Column("kinds", sa.Text(), nullable=False),
    sa.Column("first_day", sa.Date(), nullable=False),
    sa.Column("last_day", sa.Date(), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("code", sa.Text()),
    sa.Column("cause", sa.Text()),
    sa.Column("started_at", UtcDateTime(), nullable=False),
    sa.Column("finished_at", UtcDateTime()),
    sa.Column("settings_version", sa.Integer(), nullable=False),
    sa.Column("counts", sa.Text(), nullable=False),
    sa.Column("waiting_until", UtcDateTime()),
    sa.Column("actor", sa.Text(), nullable=False),
    sa.Index(None, "connection_id", "started_at", "id"),
    sa.Index(None, "connection_id", "preview", "finished_at"),
    sa.Index(None, "finished_at"),
)

run_rows = sa.Table(
    "view_run_rows",
    metadata,
    sa.Column("run_id", sa.Uuid(), primary_key=True),
    sa.Column("sequence", sa.BigInteger(), primary_key=True),
    sa.Column("connection_id", sa.Uuid(), nullable=False),
    sa.Column("record", sa.Text(), nullable=False),
    sa.Column("pex_id", sa.BigInteger(), nullable=False),
    sa.Column("outcome", sa.Text(), nullable=False),
    sa.Column("body", sa.Text(), nullable=False),
    sa.Index(None, "run_id", "outcome", "sequence"),
)

tag_options = sa.Table(
    "view_tag_options",
    metadata,
    sa.Column("run_id", sa.Uuid(), primary_key=True),
    sa.Column("sequence", sa.BigInteger(), primary_key=True),
    sa.Column("body", sa.Text(), nullable=False),
)

transactions = sa.Table(
    "view_transactions",
    metadata,
    sa.Column("connection_id", sa.Uuid(), primary_key=True),
    sa.Column("record", sa.Text(), primary_key=True),
    sa.Column("pex_id", sa.BigInteger(), primary_key=True),
    sa.Column("stream", sa.Uuid()),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("merchant", sa.Text(), nullable=False),
    sa.Column("cardholder", sa.Text()),
    sa.Column("search", sa.Text(), nullable=False),
    sa.Column("amount", sa.Text(), nullable=False),
    sa.Column("outcome", sa.Text(), nullable=False),
    sa.Column("state", sa.Text()),
    sa.Column("code", sa.Text()),
    sa.Column("cause", sa.Text()),
    sa.Column("run_id", sa.Uuid(), nullable=False),
    sa.Column("entry", sa.Text()),
    sa.Column("line_numbers", sa.Text(), nullable=False),
    sa.Column("line_ids", sa.Text(), nullable=False),
    sa.Column("target", sa.Text()),
    sa.Column("place", sa.Text()),
    sa.Column("attempts", sa.Integer(), nullable=False),
    sa.Column("first_seen_at", UtcDateTime(), nullable=False),
    sa.Column("changed_at", UtcDateTime(), nullable=False),
    sa.Column("changes", sa.Text()),
    sa.Column("missing_in_pex", UtcDateTime()),
    # Whether one of the two stands there; NULL where none does.
    sa.Column("differs", sa.Boolean()),
    sa.Index(None, "connection_id", "day", "pex_id", "record"),
    sa.Index(None, "connection_id", "outcome", "day", "pex_id", "record"),
    sa.Index(None, "connection_id", "kind", "day", "pex_id", "record"),
    sa.Index(None, "connection_id", "state"),
    sa.Index(None, "connection_id", "differs", "day", "pex_id", "record"),
)

receipts = sa.Table(
    "view_receipts",
    metadata,
    sa.Column("connection_id", sa.Uuid(), primary_key=True),
    sa.Column("record", sa.Text(), primary_key=True),
    sa.Column("pex_id", sa.BigInteger(), primary_key=True),
    # Empty where PEX does not list a transaction's receipts.
    sa.Column("receipt_id", sa.Text(), primary_key=True),
    sa.Column("number", sa.Integer(), nullable=False),
    # NULL where a trouble without a receipt is over.
    sa.Column("status", sa.Text()),
    sa.Column("code", sa.Text()),
    sa.Column("cause", sa.Text()),
    sa.Column("file_name", sa.Text()),
    sa.Column("size", sa.BigInteger()),
    sa.Column("sha256", sa.String(64)),
    sa.Column("file_id", sa.Text()),
    sa.Column("place", sa.Text()),
    sa.Column("parent_id", sa.Text()),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("gone_from_pex", sa.Boolean(), nullable=False),
)

VIEWS = (connections, settings_versions, runs, run_rows, tag_options, transactions, receipts)
