"""How OData speaks: literals, addresses, encoded enums (contract 3.2 to 3.4)."""

import re
from collections.abc import Mapping
from urllib.parse import quote

_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def text(value: str) -> str:
    """A string literal: in quotes, quotes within doubled."""
    return "'" + value.replace("'", "''") + "'"


def caption(value: str) -> str:
    """An enum member as people read it, from either form that BC sends; blank is empty."""
    return _ENCODED.sub(lambda found: chr(int(found.group(1), 16)), value).strip()


def address(path: str, options: Mapping[str, str] | None = None) -> str:
    """A path with its query options, values fully encoded, `$` kept."""
    if not options:
        return path
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{path}?{query}"


def company_path(company_id: str) -> str:
    """A company's address; whatever the id holds, it leads nowhere else (contract 1.1)."""
    return f"companies({quote(company_id, safe='')})"
