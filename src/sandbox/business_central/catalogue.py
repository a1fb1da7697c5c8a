"""All entity sets, and which can be reached through which."""

from sandbox.business_central.attachments import Attachments
from sandbox.business_central.cards import BankAccounts, TaxGroups, Vendors
from sandbox.business_central.dimension_lines import (
    DimensionSetLines,
    DimensionTable,
    DimensionValues,
)
from sandbox.business_central.document_attachments import DocumentAttachments
from sandbox.business_central.entity import EntitySet
from sandbox.business_central.journal_lines import JournalLines
from sandbox.business_central.journals import Journals
from sandbox.business_central.ledger import Accounts, GeneralLedgerEntries
from sandbox.business_central.set_up_pages import (
    AccountingPeriods,
    Companies,
    CompanyInformation,
    GeneralLedgerSetup,
)


def catalogue() -> dict[str, EntitySet]:
    """The sets by name; `companies` leads to all others."""
    sets: tuple[EntitySet, ...] = (
        Companies(),
        CompanyInformation(),
        GeneralLedgerSetup(),
        AccountingPeriods(),
        Journals(),
        JournalLines(),
        Accounts(),
        BankAccounts(),
        Vendors(),
        DimensionTable(),
        DimensionValues(),
        DimensionSetLines(),
        TaxGroups(),
        Attachments(),
        DocumentAttachments(),
        GeneralLedgerEntries(),
    )
    found = {entity_set.name: entity_set for entity_set in sets}
    for name, children in _CHILDREN.items():
        found[name].children = {child: found[child] for child in children}
    found["companies"].children = {name: found[name] for name in found if name != "companies"}
    return found


_CHILDREN = {
    "journals": ("journalLines",),
    "journalLines": ("attachments", "dimensionSetLines"),
    "dimensions": ("dimensionValues",),
    "generalLedgerEntries": ("attachments", "dimensionSetLines"),
}
