"""Pages of a list by its sort key, and the cursors between them."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from application.ports.read_models import CursorRefused

BIGGEST = 2**63 - 1
Number = Annotated[int, msgspec.Meta(ge=-BIGGEST - 1, le=BIGGEST)]
"""What a database's biggest whole number holds."""

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True)
class Order:
    """The columns by which a list is sorted, no two rows alike in all of them, and their types."""

    columns: tuple[sa.ColumnElement[Any], ...]
    types: Any
    newest_first: bool = True

    def page(self, query: sa.Select[Any], limit: int, cursor: str | None) -> sa.Select[Any]:
        """The rows behind the cursor, one more than asked, which tells of a next page.

        Raises:
            CursorRefused: the cursor is none of this list's.
        """
        if cursor is not None:
            values = zip(self.columns, self._read(cursor), strict=True)
            last = sa.tuple_(*(sa.literal(value, column.type) for column, value in values))
            here = sa.tuple_(*self.columns)
            query = query.where(here < last if self.newest_first else here > last)
        order = [column.desc() if self.newest_first else column.asc() for column in self.columns]
        return query.order_by(*order).limit(limit + 1)

    def cursor(self, row: sa.Row[Any]) -> str:
        """The cursor that leads on from a row."""
        key = msgspec.json.encode([getattr(row, str(column.key)) for column in self.columns])
        return base64.urlsafe_b64encode(key).decode().rstrip("=")

    def _read(self, cursor: str) -> list[Any]:
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            key = base64.b64decode(padded, altchars=b"-_", validate=True)
            values = msgspec.json.decode(key, type=self.types)
            return [_plain(value) for value in values]
        except (ValueError, OverflowError) as error:  # msgspec's and base64's are ValueErrors
            raise CursorRefused from error


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.astimezone(UTC) if isinstance(value, datetime) else value
