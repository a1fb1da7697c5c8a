"""Business Central's values become tag options, and what people made of the tag survives (M28)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.settings import TagOptionRules
from domain.tag_options import (
    NAME_LENGTH,
    Change,
    Merge,
    NoOptionEnabled,
    Offer,
    OffersNotUnique,
    OptionsNotUnique,
    TagOption,
    Written,
    by_value,
    fold,
    merge,
)

RULES = TagOptionRules()
RENAMING = TagOptionRules(rename=True)
NOTHING: Mapping[str, Written] = {}
MEALS, TRAVEL = Offer("62400", "Meals"), Offer("62100", "Travel")


def option(value: str, name: str, order: int = 0, *, enabled: bool = True) -> TagOption:
    return TagOption(value, name, order, enabled)


def told(merged: Merge) -> list[tuple[str, str]]:
    return [(change.value, change.change.value) for change in merged.changes]


def shown(merged: Merge) -> list[tuple[str, str, int, bool]]:
    return [(one.value, one.name, one.order, one.enabled) for one in merged.options]


def after(*offers: Offer, rules: TagOptionRules = RULES) -> Merge:
    """A tag that we filled from nothing."""
    return merge(offers, [], {}, rules)


# --- adding ----------------------------------------------------------------------------------


def test_what_is_missing_is_appended_behind_the_greatest_order() -> None:
    own = option("MKT", "Marketing", 7)
    merged = merge([MEALS, TRAVEL], [own], {}, RULES)
    assert shown(merged) == [
        ("MKT", "Marketing", 7, True),
        ("62400", "Meals", 8, True),
        ("62100", "Travel", 9, True),
    ]
    assert told(merged) == [("62400", "added"), ("62100", "added")]


def test_an_empty_tag_begins_at_order_zero() -> None:
    assert [one.order for one in after(MEALS, TRAVEL).options] == [0, 1]


def test_options_are_matched_by_value_without_case_and_never_by_name() -> None:
    merged = merge([Offer("ops", "Operations")], [option("OPS", "Ops dept.")], {}, RULES)
    assert shown(merged) == [("OPS", "Ops dept.", 0, True)]
    named = merge([Offer("OPS", "Operations")], [option("1", "Operations")], {}, RULES)
    assert told(named) == [("OPS", "added")]


def test_a_name_is_cut_at_a_hundred_and_the_value_never() -> None:
    value = "V" * 150
    (only,) = after(Offer(value, "n" * 120)).options
    assert (only.value, only.name) == (value, "n" * 100)


def test_an_offer_without_a_name_is_called_by_its_value_and_blanks_are_closed_up() -> None:
    nameless, spaced = after(Offer("OPS", "  "), Offer("ADM", " Head \n office ")).options
    assert (nameless.name, spaced.name) == ("OPS", "Head office")


def test_a_name_that_is_taken_gets_stars_until_it_is_free() -> None:
    own = [option("1", "FOO"), option("2", "foo*")]
    merged = merge([Offer("3", "Foo"), Offer("4", "Foo")], own, {}, RULES)
    assert [one.name for one in merged.options[2:]] == ["Foo**", "Foo***"]
    assert merged.changes[0].detail == "Another option is called 'Foo'."


def test_stars_fit_within_the_longest_name() -> None:
    long = "n" * 100
    first, second = after(Offer("1", long), Offer("2", long)).options
    assert (first.name, second.name) == (long, "n" * 99 + "*")


def test_a_crowd_of_one_name_is_told_apart_by_values() -> None:
    crowd = [Offer(f"V{number}", "Smith") for number in range(12)]
    names = [one.name for one in after(*crowd).options]
    assert names[9:] == ["Smith*********", "Smith V10", "Smith V11"]


def test_two_offers_of_one_value_are_refused() -> None:
    with pytest.raises(OffersNotUnique, match="'ops'"):
        merge([Offer("OPS", "Operations"), Offer("ops", "Other")], [], {}, RULES)


# --- what people made ------------------------------------------------------------------------


def test_an_option_that_business_central_never_knew_is_left_alone() -> None:
    own = [option("MKT", "Marketing", 3), option("OLD", "Old one", 1, enabled=False)]
    merged = merge([MEALS], own, {}, RENAMING)
    assert list(merged.options[:2]) == own


def test_an_option_that_a_person_disabled_stays_disabled() -> None:
    first = after(MEALS, TRAVEL)
    off = [replace(first.options[0], enabled=False), first.options[1]]
    again = merge([MEALS, TRAVEL], off, first.written, RULES)
    assert not again.changes
    assert not again.options[0].enabled


def test_an_option_that_was_disabled_before_the_first_sync_counts_as_a_persons() -> None:
    merged = merge([MEALS], [option("62400", "Meals", enabled=False)], {}, RULES)
    assert not merged.changes
    again = merge([MEALS], merged.options, merged.written, RULES)
    assert not again.changes


def test_an_option_that_a_person_enabled_though_it_is_gone_stays_enabled() -> None:
    first = after(MEALS, TRAVEL)
    gone = merge([TRAVEL], first.options, first.written, RULES)
    on = [replace(gone.options[0], enabled=True), gone.options[1]]
    assert not merge([TRAVEL], on, gone.written, RULES).changes


def test_an_option_that_a_person_took_out_is_added_again_while_it_is_offered() -> None:
    first = after(MEALS, TRAVEL)
    assert told(merge([MEALS, TRAVEL], first.options[1:], first.written, RULES)) == [
        ("62400", "added")
    ]
    dropped = merge([TRAVEL], first.options[1:], first.written, RULES)
    assert set(dropped.written) == {"62100"}


# --- disabling and enabling ------------------------------------------------------------------


def test_an_option_of_ours_that_is_gone_is_disabled_and_enabled_when_it_comes_back() -> None:
    first = after(MEALS, TRAVEL)
    gone = merge([TRAVEL], first.options, first.written, RULES)
    assert told(gone) == [("62400", "disabled")]
    assert gone.options[0] == option("62400", "Meals", 0, enabled=False)
    back = merge([MEALS, TRAVEL], gone.options, gone.written, RULES)
    assert told(back) == [("62400", "enabled")]
    assert back.options == first.options


def test_what_came_back_stays_disabled_where_the_settings_say_so() -> None:
    rules = TagOptionRules(reenable=False)
    first = after(MEALS, TRAVEL)
    gone = merge([TRAVEL], first.options, first.written, rules)
    assert not merge([MEALS, TRAVEL], gone.options, gone.written, rules).changes


def test_an_option_that_a_person_had_made_for_an_offer_goes_when_the_offer_goes() -> None:
    known = merge([MEALS, TRAVEL], [option("62400", "Food"), option("62100", "Trips")], {}, RULES)
    assert not known.changes
    gone = merge([TRAVEL], known.options, known.written, RULES)
    assert told(gone) == [("62400", "disabled")]


def test_where_all_would_go_off_the_first_stays_on() -> None:
    first = after(MEALS, TRAVEL)
    gone = merge([], first.options, first.written, RULES)
    assert told(gone) == [("62100", "disabled")]
    assert [one.enabled for one in gone.options] == [True, False]
    assert not merge([], gone.options, gone.written, RULES).changes
    replaced = merge([Offer("1", "New")], first.options, first.written, RULES)
    assert [one.enabled for one in replaced.options] == [False, False, True]


# --- renaming --------------------------------------------------------------------------------


def renamed(rules: TagOptionRules, now: str = "Meals") -> Merge:
    first = after(MEALS)
    called = [replace(first.options[0], name=now)]
    return merge([Offer("62400", "Meals and more")], called, first.written, rules)


def test_an_option_follows_a_new_name_only_where_the_settings_say_so() -> None:
    assert not renamed(RULES).changes
    followed = renamed(RENAMING)
    assert told(followed) == [("62400", "renamed")]
    assert followed.options[0].name == followed.changes[0].option == "Meals and more"
    assert followed.changes[0].detail == "It was 'Meals'."


def test_switched_on_later_renaming_catches_up() -> None:
    kept = renamed(RULES)
    offers = [Offer("62400", "Meals and more")]
    assert told(merge(offers, kept.options, kept.written, RENAMING)) == [("62400", "renamed")]


def test_an_option_that_a_person_renamed_keeps_the_persons_name() -> None:
    assert not renamed(RENAMING, now="Food").changes
    own = merge([MEALS], [option("62400", "Food")], {}, RENAMING)
    offers = [Offer("62400", "Meals and more")]
    assert not merge(offers, own.options, own.written, RENAMING).changes


def test_names_that_change_places_need_no_stars() -> None:
    first = after(Offer("1", "Left"), Offer("2", "Right"))
    swapped = merge(
        [Offer("1", "Right"), Offer("2", "Left")], first.options, first.written, RENAMING
    )
    assert [one.name for one in swapped.options] == ["Right", "Left"]


def test_a_star_stays_where_the_other_option_of_that_name_has_gone_elsewhere() -> None:
    first = after(Offer("1", "Foo"), Offer("2", "Foo"))
    moved = merge([Offer("1", "Bar"), Offer("2", "Foo")], first.options, first.written, RENAMING)
    assert [one.name for one in moved.options] == ["Bar", "Foo*"]
    assert not merge(
        [Offer("1", "Bar"), Offer("2", "Foo")], moved.options, moved.written, RENAMING
    ).changes


# --- what PEX would not take -----------------------------------------------------------------


def test_options_that_pex_could_not_tell_apart_are_refused_only_where_something_is_written() -> (
    None
):
    same_name = [option("1", "Travel"), option("2", "TRAVEL")]
    assert not merge([], same_name, {}, RULES).changes
    with pytest.raises(OptionsNotUnique, match="name 'Travel'"):
        merge([MEALS], same_name, {}, RULES)
    with pytest.raises(OptionsNotUnique, match="value 'a'"):
        merge([MEALS], [option("a", "1"), option("A", "2")], {}, RULES)


def test_a_tag_without_any_enabled_option_is_refused_where_something_is_written() -> None:
    first = after(MEALS)
    off = [replace(first.options[0], enabled=False)]
    with pytest.raises(NoOptionEnabled):
        merge([Offer("62400", "Food")], off, first.written, RENAMING)


# --- always ----------------------------------------------------------------------------------

words = st.text(alphabet="aAbB* ", max_size=4)
values = st.text(alphabet="aAbBcC12", min_size=1, max_size=2)
rules = st.builds(TagOptionRules, rename=st.booleans(), reenable=st.booleans())
offer_lists = st.lists(
    st.builds(Offer, values, words), max_size=6, unique_by=lambda one: fold(one.value)
)


@st.composite
def tags(draw: st.DrawFn) -> list[TagOption]:
    """Options as PEX may hold them: values and names unique, one enabled at least."""
    keys = draw(st.lists(values, max_size=6, unique_by=fold))
    names = draw(
        st.lists(
            words.map(str.strip).filter(bool),
            min_size=len(keys),
            max_size=len(keys),
            unique_by=fold,
        )
    )
    flags = draw(st.lists(st.booleans(), min_size=len(keys), max_size=len(keys)))
    if flags:
        flags[0] = True
    orders = draw(st.lists(st.integers(0, 9), min_size=len(keys), max_size=len(keys)))
    return [TagOption(*one) for one in zip(keys, names, orders, flags, strict=True)]


@given(st.lists(st.tuples(offer_lists, tags(), rules), min_size=1, max_size=4))
def test_whatever_business_central_and_people_do_the_rules_hold(
    years: list[tuple[list[Offer], list[TagOption], TagOptionRules]],
) -> None:
    written: Mapping[str, Written] = {}
    for offers, options, how in years:
        merged = merge(offers, options, written, how)
        kept = merged.options[: len(options)]
        assert [(one.value, one.order) for one in kept] == [
            (one.value, one.order) for one in options
        ]
        assert {fold(one.value) for one in offers} <= by_value(merged.options).keys()
        for texts in ([o.value for o in merged.options], [o.name for o in merged.options]):
            assert len({fold(text) for text in texts}) == len(texts)
        assert any(one.enabled for one in merged.options) or not merged.options
        assert bool(merged.changes) == (merged.options != tuple(options))
        offered = {fold(one.value) for one in offers}
        for before, now in zip(options, kept, strict=True):
            if fold(before.value) not in offered | written.keys():
                assert now == before
        again = merge(offers, merged.options, merged.written, how)
        assert not again.changes
        assert again.written == merged.written
        assert again.options == merged.options
        written = merged.written


def test_fifty_thousand_values_of_one_name_are_merged_in_a_line() -> None:
    crowd = [Offer(f"V{number}", "Smith") for number in range(50_000)]
    first = merge(crowd, [], {}, RENAMING)
    assert len({fold(one.name) for one in first.options}) == 50_000
    assert max(len(one.name) for one in first.options) <= NAME_LENGTH
    half = merge(crowd[:25_000], first.options, first.written, RENAMING)
    assert {change.change for change in half.changes} == {Change.DISABLED}
    assert len(half.changes) == 25_000
    renamed_all = [Offer(one.value, "Jones") for one in crowd]
    assert len(merge(renamed_all, half.options, half.written, RENAMING).changes) == 75_000
