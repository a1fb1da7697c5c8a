"""The one thing that is written to PEX: the options of a dropdown tag (PEX contract 4.5)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from adapters.pex.client import Client
from adapters.pex.wire import TagData, reading
from application.ports.pex import Tag
from domain.tag_options import TagOption


def write_options(client: Client, tag: Tag, options: Sequence[TagOption]) -> Tag:
    """Send the whole list, as PEX replaces it whole (U7); nothing is tried again here."""
    path = f"Business/Configuration/Tag/Dropdown/{quote(tag.id, safe='')}"
    written: TagData = client.put(path, _body(tag, options), reading(TagData))
    return written.tag()


def _body(tag: Tag, options: Sequence[TagOption]) -> bytes:
    """The documented members, and the key that keeps a change in between from being overwritten."""
    members: dict[str, Any] = {
        "Name": tag.name,
        "Description": tag.description,
        "Order": tag.order,
        "IsRequired": tag.required,
        "IsEnabled": tag.enabled,
        "Options": [
            {
                "Name": option.name,
                "Value": option.value,
                "Order": option.order,
                "IsEnabled": option.enabled,
            }
            for option in options
        ],
    }
    if tag.concurrency_key is not None:
        members["ConcurrencyKey"] = tag.concurrency_key
    return msgspec.json.encode(members)
