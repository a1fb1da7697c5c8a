"""What PEX's OAuth authority answers, and what its errors mean (PEX contract 1.4, RFC 6749)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import msgspec

from adapters.retry_after import retry_after
from application.ports.pex import PexUnavailable
from application.ports.pex_sign_in import PexAnswerLost, PexSignInRefused, PexSignInUnusable

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
INVALID_GRANT = "invalid_grant"
NOT_NOW = frozenset({429, 503})  # answered before anything was done
SERVER_ERROR = 500
BAD_REQUEST = 400
_LONGEST = 300
_SHORTEST_SECRET = 8


class GrantInvalid(PexSignInRefused):
    """The code or the refresh token is unknown, used, or over."""

    def __init__(self, told: str) -> None:
        self.told = told
        super().__init__(told)


class TokenData(msgspec.Struct):
    """A token answer; lifetimes in seconds from now."""

    access_token: str
    token_type: str
    expires_in: float | None = None
    refresh_token: str | None = None
    refresh_expires_in: float | None = msgspec.field(name="refresh_token_expires_in", default=None)
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where PEX's document about itself sends one; None where revocation is not offered."""

    authorization: str
    token: str
    revocation: str | None


def is_safe(url: str) -> bool:
    """Whether tokens may be sent there: by https, or to this machine."""
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme, parts.hostname
    except ValueError:
        return False
    return bool(host) and (scheme == "https" or (scheme == "http" and host in LOOPBACK))


def read_endpoints(response: httpx.Response) -> Endpoints:
    """The endpoints in the discovery document.

    Raises:
        PexUnavailable: a server's fault.
        PexSignInUnusable: no such document, or one without an endpoint that is needed.
    """
    if response.status_code in NOT_NOW or response.status_code >= SERVER_ERROR:
        cause = f"its sign-in answered {response.status_code}"
        raise PexUnavailable(cause, retry_after(response))
    if not response.is_success:
        raise PexSignInUnusable(f"its discovery document answers {response.status_code}")
    told = _object(response)
    if told is None:
        raise PexSignInUnusable("its discovery document is no JSON object")
    return Endpoints(
        _endpoint(told, "authorization_endpoint"),
        _endpoint(told, "token_endpoint"),
        _endpoint(told, "revocation_endpoint") if told.get("revocation_endpoint") else None,
    )


def _endpoint(told: Mapping[str, object], name: str) -> str:
    url = told.get(name)
    if not isinstance(url, str) or not url:
        raise PexSignInUnusable(f"its discovery document names no {name}")
    if not is_safe(url):
        raise PexSignInUnusable(f"its {name} is neither https nor on loopback")
    return url


def read_tokens(response: httpx.Response, secrets: Sequence[str]) -> TokenData:
    """The tokens in an answer of the token endpoint; no refusal quotes one of `secrets`.

    Raises:
        GrantInvalid: the code or refresh token is good no more.
        PexSignInRefused: refused for another reason.
        PexAnswerLost: a server's fault, or an answer that makes no sense: it may have been done.
        PexUnavailable: it was not done, and may be tried later.
    """
    status = response.status_code
    if status in NOT_NOW:
        raise PexUnavailable(f"its sign-in answered {status}", retry_after(response))
    if status >= SERVER_ERROR:
        raise PexAnswerLost(f"its sign-in answered {status}")
    if not response.is_success:
        told = _object(response) or {}
        texts = {name: value for name, value in told.items() if isinstance(value, str)}
        said = words(texts, secrets) or f"PEX answered {status}"
        raise (GrantInvalid if told.get("error") == INVALID_GRANT else PexSignInRefused)(said)
    try:
        tokens = msgspec.json.decode(response.content, type=TokenData)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PexAnswerLost("the answer of its sign-in cannot be read") from None
    if not _is_token(tokens.access_token) or tokens.token_type.casefold() != "bearer":
        raise PexAnswerLost("its sign-in gave no token that can be used")
    return tokens


def words(told: Mapping[str, str], secrets: Sequence[str] = ()) -> str:
    """An RFC 6749 error on one line, cut, and without what must not be told."""
    parts = (told.get("error", ""), told.get("error_description", ""))
    text = " ".join(": ".join(part for part in parts if part).split())
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    return "".join(letter for letter in text if letter.isprintable())[:_LONGEST]


def _is_token(text: str) -> bool:
    """Whether it can stand in a header."""
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _object(response: httpx.Response) -> dict[str, object] | None:
    try:
        told: object = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
