"""Rows as PEX might send them, from the sample of PEX contract 3.10 with members changed."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.pex.rows import RowUnreadable, read_row, type_name
from domain.eastern_time import EASTERN
from domain.money import Money
from domain.pex_transaction import Allocation, Kind, PexTransaction, Record, TagValue, classify

EXPENSE = "64b0c1d2e3f4a5b6c7d8e901"
SPLIT = "64b0c1d2e3f4a5b6c7d8e9aa"
SAMPLE: dict[str, Any] = {
    "TransactionId": 70010021,
    "AcctId": 88104,
    "TransactionTime": "2026-02-03T21:47:09",
    "SettlementTime": "2026-02-05T03:12:00",
    "TransactionAmount": -48.60,
    "PaddingAmount": 0,
    "TransactionType": "Network",
    "Description": "Purchase",
    "TransactionNotes": [],
    "IsPending": False,
    "IsDecline": False,
    "MerchantName": "NORTH PIER HDWE #0417",
    "MerchantNameNormalized": "North Pier Hardware",
    "MerchantCity": "PORTLAND",
    "MerchantState": "ME ",
    "TransferToOrFromAccountId": 0,
    "TransactionTags": {
        "Tags": [{"FieldId": EXPENSE, "Value": "6110", "Name": "Expense Account"}],
        "State": "Selected",
    },
    "MetadataApprovalStatus": "Approved",
    "TransactionTypeCategory": "Spend",
}


def read(**members: Any) -> PexTransaction:
    return read_row(json.dumps(SAMPLE | members).encode(), Record.CARD)


def tagged(value: Any, **members: Any) -> PexTransaction:
    entry = {"FieldId": EXPENSE, "Value": value, "Name": "Expense Account"} | members
    return read(TransactionTags={"Tags": [entry]})


def split(tags: Any, amount: Any = "20.00", *, as_text: bool = True) -> PexTransaction:
    value = {"TagId": SPLIT, "Allocation": tags, "Amount": amount}
    entry = {"FieldId": SPLIT, "Name": "Allocation_52311"}
    return read(
        TransactionTags={"Tags": [entry | {"Value": json.dumps(value) if as_text else value}]}
    )


def test_the_sample_of_the_contract_is_read_as_it_stands() -> None:
    row = read()
    assert row == PexTransaction(
        Record.CARD,
        70010021,
        Money.of("-48.60"),
        datetime(2026, 2, 3, 21, 47, 9, tzinfo=EASTERN),
        datetime(2026, 2, 5, 3, 12, tzinfo=EASTERN),
        "Network",
        "Spend",
        "Purchase",
        account_id=88104,
        merchant_name="NORTH PIER HDWE #0417",
        merchant_name_normalized="North Pier Hardware",
        merchant_city="PORTLAND",
        merchant_state="ME",
        approval="Approved",
        tags=(TagValue(EXPENSE, "6110"),),
    )


def test_a_tag_bears_the_name_that_people_see() -> None:
    assert [tag.name for tag in tagged("6110").tags] == ["Expense Account"]
    assert [tag.name for tag in tagged("6110", Name=None).tags] == [""]
    (part,) = split([{"TagId": EXPENSE, "Value": "6110"}]).allocations
    assert [tag.name for tag in part.tags] == [""]


def test_an_amount_keeps_its_digits_and_never_passes_through_a_float() -> None:
    raw = json.dumps(SAMPLE).replace("-48.6", "-90071992547409.93").encode()
    assert read_row(raw, Record.CARD).amount == Money.of("-90071992547409.93")
    assert read(TransactionAmount="-48.60").amount == Money.of("-48.60")
    assert read(TransactionAmount=-500).amount == Money.of(-500)


def test_members_are_read_in_any_case() -> None:
    names = {name.upper(): value for name, value in SAMPLE.items()}
    camel = {name[0].lower() + name[1:]: value for name, value in SAMPLE.items()}
    for members in (names, camel):
        assert read_row(json.dumps(members).encode(), Record.CARD) == read()


@pytest.mark.parametrize("name", sorted(set(SAMPLE) - {"TransactionId", "TransactionTime"}))
def test_every_optional_member_may_be_null_or_absent(name: str) -> None:
    absent = {member: value for member, value in SAMPLE.items() if member != name}
    if name == "TransactionAmount":
        with pytest.raises(RowUnreadable):
            read(TransactionAmount=None)
    else:
        assert read(**{name: None}) == read_row(json.dumps(absent).encode(), Record.CARD)


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"TransactionId": None}, "transactionid"),
        ({"TransactionId": "seventy"}, "transactionid"),
        ({"TransactionId": 0}, "id"),
        ({"TransactionTime": None}, "transactiontime"),
        ({"TransactionTime": "soon"}, "time"),
        ({"TransactionTime": "0001-01-01T00:00:00"}, "time"),
        ({"TransactionTime": "0001-01-01T00:00:00Z"}, "time"),
        ({"TransactionAmount": None}, "transactionamount"),
        ({"TransactionAmount": "a lot"}, "transactionamount"),
        ({"TransactionAmount": "NaN"}, "amount"),
        ({"TransactionAmount": "1e99"}, "amount"),
    ],
)
def test_a_row_without_id_time_or_amount_is_no_row(members: dict[str, Any], what: str) -> None:
    with pytest.raises(RowUnreadable, match=f"no readable {what}"):
        read(**members)


def test_a_refused_row_is_named_by_its_id() -> None:
    with pytest.raises(RowUnreadable, match="transaction 70010021"):
        read(TransactionTime=None)


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"row"', b"5"])
def test_what_is_no_object_is_no_row(raw: bytes) -> None:
    with pytest.raises(RowUnreadable):
        read_row(raw, Record.CARD)


def test_an_odd_optional_member_is_left_out_and_the_row_stays() -> None:
    row = read(MerchantName=["?"], AcctId="somewhere", Description=17)
    assert (row.merchant_name, row.account_id, row.description) == (None, 0, "")
    assert row.tags == read().tags


@pytest.mark.parametrize(
    "members",
    [
        {"IsPending": "perhaps"},
        {"IsDecline": {}},
        {"SettlementTime": 20260205},
        {"SettlementTime": "yesterday"},
    ],
    ids=str,
)
def test_a_row_whose_settlement_cannot_be_read_counts_as_pending(members: dict[str, Any]) -> None:
    assert read(**members).is_pending


@pytest.mark.parametrize(
    ("told", "meant"), [("True", True), ("false", False), (1, True), (0, False)]
)
def test_flags_may_be_words_or_numbers(told: Any, meant: bool) -> None:  # noqa: FBT001 - an example
    assert read(IsPending=told).is_pending is meant
    assert read(IsDecline=told).is_decline is meant


def test_a_time_with_fraction_or_offset_is_eastern() -> None:
    row = read(TransactionTime="2026-02-03T21:47:09.1234567", SettlementTime="2026-02-05T08:12:00Z")
    assert row.transacted_at == datetime(2026, 2, 3, 21, 47, 9, 123456, EASTERN)
    assert row.settled_at == datetime(2026, 2, 5, 3, 12, tzinfo=EASTERN)
    assert row.settlement_date.isoformat() == "2026-02-05"


def test_the_year_1_is_no_settlement() -> None:
    assert read(SettlementTime="0001-01-01T00:00:00").settled_at is None


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (2, "Network"),
        ("2", "Network"),
        ("network", "Network"),
        (1, "Transfer"),
        (3, "Load"),
        (-1, "Invalid"),
        ("-1", "Invalid"),
        (99, "Invalid"),
        (None, "Invalid"),
        ("New", "New"),
    ],
)
def test_a_type_is_told_by_its_name_or_number(told: Any, name: str) -> None:
    assert type_name(told) == name
    assert read(TransactionType=told).transaction_type == name


def test_a_fee_keeps_its_class_with_blanks_around_its_category() -> None:
    assert classify(read(TransactionTypeCategory=" CardAccountFee ")) is Kind.FEE


def test_only_what_users_wrote_is_a_note() -> None:
    notes = [
        {"NoteText": " Lunch with the board ", "SystemGenerated": False},
        {"NoteText": "Pushed", "SystemGenerated": True},
        {"NoteText": "Pushed", "SystemGenerated": "true"},
        {"NoteText": "Synced transaction #70010021 to Books on 2026-02-06T01:00:00Z"},
        {"NoteText": None},
        {"NoteText": "  "},
        "no note",
    ]
    assert read(TransactionNotes=notes).notes == ("Lunch with the board",)


# --- tags (PEX contract 4.3) -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [("6110", "6110"), (6110, "6110"), (True, "true"), (False, "false"), (12.50, "12.5")],
)
def test_a_tags_value_is_text(value: Any, text: str) -> None:
    assert tagged(value).tags == (TagValue(EXPENSE, text),)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_tag_without_a_value_is_no_tag(value: Any) -> None:
    row = tagged(value)
    assert (row.tags, row.allocations) == ((), ())


@pytest.mark.parametrize("tags", [None, {"Tags": None}, {"Tags": []}, {}])
def test_a_row_may_have_no_tags(tags: Any) -> None:
    row = read(TransactionTags=tags)
    assert (row.tags, row.allocations) == ((), ())


@pytest.mark.parametrize(
    "tags",
    [
        "gone",
        [1],
        {"Tags": "gone"},
        {"Tags": [7]},
        {"Tags": [{"Value": "6110"}]},
        {"Tags": [{"FieldId": None, "Value": "6110"}]},
    ],
    ids=str,
)
def test_unreadable_tags_refuse_the_row_rather_than_let_a_default_code_it(tags: Any) -> None:
    assert Allocation(None, ()) in read(TransactionTags=tags).allocations


@pytest.mark.parametrize("text", ["{see the allocation list}", "{", '{"memo": 1}', "{}"])
def test_a_text_tag_with_braces_is_no_split(text: str) -> None:
    row = tagged(text, Name="Memo")
    assert row.tags == (TagValue(EXPENSE, text),)
    assert row.allocations == ()


# --- splits (PEX contract 4.4) ---------------------------------------------------------------


@pytest.mark.parametrize("as_text", [True, False], ids=["as text", "as object"])
@pytest.mark.parametrize("amount", ["20.00", 20, 20.0], ids=str)
def test_a_split_comes_as_text_or_object_with_its_amount_in_any_form(
    as_text: bool,  # noqa: FBT001 - an example
    amount: Any,
) -> None:
    row = split([{"TagId": EXPENSE, "Value": "6110"}], amount, as_text=as_text)
    assert row.allocations == (Allocation(Decimal(20), (TagValue(EXPENSE, "6110"),)),)
    assert row.tags == ()


@pytest.mark.parametrize("tags", [None, []])
def test_a_split_may_have_no_tags(tags: Any) -> None:
    assert split(tags).allocations == (Allocation(Decimal("20.00"), ()),)


@pytest.mark.parametrize(
    ("tags", "amount"),
    [
        ([], None),
        ([], "much"),
        ([], "NaN"),
        ([], True),
        ("none", "20.00"),
        ([3], "20.00"),
        ([{"Value": "6110"}], "20.00"),
    ],
    ids=str,
)
def test_a_split_that_cannot_be_read_has_no_amount(tags: Any, amount: Any) -> None:
    assert split(tags, amount).allocations == (Allocation(None, ()),)


def test_a_broken_split_is_known_by_its_name() -> None:
    assert tagged('{"TagId":"64', Name="Allocation_52311").allocations == (Allocation(None, ()),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99999) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(members=st.dictionaries(st.sampled_from(sorted(SAMPLE)), JSON))
def test_no_odd_row_breaks_anything_but_itself(members: dict[str, Any]) -> None:
    try:
        row = read(**members)
    except RowUnreadable:
        return
    assert row.pex_id > 0
    assert row.amount.amount.is_finite()
