"""What PEX's errors mean (PEX contract 1.7, 8.2)."""

from typing import Any

import msgspec

from application.ports.pex import (
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
    TagsOff,
)
from domain.refusals import Refusal

OVER = "token expired or does not exist"
DEAD = (
    OVER,
    "password has changed",
    "user is not active",
    "business is not open",
)
TAGS_OFF = "does not support the tags feature"
LACKS_PERMISSION = "does not have permission"
BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
AWAY = frozenset({408, 429, 500, 502, 503, 504})
_LONGEST = 300


def message_of(body: bytes) -> str:
    """PEX's own words on one line and cut; empty where the body is a page, or nothing."""
    try:
        raw: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raw = body[: 4 * _LONGEST].decode(errors="replace")
        raw = "" if raw.lstrip().startswith("<") else raw
    if isinstance(raw, dict):
        raw = next((value for key, value in raw.items() if key.lower() == "message"), None)
    return " ".join(raw.split())[:_LONGEST] if isinstance(raw, str) else ""


def is_over(status: int, body: bytes) -> bool:
    """Whether an answer refuses an access token for which a renewed one may do."""
    return status == UNAUTHORIZED or OVER in message_of(body).casefold()


def refusal_of(
    status: int, body: bytes, correlation_id: str, retry_after: float | None = None
) -> Refusal:
    """The refusal behind an error answer.

    A dead token is told by its words, whatever the status; no other 403 costs a connection.
    """
    message = message_of(body)
    words = message.casefold()
    message = message or "no message"
    if status == UNAUTHORIZED or any(dead in words for dead in DEAD):
        return PexTokenRefused(message)
    if status == FORBIDDEN and TAGS_OFF in words:
        return TagsOff(status, message, correlation_id)
    if status == FORBIDDEN and LACKS_PERMISSION in words:
        return PexPermissionMissing((f"a permission, of which PEX tells no more than '{message}'",))
    if status in AWAY:
        return PexUnavailable(f"{status} {message} (reference {correlation_id})", retry_after)
    return PexRequestRefused(status, message, correlation_id)
