"""What the framework finds wrong with input, field by field: a pointer, a code, the cause."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Request
from litestar.exceptions import ValidationException

from domain.settings_check import FieldError

REQUIRED, MEMBER_UNKNOWN, VALUE_REFUSED = "REQUIRED", "MEMBER_UNKNOWN", "VALUE_REFUSED"
BODY = "data"
_MISSING_MEMBER = re.compile(r"^Object missing required field `(.+)`$")
_UNKNOWN_MEMBER = re.compile(r"^Object contains unknown field `(.+)`$")
_MISSING_PARAMETER = re.compile(r"^Missing required \w+ parameter '([^']+)'")
_STEP = re.compile(r"[^.\[\]]+")


def is_of_the_body(error: ValidationException) -> bool:
    """Whether it is the body that has not the described form, and not the address."""
    return any(one.get("source") == "body" for one in _messages(error))


def is_of_an_empty_body(error: ValidationException) -> bool:
    """Whether a body was to come and none did: the framework then names its own argument."""
    return any(one.get("message") == repr(BODY) for one in _messages(error))


def field_errors(
    request: Request[Any, Any, Any], error: ValidationException
) -> tuple[FieldError, ...]:
    """Every field that cannot be read; a parameter of the address by `/` and its name."""
    missing = _MISSING_PARAMETER.match(error.detail)
    if missing:
        name = missing.group(1)
        return (_required(f"/{name}", name),)
    return tuple(_field_error(request, one) for one in _messages(error))


def _field_error(request: Request[Any, Any, Any], message: Mapping[str, Any]) -> FieldError:
    key, text = str(message.get("key", "")), str(message.get("message", ""))
    if message.get("source") == "body":
        return _of_body("" if key == BODY else key, text)
    name = _name_in_address(request, key)
    return FieldError(f"/{name}", VALUE_REFUSED, f"{text}.", f"Correct the parameter {name}.")


def _of_body(key: str, text: str) -> FieldError:
    pointer = "".join(f"/{_escaped(step)}" for step in _STEP.findall(key))
    missing, unknown = _MISSING_MEMBER.match(text), _UNKNOWN_MEMBER.match(text)
    if missing:
        name = missing.group(1)
        return _required(f"{pointer}/{_escaped(name)}", name)
    if unknown:
        name = unknown.group(1)
        fix = "Leave it out, or correct its name."
        detail = f"There is no member {name!r}."
        return FieldError(f"{pointer}/{_escaped(name)}", MEMBER_UNKNOWN, detail, fix)
    what = "this member" if pointer else "the body"
    return FieldError(pointer, VALUE_REFUSED, f"{text}.", f"Correct {what}; /docs shows the form.")


def _required(pointer: str, name: str) -> FieldError:
    return FieldError(pointer, REQUIRED, f"{name!r} is missing.", f"Send {name!r}.")


def _name_in_address(request: Request[Any, Any, Any], name: str) -> str:
    """A parameter's name as the caller writes it, such as `from`, which Python cannot say."""
    parameter = request.scope["route_handler"].parsed_fn_signature.parameters.get(name)
    definition = parameter.kwarg_definition if parameter else None
    return getattr(definition, "name", None) or name


def _messages(error: ValidationException) -> Iterator[Mapping[str, Any]]:
    extra = error.extra if isinstance(error.extra, list) else []
    return (one for one in extra if isinstance(one, dict))


def _escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
