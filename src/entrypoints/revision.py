"""Whether a database is as this version of the product needs it."""

from adapters.persistence.schema import is_known, newest_revision
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
    fix = "Install the newest version that has run on this database; never go back to an older one."

    def __init__(self, revision: str) -> None:
        super().__init__(f"The database is at revision {revision}, which this version lacks.")


def check_revision(revision: str | None) -> None:
    """See that a database of this revision is what this version works on.

    Raises:
        DatabaseNewer: it knows no such revision.
        DatabaseNotMigrated: it is an older one, or the database is empty.
    """
    check_not_newer(revision)
    if revision != newest_revision():
        raise DatabaseNotMigrated(revision)


def check_not_newer(revision: str | None) -> None:
    """See that no newer version of the product prepared it; raises DatabaseNewer."""
    if revision is not None and not is_known(revision):
        raise DatabaseNewer(revision)
