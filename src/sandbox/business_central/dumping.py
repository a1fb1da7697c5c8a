"""The state behind the API as plain data, for tests that look past BC's answers."""

import hashlib
from dataclasses import asdict
from typing import Any

from sandbox.business_central.attachments import files_of
from sandbox.business_central.rows import Attached, Entry, Line
from sandbox.business_central.state import Books, World


def dumped(world: World) -> dict[str, Any]:
    """Everything of all companies; amounts are Decimal, dates ISO texts in JSON."""
    return {
        "companies": [_company(books) for books in world.companies.values()],
        "switches": asdict(world.switches),
    }


def _company(books: Books) -> dict[str, Any]:
    journals = sorted(books.journals, key=lambda row: (row.template, row.code))
    return {
        "id": books.id,
        "name": books.name,
        "currency": books.settings.currency,
        "journals": [
            {
                "id": journal.id,
                "template": journal.template,
                "code": journal.code,
                "displayName": journal.name,
                "balancingNumber": journal.balancing_number,
                "series": journal.series,
                "postingSeries": journal.posting_series,
                "underApproval": journal.approval is not None,
                "lines": [_line(books, line) for line in books.lines.in_order(journal.id)],
            }
            for journal in journals
        ],
        "entries": [
            _entry(books, entry) for entry in sorted(books.entries, key=lambda row: row.number)
        ],
        "vendors": [
            {
                "id": vendor.id,
                "number": vendor.number,
                "displayName": vendor.name,
                "blocked": vendor.blocked,
                "postingGroup": vendor.posting_group,
            }
            for vendor in sorted(books.vendors, key=lambda row: row.number)
        ],
        "vendorEntries": [
            {
                "number": entry.number,
                "vendor": entry.vendor,
                "postingDate": entry.posting_date,
                "documentNumber": entry.document_number,
                "externalDocumentNumber": entry.external_number,
                "amount": entry.amount,
                "description": entry.description,
                "dimensions": dict(entry.dimensions),
            }
            for entry in sorted(books.vendor_entries, key=lambda row: row.number)
        ],
        "unlinkedAttachments": [_file(row) for row in books.attached.find("incoming", 0)],
        "incomingDocuments": len(books.incoming),
    }


def _line(books: Books, line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "visible": line.visible,
        "lineNumber": line.number,
        "accountType": line.account_type,
        "accountNumber": line.account_number,
        "postingDate": line.posting_date,
        "documentType": line.document_type,
        "documentNumber": line.document_number,
        "externalDocumentNumber": line.external_number,
        "amount": line.amount,
        "description": line.description,
        "comment": line.comment,
        "balancingType": line.balancing_type,
        "balancingNumber": line.balancing_number,
        "vatProduct": line.vat_product,
        "taxGroup": line.tax_group,
        "scheduled": line.scheduled,
        "dimensions": dict(line.dimensions),
        "attachments": [_file(row) for row in files_of(books, line)],
    }


def _entry(books: Books, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "entryNumber": entry.number,
        "postingDate": entry.posting_date,
        "documentNumber": entry.document_number,
        "externalDocumentNumber": entry.external_number,
        "accountNumber": entry.account_number,
        "amount": entry.amount,
        "description": entry.description,
        "comment": entry.comment,
        "sourceType": entry.source_type,
        "sourceNumber": entry.source_number,
        "journal": entry.journal_code,
        "lineNumber": entry.line_number,
        "dimensions": dict(entry.dimensions),
        "attachments": [_file(row) for row in files_of(books, entry)],
    }


def _file(row: Attached) -> dict[str, Any]:
    return {
        "id": row.id,
        "fileName": row.file_name,
        "kind": row.kind,
        "main": row.main,
        "byteSize": len(row.content),
        "sha256": hashlib.sha256(row.content).hexdigest(),
    }
