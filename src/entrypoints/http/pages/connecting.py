"""Connect the PEX business that somebody has just signed in for (M1, M2, M45)."""

from uuid import UUID

from application.pex_identity import PexIdentity
from domain.roles import Role
from entrypoints.composition import Services
from entrypoints.http.refusals import BusinessNotYours, OtherBusiness
from entrypoints.http.security import Principal, let_see, visible_connection

NEW = "/connect"
"""The page that connects a business; whoever is sent there by a sign-in has just done that."""


def connect_business(
    services: Services,
    principal: Principal,
    identity: PexIdentity,
    connection_id: UUID | None = None,
) -> UUID:
    """The connection, new or with a new credential; whoever signed in sees it from now on.

    Raises:
        OtherBusiness: it was to be the business of `connection_id`.
        BusinessNotYours: the principal is limited to others.
    """
    business = identity.business
    if connection_id is not None:
        expected = visible_connection(services, principal, connection_id)
        if expected.business_id != business.id:
            raise OtherBusiness(business.name)
    is_new = business.id not in principal.businesses
    if is_new and principal.limited:
        raise BusinessNotYours(business.id)
    connected, _ = services.connect.with_pex(identity, principal.actor)
    if is_new:
        let_see(services, principal, business.id)
    return connected


def begin_session(services: Services, identity: PexIdentity, onward: str) -> tuple[str, str]:
    """A session for whoever signed in with PEX: its secret, and where to go on."""
    business = identity.business
    if onward == NEW:
        connection_id, _ = services.connect.with_pex(identity, identity.actor)
        onward = tab_address(connection_id, "pex")
    now = services.clock.now()
    secret = services.browser_sessions.begin(business.user, Role.ADMIN.value, (business.id,), now)
    return secret, onward


def tab_address(connection_id: UUID, told: str) -> str:
    """The Connect tab, which tells what was done."""
    return f"/connections/{connection_id}/connect?told={told}"
