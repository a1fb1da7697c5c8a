"""The event log and the operational tables. Only migrations create them (`schema`)."""

from datetime import UTC, datetime

import sqlalchemy as sa

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

metadata = sa.MetaData(naming_convention=NAMING)

BigNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits on both databases; SQLite numbers rows by itself only under the name INTEGER."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An instant: aware going in, aware UTC coming out, on SQLite too, which knows no zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Convert to UTC.

        Raises:
            ValueError: the value has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the instant its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


events = sa.Table(
    "events",
    metadata,
    sa.Column("position", BigNumber, primary_key=True, autoincrement=True),
    sa.Column("stream_id", sa.Uuid(), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("topic", sa.Text(), nullable=False),
    sa.Column("payload", sa.Text(), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.UniqueConstraint("stream_id", "version"),
    # A number is never given twice, not even after somebody cut off the tail.
    sqlite_autoincrement=True,
)

tracking = sa.Table(
    "tracking",
    metadata,
    sa.Column("name", sa.Text(), primary_key=True),
    sa.Column("position", BigNumber, nullable=False),
)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("owner", sa.Uuid(), primary_key=True),
    sa.Column("purpose", sa.Text(), primary_key=True),
    sa.Column("version", sa.Integer(), nullable=False),
    # NULL where the secret was forgotten; the row stays, so that no version comes twice.
    sa.Column("sealed", sa.LargeBinary()),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.Text(), primary_key=True),
    sa.Column("owner", sa.Text(), nullable=False),
    sa.Column("until_utc", UtcDateTime(), nullable=False),
)

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("connection_id", sa.Uuid(), primary_key=True),
    sa.Column("job", sa.Text(), primary_key=True),
    sa.Column("next_at", UtcDateTime(), nullable=False),
    # Why the last slot was left out; NULL where it was not.
    sa.Column("skipped_code", sa.Text()),
    sa.Column("skipped_cause", sa.Text()),
    sa.Index(None, "job", "next_at"),
)

told_troubles = sa.Table(
    "told_troubles",
    metadata,
    sa.Column("connection_id", sa.Uuid(), primary_key=True),
    sa.Column("code", sa.Text(), nullable=False),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("channel", sa.Text(), primary_key=True),
    sa.Column("body", sa.Text(), nullable=False),
    sa.Column("due_at", UtcDateTime(), nullable=False),
    sa.Column("tries", sa.Integer(), nullable=False),
    sa.Index(None, "due_at"),
)

# One call for each run or connection, the subject: the one that was last numbered is heard.
wakeup_calls = sa.Table(
    "wakeup_calls",
    metadata,
    sa.Column("subject", sa.Uuid(), primary_key=True),
    sa.Column("number", sa.Text(), nullable=False),
    sa.Column("due_at", UtcDateTime(), nullable=False),
)

request_users = sa.Table(
    "request_users",
    metadata,
    sa.Column("user_key", sa.Text(), primary_key=True),
    sa.Column("waiting_until", UtcDateTime(), nullable=False),
    # Until when a 429 below the budget makes operations count; NULL where none ever came.
    sa.Column("counts_operations_until", UtcDateTime()),
)

request_slots = sa.Table(
    "request_slots",
    metadata,
    sa.Column("user_key", sa.Text(), primary_key=True),
    sa.Column("slot", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("owner", sa.Text(), nullable=False),
    sa.Column("until_utc", UtcDateTime(), nullable=False),
)

request_counts = sa.Table(
    "request_counts",
    metadata,
    sa.Column("user_key", sa.Text(), primary_key=True),
    sa.Column("began_at", UtcDateTime(), primary_key=True),
    sa.Column("requests", sa.Integer(), nullable=False),
    sa.Column("operations", sa.Integer(), nullable=False),
)

# Workers and schedulers, by the machines' own time.
heartbeats = sa.Table(
    "heartbeats",
    metadata,
    sa.Column("process", sa.Uuid(), primary_key=True),
    sa.Column("role", sa.Text(), primary_key=True),
    sa.Column("host", sa.Text(), nullable=False),
    sa.Column("seen_at", UtcDateTime(), nullable=False),
)

worklist = sa.Table(
    "worklist",
    metadata,
    sa.Column("run_id", sa.Uuid(), primary_key=True),
    sa.Column("record", sa.Text(), primary_key=True),
    sa.Column("pex_id", sa.BigInteger(), primary_key=True),
    sa.Column("sequence", sa.Integer(), nullable=False),
    sa.Column("payload", sa.Text(), nullable=False),
    sa.Column("state", sa.Text(), nullable=False),
    sa.Index(None, "run_id", "state", "sequence"),
)

receipt_checks = sa.Table(
    "receipt_checks",
    metadata,
    sa.Column("connection_id", sa.Uuid(), primary_key=True),
    sa.Column("record", sa.Text(), primary_key=True),
    sa.Column("pex_id", sa.BigInteger(), primary_key=True),
    # When it was last asked about, and how its row looked then; NULL where it never was.
    sa.Column("asked_at", UtcDateTime()),
    sa.Column("fingerprint", sa.Text()),
    sa.Column("unsettled", sa.Boolean(), nullable=False),
    # The run that wants to ask about it, and how its row looks now; NULL once it has.
    sa.Column("run_id", sa.Uuid()),
    sa.Column("sequence", sa.Integer()),
    sa.Column("wanted_fingerprint", sa.Text()),
    sa.Column("due_at", UtcDateTime()),
    sa.Column("times_put_off", sa.Integer(), nullable=False),
    sa.Index(None, "run_id", "sequence"),
)

account_names = sa.Table(
    "account_names",
    metadata,
    sa.Column("connection_id", sa.Uuid(), primary_key=True),
    sa.Column("company_id", sa.Text(), primary_key=True),
    sa.Column("names", sa.Text(), nullable=False),
)

browser_sessions = sa.Table(
    "browser_sessions",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("role", sa.Text(), nullable=False),
    sa.Column("businesses", sa.Text(), nullable=False),
    sa.Column("limited", sa.Boolean(), nullable=False),
    # The API token that was signed in with; its revocation ends the session.
    sa.Column("token_id", sa.Uuid()),
    sa.Column("began_at", UtcDateTime(), nullable=False),
    sa.Column("ends_at", UtcDateTime(), nullable=False),
    sa.UniqueConstraint("hash"),
    sa.Index(None, "ends_at"),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("name", sa.Text(), nullable=False),
    sa.Column("role", sa.Text(), nullable=False),
    sa.Column("businesses", sa.Text(), nullable=False),
    # Whether it was made for these businesses alone, or may grow by those it proves to administer.
    sa.Column("limited", sa.Boolean(), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("created_by", sa.Text(), nullable=False),
    sa.Column("revoked_at", UtcDateTime()),
    sa.Column("revoked_by", sa.Text()),
    # Told anew only when the last telling is some minutes old.
    sa.Column("last_used_at", UtcDateTime()),
    sa.UniqueConstraint("hash"),
)

# What may not be tried without end, by the address that it came from.
attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("what", sa.Text(), primary_key=True),
    sa.Column("address", sa.Text(), primary_key=True),
    sa.Column("since", UtcDateTime(), nullable=False),
    sa.Column("count", sa.Integer(), nullable=False),
    sa.Index(None, "since"),
)
