"""The one catalogue of refusals: for each a code, the cause in words, and what to do.

A refusal that concerns one transaction ends that transaction and no other (M26). The same codes
stand in events, in the API, on the pages and in the documentation.
"""

from typing import ClassVar


class Refusal(Exception):
    """Something that pexbc does not do, and why. `str()` of it is the cause in words."""

    code: ClassVar[str]
    fix: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if "code" in cls.__dict__:
            if cls.code in CATALOGUE:
                raise TypeError(f"the code {cls.code} is taken")
            CATALOGUE[cls.code] = cls

    @property
    def cause(self) -> str:
        """The cause in words, for a person."""
        return str(self)


CATALOGUE: dict[str, type[Refusal]] = {}


def fix_for(code: str) -> str:
    """What to do about a code; empty where the catalogue does not know it any more."""
    known = CATALOGUE.get(code)
    return known.fix if known else ""


class Skip(Refusal):
    """The transaction is rightly left alone, for now or for good."""


class Failure(Refusal):
    """The transaction should be posted and cannot be, until somebody mends the cause."""


# --- rightly left alone (M8, M13, M18, M19) -------------------------------------------------


class Pending(Skip):
    """Not settled yet (M18)."""

    code = "PENDING"
    fix = "Nothing: it is synced by itself once PEX has settled it."

    def __init__(self) -> None:
        super().__init__("The transaction has not settled yet.")


class Declined(Skip):
    """Refused by the network or by PEX (M18)."""

    code = "DECLINED"
    fix = "Nothing: no money moved."

    def __init__(self) -> None:
        super().__init__("The transaction was declined.")


class ZeroAmount(Skip):
    """No money moved (M18)."""

    code = "ZERO_AMOUNT"
    fix = "Nothing: a journal takes no entry over 0.00."

    def __init__(self) -> None:
        super().__init__("The amount is 0.00.")


class InternalMovement(Skip):
    """Money that stays inside PEX: card loads and unloads (PEX contract 3.7)."""

    code = "INTERNAL_MOVEMENT"
    fix = "Nothing: the PEX account as a whole does not change."

    def __init__(self) -> None:
        super().__init__("The money moved between a card and the business account, inside PEX.")


class InvoiceNotClosed(Skip):
    """An invoice that PEX is not through with, or has cancelled (PEX contract 9.2)."""

    code = "INVOICE_NOT_CLOSED"
    fix = "Nothing: an invoice is posted once it is paid and PEX has closed it."

    def __init__(self, status: str) -> None:
        super().__init__(f"The invoice's status in PEX is {status or 'not told'}.")


class InvoiceNegative(Skip):
    """An invoice by which PEX owes the company; how that is settled is not known."""

    code = "INVOICE_NEGATIVE"
    fix = "Look at it in PEX, and enter it by hand if it belongs in the books."

    def __init__(self, amount: object) -> None:
        super().__init__(f"The invoice's amount is {amount}, so nothing was to be paid.")


class ComesWithBillPayment(Skip):
    """A rebate or incoming money of a credit business: an invoice holds it (PEX contract 9.1)."""

    code = "COMES_WITH_BILL_PAYMENT"
    fix = "Nothing: it is posted with the bill payment; see that the sync of these is on."

    def __init__(self, kind: str) -> None:
        super().__init__(f"On a line of credit, a {kind} is part of the bill payment.")


class Unclassified(Skip):
    """Fits none of the kinds (M19)."""

    code = "UNCLASSIFIED"
    fix = "Look at it in PEX, enter it by hand if it belongs in the books, and tell support."

    def __init__(self, category: str | None) -> None:
        super().__init__(f"PEX calls it {category or 'nothing'!r}, which is no kind known here.")


class NotApproved(Skip):
    """Only approved purchases are synced, and this one is none (M11)."""

    code = "NOT_APPROVED"
    fix = "Approve it in PEX; the next sync takes it."

    def __init__(self, status: str | None) -> None:
        super().__init__(f"Its approval status in PEX is {status or 'Not reviewed'}.")


class KindOff(Skip):
    """This kind is switched off in the settings, or was not chosen for the run (M13, M16)."""

    code = "KIND_OFF"
    fix = "Switch the kind on in the settings, or choose it for the run."

    def __init__(self, kind: str) -> None:
        super().__init__(f"The sync of {kind} is off.")


class OutsideWindow(Skip):
    """Its posting date lies outside the dates of the run (M8)."""

    code = "OUTSIDE_WINDOW"
    fix = "Choose earlier or later dates for a manual sync; at most 1 year back."

    def __init__(self, posting_date: object, start: object, end: object) -> None:
        super().__init__(f"Its posting date {posting_date} is not within {start} to {end}.")


