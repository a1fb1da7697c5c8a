"""Callbacks of PEX switched from a terminal."""

from cli.conftest import Journey
from cli.shell import Shell
from sandbox import company


def test_switched_on_with_a_secret_from_standard_input_and_off_again(
    copy: Shell, journey: Journey
) -> None:
    switch = ("connections", "callbacks", journey.connection)
    refused = copy.run(*switch, "on", stdin="\n")
    assert refused.code == 1
    assert "CALLBACK_SECRET_MISSING" in refused.err
    said = copy.well(*switch, "on", stdin=company.PREPAID_CALLBACK_SECRET + "\n")
    assert said.out == "on\n"
    assert company.PREPAID_CALLBACK_SECRET not in said.err
    assert copy.well("connections", "show", journey.connection).json["callbacks"] is True
    assert copy.well(*switch, "on", stdin="").out == "on\n"
    assert copy.well(*switch, "off").out == "off\n"
    assert copy.well("connections", "show", journey.connection).json["callbacks"] is False
