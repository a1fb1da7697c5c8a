"""Contract 2.5 to 2.7 and 2.3.7: vendors, banks and tax groups that can be written."""

import pytest

from business_central_client import GONE, NOBODY, Client
from sandbox.faults import Fault


def test_a_new_vendor_takes_the_next_number_of_the_series(bc: Client) -> None:
    first = bc.post("vendors", {"displayName": "Blue Harbor Coffee"})
    second = bc.post("vendors", {"displayName": "Blue Harbor Coffee"})
    assert first.status == second.status == 201
    assert [first.body["number"], second.body["number"]] == ["V00011", "V00012"]


def test_a_given_number_needs_manual_numbers(bc: Client) -> None:
    refused = bc.post("vendors", {"number": "10010", "displayName": "X"})
    assert refused.code == "Application_DialogException"
    assert refused.message.startswith("You may not enter numbers manually.")
    bc.sandbox.add_series("V", "V00010", manual=True)
    taken = bc.post("vendors", {"number": "10010", "displayName": "X"})
    assert taken.code == "Internal_EntityWithSameKeyExists"
    assert bc.post("vendors", {"number": "mine"}).body["number"] == "MINE"


def test_without_a_vendor_series_nothing_is_created(bc: Client) -> None:
    bc.sandbox.change_set_up(vendor_series="")
    refused = bc.post("vendors", {"displayName": "X"})
    assert refused.status == 400
    assert "Vendor Nos. must have a value" in refused.message


@pytest.mark.parametrize("name", ["Corner Deli", "CORNER DELI", "corner deli"])
def test_a_vendor_is_found_by_name_without_case(bc: Client, name: str) -> None:
    (vendor,) = bc.get("vendors", filter=f"displayName eq '{name}'").value
    assert vendor["number"] == "10020"
    assert vendor["blocked"] == "_x0020_"


def test_an_apostrophe_is_doubled_in_a_filter(bc: Client) -> None:
    bc.post("vendors", {"displayName": "O'Reilly Auto Parts"})
    assert len(bc.get("vendors", filter="displayName eq 'O''Reilly Auto Parts'").value) == 1


def test_a_name_longer_than_the_field_is_refused_in_both_places(bc: Client) -> None:
    long = "x" * 101
    assert bc.post("vendors", {"displayName": long}).code == "Application_StringExceededLength"
    refused = bc.get("vendors", filter=f"displayName eq '{long}'")
    assert (refused.status, refused.code) == (400, "Application_FilterErrorException")


def test_a_names_length_is_counted_in_units_of_utf_16(bc: Client) -> None:
    longest = "\N{CUP WITH STRAW}" * 50
    assert bc.post("vendors", {"displayName": longest}).body["displayName"] == longest
    assert len(bc.get("vendors", filter=f"displayName eq '{longest}'").value) == 1
    refused = bc.post("vendors", {"displayName": f"{longest}!"})
    assert refused.code == "Application_StringExceededLength"
    assert bc.get("vendors", filter=f"displayName eq '{longest}!'").status == 400


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_answer_about_a_new_vendor_can_be_lost_before_and_after_the_commit(
    bc: Client, moment: str
) -> None:
    bc.sandbox.faults.plant(Fault("POST", r"/vendors$", moment=moment, status=504))
    assert bc.post("vendors", {"displayName": "Lost"}).status == 504
    found = bc.get("vendors", filter="displayName eq 'lost'").value
    assert len(found) == (1 if moment == "after" else 0)


def test_whoever_may_not_create_vendors_is_told_so(bc: Client) -> None:
    bc.sandbox.switch(denied=["POST vendors"])
    refused = bc.post("vendors", {"displayName": "X"})
    assert (refused.status, refused.code) == (403, "Authorization_InsufficientPermissions")


def test_a_name_may_be_missing_or_used_twice(bc: Client) -> None:
    assert bc.post("vendors", {}).body["displayName"] == ""
    assert bc.post("vendors", {"displayName": "Corner Deli"}).status == 201
    assert len(bc.get("vendors", filter="displayName eq 'Corner Deli'").value) == 2


