"""Contract 2.3.1 to 2.3.3 and 2.3.9: addresses, properties and visibility of lines."""

from decimal import Decimal

import pytest

from business_central_client import GONE, NOBODY, Client, line_body


def test_a_line_is_created_below_its_journal(bc: Client) -> None:
    created = bc.line(amount=Decimal("-48.37"), accountNumber="10950")
    assert created.status == 201
    assert created.body["lineNumber"] == 700010
    assert created.body["journalDisplayName"] == "PEX CARD"
    assert created.body["accountType"] == "G_x002F_L_x0020_Account"
    assert created.body["amount"] == Decimal("-48.37")
    assert created.body["balancingAccountId"] == NOBODY
    assert created.headers["location"].endswith(f"journalLines({created.id})")


def test_a_line_is_created_at_the_top_with_its_journal_in_the_body(bc: Client) -> None:
    created = bc.post("journalLines", {"journalId": bc.journal} | line_body())
    assert (created.status, created.body["journalId"]) == (201, bc.journal)


def test_the_members_come_in_the_contracts_order(bc: Client) -> None:
    names = [name for name in bc.line().body if not name.startswith("@")]
    assert names[:9] == [
        "id",
        "journalId",
        "journalDisplayName",
        "lineNumber",
        "accountType",
        "accountId",
        "accountNumber",
        "postingDate",
        "documentNumber",
    ]


def test_reading_or_creating_without_a_journal_is_refused(bc: Client) -> None:
    words = "You must specify a journal batch ID or a journal ID to get a journal line."
    for refused in (
        bc.get("journalLines"),
        bc.get("journalLines", filter="documentNumber eq 'X'"),
        bc.post("journalLines", line_body()),
    ):
        assert (refused.status, refused.code) == (400, "Application_DialogException")
        assert refused.message == words


def test_lines_are_listed_by_a_filter_on_the_journal_or_the_id(bc: Client) -> None:
    line = bc.line().id
    by_journal = bc.get("journalLines", filter=f"journalId eq {bc.journal}").value
    assert [row["id"] for row in by_journal] == [line]
    by_id = bc.get("journalLines", filter=f"id eq {line}").value
    assert [row["id"] for row in by_id] == [line]


def test_a_line_is_reached_alone_and_below_its_journal(bc: Client) -> None:
    line = bc.line().id
    assert bc.get(f"journalLines({line})").id == line
    assert bc.get(f"{bc.lines_path}({line})").id == line
    other = bc.post("journals", {"code": "OTHER"}).id
    assert bc.get(f"journals({other})/journalLines({line})").status == 404


def test_an_unknown_journal_is_not_found(bc: Client) -> None:
    assert bc.post(f"journals({GONE})/journalLines", line_body()).status == 404
    refused = bc.post("journalLines", {"journalId": GONE} | line_body())
    assert (refused.status, refused.code) == (404, "Internal_RecordNotFound")
    assert bc.get(f"journals({GONE})/journalLines").status == 404


def test_an_id_from_the_caller_is_ignored(bc: Client) -> None:
    assert bc.post(bc.lines_path, {"id": GONE} | line_body()).id != GONE


def test_the_journals_name_cannot_be_written(bc: Client) -> None:
    words = "The Journal Batch Display Name isn't editable."
    refused = bc.post(bc.lines_path, line_body(journalDisplayName="PEX CARD"))
    assert (refused.status, refused.message) == (400, words)
    line = bc.line().id
    assert bc.patch(f"journalLines({line})", {"journalDisplayName": "X"}).message == words


def test_a_line_cannot_move_to_another_journal(bc: Client) -> None:
    line = bc.line().id
    refused = bc.patch(f"journalLines({line})", {"journalId": GONE})
    assert refused.message == "The Journal Batch Id isn't editable."
    assert bc.patch(f"journalLines({line})", {"journalId": bc.journal}).status == 200


def test_the_time_of_change_is_read_only_and_an_unknown_property_refused(bc: Client) -> None:
    read_only = bc.post(bc.lines_path, line_body(lastModifiedDateTime="2026-01-01T00:00:00Z"))
    assert read_only.code == "BadRequest_InvalidOperation"
    unknown = bc.post(bc.lines_path, line_body(currencyCode="USD"))
    assert (unknown.status, unknown.code) == (400, "BadRequest")


def test_a_patch_of_the_line_number_renames_the_row(bc: Client) -> None:
    line = bc.line().id
    bc.line(lineNumber=700020)
    assert bc.patch(f"journalLines({line})", {"lineNumber": 700015}).id == line
    refused = bc.patch(f"journalLines({line})", {"lineNumber": 700020})
    assert refused.code == "Internal_EntityWithSameKeyExists"


def test_setting_the_account_type_clears_the_account(bc: Client) -> None:
    line = bc.line().id
    changed = bc.patch(f"journalLines({line})", {"accountType": "Vendor"}).body
    assert (changed["accountType"], changed["accountNumber"]) == ("Vendor", "")


