"""The vendors of merchants named from a terminal."""

import json

from cli.conftest import Journey
from cli.shell import Shell


def test_an_alias_is_put_listed_and_removed(copy: Shell, journey: Journey) -> None:
    made = journey.connection
    put = copy.well("connections", "alias", made, "CRNR DELI", "10020").json
    assert (put["vendor_name"], put["actor"][:4]) == ("Corner Deli", "cli:")
    listed = copy.well("connections", "aliases", made).json
    assert [(one["merchant"], one["vendor_number"]) for one in listed] == [("CRNR DELI", "10020")]
    copy.well("connections", "unalias", made, "crnr deli")
    assert copy.well("connections", "aliases", made).json == []


def test_a_vendor_that_is_not_there_is_told_in_words(copy: Shell, journey: Journey) -> None:
    refused = copy.run("connections", "alias", journey.connection, "CRNR DELI", "99999")
    assert refused.code == 1
    assert "VENDOR_UNKNOWN" in refused.err


def test_a_preview_names_the_vendors_that_would_be_created(copy: Shell, journey: Journey) -> None:
    made = journey.connection
    settings = copy.well("settings", "get", made).json
    settings["purchases"] |= {"vendor_per_merchant": True, "add_vendor_to_company": True}
    new = {"TransactionId": 990001, "MerchantName": "BLUE HARBOR [COFFEE]"}
    journey.sandbox.pex.add_row(new)
    copy.well("settings", "set", made, "-", stdin=json.dumps(settings))
    preview = copy.run("sync", made, "--preview")
    journey.sandbox.pex.remove_row(990001)
    told = " ".join(preview.err.split())
    assert "Vendors that would be created: " in told
    assert "BLUE HARBOR [COFFEE]" in told