def test_an_id_is_refused_unless_it_is_all_zeros(bc: Client) -> None:
    assert bc.post("vendors", {"id": GONE}).code == "BadRequest_InvalidOperation"
    assert bc.post("vendors", {"id": NOBODY}).status == 201


def test_a_vendors_own_currency_is_stored_blank_and_an_unknown_one_refused(bc: Client) -> None:
    assert bc.post("vendors", {"currencyCode": "USD"}).body["currencyCode"] == "USD"
    assert bc.post("vendors", {"currencyCode": "EUR"}).body["currencyCode"] == "EUR"
    refused = bc.post("vendors", {"currencyCode": "XXX"})
    assert refused.message == 'The "currencyCode" does not match to a Currency.'


def test_an_unknown_country_is_a_missing_relation(bc: Client) -> None:
    assert bc.post("vendors", {"country": "ZZ"}).code == "Internal_InvalidTableRelation"


def test_a_vendor_can_be_blocked_renamed_and_deleted(bc: Client) -> None:
    vendor = bc.post("vendors", {"displayName": "A"})
    changed = bc.patch(f"vendors({vendor.id})", {"blocked": "All"}, vendor.etag)
    assert changed.body["blocked"] == "All"
    refused = bc.patch(f"vendors({vendor.id})", {"blocked": "Some"})
    assert refused.code == "Unknown"
    assert refused.message == "'Some' is not an option. The existing options are:  ,Payment,All"
    assert bc.delete(f"vendors({vendor.id})").status == 204


def test_a_vendors_balance_is_read_only(bc: Client) -> None:
    assert bc.post("vendors", {"balance": 5}).code == "BadRequest_InvalidOperation"


def test_a_vendor_without_posting_group_inserts_and_fails_at_posting(bc: Client) -> None:
    bc.sandbox.change_set_up(vendor_posting_group="")
    number = bc.post("vendors", {"displayName": "New"}).body["number"]
    assert bc.line(accountType="Vendor", accountNumber=number).status == 201
    bc.line(lineNumber=2, accountType="Vendor", accountNumber=number, amount=-10)
    refused = bc.post(f"journals({bc.journal})/Microsoft.NAV.post")
    assert refused.message.startswith("Vendor Posting Group must have a value")


def test_vendors_belong_to_one_company(bc: Client) -> None:
    bc.post("vendors", {"displayName": "Only here"})
    dump = bc.sandbox.dump()["companies"]
    names = [[vendor["displayName"] for vendor in company["vendors"]] for company in dump]
    assert "Only here" in names[0]
    assert "Only here" not in names[1]


def test_tax_groups_are_listed_and_written(bc: Client) -> None:
    codes = [row["code"] for row in bc.get("taxGroups", select="id,code,displayName,taxType").value]
    assert codes == ["FOOD", "NONTAXABLE", "TAXABLE"]
    created = bc.post("taxGroups", {"id": NOBODY, "code": "new", "displayName": "New"})
    assert (created.status, created.body["code"]) == (201, "NEW")
    assert bc.post("taxGroups", {"code": "NEW"}).code == "Internal_EntityWithSameKeyExists"
    assert bc.patch(f"taxGroups({created.id})", {"code": "FOOD"}).status == 400
    assert bc.delete(f"taxGroups({created.id})").status == 204


def test_the_tax_type_follows_the_kind_of_company(bc: Client) -> None:
    assert bc.get("taxGroups").value[0]["taxType"] == "Sales_x0020_Tax"
    bc.sandbox.switch(company_kind="vat")
    assert bc.get("taxGroups").value[0]["taxType"] == "VAT"


def test_bank_accounts_can_be_written(bc: Client) -> None:
    bank = bc.post("bankAccounts", {"number": "NEW", "displayName": "New bank"})
    assert bank.status == 201
    assert bc.post("bankAccounts", {"number": "NEW"}).code == "Internal_EntityWithSameKeyExists"
    assert (
        bc.patch(f"bankAccounts({bank.id})", {"currencyCode": "EUR"}).body["currencyCode"] == "EUR"
    )
    assert bc.delete(f"bankAccounts({bank.id})").status == 204