def test_another_account_replaces_its_name_but_nobodys_own_words(bc: Client) -> None:
    named, worded = bc.line(description=None).id, bc.line(lineNumber=2, description="mine").id
    move = {"accountNumber": "62100"}
    assert bc.patch(f"journalLines({named})", move).body["description"] == "Travel"
    assert bc.patch(f"journalLines({worded})", move).body["description"] == "mine"


@pytest.mark.parametrize(
    ("account_type", "number"),
    [("Customer", "C00010"), ("Vendor", "10010"), ("Bank Account", "CHECKING")],
)
def test_lines_of_the_first_four_types_are_visible(
    bc: Client, account_type: str, number: str
) -> None:
    bc.line(accountType=account_type, accountNumber=number)
    assert [line["accountNumber"] for line in bc.lines()] == [number]


def test_lines_with_a_document_type_or_a_rare_account_type_are_invisible_but_there(
    bc: Client,
) -> None:
    hidden = bc.sandbox.add_line(document_type="Payment", account_number="62400", amount=Decimal(1))
    bc.sandbox.add_line(account_type="Employee")
    assert bc.lines() == []
    assert bc.get(f"journalLines({hidden.id})").status == 404
    refused = bc.line(lineNumber=hidden.number)
    assert refused.code == "Internal_EntityWithSameKeyExists"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("accountType", "Nonsense", "Unknown"),
        ("accountId", "not-a-guid", "Application_InvalidGUID"),
        ("postingDate", "14.08.2026", "BadRequest"),
        ("postingDate", "2026-02-30", "BadRequest"),
        ("amount", "48.37", "BadRequest"),
        ("lineNumber", 2**31, "BadRequest"),
        ("lineNumber", True, "BadRequest"),
        ("description", "x" * 101, "Application_StringExceededLength"),
        ("comment", "x" * 251, "Application_StringExceededLength"),
        ("documentNumber", "x" * 21, "Application_StringExceededLength"),
        ("externalDocumentNumber", "x" * 36, "Application_StringExceededLength"),
        ("description", 5, "BadRequest"),
    ],
)
def test_values_that_do_not_fit_are_refused(
    bc: Client, field: str, value: object, code: str
) -> None:
    refused = bc.post(bc.lines_path, line_body(**{field: value}))
    assert (refused.status, refused.code) == (400, code)
    assert bc.lines() == []


def test_codes_are_trimmed_and_in_upper_case_while_texts_are_kept(bc: Client) -> None:
    line = bc.line(
        documentNumber=" pex-1-x1 ", externalDocumentNumber="pex1", description="aB"
    ).body
    assert line["documentNumber"] == "PEX-1-X1"
    assert line["externalDocumentNumber"] == "PEX1"
    assert line["description"] == "aB"


def test_an_amount_is_rounded_to_the_cent(bc: Client) -> None:
    assert bc.line(amount=Decimal("1.005")).body["amount"] == Decimal("1.01")
    assert bc.line(lineNumber=2, amount=Decimal("-1.005")).body["amount"] == Decimal("-1.01")


def test_a_patch_needs_a_match_and_answers_the_row(bc: Client) -> None:
    line = bc.line()
    changed = bc.patch(f"journalLines({line.id})", {"amount": Decimal("11.00")}, line.etag)
    assert (changed.status, changed.body["amount"]) == (200, Decimal("11.00"))
    assert changed.etag != line.etag


def test_a_delete_answers_204_and_leaves_the_incoming_document(bc: Client) -> None:
    line = bc.line().id
    bc.post(f"journalLines({line})/attachments", {"fileName": "a.pdf"})
    assert bc.delete(f"journalLines({line})").status == 204
    assert bc.get(f"journalLines({line})").status == 404
    assert bc.sandbox.dump()["companies"][0]["incomingDocuments"] == 1


def test_a_line_scheduled_for_posting_cannot_be_changed_or_deleted(bc: Client) -> None:
    line = bc.line().id
    bc.sandbox.schedule_posting()
    assert bc.patch(f"journalLines({line})", {"comment": "x"}).status == 400
    assert bc.delete(f"journalLines({line})").status == 400
    assert len(bc.lines()) == 1


def test_a_line_can_be_read_with_its_dimensions_and_files(bc: Client) -> None:
    line = bc.line().id
    bc.post(f"journalLines({line})/dimensionSetLines", {"code": "CLASS", "valueCode": "GEN"})
    bc.post(f"journalLines({line})/attachments", {"fileName": "a.pdf"})
    (found,) = bc.lines(expand="dimensionSetLines($select=code,valueCode),attachments")
    assert [(row["code"], row["valueCode"]) for row in found["dimensionSetLines"]] == [
        ("CLASS", "GEN")
    ]
    assert "displayName" not in found["dimensionSetLines"][0]
    assert [row["fileName"] for row in found["attachments"]] == ["a.pdf"]
