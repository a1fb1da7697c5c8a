"""The daily sync switched from a terminal."""

from cli.conftest import Journey
from cli.shell import Shell


def test_switching_on_says_when_the_next_sync_is_due_and_off_forgets_it(
    copy: Shell, journey: Journey
) -> None:
    made = journey.connection
    assert copy.well("connections", "auto-sync", made, "on").out.startswith("on, next at 20")
    shown = copy.well("connections", "show", made).json
    assert shown["auto_sync"] is True
    assert shown["next_at"] is not None
    assert copy.well("connections", "auto-sync", made, "off").out == "off\n"
    assert copy.well("connections", "show", made).json["next_at"] is None


def test_a_switch_that_is_neither_on_nor_off_is_wrong_usage(copy: Shell, journey: Journey) -> None:
    assert copy.run("connections", "auto-sync", journey.connection, "daily").code == 2
