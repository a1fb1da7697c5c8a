"""Contract 2.10: receipts as files of incoming documents."""

from typing import Any

import pytest

from business_central_client import GONE, NOBODY, Client

PDF = b"%PDF-1.7 receipt"


@pytest.fixture
def line(bc: Client) -> str:
    return bc.line(accountNumber="10950", amount=-10).id


def _attach(bc: Client, line: str, name: str = "PEX-918273645-1.pdf") -> Any:
    body = {"parentId": line, "parentType": "Journal", "fileName": name}
    return bc.post("attachments", body)


def _content(attachment: str) -> str:
    return f"attachments({attachment})/attachmentContent"


def test_a_file_is_created_empty_and_names_its_parent_and_content(bc: Client, line: str) -> None:
    created = _attach(bc, line)
    assert created.status == 201
    assert created.body["parentId"] == line
    assert created.body["parentType"] == "Journal"
    assert created.body["byteSize"] == 0
    assert "attachmentContent" not in created.body
    for link in ("mediaEditLink", "mediaReadLink"):
        assert created.body[f"attachmentContent@odata.{link}"].endswith(_content(created.id))


def test_the_content_is_patched_with_204_and_read_back(bc: Client, line: str) -> None:
    attachment = _attach(bc, line).id
    put = bc.patch(_content(attachment), PDF)
    assert (put.status, put.raw) == (204, b"")
    assert bc.get(f"attachments({attachment})").body["byteSize"] == len(PDF)
    assert bc.get(_content(attachment)).raw == PDF


def test_content_can_be_replaced_and_needs_a_match_and_a_type(bc: Client, line: str) -> None:
    path = _content(_attach(bc, line).id)
    bc.patch(path, PDF)
    assert bc.patch(path, b"other").status == 204
    assert bc.get(path).raw == b"other"
    assert bc.patch(path, PDF, match="").code == "BadRequest_InvalidToken"
    assert bc.patch(path, PDF, headers={"content-type": "application/json"}).status == 415


def test_a_file_is_created_below_its_line_too(bc: Client, line: str) -> None:
    created = bc.post(f"journalLines({line})/attachments", {"fileName": "a.png"})
    assert (created.status, created.body["parentId"]) == (201, line)


def test_files_are_listed_below_the_line_and_by_filter(bc: Client, line: str) -> None:
    _attach(bc, line, "a.pdf")
    _attach(bc, line, "a.pdf")
    query = f"parentId eq {line} and parentType eq 'Journal'"
    by_filter = bc.get("attachments", filter=query).value
    assert [row["fileName"] for row in by_filter] == ["a.pdf", "a.pdf"]
    assert bc.get(f"journalLines({line})/attachments").value == by_filter


def test_listing_for_a_parent_that_is_gone_is_an_error(bc: Client) -> None:
    for refused in (
        bc.get(f"journalLines({GONE})/attachments"),
        bc.get("attachments", filter=f"parentId eq {GONE} and parentType eq 'Journal'"),
    ):
        assert (refused.status, refused.message) == (400, "Document type is not valid.")
    assert bc.get("attachments").status == 400


def test_a_rename_keeps_content_and_link(bc: Client, line: str) -> None:
    attachment = _attach(bc, line).id
    bc.patch(_content(attachment), PDF)
    renamed = bc.patch(f"attachments({attachment})", {"fileName": "new.pdf"}).body
    assert (renamed["fileName"], renamed["byteSize"]) == ("new.pdf", len(PDF))
    assert renamed["parentId"] == line


def test_the_parent_cannot_be_changed(bc: Client, line: str) -> None:
    refused = bc.patch(f"attachments({_attach(bc, line).id})", {"parentId": GONE})
    assert refused.status == 400
    assert refused.message == "You cannot change the value of the key field parentId."


def test_the_size_is_read_only_and_content_has_its_own_address(bc: Client, line: str) -> None:
    attachment = _attach(bc, line).id
    assert bc.patch(f"attachments({attachment})", {"byteSize": 3}).status == 400
    body = {"parentId": line, "parentType": "Journal", "fileName": "a", "attachmentContent": "eA=="}
    assert bc.post("attachments", body).status == 400


@pytest.mark.parametrize("name", ["", ".pdf", "a:b.pdf", "a/b.pdf", 'a"b.pdf'])
def test_an_invalid_or_empty_name_becomes_filename_txt(bc: Client, line: str, name: str) -> None:
    assert _attach(bc, line, name).body["fileName"] == "filename.txt"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", "Image"),
        ("a.JPEG", "Image"),
        ("a.pdf", "PDF"),
        ("a.docx", "Word"),
        ("a.heic", "Other"),
        ("a.webp", "Other"),
        ("a.txt", "Other"),
        ("no-extension", "Other"),
    ],
)
def test_the_extension_decides_the_kind(bc: Client, line: str, name: str, kind: str) -> None:
    assert _attach(bc, line, name).body["fileName"] == name
    assert _files(bc)[0]["kind"] == kind


def test_the_first_file_makes_the_incoming_document_and_changes_the_line(bc: Client) -> None:
    line = bc.line()
    _attach(bc, line.id)
    assert bc.sandbox.dump()["companies"][0]["incomingDocuments"] == 1
    assert bc.patch(f"journalLines({line.id})", {"comment": "x"}, line.etag).status == 409
    assert [file["main"] for file in _files(bc)] == [True]