# --- cannot be mapped -----------------------------------------------------------------------


class AccountUnmapped(Failure):
    """A purchase without an expense account (M12)."""

    code = "EXPENSE_ACCOUNT_UNMAPPED"
    fix = "Tag it in PEX, or give the mapping a default account; the next sync tries again."

    def __init__(self) -> None:
        super().__init__("It carries no expense account tag and the mapping has no default.")


class VendorUnmapped(Failure):
    """A vendor mapping that leads nowhere for this purchase (M12, M22)."""

    code = "VENDOR_UNMAPPED"
    fix = "Tag it in PEX, or give the vendor mapping a default; the next sync tries again."

    def __init__(self) -> None:
        super().__init__("It carries no vendor tag and the mapping has no default.")


class ValueUnknown(Failure):
    """A tag value or setting that the chosen company does not know (M12)."""

    code = "VALUE_UNKNOWN"
    fix = (
        "Create it in Business Central, or choose another tag option in PEX; "
        "the default is never taken in its place."
    )

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"The company has no {field} {value!r}.")


class AccountUnusable(Failure):
    """The account is blocked, is a heading or total, or forbids direct posting."""

    code = "ACCOUNT_UNUSABLE"
    fix = "Unblock it or allow direct posting in Business Central, or choose another account."

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"The account {number} cannot be posted to: {why}.")


class VendorUnusable(Failure):
    """The vendor is blocked for all documents."""

    code = "VENDOR_BLOCKED"
    fix = "Unblock the vendor in Business Central, or choose another one."

    def __init__(self, number: str) -> None:
        super().__init__(f"The vendor {number} is blocked.")


class VendorInForeignCurrency(Failure):
    """The vendor's ledger is kept in another currency, which a line would take on (contract 7)."""

    code = "VENDOR_CURRENCY"
    fix = "Choose a vendor in the company's own currency, by an alias or by the mapping."

    def __init__(self, number: str, currency: str) -> None:
        super().__init__(f"The vendor {number} is kept in {currency}.")


class VendorNotInCompany(Failure):
    """No vendor bears the merchant's name, and none is to be added (M11, M22)."""

    code = "VENDOR_NOT_IN_COMPANY"
    fix = (
        "Create the vendor in Business Central, add an alias for the merchant, or let the settings "
        "add vendors to the company."
    )

    def __init__(self, merchant: str) -> None:
        super().__init__(f"The company has no vendor for the merchant {merchant!r}.")


class VendorAliasGone(Failure):
    """The alias of a merchant names a vendor that the company has no more (M22)."""

    code = "VENDOR_ALIAS_GONE"
    fix = "Give the merchant another alias, or remove the one that it has."

    def __init__(self, merchant: str) -> None:
        super().__init__(f"The vendor that the alias of {merchant!r} names is not there any more.")


class VendorNotCreated(Failure):
    """Business Central refused to create the merchant's vendor (M22)."""

    code = "VENDOR_NOT_CREATED"
    fix = (
        "Mend what Business Central names, create the vendor there, or add an alias for the "
        "merchant; the next sync tries again."
    )

    def __init__(self, merchant: str, bc_code: str, message: str) -> None:
        super().__init__(
            f"Business Central did not create the vendor {merchant!r}: {bc_code}: {message}"
        )


class SplitsDoNotAddUp(Failure):
    """The parts of a split purchase do not add up to its amount (M21)."""

    code = "SPLITS_DO_NOT_ADD_UP"
    fix = "Correct the split amounts in PEX; the next sync tries again."

    def __init__(self, splits: object, amount: object) -> None:
        super().__init__(f"Its splits add up to {splits}, but its amount is {amount}.")


class SplitUnreadable(Failure):
    """A split that PEX delivers in a form that cannot be read (PEX contract 4.4)."""

    code = "SPLIT_UNREADABLE"
    fix = "Open the transaction in PEX and save its split again."

    def __init__(self) -> None:
        super().__init__("PEX delivers one of its splits without a readable amount.")


class InvoiceUnreadable(Failure):
    """An invoice whose payments or allocations are not of a form known here (PEX contract 9.2)."""

    code = "INVOICE_UNREADABLE"
    fix = "Look at the invoice in PEX, enter it by hand in Business Central, and tell support."

    def __init__(self, what: str) -> None:
        super().__init__(f"PEX delivers {what}.")


class InvoiceDoesNotReconcile(Failure):
    """The payments or allocations of an invoice do not prove its amount (PEX contract 9.2)."""

    code = "INVOICE_DOES_NOT_RECONCILE"
    fix = "Compare the invoice with its payments in PEX and ask PEX; the next sync tries again."

    def __init__(self, parts: str, whole: object, amount: object) -> None:
        super().__init__(f"Its {parts} add up to {whole}, but its amount is {amount}.")


