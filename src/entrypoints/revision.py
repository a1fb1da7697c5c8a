"""Whether a database is as this version of the product needs it."""

from adapters.persistence.schema import newest_revision, serves
from domain.refusals import Refusal


class DatabaseUnreachable(Refusal):
    """The database does not answer."""

    code = "DATABASE_UNREACHABLE"
    fix = "Check PEXBC_DATABASE_URL and the database server."

    def __init__(self, why: str = "") -> None:
        super().__init__(f"The database does not answer{f' ({why})' if why else ''}.")


class DatabaseNotMigrated(Refusal):
    """The database is not as this version of the product needs it."""

    code = "DATABASE_NOT_MIGRATED"
    fix = "Run `pexbc migrate`, once for all processes."

    def __init__(self, revision: str | None) -> None:
        at = f"at revision {revision}" if revision else "empty"
        super().__init__(f"The database is {at}, and this version needs {newest_revision()}.")


class DatabaseNewer(Refusal):
    """A newer version of the product has prepared the database."""

    code = "DATABASE_NEWER"
    fix = "Finish the upgrade: bring every process to the newest version. This one works meanwhile."

    def __init__(self, revision: str | None) -> None:
        super().__init__(f"The database is at revision {revision}, which this version lacks.")


def check_revision(revision: str | None) -> None:
    """See that this version of the product can work on a database of this revision.

    On a newer one it goes on, so that an upgrade needs no standstill (ADR 31).

    Raises:
        DatabaseNotMigrated: it is an older one, or the database is empty.
    """
    if not serves(revision):
        raise DatabaseNotMigrated(revision)
