"""What the pages of transactions say, state by state, and how a search is read."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from application.ports.read_models import ReceiptView, TransactionFilter, TransactionView
from application.verify import Match
from builders.books import entry
from domain.money import Money
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Place, State, Target
from domain.receipts import ReceiptStatus
from domain.sync_run import Outcome
from entrypoints.http.pages.bc_web import link
from entrypoints.http.pages.transaction_search import search
from entrypoints.http.pages.transactions import lines
from entrypoints.http.pages.whereabouts import FOUND, UNDER_WAY, whereabouts

NOW = datetime(2026, 9, 1, 14, tzinfo=UTC)
ENTRY = entry()
BC_API = "https://api.businesscentral.dynamics.com"
POSTED = TransactionView(
    connection_id=UUID(int=9),
    record=Record.CARD,
    pex_id=7,
    kind=Kind.PURCHASE,
    day=date(2026, 8, 31),
    merchant="Corner Deli",
    cardholder="Sam",
    amount=Money.of("-48.60"),
    outcome=Outcome.POSTED,
    state=State.POSTED,
    code=None,
    cause=None,
    run_id=UUID(int=1),
    entry=ENTRY,
    line_numbers=(700_010, 700_020),
    line_ids=("one", "two"),
    target=Target("tenant", "Production West", "company", "PEX CARD"),
    place=Place.JOURNAL,
    attempts=1,
    first_seen_at=NOW,
    changed_at=NOW,
)
ON_LEDGER = ReceiptView(
    "a",
    1,
    ReceiptStatus.ATTACHED,
    None,
    None,
    "a.pdf",
    1,
    "0",
    "f",
    Place.LEDGER,
    "e",
    NOW,
    False,  # noqa: FBT003
)


def under_way(state: State, code: str | None = None) -> TransactionView:
    cause = "Because." if code else None
    outcome = Outcome.IN_DOUBT
    return replace(POSTED, outcome=outcome, state=state, code=code, cause=cause, place=None)


# --- where it is ------------------------------------------------------------------------------


def test_one_in_the_journal_is_told_with_its_lines() -> None:
    where = whereabouts(POSTED)
    number = ENTRY.document_number
    assert where.headline == f"In the journal PEX CARD under document number {number}."
    assert where.why.startswith("Lines 700010 to 700020. Once somebody posts the journal")


@pytest.mark.parametrize(
    ("view", "receipts"),
    [(replace(POSTED, place=Place.LEDGER), []), (POSTED, [ON_LEDGER])],
)
def test_one_that_a_user_posted_is_in_the_ledger(
    view: TransactionView, receipts: list[ReceiptView]
) -> None:
    where = whereabouts(view, receipts)
    assert where.headline == f"Posted in the ledger under document number {ENTRY.document_number}."


def test_one_that_is_only_reported_as_posted_claims_no_place() -> None:
    view = replace(POSTED, state=None, entry=None, target=None, place=None, line_numbers=())
    assert whereabouts(view).headline == "In Business Central."


@pytest.mark.parametrize("state", sorted(UNDER_WAY))
def test_what_is_under_way_says_what_to_do(state: State) -> None:
    code = "DIMENSIONS_PENDING" if state in (State.BARE, State.COMPLETING) else "IN_DOUBT"
    where = whereabouts(under_way(state, code))
    assert where.kind == "warn"
    assert where.headline.endswith(".")
    assert where.fix


def test_every_state_without_an_outcome_of_its_own_has_its_words() -> None:
    final = {State.SEEN, State.SKIPPED, State.FAILED, State.HELD, State.POSTED}
    assert set(UNDER_WAY) == set(State) - final


def test_what_is_not_complete_must_not_be_posted_yet() -> None:
    where = whereabouts(under_way(State.BARE, "DIMENSIONS_PENDING"))
    assert where.headline == "In the journal, but not complete yet."
    assert "Do not post the journal yet" in where.fix


def test_one_on_hold_is_for_a_person() -> None:
    view = replace(under_way(State.HELD, "PARTLY_FOUND"), outcome=Outcome.FAILED)
    where = whereabouts(view)
    assert (where.kind, where.headline) == ("bad", "Put on hold: a person must decide.")
    assert "complete or delete it there" in where.fix


def test_a_failure_is_told_with_its_cause_and_what_to_do() -> None:
    view = replace(under_way(State.FAILED, "SPLITS_DO_NOT_ADD_UP"), outcome=Outcome.FAILED)
    where = whereabouts(view)
    assert where.headline == "Not in Business Central: it could not be posted."
    assert (where.why, where.fix[:7]) == ("Because.", "Correct")


def test_every_finding_of_a_look_has_its_words() -> None:
    assert set(FOUND) == set(Match)
    assert all(FOUND[match].kind == "bad" for match in Match if match.is_worrying)


# --- into Business Central --------------------------------------------------------------------


@pytest.mark.parametrize(("place", "page"), [(Place.JOURNAL, 39), (Place.LEDGER, 20)])
def test_a_link_opens_the_right_page_of_the_right_environment(place: Place, page: int) -> None:
    where = f"https://businesscentral.dynamics.com/tenant/Production%20West?page={page}"
    assert link(BC_API, POSTED, place) == where


def test_there_is_no_link_without_a_target_or_to_a_stranger() -> None:
    assert link(BC_API, replace(POSTED, target=None), Place.JOURNAL) is None
    assert link("http://127.0.0.1:8900/bc", POSTED, Place.JOURNAL) is None
    assert link("https://api.evil.example", POSTED, Place.JOURNAL) is None


# --- lines and searches -----------------------------------------------------------------------


def test_a_line_stands_on_one_side() -> None:
    debit, credit = lines(POSTED)
    assert (debit.debit, debit.credit) == (ENTRY.lines[0].amount, None)
    assert (credit.debit, credit.credit) == (None, -ENTRY.lines[1].amount)
    assert lines(replace(POSTED, entry=None)) == ()


def test_an_entry_without_numbers_yet_shows_all_its_lines() -> None:
    assert [one.number for one in lines(replace(POSTED, line_numbers=()))] == [None, None]


def test_an_empty_form_asks_for_everything() -> None:
    asked = search(dict.fromkeys(("q", "outcome", "kind", "from", "to", "changed"), ""))
    assert asked.wanted == TransactionFilter()
    assert (asked.query, asked.errors) == ("", {})


def test_a_form_is_read_and_goes_back_into_the_address() -> None:
    texts = {"q": " Tom & Co ", "outcome": "failed", "kind": "fee", "from": "2026-04-01"}
    asked = search({**texts, "to": "2026-04-30", "changed": "yes"})
    assert asked.wanted == TransactionFilter(
        Outcome.FAILED,
        Kind.FEE,
        date(2026, 4, 1),
        date(2026, 4, 30),
        "Tom & Co",
        changed=True,
    )
    assert "q=+Tom+%26+Co+&outcome=failed" in asked.query


@pytest.mark.parametrize(
    ("name", "text"),
    [("outcome", "lost"), ("kind", "gift"), ("from", "2026-02-30"), ("to", "tomorrow")],
)
def test_what_cannot_be_read_is_told_by_its_field(name: str, text: str) -> None:
    asked = search({name: text})
    assert list(asked.errors) == [name]
    assert text in asked.errors[name].detail
    assert asked.errors[name].fix
