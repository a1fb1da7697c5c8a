"""Contract 2.4, 2.5, 2.7, 2.8 and 2.11: charts, banks, dimensions, set-up and ledger entries."""

from datetime import date
from decimal import Decimal

import pytest

from business_central_client import GONE, NOBODY, Client


@pytest.mark.parametrize(
    "entity",
    [
        "accounts",
        "dimensions",
        "dimensionValues",
        "companyInformation",
        "generalLedgerSetup",
        "accountingPeriods",
        "generalLedgerEntries",
    ],
)
def test_read_only_sets_answer_405_to_every_write(bc: Client, entity: str) -> None:
    for refused in (
        bc.post(entity, {}),
        bc.patch(f"{entity}({GONE})", {}),
        bc.delete(f"{entity}({GONE})"),
    ):
        assert (refused.status, refused.code) == (405, "BadRequest_MethodNotAllowed")


def test_accounts_show_what_makes_them_usable(bc: Client) -> None:
    query = "blocked eq false and directPosting eq true"
    usable = {row["number"] for row in bc.get("accounts", filter=query).value}
    assert "62400" in usable
    assert not usable & {"10000", "22000", "66900"}


def test_enums_of_accounts_are_encoded(bc: Client) -> None:
    (row,) = bc.get("accounts", filter="number eq '10000'").value
    assert row["accountType"] == "Begin_x002D_Total"
    bc.sandbox.change_account("10000", category="")
    (row,) = bc.get("accounts", filter="number eq '10000'").value
    assert row["category"] == "_x0020_"


def test_an_accounts_net_change_is_the_sum_of_its_entries(bc: Client) -> None:
    bc.line()
    bc.line(lineNumber=2, accountNumber="10950", amount=-10)
    bc.sandbox.post()
    (row,) = bc.get("accounts", filter="number eq '10950'", select="netChange").value
    assert row["netChange"] == Decimal(-10)


def test_a_bank_in_the_companys_currency_shows_its_code(bc: Client) -> None:
    banks = {row["number"]: row for row in bc.get("bankAccounts").value}
    assert banks["CHECKING"]["currencyCode"] == "USD"
    assert banks["CHECKING"]["currencyId"] == NOBODY
    assert banks["EURO"]["currencyCode"] == "EUR"
    assert banks["EURO"]["currencyId"] != NOBODY
    assert banks["OLD-BANK"]["blocked"] is True


def test_dimension_values_are_reached_through_their_dimension_and_by_filter(bc: Client) -> None:
    (dimension,) = bc.get("dimensions", filter="code eq 'CLASS'").value
    nested = bc.get(f"dimensions({dimension['id']})/dimensionValues").value
    filtered = bc.get("dimensionValues", filter=f"dimensionId eq {dimension['id']}").value
    assert [row["code"] for row in nested] == ["GEN", "GRANT-A", "GRANT-B"]
    assert nested == filtered


def test_dimensions_expand_their_values(bc: Client) -> None:
    query = "dimensionValues($select=code;$filter=startswith(code,'GRANT'))"
    (row,) = bc.get("dimensions", filter="code eq 'CLASS'", expand=query).value
    assert [value["code"] for value in row["dimensionValues"]] == ["GRANT-A", "GRANT-B"]


def test_blocked_and_heading_values_are_listed_like_others(bc: Client) -> None:
    bc.sandbox.change_dimension_value("CLASS", "GEN", blocked=True)
    bc.sandbox.change_dimension_value("CLASS", "GRANT-A", type="Heading")
    (row,) = bc.get("dimensionValues", filter="code eq 'GEN'").value
    assert not {"blocked", "dimensionValueType"} & set(row)
    assert len(bc.get("dimensionValues", filter="startswith(code,'GRANT')").value) == 2


def test_a_value_code_is_unique_within_its_dimension_only(bc: Client) -> None:
    bc.sandbox.add_dimension_values("LOCATION", [{"code": "GEN", "name": "General area"}])
    assert len(bc.get("dimensionValues", filter="code eq 'GEN'").value) == 2


def test_the_ledger_set_up_names_currency_range_and_shortcut_dimensions(bc: Client) -> None:
    (set_up,) = bc.get("generalLedgerSetup").value
    assert set_up["localCurrencyCode"] == "USD"
    assert set_up["allowPostingFrom"] == set_up["allowPostingTo"] == "0001-01-01"
    assert set_up["shortcutDimension1Code"] == "DEPARTMENT"
    assert set_up["shortcutDimension8Code"] == ""
    bc.sandbox.allow_posting(date(2026, 8, 1), date(2026, 8, 31))
    assert bc.get("generalLedgerSetup").value[0]["allowPostingFrom"] == "2026-08-01"


def test_the_accounting_periods_tell_which_are_closed(bc: Client) -> None:
    closed = bc.get("accountingPeriods", filter="closed eq true").value
    assert {row["startingDate"][:4] for row in closed} == {"2025"}
    (new_year,) = bc.get("accountingPeriods", filter="startingDate eq 2026-01-01").value
    assert new_year["newFiscalYear"] is True


def test_ledger_entries_show_no_external_number_journal_or_comment(bc: Client) -> None:
    bc.line(comment="lunch")
    bc.line(lineNumber=2, accountNumber="10950", amount=-10)
    bc.sandbox.post()
    (entry,) = bc.get("generalLedgerEntries", filter="accountNumber eq '62400'").value
    assert entry["documentNumber"] == "PEX-918273645-X1"
    assert entry["debitAmount"] == Decimal(10)
    assert entry["creditAmount"] == Decimal(0)
    assert not {"externalDocumentNumber", "comment", "journalBatchName"} & set(entry)
    missing = bc.get("generalLedgerEntries", filter="externalDocumentNumber eq 'PEX918273645'")
    assert (missing.status, missing.code) == (400, "BadRequest")


def test_ledger_entries_are_found_by_document_and_date_or_by_text(bc: Client) -> None:
    bc.line()
    bc.line(lineNumber=2, accountNumber="10950", amount=-10)
    bc.sandbox.post()
    by_document = "documentNumber eq 'PEX-918273645-X1' and postingDate eq 2026-08-14"
    by_text = "postingDate ge 2026-08-01 and contains(description,'PEX 918273645')"
    for text, found in ((by_document, 2), (by_text, 2), (by_text.replace("45'", "46'"), 0)):
        assert len(bc.get("generalLedgerEntries", filter=text).value) == found
