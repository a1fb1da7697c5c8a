"""What settings would make of recent rows: the mapping's entries and refusals, nothing written."""

from dataclasses import replace
from datetime import date

import pytest

from application.preview_settings import LASTING, PreviewSettings, SettingsPreview
from application_world import World, chart, purchase, settings
from domain.pex_transaction import Kind, PexTransaction, Record
from domain.posted_transaction import PostedTransaction
from domain.settings import FieldMapping, Settings, Source
from domain.vendor_aliases import VendorAliases
from fakes.pex import FakePexAccess


def fee(pex_id: int) -> PexTransaction:
    """A card fee of two dollars."""
    row = purchase(pex_id, "-2.00", expense=None, merchant=None)
    return replace(row, transaction_type="Fee", category="CardAccountFee")


class Previewing(World):
    """The world with the service under test."""

    def __init__(self) -> None:
        super().__init__()
        access = FakePexAccess(self.pex)
        self.service = PreviewSettings(access, self.log, self.clock)

    def preview(self, of: Settings | None = None) -> SettingsPreview:
        return self.service.preview(self.connection_id, of or settings(), chart())


@pytest.fixture
def world() -> Previewing:
    return Previewing()


def with_purchases(**members: object) -> Settings:
    """The settings with some members of purchases changed."""
    before = settings()
    return replace(before, purchases=replace(before.purchases, **members))  # type: ignore[arg-type]


def test_a_row_becomes_the_entry_that_a_sync_would_post(world: Previewing) -> None:
    world.pex.all_rows = [purchase(1)]
    (shown,) = world.preview().shown
    assert shown.entry is not None
    assert [line.account_number for line in shown.entry.lines] == ["62400", "10950"]
    assert shown.entry.lines[0].description == "Corner Deli / Maria Ortiz / PEX 1"


def test_another_mapping_makes_another_entry_of_the_same_rows(world: Previewing) -> None:
    world.pex.all_rows = [purchase(1)]
    world.preview()
    world.pex.refusals = [RuntimeError("PEX was asked again")]
    mapping = FieldMapping("expense_account", Source("static", "61100"))
    (shown,) = world.preview(with_purchases(mappings=(mapping,))).shown
    assert shown.entry is not None
    assert shown.entry.lines[0].account_number == "61100"


def test_rows_are_read_again_after_some_minutes(world: Previewing) -> None:
    world.pex.all_rows = [purchase(1)]
    world.preview()
    world.pex.all_rows = [purchase(1), purchase(2)]
    assert len(world.preview().shown) == 1
    world.clock.advance(LASTING.total_seconds())
    assert len(world.preview().shown) == 2


def test_what_cannot_be_mapped_is_shown_with_its_refusal(world: Previewing) -> None:
    world.pex.all_rows = [purchase(1, expense="99999")]
    (shown,) = world.preview().shown
    assert shown.entry is None
    assert shown.refusal is not None
    assert shown.refusal.code == "VALUE_UNKNOWN"


def test_what_the_settings_leave_out_is_counted_by_reason(world: Previewing) -> None:
    world.pex.all_rows = [
        purchase(1, approval=None),
        purchase(2, approval="Rejected"),
        purchase(3, day=date(2026, 5, 20)),
        purchase(4, "0.00"),
        purchase(5),
    ]
    found = world.preview()
    assert [shown.row.pex_id for shown in found.shown] == [5]
    assert {refusal.code: number for refusal, number in found.left_out} == {
        "NOT_APPROVED": 2,
        "OUTSIDE_WINDOW": 1,
    }


def test_ten_are_shown_newest_first_with_room_for_purchases(world: Previewing) -> None:
    late = purchase(1, day=date(2026, 8, 9)).settled_at
    fees = [replace(fee(n), settled_at=late) for n in range(5)]
    world.pex.all_rows = [*(purchase(100 + n, day=date(2026, 7, 1 + n)) for n in range(20)), *fees]
    shown = world.preview().shown
    assert len(shown) == 10
    assert [one.kind for one in shown].count(Kind.FEE) == 2
    days = [one.day for one in shown]
    assert days == sorted(days, reverse=True)


def test_a_vendor_for_each_merchant_is_found_by_alias_or_told_as_new(world: Previewing) -> None:
    merchants = ("Gulf Oil", "Deli on the corner")
    world.pex.all_rows = [purchase(n, merchant=name) for n, name in enumerate(merchants, 1)]
    now = world.clock.now()
    table = VendorAliases(now, world.connection_id)
    table.put("company", merchants[1], chart().vendors.choices[0], "admin:a", now)
    world.log.save(table)
    per_merchant = with_purchases(
        vendor_per_merchant=True, add_vendor_to_company=True, standardized_vendor_names=True
    )
    new = {one.row.pex_id: one.new_vendor for one in world.preview(per_merchant).shown}
    assert new == {1: "Gulf Oil", 2: None}


def test_nothing_is_written(world: Previewing) -> None:
    world.pex.all_rows = [purchase(n) for n in range(1, 4)]
    before = world.connection.version
    assert len(world.preview().shown) == 3
    assert world.connection.version == before
    streams = [PostedTransaction.create_id(52311, Record.CARD, n) for n in range(1, 4)]
    assert not world.log.find_many(PostedTransaction, streams)
