"""Vendor aliases: which vendor of the company a merchant's name means (M22)."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from domain.vendor_aliases import VendorAlias
from entrypoints.composition import Services
from entrypoints.http.permissions import CHANGE_CONNECTION, READ_BOOKS
from entrypoints.http.problems import documented
from entrypoints.http.security import Principal, visible_connection

LONGEST_NAME = 200


class AliasBody(msgspec.Struct, forbid_unknown_fields=True):
    """A merchant by any spelling of its name, and its vendor by number or id."""

    merchant: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    vendor: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]


class AliasedVendor(msgspec.Struct):
    """A vendor, with the number and name that it had when it was chosen."""

    id: str
    number: str
    name: str


class AliasAnswer(msgspec.Struct):
    """A merchant's vendor, and who chose it when."""

    merchant: str
    vendor: AliasedVendor
    changed_at: datetime
    actor: str


class AliasList(msgspec.Struct):
    """All aliases that count in the chosen company, by merchant."""

    items: list[AliasAnswer]
    next_cursor: str | None = None


@get(
    "/",
    sync_to_thread=True,
    opt=READ_BOOKS,
    responses=documented(404),
    summary="List the vendor aliases",
)
def list_aliases(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> AliasList:
    """Those of the chosen company; another company has its own."""
    visible_connection(services, principal, connection_id)
    return AliasList([_answer(one) for one in services.alias_vendors.all(connection_id)])


@put(
    "/",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
    responses=documented(404, 409, 422, 502, 503),
    summary="Name the vendor of one merchant",
)
def put_alias(
    connection_id: FromPath[UUID],
    data: JSONBody[AliasBody],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
) -> AliasAnswer:
    """Adds the alias, or replaces the merchant's; the others stay as they are."""
    visible_connection(services, principal, connection_id)
    return _answer(
        services.alias_vendors.put(connection_id, data.merchant, data.vendor, principal.actor)
    )


@delete(
    "/",
    sync_to_thread=True,
    opt=CHANGE_CONNECTION,
    responses=documented(404, 409, 422),
    summary="Remove the vendor alias of one merchant",
)
def delete_alias(
    connection_id: FromPath[UUID],
    services: NamedDependency[Services],
    principal: NamedDependency[Principal],
    merchant: Annotated[str, QueryParameter(min_length=1, max_length=LONGEST_NAME)],
) -> None:
    """From the next sync on, the merchant goes by its name again."""
    visible_connection(services, principal, connection_id)
    services.alias_vendors.remove(connection_id, merchant, principal.actor)


def _answer(alias: VendorAlias) -> AliasAnswer:
    vendor = AliasedVendor(alias.vendor_id, alias.vendor_number, alias.vendor_name)
    return AliasAnswer(alias.merchant, vendor, alias.changed_at.astimezone(UTC), alias.actor)


router = Router(
    "/connections/{connection_id:uuid}/vendor-aliases",
    route_handlers=[list_aliases, put_alias, delete_alias],
    tags=["vendor aliases"],
)
