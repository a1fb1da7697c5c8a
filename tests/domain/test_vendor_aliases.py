"""The table in which admins name merchants' vendors (M22)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from builders.events import replayed
from domain.chart import Vendor
from domain.vendor_aliases import AliasUnknown, MerchantUnreadable, VendorAliases

NOON = datetime(2026, 8, 15, 16, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
CONNECTION = UUID(int=7)
DELI = Vendor("v-1", "10010", "Corner Deli")
HARDWARE = Vendor("v-2", "10020", "North Pier Hardware")


def table() -> VendorAliases:
    return VendorAliases(NOON, CONNECTION)


def named(aliases: VendorAliases, company: str = "company") -> list[tuple[str, str]]:
    return [(one.merchant, one.vendor_number) for one in aliases.of(company)]


def test_an_alias_tells_the_vendor_and_who_chose_it_when() -> None:
    aliases = table()
    alias = aliases.put("company", " CRNR  DELI ", DELI, "admin:dana", NOON)
    assert aliases.of("company") == (alias,)
    assert (alias.merchant, alias.vendor_id, alias.vendor_name) == ("CRNR DELI", "v-1", DELI.name)
    assert (alias.actor, alias.changed_at, alias.key) == ("admin:dana", NOON, "crnrdeli")


def test_another_spelling_of_a_merchant_replaces_its_alias() -> None:
    aliases = table()
    aliases.put("company", "CRNR DELI", DELI, "admin:dana", NOON)
    aliases.put("company", "Crnr-Deli", HARDWARE, "admin:kim", LATER)
    assert named(aliases) == [("Crnr-Deli", "10020")]


def test_the_same_alias_again_is_no_event() -> None:
    aliases = table()
    aliases.put("company", "CRNR DELI", DELI, "admin:dana", NOON)
    list(aliases.collect_events())
    assert aliases.put("company", "CRNR DELI", DELI, "admin:kim", LATER).actor == "admin:dana"
    assert not list(aliases.collect_events())


def test_each_company_has_aliases_of_its_own_whatever_the_case_of_its_id() -> None:
    aliases = table()
    aliases.put("Company", "B", DELI, "admin:dana", NOON)
    aliases.put("company", "A", DELI, "admin:dana", NOON)
    aliases.put("other", "B", HARDWARE, "admin:dana", NOON)
    assert named(aliases) == [("A", "10010"), ("B", "10010")]
    assert named(aliases, "OTHER") == [("B", "10020")]


def test_a_removed_alias_is_gone_and_can_be_put_again() -> None:
    aliases = table()
    aliases.put("company", "A", DELI, "admin:dana", NOON)
    aliases.put("other", "A", DELI, "admin:dana", NOON)
    aliases.remove("company", "a", "admin:kim", LATER)
    assert named(aliases) == []
    assert named(aliases, "other") == [("A", "10010")]
    aliases.put("company", "A", HARDWARE, "admin:dana", LATER)
    assert named(aliases) == [("A", "10020")]


def test_what_is_not_there_cannot_be_removed() -> None:
    aliases = table()
    aliases.put("other", "A", DELI, "admin:dana", NOON)
    with pytest.raises(AliasUnknown, match="'A'"):
        aliases.remove("company", "A", "admin:kim", LATER)


@pytest.mark.parametrize("blank", ["", "  ", "\u0000\n"])
def test_a_blank_name_is_no_merchant(blank: str) -> None:
    with pytest.raises(MerchantUnreadable):
        table().put("company", blank, DELI, "admin:dana", NOON)


def test_a_table_replayed_from_its_events_is_the_same() -> None:
    aliases = table()
    aliases.put("company", "A", DELI, "admin:dana", NOON)
    aliases.put("company", "B", DELI, "admin:dana", NOON)
    aliases.remove("company", "A", "admin:kim", LATER)
    expected = aliases.of("company")
    assert replayed(aliases).of("company") == expected


def test_each_connection_has_one_table_for_ever() -> None:
    assert VendorAliases.create_id(CONNECTION) == table().id
    assert table().id == UUID("219efff7-0180-5e7c-878d-0cc7d266e7ea")
    assert table().id != VendorAliases.create_id(UUID(int=8))
