"""Views in memory: every query walks the whole log, so there is nothing to keep up to date."""

import base64
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from application.ports.event_log import EventLog, RecordedEvent
from application.ports.pictures import Figures
from application.ports.read_models import (
    BacklogFilter,
    ConnectionView,
    CursorRefused,
    Page,
    PostedKey,
    ReceiptView,
    RunView,
    SettingsVersion,
    TransactionFilter,
    TransactionView,
)
from domain.connection import Connection, Status
from domain.pex_transaction import Kind, Record
from domain.posted_transaction import UNSETTLED, PostedTransaction, State
from domain.receipts import Receipt, ReceiptStatus
from domain.sync_run import Outcome, Reported, RunPage, SyncRun
from domain.sync_window import SyncWindow
from domain.tag_option_history import ReportedOption, TagOptionPage
from domain.transaction_receipts import TransactionReceipts
from fakes.figures import added_up

T = TypeVar("T")
Key = tuple[UUID, Record, int]
OUTCOMES = {
    State.SEEN: Outcome.SKIPPED,
    State.SKIPPED: Outcome.SKIPPED,
    State.FAILED: Outcome.FAILED,
    State.HELD: Outcome.FAILED,
    State.POSTED: Outcome.POSTED,
}
IN_BOOKS = (Outcome.POSTED, Outcome.ALREADY_POSTED)


class Walk:
    """What the log says, from its first event to its last."""

    def __init__(self, log: EventLog) -> None:
        self.aggregates: dict[UUID, Any] = {}
        self.settings: list[tuple[UUID, SettingsVersion]] = []
        self.ledger: dict[Key, TransactionView] = {}
        for recorded in _events(log):
            event: Any = recorded.event
            aggregate = event.mutate(self.aggregates.get(recorded.stream))
            self.aggregates[recorded.stream] = aggregate
            if recorded.topic == "connection.settings_saved":
                saved = SettingsVersion(event.version, event.settings, event.timestamp, event.actor)
                self.settings.append((recorded.stream, saved))
            elif isinstance(aggregate, PostedTransaction):
                self._follow(aggregate)
            elif isinstance(aggregate, RunPage) and not aggregate.preview:
                for reported in aggregate.reported:
                    self._hear(aggregate, reported)

    def all_of(self, kind: type[T]) -> list[T]:
        return [one for one in self.aggregates.values() if isinstance(one, kind)]

    def _follow(self, posting: PostedTransaction) -> None:
        key = (posting.connection_id, posting.record, posting.pex_id)
        before, facts = self.ledger.get(key), posting.facts
        view = before
        if view is None or posting.version == 1:
            view = TransactionView(
                *key,
                facts.kind,
                facts.settled_on,
                facts.merchant,
                facts.cardholder,
                facts.amount,
                Outcome.SKIPPED,
                *(None,) * 3,
                posting.run_id,
                None,
                (),
                (),
                None,
                None,
                0,
                before.first_seen_at if before else posting.created_on,
                posting.modified_on,
            )
        self.ledger[key] = replace(
            view,
            day=posting.entry.posting_date if posting.entry else view.day,
            outcome=OUTCOMES.get(posting.state, Outcome.IN_DOUBT),
            state=posting.state,
            code=posting.code,
            cause=posting.cause,
            run_id=posting.run_id,
            entry=posting.entry,
            line_numbers=posting.line_numbers,
            line_ids=posting.line_ids,
            target=posting.target,
            place=posting.place,
            attempts=posting.attempts,
            changed_at=posting.modified_on,
            changes=posting.changes,
            missing_in_pex=posting.missing_since,
        )

    def _hear(self, page: RunPage, reported: Reported) -> None:
        key = (page.connection_id, reported.record, reported.pex_id)
        before = self.ledger.get(key)
        in_books = reported.outcome in IN_BOOKS
        if before and (before.outcome is Outcome.POSTED or (in_books and before.state)):
            return
        view = TransactionView(
            *key,
            reported.kind,
            reported.day,
            reported.merchant,
            None,
            reported.amount,
            Outcome.POSTED if in_books else reported.outcome,
            None,
            reported.code,
            reported.cause,
            page.run_id,
            None,
            (),
            (),
            None,
            None,
            0,
            page.created_on,
            page.created_on,
        )
        if before is not None:
            kept = (
                "cardholder",
                "state",
                "entry",
                "line_numbers",
                "line_ids",
                "target",
                "place",
                "attempts",
                "first_seen_at",
                "changes",
                "missing_in_pex",
            )
            view = replace(view, **{name: getattr(before, name) for name in kept})
        self.ledger[key] = view


