"""Where bars, ticks and labels of the pictures stand."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.ports.pictures import PostedOnDay, SpentOn
from domain.money import Money, total
from domain.pex_transaction import POSTABLE, Kind
from domain.sync_window import SyncWindow
from entrypoints.http.pages import charts
from entrypoints.http.pages.pictures import account_lines, posted_chart, posted_lines

DAY = date(2026, 8, 3)  # a Monday
amounts = st.decimals(-1_000_000, 1_000_000, places=2)
ranges = st.builds(
    lambda start, length: SyncWindow(start, start + timedelta(days=length)),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 365),
)


def share(text: str) -> Decimal:
    """A percentage as markup has it."""
    assert text.endswith("%")
    value = Decimal(text[:-1])
    assert value.is_finite()
    return value


def labels(chart: charts.Stacked) -> list[str]:
    return [bar.label for bar in chart.bars if bar.label]


# --- time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "word", "count"),
    [(1, "day", 1), (31, "day", 31), (32, "week", 5), (90, "week", 13), (365, "month", 13)],
)
def test_longer_ranges_have_longer_slots(days: int, word: str, count: int) -> None:
    window = SyncWindow(DAY, DAY + timedelta(days=days - 1))
    assert charts.slot_word(window) == word
    assert len(charts.slots(window)) == count


def test_weeks_go_from_monday_to_sunday_and_are_cut_off_at_the_ranges_ends() -> None:
    slots = charts.slots(SyncWindow(date(2026, 8, 5), date(2026, 9, 8)))
    assert [slot.name for slot in slots[:2]] == [
        "2026-08-05 to 2026-08-09",
        "2026-08-10 to 2026-08-16",
    ]
    assert slots[-1].name == "2026-09-07 to 2026-09-08"
    assert [slot.label for slot in slots[:2]] == ["Aug 5", "Aug 10"]


def test_months_are_calendar_months_also_in_leap_years() -> None:
    slots = charts.slots(SyncWindow(date(2024, 1, 31), date(2024, 12, 30)))
    assert [slot.name for slot in slots[:2]] == ["2024-01-31", "2024-02-01 to 2024-02-29"]
    assert (slots[-1].name, slots[-1].label) == ("2024-12-01 to 2024-12-30", "Dec 2024")


@given(ranges)
def test_every_day_lies_in_exactly_one_slot(days: SyncWindow) -> None:
    slots = charts.slots(days)
    assert (slots[0].first, slots[-1].last) == (days.start, days.end)
    assert len(slots) <= 31
    for before, after in pairwise(slots):
        assert before.last + timedelta(days=1) == after.first
    assert all(slot.first <= slot.last for slot in slots)


# --- scales -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], [0, 1]),
        (["0"], [0, 1]),
        (["1"], [0, 1]),
        (["19"], [0, 5, 10, 15, 20]),
        (["20"], [0, 5, 10, 15, 20]),
        (["1001.10"], [0, 500, 1000, 1500]),
        (["-3", "5"], [-4, -2, 0, 2, 4, 6]),
        (["-48.60"], [-50, -40, -30, -20, -10, 0]),
    ],
)
def test_ticks_are_round_numbers_around_all_values(values: list[str], ticks: list[int]) -> None:
    assert list(charts.scale([Decimal(value) for value in values]).ticks) == ticks


@given(st.lists(amounts))
def test_a_scale_holds_every_value_and_zero_between_few_whole_ticks(values: list[Decimal]) -> None:
    scale = charts.scale(values)
    assert all(scale.low <= value <= scale.high for value in [Decimal(0), *values])
    assert 0 in scale.ticks
    assert 2 <= len(scale.ticks) <= 8
    assert all(tick == tick.to_integral_value() for tick in scale.ticks)
    steps = {after - before for before, after in pairwise(scale.ticks)}
    assert len(steps) == 1
    assert str(steps.pop().normalize().as_tuple().digits[0]) in "125"


@given(st.lists(amounts, min_size=2))
def test_a_larger_value_never_stands_lower(values: list[Decimal]) -> None:
    scale = charts.scale(values)
    shares = [scale.share(value) for value in sorted(values)]
    assert shares == sorted(shares)
    assert all(0 <= one <= 1 for one in shares)


# --- standing bars ----------------------------------------------------------------------------

columns = st.lists(
    st.lists(st.tuples(st.sampled_from([kind.value for kind in POSTABLE]), amounts), max_size=5),
    min_size=1,
    max_size=31,
).map(
    lambda parts: [
        (charts.Slot(DAY + timedelta(days=at), DAY + timedelta(days=at), f"Aug {at}"), part)
        for at, part in enumerate(parts)
    ]
)


@given(columns)
def test_bars_are_as_high_as_their_values_and_stay_inside(
    columns: list[tuple[charts.Slot, Sequence[tuple[str, Decimal]]]],
) -> None:
    chart = charts.stacked(columns)
    span = [Decimal(tick.label.replace(",", "").replace("−", "-")) for tick in chart.ticks]  # noqa: RUF001 - as it is drawn
    length = max(span) - min(span)
    for bar, (_, parts) in zip(chart.bars, columns, strict=True):
        drawn = [value for _, value in parts if value]
        assert [share(block.height) for block in bar.blocks] == [
            pytest.approx(abs(value) / length * 100, abs=Decimal("0.001")) for value in drawn
        ]
        for block in bar.blocks:
            assert share(block.y) >= 0
            assert share(block.y) + share(block.height) <= Decimal("100.001")
        assert share(bar.x) + share(bar.width) <= 100
    lefts = [share(bar.x) for bar in chart.bars]
    assert lefts == sorted(lefts)
    assert 1 <= len(labels(chart)) <= 4


def test_blocks_are_stacked_away_from_zero_on_both_sides() -> None:
    slot = charts.Slot(DAY, DAY, "Aug 3")
    parts = [("purchase", Decimal(-10)), ("fee", Decimal(-5)), ("transfer", Decimal(5))]
    (bar,) = charts.stacked([(slot, parts)]).bars
    assert [(block.series, block.y, block.height) for block in bar.blocks] == [
        ("purchase", "25%", "50%"),
        ("fee", "75%", "25%"),
        ("transfer", "0%", "25%"),
    ]


def test_a_day_of_nothing_has_no_block_but_a_place() -> None:
    slot = charts.Slot(DAY, DAY, "Aug 3")
    (bar,) = charts.stacked([(slot, [("fee", Decimal("0.00"))])]).bars
    assert (bar.blocks, bar.middle) == ((), "50%")


def test_ticks_tell_thousands_and_a_real_minus_sign() -> None:
    slot = charts.Slot(DAY, DAY, "Aug 3")
    chart = charts.stacked([(slot, [("purchase", Decimal(-20_000))])])
    assert [tick.label for tick in chart.ticks][:2] == ["−20,000", "−15,000"]  # noqa: RUF001
    assert [tick.label for tick in chart.ticks if tick.is_zero] == ["0"]


def test_long_labels_are_fewer() -> None:
    year = SyncWindow(date(2026, 1, 1), date(2026, 12, 31))
    months = charts.stacked([(slot, ()) for slot in charts.slots(year)])
    assert labels(months) == ["Jan 2026", "May 2026", "Sep 2026"]


# --- what pages draw of the figures -----------------------------------------------------------


@given(
    ranges,
    st.lists(st.tuples(st.integers(0, 365), st.sampled_from(POSTABLE), amounts), max_size=40),
)
def test_slots_hold_all_that_was_posted_and_lead_to_their_days(
    days: SyncWindow, posted: list[tuple[int, Kind, Decimal]]
) -> None:
    held = [
        PostedOnDay(day, kind, 2, Money(amount))
        for after, kind, amount in posted
        if (day := days.start + timedelta(days=after)) <= days.end
    ]
    slots = charts.slots(days)
    lines = posted_lines(held, slots)
    assert sum(line.number for line in lines) == 2 * len(held)
    assert total(line.amount for line in lines) == total(one.amount for one in held)
    for line in lines:
        assert f"from={line.slot.first}&to={line.slot.last}" in line.query
        assert f"outcome=posted&kind={line.kind.value}" in line.query
    assert len(posted_chart(lines, slots, by_amount=True).bars) == len(slots)


@given(st.lists(amounts, max_size=30))
def test_the_largest_accounts_and_the_others_add_up_to_all(spent: list[Decimal]) -> None:
    accounts = [SpentOn(f"6{at:04}", 1, Money(amount)) for at, amount in enumerate(spent)]
    lines = account_lines(accounts, {"60000": "Meals"})
    assert {line.name for line in lines} <= {"", "Meals"}
    assert total(line.account.amount for line in lines) == total(one.amount for one in accounts)
    assert sum(line.others or 1 for line in lines) == len(accounts)
    assert len(lines) <= 13
    shown = [abs(line.account.amount.amount) for line in lines if not line.others]
    hidden = sorted(map(abs, spent))[: len(spent) - len(shown)]
    assert not hidden or max(hidden) <= min(shown)


@given(st.lists(amounts, min_size=1))
def test_lying_bars_are_as_long_as_their_values_on_their_side_of_zero(
    values: list[Decimal],
) -> None:
    bars = charts.lying(values)
    length = max([*values, Decimal(0)]) - min([*values, Decimal(0)])
    zero = -min([*values, Decimal(0)]) / (length or 1) * 100
    for bar, value in zip(bars, values, strict=True):
        left, right = share(bar.x), share(bar.x) + share(bar.width)
        near = right if value < 0 else left
        assert near == pytest.approx(zero, abs=Decimal("0.001"))
        assert share(bar.width) == pytest.approx(
            abs(value) / (length or 1) * 100, abs=Decimal("0.001")
        )
