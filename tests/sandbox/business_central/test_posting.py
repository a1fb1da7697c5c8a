"""Contract 2.3.8 and 6.3 to 6.5: what happens, and fails, when the user posts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from business_central_client import Client
from sandbox.business_central.numbers import incremented
from sandbox.business_central.refusals import Refusal

D = "PEX-918273645-X1"


def _entry(bc: Client, **fields: Any) -> None:
    """A balanced two-line entry."""
    bc.line(**fields)
    bc.line(**fields | {"lineNumber": 700020, "accountNumber": "10950", "amount": -10})


def _refusal(bc: Client) -> str:
    before = bc.sandbox.dump()
    refused = bc.post(f"journals({bc.journal})/Microsoft.NAV.post")
    assert refused.status == 400
    assert bc.sandbox.dump() == before, "a failed posting must change nothing"
    return refused.message


def _entries(bc: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bc.sandbox.dump()["companies"][0]["entries"]
    return found


def test_posting_moves_numbers_texts_and_dimensions_to_the_ledger(bc: Client) -> None:
    bc.sandbox.set_default_dimension("62400", "CLASS", "GEN")
    _entry(bc, comment="lunch")
    assert bc.sandbox.post() == 2
    debit, credit = _entries(bc)
    assert (debit["accountNumber"], debit["amount"]) == ("62400", Decimal(10))
    assert (credit["accountNumber"], credit["amount"]) == ("10950", Decimal(-10))
    for entry in (debit, credit):
        assert entry["documentNumber"] == D
        assert entry["externalDocumentNumber"] == "PEX918273645"
        assert entry["description"].endswith("PEX 918273645")
        assert entry["comment"] == "lunch"
        assert entry["postingDate"] == date(2026, 8, 14)
    assert debit["dimensions"] == {"CLASS": "GEN"}


def test_posting_deletes_the_lines_and_leaves_the_phantom(bc: Client) -> None:
    _entry(bc)
    bc.sandbox.post()
    (phantom,) = bc.lines()
    assert phantom["lineNumber"] == 10000
    assert phantom["documentNumber"] == "PEX-918273645-X2"
    assert phantom["postingDate"] == "2026-08-14"
    assert phantom["accountNumber"] == phantom["externalDocumentNumber"] == ""
    assert (phantom["amount"], phantom["description"]) == (0, "")
    assert bc.line(lineNumber=10000).code == "Internal_EntityWithSameKeyExists"


def test_the_phantom_is_skipped_by_the_next_posting(bc: Client) -> None:
    _entry(bc)
    bc.sandbox.post()
    assert _refusal(bc) == "There is nothing to post."
    _entry(bc)
    assert bc.sandbox.post() == 2


def test_a_journal_with_a_number_series_leaves_no_phantom(bc: Client) -> None:
    bc.sandbox.set_series(series="GJNL")
    _entry(bc, documentNumber="G00101")
    bc.sandbox.post()
    assert bc.lines() == []


def test_a_number_series_needs_its_own_or_manual_numbers(bc: Client) -> None:
    bc.sandbox.set_series(series="GJNL")
    _entry(bc)
    assert _refusal(bc).startswith("You may not enter numbers manually.")
    bc.sandbox.add_series("GJNL", "G00100", manual=True)
    assert bc.sandbox.post() == 2
    assert {entry["documentNumber"] for entry in _entries(bc)} == {D}


def test_a_posting_series_replaces_the_document_number_and_keeps_the_rest(bc: Client) -> None:
    bc.sandbox.set_series(posting_series="GJNL")
    _entry(bc)
    bc.line(lineNumber=3, documentNumber="OTHER")
    bc.line(lineNumber=4, documentNumber="OTHER", amount=-10)
    bc.sandbox.post()
    numbers = {entry["lineNumber"]: entry["documentNumber"] for entry in _entries(bc)}
    assert numbers[3] == numbers[4] != numbers[700010] == numbers[700020]
    assert set(numbers.values()) == {"G00101", "G00102"}
    assert {entry["externalDocumentNumber"] for entry in _entries(bc)} == {"PEX918273645"}


def test_files_follow_a_replaced_document_number(bc: Client) -> None:
    bc.sandbox.set_series(posting_series="GJNL")
    _entry(bc)
    line = bc.lines()[1]["id"]
    bc.post(f"journalLines({line})/attachments", {"fileName": "a.pdf"})
    bc.sandbox.post()
    assert all(len(entry["attachments"]) == 1 for entry in _entries(bc))


def test_bank_and_vendor_lines_land_on_their_posting_groups_accounts(bc: Client) -> None:
    bc.line(accountType="Vendor", accountNumber="10010")
    bc.line(lineNumber=2, accountType="Bank Account", accountNumber="CHECKING", amount=-10)
    bc.sandbox.post()
    assert {entry["accountNumber"] for entry in _entries(bc)} == {"22000", "10100"}
    assert "CHECKING" not in bc.get("generalLedgerEntries").raw.decode()


def test_a_pair_on_a_vendor_that_cancels_out_is_posted_and_stays_open(bc: Client) -> None:
    bc.line(accountType="Vendor", accountNumber="10010")
    bc.line(lineNumber=2, accountType="Vendor", accountNumber="10010", amount=-10)
    bc.sandbox.post()
    entries = bc.sandbox.dump()["companies"][0]["vendorEntries"]
    assert sorted(entry["amount"] for entry in entries) == [-10, 10]
    vendor = bc.get("vendors", filter="number eq '10010'").value[0]
    assert vendor["balance"] == 0
    refused = bc.delete(f"vendors({vendor['id']})")
    assert refused.status == 400


def test_a_double_is_posted_without_complaint(bc: Client) -> None:
    for _ in range(2):
        _entry(bc, accountType="G/L Account")
        bc.sandbox.post()
    assert len(_entries(bc)) == 4


def test_the_batchs_balancing_account_double_posts_two_line_entries(bc: Client) -> None:
    bc.sandbox.set_balancing_account("10100")
    _entry(bc)
    assert bc.sandbox.post() == 4


def test_a_line_with_its_own_balancing_account_balances_alone(bc: Client) -> None:
    bc.line(balanceAccountType="G/L Account", balancingAccountNumber="10950")
    assert bc.sandbox.post() == 2


def test_other_peoples_and_invisible_lines_are_posted_too(bc: Client) -> None:
    _entry(bc)
    for number, amount in ((50, 5), (60, -5)):
        bc.sandbox.add_line(
            number=number,
            document_type="Payment",
            document_number="P1",
            account_number="62100",
            amount=Decimal(amount),
        )
    assert bc.sandbox.post() == 4


def test_a_date_outside_the_allowed_range_fails_the_whole_posting(bc: Client) -> None:
    _entry(bc)
    bc.sandbox.allow_posting(date(2026, 8, 15))
    assert _refusal(bc).startswith("Posting Date is not within your range of allowed posting dates")
    bc.sandbox.allow_posting(last=date(2026, 8, 13))
    assert "range of allowed" in _refusal(bc)
    bc.sandbox.allow_posting(date(2026, 8, 14), date(2026, 8, 14))
    assert bc.sandbox.post() == 2


def test_documents_must_balance_by_number_and_date(bc: Client) -> None:
    bc.line()
    bc.line(lineNumber=2, accountNumber="10950", amount=-10, postingDate="2026-08-13")
    assert _refusal(bc).startswith(f"Document No. {D} is out of balance by -10.00")
    bc.sandbox.change_template("GENERAL", force_balance=False)
    assert bc.sandbox.post() == 2


def test_lines_in_different_currencies_do_not_balance(bc: Client) -> None:
    bc.line()
    bc.line(lineNumber=2, accountType="Bank Account", accountNumber="EURO", amount=-10)
    assert "in currency" in _refusal(bc)


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"documentNumber": ""}, "Document No."),
        ({"amount": 0}, "Amount"),
        ({"accountNumber": None}, "Account No."),
    ],
)
def test_blank_document_amount_and_account_fail(
    bc: Client, fields: dict[str, Any], missing: str
) -> None:
    bc.line(**fields)
    assert _refusal(bc).startswith(f"{missing} must have a value")


def test_an_account_blocked_after_the_insert_fails(bc: Client) -> None:
    _entry(bc)
    bc.sandbox.change_account("62400", blocked=True)
    assert "G/L Account" in _refusal(bc)


@pytest.mark.parametrize("fields", [{"blocked": True}, {"type": "Heading"}])
def test_blocked_and_heading_dimension_values_fail(bc: Client, fields: dict[str, Any]) -> None:
    bc.sandbox.change_dimension_value("CLASS", "GEN", **fields)
    _entry(bc, dimensionSetLines=[{"code": "CLASS", "valueCode": "GEN"}])
    assert _refusal(bc).startswith("Dimension CLASS or its value GEN is blocked")


@pytest.mark.parametrize(
    ("value", "rule", "words"),
    [
        ("", "Code Mandatory", "Select a Dimension Value Code"),
        ("ADM", "Same Code", "does not have the value"),
    ],
)
def test_dimension_rules_of_an_account_fail(bc: Client, value: str, rule: str, words: str) -> None:
    _entry(bc)
    bc.sandbox.set_default_dimension("62400", "DEPARTMENT", value, rule)
    assert words in _refusal(bc)


def test_a_forbidden_combination_of_dimensions_fails(bc: Client) -> None:
    bc.sandbox.forbid_combination("CLASS", "LOCATION")
    _entry(
        bc,
        dimensionSetLines=[
            {"code": "CLASS", "valueCode": "GEN"},
            {"code": "LOCATION", "valueCode": "BOSTON"},
        ],
    )
    assert "can't be used concurrently" in _refusal(bc)


def test_scheduled_lines_stay_until_the_job_runs(bc: Client) -> None:
    _entry(bc)
    bc.sandbox.schedule_posting()
    assert len(bc.lines()) == 2
    bc.sandbox.post()
    assert len(_entries(bc)) == 2


def test_a_journal_whose_name_counts_up_comes_back_with_a_new_id(bc: Client) -> None:
    bc.sandbox.change_template("GENERAL", increment_name=True)
    old = bc.journal
    _entry(bc)
    bc.sandbox.post()
    assert bc.journal == old, "PEX CARD has no digits"
    bc.sandbox.change_journal(code="PEX 9")
    _entry_in(bc, old)
    bc.post(f"journals({old})/Microsoft.NAV.post")
    (renamed,) = bc.get("journals", filter="code eq 'PEX 10'").value
    assert renamed["id"] != old
    assert bc.get(f"journals({old})").status == 404
    lines = bc.get(f"journals({renamed['id']})/journalLines").value
    assert [line["lineNumber"] for line in lines] == [10000]


def _entry_in(bc: Client, journal: str) -> None:
    for number, amount in ((1, 10), (2, -10)):
        body = {"lineNumber": number, "accountNumber": "62400", "documentNumber": "A1"}
        bc.post(f"journals({journal})/journalLines", body | {"amount": amount})


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("PEX-918273645", "PEX-918273646"),
        ("PEX-918273645-X1", "PEX-918273645-X2"),
        ("G00199", "G00200"),
        ("A9", "A10"),
        ("A9B", "A10B"),
        ("A1-2B", "A1-3B"),
        ("NODIGITS", ""),
        ("", ""),
        ("-5", "-4"),
        ("NO -1", "NO 0"),
    ],
)
def test_document_numbers_count_up_by_their_last_digits(text: str, following: str) -> None:
    assert incremented(text) == following


def test_the_plain_method_refuses_as_the_action_does(bc: Client) -> None:
    with pytest.raises(Refusal, match="nothing to post"):
        bc.sandbox.post()
