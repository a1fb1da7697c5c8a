"""Tag definitions, and the rules that guard the writing of their options."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.company import ALLOCATION_TAG, EXPENSE_TAG, MEMO_TAG, PREPAID_TOKEN
from sandbox.pex import PexSandbox
from sandbox.web import Request, dump

Ask = Callable[..., tuple[int, Any]]
Tag = dict[str, Any]
TAGS = "/v4/Business/Configuration/Tags"
TAG = "/v4/Business/Configuration/Tag"
DROPDOWN = f"{TAG}/Dropdown"
EXPENSE = f"{DROPDOWN}/{EXPENSE_TAG}"


def whole(ask: Ask, tag: str = EXPENSE_TAG) -> Tag:
    status, found = ask("GET", f"{TAG}/{tag}", "OverrideRestrictions=true")
    assert status == 200
    return dict(found)


def option(name: str, value: str, *, enabled: bool = True) -> Tag:
    return {"Name": name, "Value": value, "Order": 0, "IsEnabled": enabled}


def dropdown(*options: Tag, **members: Any) -> Tag:
    standard = {"Name": "Project", "Order": 0, "IsRequired": False, "IsEnabled": True}
    return standard | {"Options": list(options)} | members


def test_all_definitions_are_listed_deleted_ones_too_unless_switched_off(
    pex: PexSandbox, ask: Ask
) -> None:
    _, tags = ask("GET", TAGS)
    assert [tag["Type"] for tag in tags] == [
        "Dropdown",
        "Dropdown",
        "Dropdown",
        "Text",
        "Allocation",
        "Dropdown",
    ]
    assert [tag["Name"] for tag in tags if tag["IsDeleted"]] == ["Project (old)"]
    pex.switch(list_deleted_tags=False)
    assert not any(tag["IsDeleted"] for tag in ask("GET", TAGS)[1])


@pytest.mark.parametrize("path", [TAGS, f"{TAG}/{EXPENSE_TAG}"])
def test_tags_switched_off_are_refused_with_pexs_own_words(
    pex: PexSandbox, ask: Ask, path: str
) -> None:
    pex.switch(tags_enabled=False)
    assert ask("GET", path) == (
        403,
        {"Message": "This business does not support the Tags Feature"},
    )
    assert ask("GET", "/v4/Business/Profile")[0] == 200


def test_an_unknown_tag_is_not_found(ask: Ask) -> None:
    assert ask("GET", f"{TAG}/64b0c1d2e3f4a5b6c7d8e999")[0] == 404


def test_the_expense_tag_has_enabled_disabled_and_colliding_options(ask: Ask) -> None:
    options = {item["Value"]: item for item in whole(ask)["Options"]}
    assert options["61100"] == {
        "Name": "Office supplies",
        "Value": "61100",
        "Order": 0,
        "IsEnabled": True,
    }
    assert options["66900"]["IsEnabled"] is False
    assert options["FEES-OLD"]["Name"] == "BANK AND CARD FEES"
    assert "68000" not in options


def test_a_read_without_override_leaves_out_restricted_options(ask: Ask) -> None:
    _, restricted = ask("GET", f"{TAG}/{EXPENSE_TAG}")
    hidden = {item["Value"] for item in whole(ask)["Options"]} - {
        item["Value"] for item in restricted["Options"]
    }
    assert hidden == {"65100"}


def test_restrictions_are_overridden_for_one_definition_only(ask: Ask) -> None:
    _, tags = ask("GET", TAGS, "OverrideRestrictions=true")
    listed = next(tag for tag in tags if tag["Id"] == EXPENSE_TAG)
    assert "65100" not in {item["Value"] for item in listed["Options"]}


def test_a_put_replaces_the_whole_list_of_options(ask: Ask) -> None:
    tag = whole(ask)
    kept = [option("Travel", "62100"), option("Fuel", "62200", enabled=False)]
    status, answer = ask("PUT", EXPENSE, body=tag | {"Options": kept})
    assert (status, answer["Options"]) == (200, kept)
    assert whole(ask)["Options"] == kept


def test_a_put_bumps_the_concurrency_key_and_notes_who_and_when(ask: Ask) -> None:
    tag = whole(ask)
    answer = ask("PUT", EXPENSE, body=tag)[1]
    assert answer["ConcurrencyKey"] != tag["ConcurrencyKey"]
    assert answer["UpdatedDateUtc"].startswith("2026-11-24T15:00:")
    assert answer["UpdatedBy"]["UserName"] == "dana.k"
    assert answer["CreatedDateUtc"] == tag["CreatedDateUtc"]


def test_a_put_with_a_stale_key_is_refused_and_changes_nothing(ask: Ask) -> None:
    tag = whole(ask)
    first = ask("PUT", EXPENSE, body=tag | {"Name": "Account"})[1]
    assert ask("PUT", EXPENSE, body=tag | {"Name": "Other"})[0] == 409
    assert whole(ask) == first


def test_a_put_without_a_key_is_accepted(ask: Ask) -> None:
    tag = whole(ask)
    del tag["ConcurrencyKey"]
    assert ask("PUT", EXPENSE, body=tag)[0] == 200


@pytest.mark.parametrize(
    "options",
    [
        [option("Travel", "1"), option("TRAVEL", "2")],
        [option("Travel", "a1"), option("Fuel", "A1")],
        [option("Travel", "1", enabled=False)],
        [],
        [option("", "1")],
        [option("Travel", "")],
        [{"Name": "Travel", "Value": 6210, "IsEnabled": True}],
        [{"Name": "Travel", "Value": "6210"}],
        "none",
    ],
)
def test_a_put_with_options_against_the_rules_is_refused(ask: Ask, options: object) -> None:
    tag = whole(ask)
    status, refusal = ask("PUT", EXPENSE, body=tag | {"Options": options})
    assert status == 400
    assert refusal["Message"]
    assert whole(ask) == tag


@pytest.mark.parametrize("member", ["Options", "Name", "Order", "IsRequired", "IsEnabled"])
def test_a_put_lacking_a_required_member_is_refused(ask: Ask, member: str) -> None:
    tag = whole(ask)
    del tag[member]
    assert ask("PUT", EXPENSE, body=tag)[0] == 400


def test_a_put_ignores_audit_members_and_a_number_for_the_type(ask: Ask) -> None:
    tag = whole(ask)
    sent = tag | {"Type": 2, "Id": "other", "CreatedDateUtc": "1999-01-01T00:00:00Z", "X": 1}
    answer = ask("PUT", EXPENSE, body=sent)[1]
    assert (answer["Id"], answer["Type"]) == (EXPENSE_TAG, "Dropdown")
    assert answer["CreatedDateUtc"] == tag["CreatedDateUtc"]


def test_a_put_on_another_kind_or_an_unknown_tag_is_refused(ask: Ask) -> None:
    tag = dropdown(option("A", "1"))
    assert ask("PUT", f"{DROPDOWN}/{MEMO_TAG}", body=tag)[0] == 400
    assert ask("PUT", f"{DROPDOWN}/64b0c1d2e3f4a5b6c7d8e999", body=tag)[0] == 404


def test_writing_needs_one_of_two_permissions(pex: PexSandbox, ask: Ask) -> None:
    tag = whole(ask)
    pex.switch(permissions={"EditBusinessProfile": False})
    assert ask("PUT", EXPENSE, body=tag)[0] == 200
    pex.switch(permissions={"ManageCardholder": False})
    assert ask("PUT", EXPENSE, body=tag)[0] == 403
    assert ask("GET", TAGS)[0] == 200


def test_limits_on_options_hold_where_switched_on(pex: PexSandbox, ask: Ask) -> None:
    tag = dropdown(option("Short", "1"), option("Rather long", "2"))
    pex.switch(max_options=1)
    assert ask("PUT", EXPENSE, body=tag)[0] == 400
    pex.switch(max_options=2, max_option_name=10)
    assert ask("PUT", EXPENSE, body=tag)[0] == 400
    pex.switch(max_option_name=11)
    assert ask("PUT", EXPENSE, body=tag)[0] == 200


def test_a_new_dropdown_is_created_at_a_location(pex: PexSandbox, ask: Ask) -> None:
    headers = {"authorization": f"token {PREPAID_TOKEN}"}
    body = dump(dropdown(option("Pier 9", "P9")))
    answer = pex.application(Request("POST", DROPDOWN, headers, body))
    assert answer.status == 201
    path = answer.headers["Location"].removeprefix("http://127.0.0.1")
    assert ask("GET", path)[1]["Options"] == [option("Pier 9", "P9")]


@pytest.mark.parametrize("kind", ["Text", "Decimal", "YesNo"])
def test_other_kinds_are_created_changed_and_deleted_at_their_own_address(
    ask: Ask, kind: str
) -> None:
    body = dropdown(Name="Extra")
    status, tag = ask("POST", f"{TAG}/{kind}", body=body)
    assert (status, tag["Type"]) == (201, kind)
    path = f"{TAG}/{kind}/{tag['Id']}"
    assert ask("PUT", path, body=body | {"Name": "More"})[1]["Name"] == "More"
    assert ask("DELETE", path)[0] == 200


def test_a_business_has_one_allocation_tag_at_most(pex: PexSandbox, ask: Ask) -> None:
    members = [{"TagId": EXPENSE_TAG, "Order": 0}]
    assert ask("POST", f"{TAG}/Allocation", body=dropdown(Tags=members))[0] == 400
    pex.delete_tag(ALLOCATION_TAG)
    assert ask("POST", f"{TAG}/Allocation", body=dropdown(Tags=members))[0] == 201


def test_deleting_is_soft_and_final(ask: Ask) -> None:
    assert ask("DELETE", EXPENSE)[0] == 200
    tag = whole(ask)
    assert tag["IsDeleted"] is True
    assert tag["DeletedDateUtc"].startswith("2026-11-24T15:00:")
    assert ask("PUT", EXPENSE, body=tag)[0] == 404


def test_options_can_be_added_to_a_dropdown_only(ask: Ask) -> None:
    before = len(whole(ask)["Options"])
    added = {"Options": [option("Piers", "67000")]}
    assert ask("POST", f"{EXPENSE}/Options", body=added)[0] == 200
    assert len(whole(ask)["Options"]) == before + 1
    assert ask("POST", f"{EXPENSE}/Options", body=added)[0] == 400
    assert ask("POST", f"{DROPDOWN}/{MEMO_TAG}/Options", body=added)[0] == 400


def test_one_option_is_put_by_its_value(ask: Ask) -> None:
    assert ask("PUT", f"{EXPENSE}/Option", body=option("Office", "61100"))[0] == 200
    assert whole(ask)["Options"][0]["Name"] == "Office"
    assert ask("PUT", f"{EXPENSE}/Option", body=option("Office", "nothing"))[0] == 404


def test_a_body_that_is_no_json_object_is_refused(pex: PexSandbox) -> None:
    headers = {"authorization": f"token {PREPAID_TOKEN}"}
    for body in (b"", b"{", b"[]"):
        assert pex.application(Request("PUT", EXPENSE, headers, body)).status == 400
