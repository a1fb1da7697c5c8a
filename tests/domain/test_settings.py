"""What a company decided about its sync, as a value."""

import pytest

from builders.company import by_tag, fixed, settings
from domain.settings import (
    EXPENSE_ACCOUNT,
    VENDOR,
    BillPayments,
    Fees,
    FieldMapping,
    PostingDate,
    Rebates,
    Settings,
    Transfers,
    VendorPosting,
)


def test_a_new_connection_syncs_approved_purchases_by_settlement_date_and_nothing_else() -> None:
    new = Settings()
    assert new.purchases.enabled
    assert new.purchases.approved_only
    assert new.purchases.posting_date is PostingDate.SETTLEMENT
    assert new.purchases.vendor_posting is VendorPosting.SUBLEDGER
    kinds = (new.fees, new.transfers, new.rebates, new.bill_payments)
    assert not any(kind.enabled for kind in kinds)
    assert new.purchases.attachments
    assert not new.purchases.vendor_per_merchant
    assert not new.purchases.add_vendor_to_company
    assert not new.purchases.standardized_vendor_names
    assert (new.start_date, new.end_date) == (None, None)


def test_tag_options_are_neither_synced_nor_renamed_unless_someone_says_so() -> None:
    assert not FieldMapping(VENDOR, by_tag("vendor")).sync_options
    assert not Settings().tag_options.rename
    assert Settings().tag_options.reenable


@pytest.mark.parametrize(
    ("field", "dimension"),
    [
        ("dimension:DEPARTMENT", "DEPARTMENT"),
        ("dimension:Department", "DEPARTMENT"),
        ("dimension:", ""),
        (EXPENSE_ACCOUNT, None),
        ("Dimension:DEPARTMENT", None),
    ],
)
def test_a_field_names_a_dimension_by_its_prefix(field: str, dimension: str | None) -> None:
    assert FieldMapping(field, fixed("OPS")).dimension == dimension


def test_a_mapping_is_found_by_its_field_and_an_unmapped_field_has_none() -> None:
    purchases = settings(vendor=fixed("10010")).purchases
    mapping = purchases.mapping(VENDOR)
    assert mapping is not None
    assert mapping.source.value == "10010"
    assert purchases.mapping("tax_code") is None


def test_the_dimensions_of_all_kinds_are_asked_for_once_in_upper_case() -> None:
    chosen = settings(
        dimensions={"department": by_tag("department"), "PROJECT": fixed("PIER")},
        fees=Fees(dimensions={"Department": "OPS"}),
        transfers=Transfers(dimensions={"region": "EAST"}),
        rebates=Rebates(dimensions={"CUSTOMER": "10000"}),
        bill_payments=BillPayments(dimensions={"class": "A"}),
    )
    asked_for = {"DEPARTMENT", "PROJECT", "REGION", "CUSTOMER", "CLASS"}
    assert chosen.dimension_codes() == asked_for
    assert Settings().dimension_codes() == frozenset()
