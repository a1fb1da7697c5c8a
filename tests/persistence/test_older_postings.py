"""Events of postings as they were stored before there was a second way."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.domain import CanMutateAggregate

from adapters.persistence.mapper import EventMapper
from builders.books import entry, keys
from builders.events import replayed
from domain.money import Money
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import Facts, PostedTransaction, State, Target

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
RUN = uuid4()
FACTS = Facts(Kind.PURCHASE, Money.of("-48.60"), date(2026, 2, 3), date(2026, 2, 5), "Deli", None)
TARGET = Target("tenant", "Production", "company", "PEX CARD")


def without_newer_members(
    mapper: EventMapper, event: CanMutateAggregate[UUID]
) -> CanMutateAggregate[UUID]:
    """The event as it reads back from a row that knows nothing of bare entries."""
    stored = mapper.to_stored_event(event)
    members: dict[str, Any] = json.loads(stored.state)
    members.pop("bare", None)
    older = replace(stored, state=json.dumps(members).encode())
    return mapper.to_domain_event(older)


@pytest.mark.parametrize("again", [False, True])
def test_a_posting_of_old_is_plain_and_the_same(*, again: bool) -> None:
    mapper = EventMapper([PostedTransaction])
    posting = PostedTransaction(NOW, uuid4(), 52311, Record.CARD, 123, FACTS, RUN)
    posting.reserve(entry(of=keys(123)), (700_000, 700_010), TARGET, 3, "hash", RUN, NOW)
    posting.submit(RUN, NOW)
    if again:
        posting.doubt("the connection was cut", RUN, NOW)
        posting.release("no trace", RUN, NOW)
        posting.submit(RUN, NOW)
    posting.confirm(("a", "b"), RUN, NOW)
    events = [without_newer_members(mapper, event) for event in posting.collect_events()]
    older = replayed(posting, events)
    assert older == posting
    assert (older.state, older.bare) == (State.POSTED, False)
