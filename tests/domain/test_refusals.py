"""The one catalogue of refusals is complete: a code, a cause and a fix for each (M26)."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

import domain
from domain import receipts, refusals
from domain.connection import NothingToLink, NotReady, RunActive, SettingsChanged
from domain.journal_numbers import JournalShared
from domain.pex_snapshot import Change, ChangedAfterPosting, MissingInPex
from domain.refusals import CATALOGUE, Failure, Refusal, Skip, fix_for
from domain.settings_check import SettingsRefused
from domain.sync_window import WindowRefused
from domain.synced_fields import TagOfTwoFields
from domain.tag_option_fields import FieldGone, TagGone, TagNotDropdown
from domain.tag_options import NoOptionEnabled, OffersNotUnique, OptionsNotUnique
from domain.vendor_aliases import AliasUnknown, MerchantUnreadable

for module in pkgutil.iter_modules(domain.__path__):
    importlib.import_module(f"domain.{module.name}")

GROUPS = (Skip, Failure)
NOON = datetime(2026, 11, 3, 17, tzinfo=UTC)
EXAMPLES = (
    refusals.Pending(),
    refusals.Declined(),
    refusals.ZeroAmount(),
    refusals.InternalMovement(),
    refusals.InvoiceNotClosed("Open"),
    refusals.InvoiceNegative("-5.00"),
    refusals.ComesWithBillPayment("rebate"),
    refusals.Unclassified("Novelty"),
    refusals.NotApproved(None),
    refusals.KindOff("rebate"),
    refusals.OutsideWindow("2026-03-01", "2026-02-01", "2026-02-28"),
    refusals.AccountUnmapped(),
    refusals.VendorUnmapped(),
    refusals.ValueUnknown("vendor", "10099"),
    refusals.AccountUnusable("62400", "it is blocked"),
    refusals.VendorUnusable("10040"),
    refusals.VendorInForeignCurrency("10050", "EUR"),
    refusals.VendorNotInCompany("Corner Deli"),
    refusals.VendorAliasGone("Corner Deli"),
    refusals.VendorNotCreated("Corner Deli", "Application_DialogException", "No series."),
    refusals.SplitsDoNotAddUp("20.00", "48.60"),
    refusals.SplitUnreadable(),
    refusals.InvoiceUnreadable("a payment without a readable amount"),
    refusals.InvoiceDoesNotReconcile("payments", "250.00", "300.00"),
    refusals.PaymentTakenBack("The bank rejected its payment 47111."),
    refusals.AmountNotInCents("48.605"),
    refusals.TooManyLines(101),
    refusals.PexIdTooLong("PEX-9182736451827-X1"),
    refusals.NotPostable("fee account"),
    refusals.RefusedByBusinessCentral("Application_DialogException", "Vendor is blocked."),
    refusals.DimensionIsDefault("DEPARTMENT"),
    refusals.DimensionsPending(),
    refusals.PostedWithoutDimensions(),
    refusals.StandsWithoutDimensions("BC refused the value.", "the line is locked"),
    refusals.JournalUnderApproval("There is an approval request."),
    refusals.PartlyFound(1, 2),
    refusals.InDoubt("the connection was cut"),
    ChangedAfterPosting((Change("amount", "-48.60", "-52.10", NOON),)),
    MissingInPex(NOON),
    receipts.ReceiptNotLoaded(),
    receipts.ReceiptHasMalware(),
    receipts.ReceiptDeleted(),
    receipts.ReceiptLoadFailed(),
    receipts.ReceiptNotADocument(12),
    receipts.ReceiptLineGone(),
    receipts.ReceiptLineMoved(),
    receipts.ReceiptNotStored("the connection was cut"),
    receipts.ReceiptInDoubt(),
    WindowRefused("start_date", "The start lies in the future."),
    SettingsChanged(3),
    RunActive(uuid4()),
    NotReady("No settings have been saved yet."),
    NothingToLink("A connection cannot be linked to itself."),
    JournalShared(),
    SettingsRefused(()),
    TagGone("64b0c1d2e3f4a5b6c7d8e901"),
    TagNotDropdown("Memo", "Text"),
    TagOfTwoFields(["vendor", "expense_account"]),
    FieldGone("dimension:CLASS"),
    OffersNotUnique("OPS"),
    OptionsNotUnique("name", "Travel"),
    NoOptionEnabled(),
    MerchantUnreadable("***"),
    AliasUnknown("Corner Deli"),
)


def kinds_of(refusal: type[Refusal]) -> Iterator[type[Refusal]]:
    for kind in refusal.__subclasses__():
        yield kind
        yield from kinds_of(kind)


OF_THE_DOMAIN = [
    kind
    for kind in kinds_of(Refusal)
    if kind.__module__.startswith("domain.") and kind not in GROUPS
]


@pytest.mark.parametrize("kind", OF_THE_DOMAIN, ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_code_of_its_own_and_says_what_to_do(kind: type[Refusal]) -> None:
    assert kind.code == kind.code.upper()
    assert kind.code.replace("_", "").isalnum()
    assert kind.fix.endswith(".")
    assert CATALOGUE[kind.code] is kind


def test_no_code_is_given_twice() -> None:
    codes = [kind.code for kind in OF_THE_DOMAIN]
    assert len(set(codes)) == len(codes)
    with pytest.raises(TypeError, match="PENDING is taken"):
        type("PendingAgain", (Skip,), {"code": "PENDING", "fix": "Nothing."})


def test_there_is_an_example_of_every_refusal() -> None:
    assert {type(example) for example in EXAMPLES} == set(OF_THE_DOMAIN)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.code)
def test_the_cause_is_a_sentence_for_a_person(example: Refusal) -> None:
    assert example.cause == str(example)
    assert " " in example.cause
    assert not example.cause.startswith(" ")


@pytest.mark.parametrize(
    ("example", "told"),
    [
        (refusals.Unclassified("Novelty"), "'Novelty'"),
        (refusals.NotApproved("Rejected"), "Rejected"),
        (refusals.NotApproved(None), "Not reviewed"),
        (refusals.ValueUnknown("vendor", "10099"), "vendor '10099'"),
        (refusals.SplitsDoNotAddUp("20.00", "48.60"), "20.00, but its amount is 48.60"),
        (refusals.PartlyFound(1, 2), "1 of its 2 lines"),
        (refusals.RefusedByBusinessCentral("Code", "Vendor is blocked."), "Code: Vendor"),
    ],
)
def test_the_cause_names_what_it_is_about(example: Refusal, told: str) -> None:
    assert told in example.cause


def test_a_fix_is_found_by_its_code_and_an_unknown_code_has_none() -> None:
    assert fix_for("PENDING") == refusals.Pending.fix
    assert fix_for("A_CODE_OF_LAST_YEAR") == ""


def test_what_is_rightly_left_alone_is_no_failure() -> None:
    for kind in OF_THE_DOMAIN:
        assert not (issubclass(kind, Skip) and issubclass(kind, Failure))
