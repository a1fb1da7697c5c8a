"""Which fields offer their values as tag options, and which values they offer (M12, M14)."""

import pytest

from builders.company import PEX, account, by_tag, chart, fixed, settings
from domain.chart import Catalogue, TaxCode
from domain.settings import FieldMapping, Purchases, Settings, Source
from domain.synced_fields import TagOfTwoFields, check_one_field, synced_fields
from domain.tag_option_fields import FieldGone, for_tag_options_alone, offers


def mapping(field: str, source: Source | None = None, *, sync: bool = True) -> FieldMapping:
    return FieldMapping(field, source or by_tag(field), sync)


def with_mappings(*mappings: FieldMapping, enabled: bool = True) -> Settings:
    return Settings(pex_account_id=PEX, purchases=Purchases(enabled=enabled, mappings=mappings))


def values(field: str) -> list[str]:
    return [one.value for one in offers(mapping(field), settings(), chart())]


def test_only_fields_by_tag_that_say_so_are_synced_and_none_where_purchases_are_off() -> None:
    fields = (
        mapping("expense_account"),
        mapping("vendor", sync=False),
        mapping("tax_code", fixed("TAXABLE")),
        mapping("dimension:PROJECT"),
    )
    found = [one.field for one in synced_fields(with_mappings(*fields))]
    assert found == ["expense_account", "dimension:PROJECT"]
    assert synced_fields(with_mappings(*fields, enabled=False)) == ()


def test_expense_accounts_that_can_be_posted_to_are_offered() -> None:
    assert values("expense_account") == ["62400", "61100", "51000", "68000"]


def test_accounts_without_a_category_are_offered_but_never_the_pex_account() -> None:
    plain = Catalogue([account(PEX, "PEX", ""), account("1", "One", " "), account("2", "Two")])
    found = offers(mapping("expense_account"), settings(), chart(accounts=plain))
    assert [one.value for one in found] == ["1", "2"]


def test_vendors_are_offered_unless_they_are_blocked_for_everything() -> None:
    assert values("vendor") == ["10010", "10020", "10030"]


def test_tax_codes_and_dimension_values_are_offered_by_code() -> None:
    assert values("tax_code") == ["TAXABLE"]
    assert values("dimension:project") == ["PIER", "BOAT"]
    nameless = chart(tax_codes=Catalogue([TaxCode("t-0", " ", "Nothing")]))
    assert offers(mapping("tax_code"), settings(), nameless) == ()
    (ops, _) = offers(mapping("dimension:DEPARTMENT"), settings(), chart())
    assert (ops.value, ops.label) == ("OPS", "Operations")


@pytest.mark.parametrize("field", ["dimension:GONE", "weather"])
def test_a_field_that_the_company_does_not_have_is_refused_rather_than_emptied(field: str) -> None:
    with pytest.raises(FieldGone, match=field):
        values(field)


def test_one_tag_for_two_synced_fields_is_refused() -> None:
    first, second = mapping("vendor", by_tag("x")), mapping("tax_code", by_tag("X"))
    other = mapping("dimension:PROJECT", by_tag("y"))
    both = with_mappings(first, second, other)
    with pytest.raises(TagOfTwoFields, match="vendor and tax_code"):
        check_one_field(second, both)
    check_one_field(other, both)
    unsynced = mapping("tax_code", by_tag("x"), sync=False)
    check_one_field(first, with_mappings(first, unsynced))
    check_one_field(unsynced, with_mappings(first, second, unsynced))


def test_a_run_of_options_alone_needs_of_the_chart_what_its_fields_offer() -> None:
    vendor, project = mapping("vendor"), mapping("dimension:project")
    unsynced = mapping("dimension:DEPARTMENT", sync=False)
    alone = for_tag_options_alone(with_mappings(vendor, project, unsynced))
    assert alone.dimension_codes() == {"PROJECT"}
    assert alone.purchases.mapping("vendor") == vendor
    assert alone.purchases.mapping("tax_code") is None
