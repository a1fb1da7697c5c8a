"""The configuration as far as it can be read, so that one wrong variable hides no other fault."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from entrypoints.settings import Settings

PREFIX = "PEXBC_"
FOR_TESTS = "PEXBC_TEST_"
ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Variables:
    """The settings; where a variable cannot be read, its default stands in for it.

    `unreadable` says why, by the setting's name.
    """

    settings: Settings
    unreadable: Mapping[str, str]


def read_variables() -> Variables:
    """Read the environment; what cannot be read is set aside, and never told by its value."""
    aside: dict[str, Any] = {}
    unreadable: dict[str, str] = {}
    while True:
        try:
            return Variables(Settings(**aside), unreadable)
        except ValidationError as error:
            for one in error.errors(include_input=False):
                name = str(one["loc"][0])
                unreadable.setdefault(name, one["msg"].removeprefix("Value error, "))
                aside |= _defaults(name, aside)


def _defaults(name: str, aside: Mapping[str, Any]) -> dict[str, Any]:
    """A setting's default, or those of its whole family where its own does not fit the others."""
    family = name.partition("_")[0]
    names = [one for one in Settings.model_fields if one.startswith(family)]
    return {
        one: Settings.model_fields[one].get_default(call_default_factory=True, validated_data={})
        for one in (names if name in aside else [name])
    }


def unknown(variables: Mapping[str, str | None]) -> Iterator[tuple[str, str | None]]:
    """Variables of ours by their name that no setting has, each with the nearest that one has."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for name in sorted(variables):
        upper = name.upper()
        if upper.startswith(PREFIX) and upper not in known and not upper.startswith(FOR_TESTS):
            yield name, next(iter(get_close_matches(upper, known, 1, ALIKE)), None)