class FakeReadModels:
    """Fulfils the port `ReadModels` over any event log."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def connections(
        self, business_ids: Collection[int] | None, limit: int, cursor: str | None = None
    ) -> Page[ConnectionView]:
        walk = Walk(self._log)
        found = [
            one
            for one in walk.all_of(Connection)
            if business_ids is None or one.business_id in business_ids
        ]
        found.sort(key=lambda one: (one.created_on, str(one.id)), reverse=True)
        views = [_connection(walk, one) for one in found]
        return _page(views, lambda view: [str(view.id)], limit, cursor)

    def connection(self, connection_id: UUID) -> ConnectionView | None:
        walk = Walk(self._log)
        found = walk.aggregates.get(connection_id)
        return _connection(walk, found) if isinstance(found, Connection) else None

    def settings_versions(self, connection_id: UUID) -> Sequence[SettingsVersion]:
        saved = Walk(self._log).settings
        return [version for owner, version in reversed(saved) if owner == connection_id]

    def unready_connections(self) -> Sequence[UUID]:
        waiting = (Status.CONNECTED_NOT_READY, Status.ACTION_REQUIRED)
        found = Walk(self._log).all_of(Connection)
        signed_in = [one for one in found if one.pex_user is not None and one.microsoft]
        return [one.id for one in signed_in if one.status in waiting]

    def runs(self, connection_id: UUID, limit: int, cursor: str | None = None) -> Page[RunView]:
        runs = Walk(self._log).all_of(SyncRun)
        views = [_run(one) for one in runs if one.connection_id == connection_id]
        views.sort(key=lambda view: (view.started_at, str(view.id)), reverse=True)
        return _page(views, lambda view: [str(view.id)], limit, cursor)

    def run(self, run_id: UUID) -> RunView | None:
        found = Walk(self._log).aggregates.get(run_id)
        return _run(found) if isinstance(found, SyncRun) else None

    def active_runs(self) -> Sequence[UUID]:
        return [one.id for one in Walk(self._log).all_of(SyncRun) if not one.is_over]

    def report(
        self, run_id: UUID, outcome: Outcome | None, limit: int, cursor: str | None = None
    ) -> Page[Reported]:
        walk = Walk(self._log)
        pages = [one for one in walk.all_of(RunPage) if one.run_id == run_id]
        rows = [
            (f"{page.number}/{index}", _in_full(walk, page, reported))
            for page in sorted(pages, key=lambda one: one.number)
            for index, reported in enumerate(page.reported)
            if outcome is None or reported.outcome is outcome
        ]
        found = _page(rows, lambda row: [row[0]], limit, cursor)
        return Page(tuple(reported for _, reported in found.items), found.next_cursor)

    def tag_options(
        self, run_id: UUID, limit: int, cursor: str | None = None
    ) -> Page[ReportedOption]:
        pages = [one for one in Walk(self._log).all_of(TagOptionPage) if one.run_id == run_id]
        rows = [
            (f"{page.number}/{index}", reported)
            for page in sorted(pages, key=lambda one: one.number)
            for index, reported in enumerate(page.reported)
        ]
        found = _page(rows, lambda row: [row[0]], limit, cursor)
        return Page(tuple(reported for _, reported in found.items), found.next_cursor)

    def transactions(
        self,
        connection_id: UUID,
        wanted: TransactionFilter,
        limit: int,
        cursor: str | None = None,
    ) -> Page[TransactionView]:
        ledger = Walk(self._log).ledger.values()
        found = [
            view for view in ledger if view.connection_id == connection_id and _fits(view, wanted)
        ]
        found.sort(key=lambda view: (view.day, view.pex_id, view.record), reverse=True)
        return _page(found, lambda view: [view.record, view.pex_id], limit, cursor)

    def transaction(
        self, connection_id: UUID, kind_or_record: str, pex_id: int
    ) -> TransactionView | None:
        ledger = Walk(self._log).ledger
        for record in Record:
            view = ledger.get((connection_id, record, pex_id))
            if view is not None and kind_or_record in (view.kind.value, record.value):
                return view
        return None

    def backlog(
        self, connection_id: UUID, wanted: BacklogFilter, limit: int, cursor: str | None = None
    ) -> Page[TransactionView]:
        found = [
            view
            for view in Walk(self._log).ledger.values()
            if view.connection_id == connection_id
            and view.kind in wanted.kinds
            and view.day in wanted.days
            and (view.outcome is Outcome.FAILED or _is_unapproved(view))
        ]
        reached = wanted.days.reached
        found.sort(key=lambda view: (view.day < reached, view.day, view.pex_id, view.record))
        return _page(found, lambda view: [view.record, view.pex_id], limit, cursor)

    def figures(self, connection_id: UUID, days: SyncWindow) -> Figures:
        ledger = Walk(self._log).ledger.values()
        return added_up(
            view for view in ledger if view.connection_id == connection_id and view.day in days
        )

    def posted_within(
        self, connection_id: UUID, days: SyncWindow, limit: int, cursor: str | None = None
    ) -> Page[PostedKey]:
        wanted = TransactionFilter(Outcome.POSTED, start=days.start, end=days.end)
        found = [
            PostedKey(view.record, view.pex_id, view.kind)
            for view in self.transactions(connection_id, wanted, 1_000_000).items
            if view.state is State.POSTED and view.missing_in_pex is None
        ]
        return _page(found, lambda key: [key.record, key.pex_id], limit, cursor)

    def receipts(self, connection_id: UUID, record: Record, pex_id: int) -> Sequence[ReceiptView]:
        key = (connection_id, record, pex_id)
        found = [
            one
            for one in Walk(self._log).all_of(TransactionReceipts)
            if (one.connection_id, one.record, one.pex_id) == key
        ]
        return [view for one in found for view in _receipts(one)]

    def posted_purchases(
        self, connection_id: UUID, start: date, end: date
    ) -> Collection[tuple[Record, int]]:
        return [
            (view.record, view.pex_id)
            for view in Walk(self._log).ledger.values()
            if view.connection_id == connection_id
            and (view.kind, view.state) == (Kind.PURCHASE, State.POSTED)
            and start <= view.day <= end
        ]

    def unfinished(self, connection_id: UUID) -> Sequence[UUID]:
        return self._streams(connection_id, (State.RESERVED, *UNSETTLED))

    def posted(self, connection_id: UUID) -> Sequence[UUID]:
        return self._streams(connection_id, (State.POSTED,))

    def rebuild(self) -> None:
        """There is nothing to build."""

    def differences(self) -> list[str]:
        return []

    def _streams(self, connection_id: UUID, states: Collection[State]) -> list[UUID]:
        postings = Walk(self._log).all_of(PostedTransaction)
        ours = [one for one in postings if one.connection_id == connection_id]
        return [one.id for one in ours if one.state in states]


def _events(log: EventLog) -> Iterator[RecordedEvent]:
    position = 0
    while page := log.read(position, 1_000):
        yield from page
        position = page[-1].position


def _page(
    items: Sequence[T], identity: Callable[[T], list[Any]], limit: int, cursor: str | None
) -> Page[T]:
    """The items behind the one that the cursor names."""
    start = 0
    if cursor is not None:
        try:
            last = json.loads(base64.urlsafe_b64decode(cursor.encode()))
            start = [identity(item) for item in items].index(last) + 1
        except ValueError as error:
            raise CursorRefused from error
    shown = items[start : start + limit]
    if start + limit >= len(items):
        return Page(tuple(shown), None)
    named = json.dumps(identity(shown[-1])).encode()
    return Page(tuple(shown), base64.urlsafe_b64encode(named).decode())


def _connection(walk: Walk, one: Connection) -> ConnectionView:
    ended = [
        run.finished_at
        for run in walk.all_of(SyncRun)
        if run.connection_id == one.id and run.finished_at is not None and not run.preview
    ]
    code, reason = one.trouble or (None, None)
    return ConnectionView(
        one.id,
        one.business_id,
        one.name,
        one.funding,
        one.status,
        code,
        reason,
        one.microsoft,
        one.settings.company_id,
        one.company_name or None,
        max(ended, default=None),
        one.auto_sync,
        one.settings_version,
        one.active_run,
        callbacks=one.callbacks,
    )


def _run(one: SyncRun) -> RunView:
    return RunView(
        one.id,
        one.connection_id,
        one.trigger,
        one.preview,
        one.kinds,
        one.window,
        one.status,
        *one.trouble,
        one.started_at,
        one.finished_at,
        one.settings_version,
        one.counts,
        None if one.is_over else one.stalled_until,
        one.actor,
        one.tag_options,
    )


def _receipts(one: TransactionReceipts) -> Iterator[ReceiptView]:
    if one.trouble is not None:
        at = one.trouble_noted_at
        nothing = (None,) * 6
        yield ReceiptView("", 0, ReceiptStatus.FAILED, *one.trouble, *nothing, at, False)  # noqa: FBT003
    yield from map(_receipt, sorted(one.receipts.values(), key=lambda each: each.number))


def _receipt(one: Receipt) -> ReceiptView:
    holder = one.holder if one.status is ReceiptStatus.ATTACHED else None
    return ReceiptView(
        one.id,
        one.number,
        one.status,
        one.code,
        one.cause,
        one.file.file_name if one.file else None,
        one.file.size if one.file else None,
        one.file.sha256 if one.file else None,
        one.file_id,
        holder.place if holder else None,
        holder.id if holder else None,
        one.at,
        one.gone_from_pex,
    )


def _in_full(walk: Walk, page: RunPage, reported: Reported) -> Reported:
    view = walk.ledger.get((page.connection_id, reported.record, reported.pex_id))
    entry = view.entry if view else None
    if entry is None or reported.lines or reported.outcome not in IN_BOOKS:
        return reported
    return replace(reported, document_number=entry.document_number, lines=entry.lines)


def _is_unapproved(view: TransactionView) -> bool:
    return view.outcome is Outcome.SKIPPED and view.code == "NOT_APPROVED"


def _fits(view: TransactionView, wanted: TransactionFilter) -> bool:
    text = wanted.text.strip().casefold()
    names = (view.merchant, view.cardholder or "")
    return (
        wanted.outcome in (None, view.outcome)
        and wanted.kind in (None, view.kind)
        and (wanted.start is None or view.day >= wanted.start)
        and (wanted.end is None or view.day <= wanted.end)
        and wanted.changed in (None, bool(view.changes or view.missing_in_pex))
        and (any(text in name.casefold() for name in names) or text == str(view.pex_id))
    )
