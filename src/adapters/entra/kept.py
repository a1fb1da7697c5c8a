"""What is kept of sign-ins in the vault: how each connection signs in, its tokens, open flows.

A sign-in is kept under a holder of its own, and connections point to it, since several may use one
(M5). It is forgotten with the last of them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4, uuid5

from application.ports.vault import StaleSecretError, Vault

CACHE = "microsoft_cache"
SIGN_IN = "microsoft_sign_in"
USERS = "microsoft_sign_in_users"
FLOW = "microsoft_flow"
SERVICE = "service"
DELEGATED = "delegated"
FLOW_SECONDS = 3600.0
_FLOWS = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a05")


@dataclass(frozen=True, slots=True)
class KeptSignIn:
    """How a connection signs in; the version changes with every new sign-in.

    `holder` is what the tokens are kept under, `user` the person or app that signed in.
    """

    mode: str
    tenant_id: str
    user: str
    holder: UUID
    version: int


@dataclass(frozen=True, slots=True)
class KeptCache:
    """msal's cache as JSON; empty, with version 0, where none is kept."""

    text: str
    version: int


@dataclass(frozen=True, slots=True)
class KeptFlow:
    """A begun sign-in: for which connection, what msal needs of it, and who may complete it."""

    connection: UUID
    flow: dict[str, Any]
    bound_to: str


class KeptSignIns:
    """Reads and writes sign-ins, so that several processes can use one.

    `now` tells seconds since the epoch; it bounds how long a begun sign-in can be completed.
    """

    def __init__(self, vault: Vault, now: Callable[[], float]) -> None:
        self._vault = vault
        self._now = now

    def sign_in(self, connection: UUID) -> KeptSignIn | None:
        """How a connection signs in; None where nobody did, or all was forgotten."""
        kept = self._vault.get(connection, SIGN_IN)
        if kept is None:
            return None
        raw = json.loads(kept[0])
        holder = UUID(raw["holder"]) if "holder" in raw else connection  # as version 0.1 kept them
        return KeptSignIn(raw["mode"], raw["tenant_id"], raw.get("user", ""), holder, kept[1])

    def cache(self, sign_in: KeptSignIn) -> KeptCache:
        """A sign-in's tokens, as whichever process stored them last."""
        kept = self._vault.get(sign_in.holder, CACHE)
        return KeptCache("", 0) if kept is None else KeptCache(kept[0].decode(), kept[1])

    def replace(
        self, connection: UUID, mode: str, tenant_id: str, user: str, cache: str
    ) -> tuple[KeptSignIn, int]:
        """Keep a new sign-in in place of the old one, and tell it with the version of its tokens.

        The same user's new sign-in counts for all connections that share the old one; another
        user's for this connection alone. The tokens come first: a process that finds the new
        sign-in finds them too.
        """
        before = self.sign_in(connection)
        same = before is not None and (before.mode, before.tenant_id, before.user) == (
            mode,
            tenant_id,
            user,
        )
        holder = before.holder if before is not None and same else uuid4()
        cache_version = self._vault.put(holder, CACHE, cache.encode())
        return self._point(connection, KeptSignIn(mode, tenant_id, user, holder, 0)), cache_version

    def share(self, connection: UUID, other: UUID) -> KeptSignIn | None:
        """Let a connection use another one's sign-in; None where that one has none."""
        shared = self.sign_in(other)
        if shared is None:
            return None
        self._change_users(shared.holder, add=other)
        return self._point(connection, shared)

    def refresh(self, sign_in: KeptSignIn, cache: str, expected_version: int) -> int | None:
        """Keep refreshed tokens: the new version, None where others were stored in between."""
        try:
            return self._vault.put(sign_in.holder, CACHE, cache.encode(), expected_version)
        except StaleSecretError:
            return None

    def forget(self, connection: UUID) -> None:
        """Throw away a connection's sign-in, and its tokens where nobody else uses them."""
        before = self.sign_in(connection)
        self._vault.delete(connection, SIGN_IN)
        if before is not None:
            self._leave(connection, before.holder)

    def _point(self, connection: UUID, sign_in: KeptSignIn) -> KeptSignIn:
        before = self.sign_in(connection)
        self._change_users(sign_in.holder, add=connection)
        told = {
            "mode": sign_in.mode,
            "tenant_id": sign_in.tenant_id,
            "user": sign_in.user,
            "holder": str(sign_in.holder),
        }
        version = self._vault.put(connection, SIGN_IN, json.dumps(told).encode())
        if before is not None and before.holder != sign_in.holder:
            self._leave(connection, before.holder)
        return replace(sign_in, version=version)

    def _leave(self, connection: UUID, holder: UUID) -> None:
        if not self._change_users(holder, remove=connection):
            self._vault.delete(holder, CACHE)
            self._vault.delete(holder, USERS)

    def _change_users(
        self, holder: UUID, *, add: UUID | None = None, remove: UUID | None = None
    ) -> set[str]:
        """Who uses a sign-in from now on; again where somebody else changed that meanwhile."""
        while True:
            kept = self._vault.get(holder, USERS)
            users = set(json.loads(kept[0])) if kept else set()
            users = (users | ({str(add)} if add else set())) - {str(remove)}
            try:
                told = json.dumps(sorted(users)).encode()
                self._vault.put(holder, USERS, told, kept[1] if kept else 0)
            except StaleSecretError:
                continue
            return users

    def put_flow(
        self, state: str, connection: UUID, flow: Mapping[str, Any], bound_to: str
    ) -> None:
        """Keep a begun sign-in, to be found by its state."""
        raw = {
            "connection": str(connection),
            "begun": self._now(),
            "flow": flow,
            "bound_to": bound_to,
        }
        self._vault.put(_flow_id(state), FLOW, json.dumps(raw).encode())

    def has_flow(self, state: str) -> bool:
        """Whether a begun sign-in lies there."""
        return self._vault.get(_flow_id(state), FLOW) is not None

    def take_flow(self, state: str) -> KeptFlow | None:
        """Take a begun sign-in out, for good; None of one unknown, taken before, or too old."""
        owner = _flow_id(state)
        kept = self._vault.get(owner, FLOW)
        if kept is None:
            return None
        try:
            self._vault.put(owner, FLOW, b"{}", kept[1])  # of two takers, one is refused here
        except StaleSecretError:
            return None
        self._vault.delete(owner, FLOW)
        raw = json.loads(kept[0])
        if "flow" not in raw or not 0 <= self._now() - raw["begun"] <= FLOW_SECONDS:
            return None
        return KeptFlow(UUID(raw["connection"]), raw["flow"], raw.get("bound_to", ""))


def _flow_id(state: str) -> UUID:
    return uuid5(_FLOWS, state)
