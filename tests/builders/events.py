"""Aggregates rebuilt from their events, as the event store does it."""

from copy import deepcopy
from typing import TypeVar, cast
from uuid import UUID

from eventsourcing.domain import Aggregate, CanMutateAggregate

A = TypeVar("A", bound=Aggregate)


def replayed(aggregate: A, events: list[CanMutateAggregate[UUID]] | None = None) -> A:
    """The aggregate as its events make it; by default those that it has not given out yet.

    Those are taken from it, so that the copy and the original can be compared.
    """
    told = list(aggregate.collect_events()) if events is None else events
    again: Aggregate | None = None
    for event in deepcopy(told):
        again = event.mutate(again)
    return cast("A", again)
