"""Contract 2.2 and 4.4: journals."""

import pytest

from business_central_client import GONE, NOBODY, Client, line_body


def test_the_journal_is_found_by_its_code_without_case(bc: Client) -> None:
    (journal,) = bc.get("journals", filter="code eq 'pex card'").value
    assert journal["code"] == "PEX CARD"
    assert journal["templateDisplayName"] == "GENERAL"
    assert journal["balancingAccountNumber"] == ""


def test_a_listing_shows_the_default_templates_batches_alone(bc: Client) -> None:
    assert {row["templateDisplayName"] for row in bc.get("journals").value} == {"GENERAL"}


def test_a_filter_on_the_template_switches_it(bc: Client) -> None:
    (row,) = bc.get("journals", filter="templateDisplayName eq 'RECURRING'").value
    assert row["templateDisplayName"] == "RECURRING"
    assert bc.get(f"journals({row['id']})").body["code"] == "DEFAULT"


@pytest.mark.parametrize(
    "text",
    [
        "templateDisplayName ne 'PAYMENT'",
        "templateDisplayName eq 'GENERAL' or templateDisplayName eq 'PAYMENT'",
        "startswith(templateDisplayName,'GEN')",
    ],
)
def test_other_operators_on_the_template_find_nothing(bc: Client, text: str) -> None:
    assert bc.get("journals", filter=text).value == []


def test_a_code_is_trimmed_and_stored_in_upper_case(bc: Client) -> None:
    created = bc.post("journals", {"code": " pex two ", "displayName": "Second"})
    assert (created.status, created.body["code"]) == (201, "PEX TWO")


def test_a_code_that_exists_is_refused_as_same_key(bc: Client) -> None:
    refused = bc.post("journals", {"code": "Pex Card"})
    assert (refused.status, refused.code) == (400, "Internal_EntityWithSameKeyExists")


def test_the_same_code_is_free_in_another_template(bc: Client) -> None:
    assert bc.post("journals", {"code": "PEX CARD", "templateDisplayName": "PAYMENT"}).status == 201


def test_a_code_of_more_than_ten_characters_is_too_long(bc: Client) -> None:
    refused = bc.post("journals", {"code": "ELEVEN CHAR"})
    assert (refused.status, refused.code) == (400, "Application_StringExceededLength")


def test_an_unknown_template_is_refused(bc: Client) -> None:
    refused = bc.post("journals", {"code": "X", "templateDisplayName": "NOPE"})
    assert refused.code == "Internal_InvalidTableRelation"


def test_a_patch_renames_and_keeps_the_id(bc: Client) -> None:
    journal = bc.journal
    changed = bc.patch(f"journals({journal})", {"code": "PEX NEW"})
    assert (changed.status, changed.body["code"], changed.id) == (200, "PEX NEW", journal)


def test_a_rename_to_a_taken_code_is_refused(bc: Client) -> None:
    refused = bc.patch(f"journals({bc.journal})", {"code": "DEFAULT"})
    assert refused.code == "Internal_EntityWithSameKeyExists"


def test_a_delete_takes_the_lines_along(bc: Client) -> None:
    journal, line = bc.journal, bc.line().id
    assert bc.delete(f"journals({journal})").status == 204
    assert bc.get(f"journals({journal})").status == 404
    assert bc.get(f"journalLines({line})").status == 404


def test_a_balancing_account_is_set_by_id_and_cleared_by_zeros(bc: Client) -> None:
    account = bc.get("accounts", filter="number eq '10100'").value[0]["id"]
    path = f"journals({bc.journal})"
    assert bc.patch(path, {"balancingAccountId": account}).body["balancingAccountNumber"] == "10100"
    assert bc.patch(path, {"balancingAccountId": NOBODY}).body["balancingAccountNumber"] == ""


def test_an_unknown_balancing_account_is_refused(bc: Client) -> None:
    refused = bc.patch(f"journals({bc.journal})", {"balancingAccountId": GONE})
    assert refused.message == 'The "balancingAccountNumber" does not match to a G/L Account.'


def test_the_balancing_number_is_read_only(bc: Client) -> None:
    refused = bc.patch(f"journals({bc.journal})", {"balancingAccountNumber": "10100"})
    assert (refused.status, refused.code) == (400, "BadRequest_InvalidOperation")


def test_a_bank_as_balancing_account_shows_its_number_without_an_id(bc: Client) -> None:
    bc.sandbox.set_balancing_account("CHECKING", "Bank Account")
    (journal,) = bc.get("journals", filter="code eq 'PEX CARD'").value
    assert journal["balancingAccountNumber"] == "CHECKING"
    assert journal["balancingAccountId"] == NOBODY


def test_number_series_are_not_shown(bc: Client) -> None:
    bc.sandbox.set_series(series="GJNL", posting_series="GJNL")
    assert "GJNL" not in bc.get("journals").raw.decode()


def test_a_new_journal_can_bring_its_lines(bc: Client) -> None:
    body = {"code": "FRESH", "journalLines": [line_body(), line_body(lineNumber=700020)]}
    journal = bc.post("journals", body).id
    found = bc.get(f"journals({journal})/journalLines").value
    assert [line["lineNumber"] for line in found] == [700010, 700020]


def test_a_new_journal_is_not_created_when_one_of_its_lines_fails(bc: Client) -> None:
    body = {"code": "FRESH", "journalLines": [line_body(), line_body(accountNumber="99999")]}
    assert bc.post("journals", body).status == 400
    assert bc.get("journals", filter="code eq 'FRESH'").value == []


def test_lines_cannot_be_nested_in_a_patch(bc: Client) -> None:
    refused = bc.patch(f"journals({bc.journal})", {"journalLines": [line_body()]})
    assert (refused.status, refused.code) == (400, "BadRequest")


def test_the_posting_action_is_matched_without_case_and_answers_204(bc: Client) -> None:
    bc.line()
    bc.line(lineNumber=700020, amount=-10)
    assert bc.post(f"journals({bc.journal})/microsoft.nav.POST").status == 204
    assert len(bc.get("generalLedgerEntries").value) == 2


def test_an_empty_journal_has_nothing_to_post(bc: Client) -> None:
    refused = bc.post(f"journals({bc.journal})/Microsoft.NAV.post")
    assert (refused.status, refused.code) == (400, "Application_DialogException")
    assert refused.message == "There is nothing to post."
