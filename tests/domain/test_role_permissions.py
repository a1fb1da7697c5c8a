"""Who may do what (M45)."""

import pytest

from domain.roles import MAY, Permission, Role


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        ("admin", {"signed in", "read status", "read books", "change connection"}),
        ("support", {"signed in", "read status", "read books", "audit"}),
        ("operator", {"signed in", "read status", "audit"}),
    ],
)
def test_each_role_may_what_it_is_there_for(role: str, permissions: set[str]) -> None:
    assert {one.value for one in MAY[Role(role)]} == permissions


def test_every_role_is_decided() -> None:
    assert set(MAY) == set(Role)


def test_an_operator_reads_no_books() -> None:
    assert Permission.READ_BOOKS not in MAY[Role.OPERATOR]


def test_only_admins_change_a_connection() -> None:
    assert [role for role in Role if Permission.CHANGE_CONNECTION in MAY[role]] == [Role.ADMIN]
