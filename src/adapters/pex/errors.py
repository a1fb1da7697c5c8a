"""What PEX's errors mean (PEX contract 1.7, 8.2)."""

from typing import Any

import msgspec

from application.ports.pex import PexRequestRefused, PexTokenRefused, PexUnavailable
from domain.refusals import Refusal

DEAD = (
    "token expired or does not exist",
    "password has changed",
    "user is not active",
    "business is not open",
)
TAGS_OFF = "does not support the tags feature"
UNAUTHORIZED = 401
FORBIDDEN = 403
AWAY = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST = 300


class TagsOff(PexRequestRefused):
    """The business has no tags; not a fault of the sign-in."""

    code = "PEX_TAGS_OFF"
    fix = "Switch tags on in PEX, or map without them."


def message_of(status: int, body: bytes) -> str:
    """PEX's own words, cut; the status alone where the body is no JSON message."""
    try:
        raw: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"status {status}"
    if isinstance(raw, dict):
        found = next((value for key, value in raw.items() if key.lower() == "message"), None)
        if isinstance(found, str) and found.strip():
            return found.strip()[:_LONGEST]
    return f"status {status}"


def refusal_of(
    status: int, body: bytes, correlation_id: str, retry_after: float | None = None
) -> Refusal:
    """The refusal behind an error answer.

    A dead token is told by its words, whatever the status; no other 403 costs a connection.
    """
    message = message_of(status, body)
    words = message.casefold()
    if status == UNAUTHORIZED or any(dead in words for dead in DEAD):
        return PexTokenRefused(message)
    if status == FORBIDDEN and TAGS_OFF in words:
        return TagsOff(status, message, correlation_id)
    if status in AWAY:
        return PexUnavailable(f"{status} {message}", retry_after)
    return PexRequestRefused(status, message, correlation_id)