class PaymentTakenBack(Failure):
    """A payment that the bank rejected or that was reversed: the books need a person's look."""

    code = "INVOICE_PAYMENT_TAKEN_BACK"
    fix = "See in PEX what was paid in the end, and enter it by hand in Business Central."

    def __init__(self, cause: str) -> None:
        super().__init__(cause)


class AmountNotInCents(Failure):
    """An amount finer than a cent."""

    code = "AMOUNT_NOT_IN_CENTS"
    fix = "Ask PEX about this transaction; a journal takes whole cents only."

    def __init__(self, amount: object) -> None:
        super().__init__(f"Its amount {amount} is not in whole cents.")


class TooManyLines(Failure):
    """An entry that no single request can carry whole (design: 100 operations)."""

    code = "TOO_MANY_LINES"
    fix = "Split the purchase into fewer parts in PEX."

    def __init__(self, lines: int) -> None:
        super().__init__(f"Its entry has {lines} lines; Business Central takes 100 at once.")


class PexIdTooLong(Failure):
    """A PEX id for which a document number has no room (M23)."""

    code = "PEX_ID_TOO_LONG"
    fix = "Enter it by hand in Business Central, and tell support."

    def __init__(self, document_number: str) -> None:
        super().__init__(f"Its document number {document_number} is longer than 20 characters.")


class NotPostable(Failure):
    """A bill payment, rebate or transfer whose account is not set."""

    code = "ACCOUNT_NOT_SET"
    fix = "Choose the account in the settings."

    def __init__(self, what: str) -> None:
        super().__init__(f"The settings name no {what}.")


# --- refused or unsettled by Business Central -----------------------------------------------


class RefusedByBusinessCentral(Failure):
    """Business Central refused the entry; nothing of it exists there."""

    code = "REFUSED_BY_BC"
    fix = "Mend what Business Central names; the next sync tries again."

    def __init__(self, bc_code: str, message: str) -> None:
        super().__init__(f"Business Central answered {bc_code}: {message}")


class DimensionIsDefault(Failure):
    """The account brings this dimension by default, and the entry sets it too (contract 2.9)."""

    code = "DIMENSION_IS_DEFAULT"
    fix = "Leave this dimension unmapped, or remove the account's default dimension."

    def __init__(self, message: str) -> None:
        super().__init__(f"A mapped dimension is already a default of the account: {message}")


class DimensionsPending(Failure):
    """The lines stand in the journal, and their dimensions are not set yet (contract 2.9)."""

    code = "DIMENSIONS_PENDING"
    fix = "Do not post the journal yet: the dimensions are set by this sync or by the next one."

    def __init__(self) -> None:
        super().__init__("Its lines are in the journal, their dimensions are still to be set.")


class PostedWithoutDimensions(Failure):
    """A person posted the lines before their dimensions were known to be on them."""

    code = "POSTED_WITHOUT_DIMENSIONS"
    fix = (
        "Compare the dimensions of its ledger entries in Business Central and correct them there; "
        "it is not posted again. Then ask support to adopt it."
    )

    def __init__(self) -> None:
        super().__init__("It was posted before its dimensions were known to be set.")


class StandsWithoutDimensions(Failure):
    """Neither its dimensions nor the deletion of its lines were taken (contract 2.3.9)."""

    code = "STANDS_WITHOUT_DIMENSIONS"
    fix = "Set its dimensions in Business Central, or delete its lines there; then ask support."

    def __init__(self, refused: str, kept: str) -> None:
        super().__init__(f"{refused} Its lines could not be deleted: {kept}")


class JournalUnderApproval(Failure):
    """The journal is under an approval request, so BC takes no line (contract 2.3.8)."""

    code = "JOURNAL_UNDER_APPROVAL"
    fix = "Finish or cancel the approval in Business Central; keep approvals off this journal."

    def __init__(self, message: str) -> None:
        super().__init__(f"The journal is under approval: {message}")


class PartlyFound(Failure):
    """Some lines of the entry are in BC and some are not; a person must decide (contract 6.6)."""

    code = "PARTLY_FOUND"
    fix = "Compare the entry in Business Central, complete or delete it there, then ask support."

    def __init__(self, found: int, expected: int) -> None:
        super().__init__(f"Business Central holds {found} of its {expected} lines.")


class InDoubt(Failure):
    """Sent, but the answer was lost; it is being settled by asking (design: exactly once, 4)."""

    code = "IN_DOUBT"
    fix = "Nothing: it is settled by itself once Business Central's own time limit has passed."

    def __init__(self, cause: str) -> None:
        super().__init__(f"It is not known yet whether the entry arrived: {cause}")
