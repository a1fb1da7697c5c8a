"""Who may do what: the one place that decides it (M45)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What an API token or a browser session was made for."""

    ADMIN = "admin"
    SUPPORT = "support"
    OPERATOR = "operator"


class Permission(StrEnum):
    """What somebody who is known may do, within the businesses in their scope."""

    SIGNED_IN = "signed in"
    """Be known, and sign out again."""
    READ_STATUS = "read status"
    """See which connections there are, how they stand, and how their runs went, in counts."""
    READ_BOOKS = "read books"
    """See transactions, settings, and whatever else names an amount or an account."""
    CHANGE_CONNECTION = "change connection"
    """Connect, configure, sync and disconnect."""
    AUDIT = "audit"
    """Export and verify the hash chain; compare a connection with its books (M37, M40)."""


MAY: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ADMIN: frozenset(
            {
                Permission.SIGNED_IN,
                Permission.READ_STATUS,
                Permission.READ_BOOKS,
                Permission.CHANGE_CONNECTION,
            }
        ),
        Role.SUPPORT: frozenset(
            {
                Permission.SIGNED_IN,
                Permission.READ_STATUS,
                Permission.READ_BOOKS,
                Permission.AUDIT,
            }
        ),
        Role.OPERATOR: frozenset(
            {
                Permission.SIGNED_IN,
                Permission.READ_STATUS,
                Permission.AUDIT,
            }
        ),
    }
)
