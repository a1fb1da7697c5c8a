"""Which receipts should stand where, worked out from the simulators' own state."""

from dataclasses import dataclass, field
from typing import Any

from sandbox import company
from sandbox.program import Sandbox

PEX_ACCOUNT = "10950"


@dataclass
class ReceiptBooks:
    """Digests of files by PEX id.

    Attributes:
        expected: of every loaded receipt that is a document, of purchases with an entry.
        found: of every file on a PEX line or on a ledger entry of that document.
        elsewhere: files on other lines, and files that hang on nothing.
        empty: names of files without content.
        names: all file names on an entry, which must not repeat.
    """

    expected: dict[int, list[str]] = field(default_factory=dict)
    found: dict[int, list[str]] = field(default_factory=dict)
    elsewhere: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    names: dict[int, list[str]] = field(default_factory=dict)


def receipt_books(sandbox: Sandbox) -> ReceiptBooks:
    """Compare PEX's receipts with Business Central's incoming documents."""
    books = ReceiptBooks()
    company_books = _company(sandbox)
    journal = next(one for one in company_books["journals"] if one["code"] == "PEX CARD")
    books.elsewhere = [one["fileName"] for one in company_books["unlinkedAttachments"]]
    for line in journal["lines"]:
        if line["accountNumber"] == PEX_ACCOUNT and _pex_id(line):
            _take(books, _pex_id(line), line["attachments"])
        else:
            books.elsewhere.extend(one["fileName"] for one in line["attachments"])
    for entry in company_books["entries"]:
        if entry["accountNumber"] == PEX_ACCOUNT and _pex_id(entry):
            _take(books, _pex_id(entry), entry["attachments"])
    receipts = _business(sandbox)["receipts"]
    for pex_id in books.found:
        books.expected[pex_id] = sorted(
            one["sha256"]
            for one in receipts.get(str(pex_id), ())
            if one["state"] == "Loaded" and one["kind"] != "text"
        )
    return books


def _take(books: ReceiptBooks, pex_id: int, files: list[dict[str, Any]]) -> None:
    books.found.setdefault(pex_id, []).extend(sorted(one["sha256"] for one in files))
    books.names.setdefault(pex_id, []).extend(one["fileName"] for one in files)
    books.empty.extend(one["fileName"] for one in files if not one["byteSize"])


def _pex_id(row: dict[str, Any]) -> int:
    text = str(row["externalDocumentNumber"]).removeprefix("PEX")
    return int(text) if text.isdecimal() else 0


def _company(sandbox: Sandbox) -> dict[str, Any]:
    return next(
        one
        for one in sandbox.business_central.dump()["companies"]
        if one["id"] == company.COMPANY_ID
    )


def _business(sandbox: Sandbox) -> dict[str, Any]:
    return next(
        one for one in sandbox.pex.dump()["businesses"] if one["id"] == company.PREPAID_BUSINESS
    )


def check(sandbox: Sandbox) -> ReceiptBooks:
    """Every loaded receipt on the PEX line byte for byte, none twice, none elsewhere."""
    books = receipt_books(sandbox)
    assert books.found == books.expected
    assert books.elsewhere == []
    assert books.empty == []
    for names in books.names.values():
        assert len(set(names)) == len(names)
    return books
