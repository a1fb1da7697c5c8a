"""Contract 2.3.4 to 2.3.8: what an insert really does, and what it checks."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from business_central_client import GONE, NOBODY, Client, line_body

BARE: dict[str, Any] = {"lineNumber": None, "postingDate": None, "documentNumber": None}


def _id(bc: Client, number: str, entity: str = "accounts") -> str:
    return str(bc.get(entity, filter=f"number eq '{number}'").value[0]["id"])


def test_an_empty_journal_gives_the_work_date_no_document_and_number_10000(bc: Client) -> None:
    line = bc.line(**BARE).body
    assert (line["lineNumber"], line["postingDate"]) == (10000, "2026-08-15")
    assert line["documentNumber"] == ""


def test_an_empty_journal_with_a_series_gives_its_next_number_each_time(bc: Client) -> None:
    bc.sandbox.set_series(series="GJNL")
    assert bc.line(**BARE).body["documentNumber"] == "G00101"


def test_an_appended_line_takes_date_and_document_of_the_last_one(bc: Client) -> None:
    bc.line()
    line = bc.line(**BARE).body
    assert line["lineNumber"] == 710010
    assert line["postingDate"] == "2026-08-14"
    assert line["documentNumber"] == "PEX-918273645-X1"


def test_an_appended_line_takes_the_next_document_when_the_rest_balances(bc: Client) -> None:
    bc.line()
    bc.line(lineNumber=700020, amount=-10)
    assert bc.line(**BARE).body["documentNumber"] == "PEX-918273645-X2"


def test_an_empty_last_line_does_not_count_up_the_document(bc: Client) -> None:
    bc.sandbox.add_line(document_number="D1", external_number="PEX918273645")
    assert bc.line(**BARE).body["documentNumber"] == "D1"


def test_another_external_number_counts_up_the_document(bc: Client) -> None:
    bc.line()
    assert bc.line(**BARE, externalDocumentNumber="PEX2").body["documentNumber"] == (
        "PEX-918273645-X2"
    )


def test_a_number_before_existing_lines_takes_the_defaults_of_the_next_one(bc: Client) -> None:
    bc.line(lineNumber=500, postingDate="2026-07-01", documentNumber="FIRST-1")
    bc.line(lineNumber=1500, postingDate="2026-07-03", documentNumber="THIRD-3")
    line = bc.line(lineNumber=1000, postingDate=None, documentNumber=None).body
    assert (line["lineNumber"], line["postingDate"]) == (1000, "2026-07-03")
    assert line["documentNumber"] == "THIRD-3"


def test_a_blank_date_counts_as_not_given(bc: Client) -> None:
    assert bc.line(postingDate="0001-01-01").body["postingDate"] == "2026-08-15"


def test_the_external_number_is_never_a_default(bc: Client) -> None:
    bc.line()
    line = bc.line(lineNumber=2, externalDocumentNumber=None).body
    assert line["externalDocumentNumber"] == ""


def test_the_account_gives_the_description_where_none_is_sent(bc: Client) -> None:
    assert bc.line(description=None).body["description"] == "Meals and entertainment"
    assert bc.line(lineNumber=2, description="").body["description"] == "Meals and entertainment"


def test_a_taken_line_number_is_refused_as_same_key_exists(bc: Client) -> None:
    bc.line()
    refused = bc.line(amount=5)
    assert (refused.status, refused.code) == (400, "Internal_EntityWithSameKeyExists")
    assert [line["amount"] for line in bc.lines()] == [Decimal(10)]


def test_a_taken_line_number_can_be_answered_409(bc: Client) -> None:
    bc.sandbox.switch(duplicate_key_status=409)
    bc.line()
    assert (bc.line().status, bc.line().code) == (409, "Internal_EntityWithSameKeyExists")


def test_a_number_is_free_again_once_its_line_is_gone(bc: Client) -> None:
    bc.delete(f"journalLines({bc.line().id})")
    assert bc.line().status == 201


def test_document_and_external_numbers_are_not_unique(bc: Client) -> None:
    assert bc.line().status == bc.line(lineNumber=700020).status == 201


def test_the_batchs_balancing_account_is_put_on_every_line(bc: Client) -> None:
    bc.sandbox.set_balancing_account("10100")
    assert bc.line().body["balancingAccountNumber"] == "10100"
    blank = bc.line(lineNumber=2, balancingAccountNumber="").body
    assert blank["balancingAccountNumber"] == "10100"
    cleared = bc.patch(f"journalLines({blank['id']})", {"balancingAccountNumber": ""}).body
    assert cleared["balancingAccountNumber"] == ""


def test_the_callers_balancing_account_replaces_the_batchs(bc: Client) -> None:
    bc.sandbox.set_balancing_account("10100")
    line = bc.line(balanceAccountType="Bank Account", balancingAccountNumber="CHECKING").body
    assert line["balanceAccountType"] == "Bank_x0020_Account"
    assert line["balancingAccountNumber"] == "CHECKING"


def test_a_line_may_have_its_own_balancing_account(bc: Client) -> None:
    line = bc.line(balanceAccountType="G/L Account", balancingAccountNumber="10950").body
    assert line["balancingAccountNumber"] == "10950"


def test_a_bank_balancing_account_of_the_batch_is_put_on_lines_too(bc: Client) -> None:
    bc.sandbox.set_balancing_account("CHECKING", "Bank Account")
    line = bc.line().body
    assert line["balanceAccountType"] == "Bank_x0020_Account"
    assert line["balancingAccountNumber"] == "CHECKING"


def test_two_one_sided_accounts_are_refused(bc: Client) -> None:
    refused = bc.line(accountType="Vendor", accountNumber="10010", balanceAccountType="Customer")
    assert refused.message.startswith("Account Type or Bal. Account Type must be")


def test_number_and_id_must_name_the_same_account(bc: Client) -> None:
    meals, travel = _id(bc, "62400"), _id(bc, "62100")
    assert bc.line(accountId=meals).status == 201
    refused = bc.line(lineNumber=2, accountId=travel)
    assert refused.message == "The account values do not match to a specific Account."


def test_an_unknown_account_id_is_refused(bc: Client) -> None:
    refused = bc.line(accountNumber=None, accountId=GONE)
    assert refused.message == 'The "accountId" does not match to an Account.'


def test_an_account_by_id_alone_is_taken(bc: Client) -> None:
    line = bc.line(accountNumber=None, accountId=_id(bc, "62400")).body
    assert line["accountNumber"] == "62400"


def test_a_vendors_id_leaves_the_line_without_an_account(bc: Client) -> None:
    vendor = _id(bc, "10010", "vendors")
    line = bc.line(accountType="Vendor", accountNumber=None, accountId=vendor)
    assert (line.status, line.body["accountNumber"]) == (201, "")
    assert line.body["accountId"] == NOBODY


def test_a_banks_id_is_refused(bc: Client) -> None:
    bank = _id(bc, "CHECKING", "bankAccounts")
    refused = bc.line(accountType="Bank Account", accountNumber=None, accountId=bank)
    assert refused.code == "Internal_InvalidTableRelation"


@pytest.mark.parametrize("number", ["60999", "66900", "60000", "10000", "19999"])
def test_unknown_blocked_heading_and_total_accounts_are_refused(bc: Client, number: str) -> None:
    refused = bc.line(accountNumber=number)
    assert (refused.status, refused.code) == (400, "Internal_InvalidTableRelation")


def test_an_account_without_direct_posting_is_refused(bc: Client) -> None:
    refused = bc.line(accountNumber="22000")
    assert refused.code == "Application_FieldValidationException"
    assert refused.message == (
        "Direct Posting must be equal to 'Yes' in G/L Account: No.=22000. Current value is 'No'."
    )


def test_a_blocked_bank_is_refused(bc: Client) -> None:
    refused = bc.line(accountType="Bank Account", accountNumber="OLD-BANK")
    assert refused.code == "Application_FieldValidationException"


def test_a_vendor_blocked_for_all_is_refused_and_one_blocked_for_payment_taken(
    bc: Client,
) -> None:
    refused = bc.line(accountType="Vendor", accountNumber="10080")
    assert refused.code == "Application_DialogException"
    assert refused.message == (
        "You cannot create this type of document when Vendor 10080 is blocked with type All"
    )
    bc.sandbox.change_vendor("10010", blocked="Payment")
    assert bc.line(accountType="Vendor", accountNumber="10010").status == 201
    bc.sandbox.change_vendor("10020", privacy_blocked=True)
    assert bc.line(lineNumber=2, accountType="Vendor", accountNumber="10020").status == 400


def test_what_posting_refuses_is_accepted_at_insert(bc: Client) -> None:
    bc.sandbox.allow_posting(date(2026, 9, 1), date(2026, 9, 30))
    bc.sandbox.set_default_dimension("62400", "DEPARTMENT", rule="Code Mandatory")
    assert bc.line(documentNumber="", amount=0).status == 201


def test_a_line_without_account_and_amount_is_accepted(bc: Client) -> None:
    assert bc.line(accountNumber=None, amount=None, description=None).status == 201


def test_an_approver_is_refused_a_sender_cancels_and_others_pass(bc: Client) -> None:
    bc.sandbox.request_approval("sam", ["connector"])
    refused = bc.line()
    assert (refused.status, refused.code) == (400, "Application_DialogException")
    assert bc.as_user("maria").line().status == 201
    assert bc.sandbox.journal().approval is not None
    assert bc.as_user("sam").line(lineNumber=2).status == 201
    assert bc.sandbox.journal().approval is None


def test_lines_under_approval_refuse_change_and_deletion(bc: Client) -> None:
    line = bc.line().id
    bc.sandbox.request_approval("sam", ["maria"])
    assert bc.patch(f"journalLines({line})", {"comment": "x"}).status == 400
    assert bc.delete(f"journalLines({line})").status == 400


# Tax codes: 2.3.7


def test_a_sales_tax_company_checks_the_tax_group(bc: Client) -> None:
    assert bc.line(taxCode="food").body["taxCode"] == "FOOD"
    refused = bc.line(lineNumber=2, taxCode="NOPE")
    assert refused.code == "Internal_InvalidTableRelation"


def test_a_tax_code_that_was_deleted_is_refused_by_a_sales_tax_company(bc: Client) -> None:
    bc.sandbox.delete_tax_group("food")
    assert bc.line(taxCode="FOOD").code == "Internal_InvalidTableRelation"


def test_a_vat_company_takes_any_code_and_fails_at_posting(bc: Client) -> None:
    _vat_company(bc)
    assert bc.line(taxCode="NOPE").body["taxCode"] == "NOPE"
    bc.line(lineNumber=2, accountNumber="10950", amount=-10)
    refused = bc.post(f"journals({bc.journal})/Microsoft.NAV.post")
    assert refused.message.startswith("The VAT Posting Setup does not exist.")


def test_a_batch_that_does_not_copy_vat_set_up_drops_the_code(bc: Client) -> None:
    _vat_company(bc)
    bc.sandbox.change_journal(copies_vat=False)
    assert bc.line(taxCode="FOOD").body["taxCode"] == ""


def test_an_account_after_the_tax_code_resets_it(bc: Client) -> None:
    _vat_company(bc)
    before = {"accountType": "G/L Account", "taxCode": "FOOD", "accountNumber": "62400"}
    body = before | {name: v for name, v in line_body().items() if name not in before}
    assert bc.post(bc.lines_path, body).body["taxCode"] == "TAXABLE"
    assert bc.line(lineNumber=2, taxCode="FOOD").body["taxCode"] == "FOOD"


def test_an_account_by_id_alone_loses_its_tax_set_up(bc: Client) -> None:
    _vat_company(bc)
    assert bc.line(lineNumber=1).body["taxCode"] == "TAXABLE"
    by_id = bc.line(lineNumber=2, accountNumber=None, accountId=_id(bc, "62400")).body
    assert by_id["taxCode"] == ""


def test_posting_splits_vat_out_of_an_account_that_was_sent_by_number(bc: Client) -> None:
    _vat_company(bc)
    bc.line(amount=12)
    bc.line(lineNumber=2, accountNumber="10950", amount=-12)
    bc.sandbox.post()
    amounts = [
        (row["accountNumber"], row["debitAmount"], row["creditAmount"])
        for row in bc.get("generalLedgerEntries").value
    ]
    assert amounts == [("10950", 0, 12), ("62400", 10, 0), ("24000", 2, 0)]


def test_groups_without_a_posting_type_fail_at_posting(bc: Client) -> None:
    _vat_company(bc)
    bc.sandbox.change_account("62400", posting_type="")
    bc.line()
    bc.line(lineNumber=2, accountNumber="10950", amount=-10)
    refused = bc.post(f"journals({bc.journal})/Microsoft.NAV.post")
    assert "must either be of type Purchase or Sale" in refused.message


def _vat_company(bc: Client) -> None:
    bc.sandbox.switch(company_kind="vat")
    bc.sandbox.change_account(
        "62400", posting_type="Purchase", vat_business="DOMESTIC", vat_product="TAXABLE"
    )
