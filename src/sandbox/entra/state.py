"""What the simulator hands out, and how it behaves."""

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Final

from sandbox import company

COMMON: Final = ("organizations", "common")
SCOPE: Final = "https://api.businesscentral.dynamics.com/.default"
APP: Final = "pexbc app"
USER: Final = "dana.kim@harbor.example"
SECOND_USER: Final = "sam.oneill@harbor.example"


@dataclass(frozen=True, slots=True)
class User:
    """Someone of the company; `id` is the claim `oid`."""

    id: str
    name: str


USERS: Final = {
    USER: User("1a2b3c4d-0000-4000-8000-00000000d00d", "Dana Kim"),
    SECOND_USER: User("1a2b3c4d-0000-4000-8000-000000005a33", "Sam O'Neill"),
}


@dataclass(slots=True)
class Switches:
    """How the simulator behaves; every one can be set by a test.

    Attributes:
        token_seconds: lifetime of access tokens.
        code_seconds: lifetime of authorization codes.
        refresh_seconds: how long a refresh token may lie unused; 90 days as with Entra.
        app_enabled: false answers AADSTS7000112.
        secret_expired: true answers AADSTS7000222.
        consent: whether the tenant lets the app in; false answers AADSTS65001 to users' refreshes,
            AADSTS700016 to the app itself, and sends sign-ins back with AADSTS90094.
        interaction_required: true answers AADSTS50076 to refreshes: a person must sign in again.
        single_use_refresh: true refuses a refresh token that was used before; Entra itself hands
            out a new one at each use, and lets the old one live.
    """

    token_seconds: int = 3600
    code_seconds: int = 600
    refresh_seconds: int = 90 * 24 * 3600
    app_enabled: bool = True
    secret_expired: bool = False
    consent: bool = True
    interaction_required: bool = False
    single_use_refresh: bool = False

    def change(self, changes: dict[str, Any]) -> None:
        """Set some; raises ValueError, and sets none, where a name or a kind is wrong."""
        known = asdict(self)
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no switch {name!r}")
            if type(value) is not type(known[name]):
                raise ValueError(f"{name} needs a {type(known[name]).__name__}")
        for name, value in changes.items():
            setattr(self, name, value)


@dataclass(slots=True)
class Grant:
    """An authorization code or a refresh token: for whom, for what, until when."""

    user: str
    tenant: str
    scopes: frozenset[str]
    until: datetime
    nonce: str = ""
    challenge: str = ""
    redirect_uri: str = ""
    used: bool = False
    revoked: bool = False


@dataclass(slots=True)
class Issued:
    """An access token."""

    name: str
    until: datetime
    revoked: bool = False


@dataclass(slots=True)
class State:
    """Everything that was handed out, by its text."""

    codes: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Issued] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def new(self, what: str) -> str:
        """A text that was never handed out before; the same one at each start of the sandbox."""
        number = next(self.numbers)
        return f"{what}-{hashlib.sha256(f'{what}/{number}'.encode()).hexdigest()[:32]}"


def known_tenant(tenant: str) -> bool:
    """Whether the directory is ours, or stands for any."""
    return tenant.lower() in (company.TENANT, *COMMON)
