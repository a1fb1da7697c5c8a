"""What every endpoint needs to read a call and to refuse it: PEX contract 1.2, 3.2 and 8.2."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.web import Request, Response, reply

EASTERN = ZoneInfo("America/New_York")
DEAD_TOKEN = "Token expired or does not exist"  # noqa: S105 - a message, not a secret
NO_PERMISSION = "Admin does not have permission"

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


class Refusal(Exception):
    """An answer other than success, as PEX words it: `{"Message": ...}`."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers

    def response(self) -> Response:
        """The refusal on the wire."""
        return reply({"Message": self.message}, self.status, self.headers)


def hex_id(*parts: object) -> str:
    """A 24-digit identifier in PEX's style, always the same for the same parts."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:24]


def wall_text(moment: datetime) -> str:
    """Eastern wall time without zone or fraction; a naive `moment` is Eastern already."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(EASTERN).replace(tzinfo=None)
    return moment.isoformat(timespec="seconds")


def utc_text(instant: datetime) -> str:
    """A UTC instant as PEX's audit members write it."""
    return instant.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def months_later(moment: datetime, months: int) -> datetime:
    """The same day `months` on (or back); a day that the month lacks becomes its last one."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)  # noqa: PLR2004 - December
    last = date.fromordinal(following.toordinal() - 1).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def amount_of(value: object) -> Decimal:
    """A money amount from JSON, sent as number or text; raises Refusal (400) for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Refusal(400, f"Amount is not a number: {value!r}")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Refusal(400, f"Amount is not a number: {value!r}") from None


class Members:
    """The members of a JSON object, found whatever the case of their names."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._members = {str(name).lower(): value for name, value in body.items()}

    def get(self, name: str, default: Any = None) -> Any:
        """The member's value, or `default` where it was not sent."""
        return self._members.get(name.lower(), default)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    def text(self, name: str) -> str:
        """A required, non-blank text."""
        value = self.get(name)
        if not isinstance(value, str) or not value.strip():
            raise Refusal(400, f"{name} is required")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number, required unless it has a default."""
        value = self.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refusal(400, f"{name} is required and must be a whole number")
        return value

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """A boolean, required unless it has a default."""
        value = self.get(name, default)
        if not isinstance(value, bool):
            raise Refusal(400, f"{name} is required and must be true or false")
        return value

    def objects(self, name: str) -> list["Members"]:
        """A required array of objects."""
        value = self.get(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Refusal(400, f"{name} is required and must be an array of objects")
        return [Members(item) for item in value]


class Parameters:
    """Query parameters, names without case; of a repeated one the first counts."""

    def __init__(self, request: Request) -> None:
        self._values: dict[str, str] = {}
        for name, value in request.query:
            self._values.setdefault(name.lower(), value)

    def get(self, name: str, default: str = "") -> str:
        """The decoded value as sent."""
        return self._values.get(name.lower(), default)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """`true|false|1|0` in any case; raises Refusal (400) for anything else."""
        value = self.get(name).lower()
        if value not in _TRUE | _FALSE | {""}:
            raise Refusal(400, f"{name} is not a valid boolean")
        return default if not value else value in _TRUE

    def moment(self, name: str) -> datetime:
        """A required Eastern wall time `yyyy-MM-ddTHH:mm:ss`, returned without a zone."""
        value = self.get(name)
        if not _MOMENT.fullmatch(value):
            raise Refusal(400, f"{name} is required in the form yyyy-MM-ddTHH:mm:ss")
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise Refusal(400, f"{name} is not a date") from None


def body_of(request: Request) -> Members:
    """The request's JSON object; raises Refusal (400) where it is none."""
    try:
        body = request.json()
    except ValueError:
        raise Refusal(400, "Invalid request: the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refusal(400, "Invalid request: the body is not an object")
    return Members(body)
