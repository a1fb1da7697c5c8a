"""How a PEX credential is kept in the vault: an API token, or the tokens of a sign-in (M2)."""

import json
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from application.ports.pex_sign_in import PexTokens

PEX_CREDENTIAL = "pex_credential"
API_TOKEN = "token"  # noqa: S105 - the name of the scheme
BEARER = "Bearer"
LONGEST_MARGIN = timedelta(seconds=60)
_INSTANTS = ("access_until", "renew_at", "refresh_until", "claimed_at")


class CredentialUnreadable(Exception):
    """What is kept is no credential."""


@dataclass(frozen=True, slots=True)
class PexCredential:
    """What opens a PEX business; instants in UTC.

    Attributes:
        scheme: `token` of an API token, `Bearer` of a sign-in (PEX contract 1.3).
        token: the API token or the access token.
        access_until: when the access token is over.
        renew_at: shortly before that.
        refresh_token: None where it is used up, or may be.
        claimed_at: since when somebody uses it up; nobody else may then.
    """

    scheme: str
    token: str = field(repr=False)
    access_until: datetime | None = None
    renew_at: datetime | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_until: datetime | None = None
    scope: str = ""
    claimed_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether the access token should be renewed by now."""
        return self.renew_at is not None and now >= self.renew_at

    def is_over(self, now: datetime) -> bool:
        """Whether the access token is over."""
        return self.access_until is not None and now >= self.access_until


def of_tokens(tokens: PexTokens, now: datetime) -> PexCredential:
    """The tokens of a sign-in, to be renewed a minute or a fifth of its life before its end."""
    until = tokens.access_until
    renew_at = None if until is None else until - min(LONGEST_MARGIN, (until - now) / 5)
    return PexCredential(
        BEARER,
        tokens.access_token,
        until,
        renew_at,
        tokens.refresh_token,
        tokens.refresh_until,
        tokens.scope,
    )


def encode(credential: PexCredential) -> bytes:
    """The bytes to be sealed; what is None is left out."""
    told = {name: value for name, value in asdict(credential).items() if value not in (None, "")}
    return json.dumps(told, default=datetime.isoformat).encode()


def decode(kept: bytes) -> PexCredential:
    """What `encode` made; members that are not known are passed over.

    Raises:
        CredentialUnreadable: it is none.
    """
    try:
        told: dict[str, Any] = json.loads(kept)
        known = {one.name: told[one.name] for one in fields(PexCredential) if one.name in told}
        instants = {
            name: datetime.fromisoformat(known[name]) for name in _INSTANTS if name in known
        }
        credential = PexCredential(**{"scheme": API_TOKEN, **known, **instants})
    except (ValueError, TypeError) as error:
        raise CredentialUnreadable from error
    if not isinstance(credential.token, str):
        raise CredentialUnreadable
    return credential
