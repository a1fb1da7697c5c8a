"""What is kept of sign-ins in the vault: how each connection signs in, its tokens, open flows."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from adapters.persistence.vault import StaleSecretError
from application.ports.vault import Vault

CACHE = "microsoft_cache"
SIGN_IN = "microsoft_sign_in"
FLOW = "microsoft_flow"
SERVICE = "service"
DELEGATED = "delegated"
FLOW_SECONDS = 3600.0
_FLOWS = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a05")


@dataclass(frozen=True, slots=True)
class KeptSignIn:
    """How a connection signs in; the version changes with every new sign-in."""

    mode: str
    tenant_id: str
    version: int


@dataclass(frozen=True, slots=True)
class KeptCache:
    """msal's cache as JSON; empty, with version 0, where none is kept."""

    text: str
    version: int


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
        return KeptSignIn(raw["mode"], raw["tenant_id"], kept[1])

    def cache(self, connection: UUID) -> KeptCache:
        """The connection's tokens, as whichever process stored them last."""
        kept = self._vault.get(connection, CACHE)
        return KeptCache("", 0) if kept is None else KeptCache(kept[0].decode(), kept[1])

    def replace(
        self, connection: UUID, mode: str, tenant_id: str, cache: str
    ) -> tuple[KeptSignIn, int]:
        """Keep a new sign-in in place of the old one, and tell it with the version of its tokens.

        The tokens come first: a process that finds the new sign-in finds them too.
        """
        cache_version = self._vault.put(connection, CACHE, cache.encode())
        raw = json.dumps({"mode": mode, "tenant_id": tenant_id})
        version = self._vault.put(connection, SIGN_IN, raw.encode())
        return KeptSignIn(mode, tenant_id, version), cache_version

    def refresh(self, connection: UUID, cache: str, expected_version: int) -> int | None:
        """Keep refreshed tokens: the new version, None where others were stored in between."""
        try:
            return self._vault.put(connection, CACHE, cache.encode(), expected_version)
        except StaleSecretError:
            return None

    def forget(self, connection: UUID) -> None:
        """Throw away sign-in and tokens."""
        self._vault.delete(connection, SIGN_IN)
        self._vault.delete(connection, CACHE)

    def put_flow(self, state: str, connection: UUID, flow: Mapping[str, Any]) -> None:
        """Keep a begun sign-in, to be found by its state."""
        raw = {"connection": str(connection), "begun": self._now(), "flow": flow}
        self._vault.put(_flow_id(state), FLOW, json.dumps(raw).encode())

    def take_flow(self, state: str) -> tuple[UUID, dict[str, Any]] | None:
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
        return UUID(raw["connection"]), raw["flow"]


def _flow_id(state: str) -> UUID:
    return uuid5(_FLOWS, state)
