"""What has to be kept between two requests of a sign-in, and may be used once."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from application.ports.clock import Clock
from application.ports.vault import StaleSecretError, Vault

_NAMES = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a0d")


class KeptOnce:
    """Keeps texts sealed under a name that nobody can guess, until they are taken out or old."""

    def __init__(self, vault: Vault, clock: Clock, purpose: str, lasting: timedelta) -> None:
        self._vault = vault
        self._clock = clock
        self._purpose = purpose
        self._lasting = lasting

    def put(self, name: str, texts: Mapping[str, str]) -> None:
        """Keep texts under a name."""
        kept = {"at": self._clock.now().isoformat(), "texts": dict(texts)}
        self._vault.put(_owner(name), self._purpose, json.dumps(kept).encode())

    def take(self, name: str) -> dict[str, str] | None:
        """Take them out, for good; None where the name is unknown, was taken before, or is old."""
        owner = _owner(name)
        kept = self._vault.get(owner, self._purpose)
        if kept is None:
            return None
        try:
            self._vault.put(owner, self._purpose, b"{}", kept[1])  # of two takers, one is refused
        except StaleSecretError:
            return None
        self._vault.delete(owner, self._purpose)
        found: dict[str, Any] = json.loads(kept[0])
        if "at" not in found:
            return None
        age = self._clock.now() - datetime.fromisoformat(found["at"])
        return dict(found["texts"]) if timedelta() <= age <= self._lasting else None


def _owner(name: str) -> UUID:
    return uuid5(_NAMES, name)