def test_deleting_the_main_file_promotes_another_and_the_last_the_document(
    bc: Client, line: str
) -> None:
    first, second = _attach(bc, line).id, _attach(bc, line, "b.pdf").id
    assert [file["main"] for file in _files(bc)] == [True, False]
    assert bc.delete(f"attachments({first})").status == 204
    assert [(file["fileName"], file["main"]) for file in _files(bc)] == [("b.pdf", True)]
    bc.delete(f"attachments({second})")
    assert bc.sandbox.dump()["companies"][0]["incomingDocuments"] == 0
    assert bc.get(f"journalLines({line})/attachments").value == []


@pytest.mark.parametrize(
    "body",
    [
        {"parentId": GONE, "parentType": "Journal", "fileName": "a.pdf"},
        {"parentId": "line", "fileName": "a.pdf"},
    ],
)
def test_a_lost_or_untyped_parent_makes_an_unlinked_file(
    bc: Client, line: str, body: dict[str, str]
) -> None:
    body = body | {"parentId": line} if body["parentId"] == "line" else body
    created = bc.post("attachments", body)
    assert created.status == 201
    assert created.body["parentId"] == NOBODY
    assert created.body["parentType"] == "_x0020_"
    assert bc.get(f"attachments({created.id})").status == 404
    assert bc.delete(f"attachments({created.id})").status == 404
    assert len(bc.sandbox.dump()["companies"][0]["unlinkedAttachments"]) == 1
    assert bc.get(f"journalLines({line})/attachments").value == []


def test_no_parent_at_all_makes_a_free_incoming_document(bc: Client) -> None:
    created = bc.post("attachments", {"fileName": "a.pdf"})
    assert (created.status, created.body["parentId"]) == (201, NOBODY)
    assert bc.get(f"attachments({created.id})").status == 200


@pytest.mark.parametrize("kind", ["Vendor", "Customer", "Employee", "Item", "Job"])
def test_other_kinds_of_parents_are_sent_to_the_other_interface(bc: Client, kind: str) -> None:
    refused = bc.post("attachments", {"parentId": GONE, "parentType": kind, "fileName": "a"})
    assert refused.message == (
        f"Parent type {kind} is not supported. Use documentAttachments API instead."
    )


def test_the_other_interface_knows_no_journals(bc: Client, line: str) -> None:
    body = {"parentId": line, "parentType": "Journal", "fileName": "a.pdf"}
    refused = bc.post("documentAttachments", body)
    assert refused.message == "The selected Document type Journal is not supported."


def test_files_may_be_nested_in_a_new_line(bc: Client) -> None:
    line = bc.line(attachments=[{"fileName": "a.pdf"}, {"fileName": "b.pdf"}]).id
    found = bc.get(f"journalLines({line})/attachments").value
    assert [row["fileName"] for row in found] == ["a.pdf", "b.pdf"]


def test_after_posting_every_entry_of_the_document_lists_the_files(bc: Client, line: str) -> None:
    bc.patch(_content(_attach(bc, line).id), PDF)
    bc.line(lineNumber=700020)
    bc.sandbox.post()
    entries = bc.get("generalLedgerEntries", expand="attachments").value
    assert len(entries) == 2
    for entry in entries:
        (file,) = bc.get(f"generalLedgerEntries({entry['id']})/attachments").value
        assert (file["byteSize"], file["parentId"]) == (len(PDF), entry["id"])
        assert entry["attachments"][0]["id"] == file["id"]


def test_of_two_incoming_documents_only_the_first_stays_reachable(bc: Client, line: str) -> None:
    debit = bc.line(lineNumber=700020).id
    _attach(bc, debit, "debit.pdf")
    _attach(bc, line, "credit.pdf")
    bc.sandbox.post()
    for entry in bc.get("generalLedgerEntries").value:
        found = bc.get(f"generalLedgerEntries({entry['id']})/attachments").value
        assert [file["fileName"] for file in found] == ["debit.pdf"]


def test_a_late_receipt_goes_to_a_ledger_entry(bc: Client, line: str) -> None:
    bc.line(lineNumber=700020)
    bc.sandbox.post()
    entry = bc.get("generalLedgerEntries").value[0]["id"]
    created = _attach(bc, entry, "late.pdf")
    assert (created.status, created.body["parentId"]) == (201, entry)
    assert _attach(bc, line).body["parentId"] == NOBODY
    for row in bc.get("generalLedgerEntries", expand="attachments").value:
        assert [file["fileName"] for file in row["attachments"]] == ["late.pdf"]


def test_a_late_receipt_answers_with_the_entry_it_was_sent_for(bc: Client, line: str) -> None:
    bc.line(lineNumber=700020)
    bc.sandbox.post()
    for entry in bc.get("generalLedgerEntries").value:
        assert _attach(bc, entry["id"]).body["parentId"] == entry["id"]


def _files(bc: Client) -> list[dict[str, Any]]:
    journals = bc.sandbox.dump()["companies"][0]["journals"]
    return [file for row in journals for line in row["lines"] for file in line["attachments"]]
