"""The settings as JSON: what the API and the command line take and give."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

import msgspec

from domain.settings import Settings
from domain.settings_check import FieldError, SettingsRefused

FIX = "Correct this member; the API description shows the settings' form."


def encode_settings(settings: Settings) -> dict[str, Any]:
    """The body of a settings answer, dates as text."""
    body: dict[str, Any] = msgspec.to_builtins(settings)
    return body


def decode_settings(body: bytes) -> Settings:
    """Read a settings body.

    Raises:
        SettingsRefused: the body is no JSON, misses the form, or has members that do not exist.
    """
    try:
        raw = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise _refused("", "BODY_NOT_JSON", f"The body is no JSON: {error}.") from error
    unknown = tuple(
        FieldError(pointer, "MEMBER_UNKNOWN", f"There is no member {name!r}.", FIX)
        for pointer, name in _unknown(raw, Settings, "")
    )
    if unknown:
        raise SettingsRefused(unknown)
    try:
        return msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        pointer = path.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/")
        raise _refused(pointer, "VALUE_REFUSED", text) from error


def _refused(pointer: str, code: str, detail: str) -> SettingsRefused:
    return SettingsRefused((FieldError(pointer, code, detail, FIX),))


def _unknown(raw: Any, form: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Members that the form does not know, at any depth."""
    element = next((one for one in get_args(form) if is_dataclass(one)), None)
    if isinstance(raw, list) and element is not None:
        for index, item in enumerate(raw):
            yield from _unknown(item, element, f"{pointer}/{index}")
    elif isinstance(raw, dict) and is_dataclass(form):
        hints = get_type_hints(form)
        known = {field.name for field in fields(form)}
        for name, value in raw.items():
            if name in known:
                yield from _unknown(value, hints[name], f"{pointer}/{name}")
            else:
                yield f"{pointer}/{name}", name
