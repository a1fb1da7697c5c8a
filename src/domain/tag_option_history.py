"""What was last written to a PEX dropdown tag, and what a run changed in it (M28).

An intention is written down before PEX is asked. Where a run dies before its outcome is recorded,
what the tag then shows tells which of it came to be, so that an option of ours is never taken for
a person's, nor a person's for ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.tag_options import (
    Change,
    Merge,
    OptionChange,
    TagOption,
    Written,
    by_value,
    fold,
)

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a13")
OPTIONS_A_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Intention:
    """What a write will make of the last written, and the changes that people are told of.

    `forgotten` are values that neither PEX nor Business Central has any more.
    """

    written: tuple[Written, ...] = ()
    forgotten: tuple[str, ...] = ()
    changes: tuple[OptionChange, ...] = ()


class TagOptions(Aggregate):
    """The history of one tag's options with us."""

    TOPIC = "tag_options"

    @staticmethod
    def create_id(connection_id: UUID, tag_id: str) -> UUID:
        """One stream for each tag of a connection."""
        return uuid5(_NAMESPACE, f"{connection_id}/{tag_id.lower()}")

    @event("Created", topic="tag_options.opened")
    def __init__(self, timestamp: datetime, connection_id: UUID, tag_id: str) -> None:
        self.connection_id = connection_id
        self.tag_id = tag_id
        self.opened_at = timestamp
        self.written: dict[str, Written] = {}
        self.intention: Intention | None = None
        self.run_id: UUID | None = None
        self.actor: str | None = None
        self.changed_at = timestamp

    def last_written(self, options: Sequence[TagOption]) -> Mapping[str, Written]:
        """What a merge begins with, by folded value; `options` are those that PEX shows now."""
        if self.intention is None:
            return self.written
        shown = by_value(options)
        settled = dict(self.written)
        for intended in self.intention.written:
            key = fold(intended.value)
            option = shown.get(key)
            if option is not None:
                settled[key] = _settled(self.written.get(key), intended, option)
        return settled

    def landed(self, options: Sequence[TagOption]) -> tuple[OptionChange, ...]:
        """The changes of a write without a known outcome that the tag shows now."""
        if self.intention is None:
            return ()
        shown = by_value(options)
        intended = {fold(one.value): one for one in self.intention.written}
        return tuple(
            change
            for change in self.intention.changes
            if _shows(shown.get(fold(change.value)), intended.get(fold(change.value)), change)
        )

    def intend(
        self,
        merged: Merge,
        changes: tuple[OptionChange, ...],
        run_id: UUID,
        actor: str,
        timestamp: datetime,
    ) -> bool:
        """Write down what is about to be written, where it is news; whether it is."""
        intention = Intention(
            tuple(one for key, one in merged.written.items() if self.written.get(key) != one),
            tuple(key for key in self.written if key not in merged.written),
            changes,
        )
        if self.intention is None and intention == Intention():
            return False
        self._intended(timestamp, intention, run_id, actor)
        return True

    @event("Intended", topic="tag_options.intended")
    def _intended(
        self, timestamp: datetime, intention: Intention, run_id: UUID, actor: str
    ) -> None:
        self.intention = intention
        self.run_id = run_id
        self.actor = actor
        self.changed_at = timestamp

    def confirm(self, run_id: UUID, timestamp: datetime) -> None:
        """PEX shows what was intended; says nothing where nothing was."""
        if self.intention is not None:
            self._confirmed(timestamp, run_id)

    @event("Confirmed", topic="tag_options.confirmed")
    def _confirmed(self, timestamp: datetime, run_id: UUID) -> None:
        self.written = _applied(self.written, self.intention)
        self.intention = None
        self.run_id = run_id
        self.changed_at = timestamp


def _applied(written: dict[str, Written], intention: Intention | None) -> dict[str, Written]:
    if intention is None:
        return written
    forgotten = set(intention.forgotten)
    kept = {key: one for key, one in written.items() if key not in forgotten}
    return kept | {fold(one.value): one for one in intention.written}


def _settled(last: Written | None, intended: Written, option: TagOption) -> Written:
    """Member by member: what was intended where the option shows it, else what was there before.

    An option that was to be added, and is there, is ours whatever became of it since.
    """
    if last is None:
        return intended
    named = intended if option.name == intended.name else last
    enabled = intended.enabled if option.enabled == intended.enabled else last.enabled
    return Written(intended.value, named.name, named.label, enabled)


def _shows(option: TagOption | None, intended: Written | None, change: OptionChange) -> bool:
    if option is None or intended is None:
        return False
    if change.change is Change.RENAMED:
        return option.name == intended.name
    return change.change is Change.ADDED or option.enabled == intended.enabled


@dataclass(frozen=True, slots=True)
class ReportedOption:
    """A line of a run's report: a change of an option, or why a field's options failed.

    `field` is the mapped field, such as `expense_account`; a failure names no option.
    """

    tag_id: str
    field: str
    option: str
    value: str
    change: Change
    code: str | None = None
    detail: str | None = None


class TagOptionPage(Aggregate):
    """A page of what a run changed in tags, so that no run's stream grows with their options."""

    TOPIC = "tag_option_page"

    @staticmethod
    def create_id(run_id: UUID, number: int) -> UUID:
        """One stream for each page."""
        return uuid5(_NAMESPACE, f"page/{run_id}/{number}")

    @event("Created", topic="tag_option_page.written")
    def __init__(
        self,
        timestamp: datetime,
        run_id: UUID,
        number: int,
        connection_id: UUID,
        reported: tuple[ReportedOption, ...],
    ) -> None:
        self.run_id = run_id
        self.number = number
        self.connection_id = connection_id
        self.reported = reported
        self.written_at = timestamp


def option_pages(
    run_id: UUID,
    connection_id: UUID,
    behind: int,
    reported: Sequence[ReportedOption],
    timestamp: datetime,
) -> tuple[TagOptionPage, ...]:
    """As many pages as it takes, numbered behind those that are there."""
    return tuple(
        TagOptionPage(
            timestamp,
            run_id,
            number,
            connection_id,
            tuple(reported[first : first + OPTIONS_A_PAGE]),
        )
        for number, first in enumerate(range(0, len(reported), OPTIONS_A_PAGE), behind + 1)
    )
