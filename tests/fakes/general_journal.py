"""Business Central's journal and ledger in memory, which fail and are touched by a user."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import TypeVar
from uuid import UUID

from application.ports.company_data import BusinessCentralRefused, BusinessCentralUnavailable
from application.ports.general_journal import (
    Accepted,
    Answer,
    Collides,
    DimensionsSet,
    GeneralJournal,
    Journal,
    JournalMissing,
    NotRun,
    NumberTaken,
    Refused,
    SetAnswer,
    Stale,
    Unknown,
)
from domain.findings import FoundLedgerEntry, FoundLine
from domain.line_dimensions import DimensionChange, FoundDimension
from domain.money import Money
from domain.pack import NumberedEntry
from domain.refusals import RefusedByBusinessCentral

A = TypeVar("A")


@dataclass(slots=True)
class LateCommit:
    """A request whose answer was lost, and which is committed at a later time."""

    at: datetime
    commit: Callable[[], object]


class FakeGeneralJournal:
    """One journal. `mood` decides how the next submissions go; it is used up one by one.

    Moods: `ok`, `lost before` (nothing happens), `lost after` (it happens, the answer is lost),
    `late` (it happens within BC's time limit), `busy` (a 429), `down` (reads fail too).
    Changes of dimensions go by the same moods, deletions by `delete_moods`: `ok`, `lost before`,
    `lost after`, `locked` (refused). `defaults` are the dimensions that accounts bring along.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ids = count(1)
        self.moods: list[str] = []
        self.delete_moods: list[str] = []
        self.refused_documents: set[str] = set()
        self.defaults: dict[str, dict[str, str]] = {}
        self.deleted_values: set[str] = set()
        self.refused_changes: set[str] = set()
        self.stale_changes: set[str] = set()
        self.dimensions_of: dict[str, dict[str, str]] = {}
        self.set_requests = 0
        self.by_number: dict[int, FoundLine] = {}
        self.ledger: list[FoundLedgerEntry] = []
        self.posted_as: dict[str, str] = {}
        self.late: list[LateCommit] = []
        self.submissions = 0
        self.reads = 0
        self.missing = False
        self.posting_series: str | None = None

    # --- the port ------------------------------------------------------------------------------

    def resolve(self) -> Journal:
        self._read()
        if self.missing:
            raise JournalMissing
        return Journal("company", "journal", "PEX CARD", "GENERAL")

    def create(self) -> Journal:
        self.missing = False
        return self.resolve()

    def lines(self, journal: Journal) -> tuple[FoundLine, ...]:
        self._read()
        return tuple(
            line for line in self.by_number.values() if line.external_document_number[:3] == "PEX"
        )

    def lines_numbered(self, journal: Journal, numbers: Collection[int]) -> tuple[FoundLine, ...]:
        self._read()
        return tuple(line for number, line in self.by_number.items() if number in numbers)

    def highest_line_number(self, journal: Journal) -> int:
        self._read()
        return max(self.by_number, default=0)

    def ledger_entries(
        self, journal: Journal, start: date, end: date
    ) -> tuple[FoundLedgerEntry, ...]:
        self._read()
        return tuple(entry for entry in self.ledger if start <= entry.posting_date <= end)

    def submit(
        self, journal: Journal, pack: Sequence[NumberedEntry], not_after: datetime
    ) -> Answer:
        self.submissions += 1
        if self._now() > not_after:
            return NotRun(BusinessCentralUnavailable("the worker was too slow"))
        return self._moody(lambda: self._commit(pack))

    def dimensions(
        self, journal: Journal, line_ids: Sequence[str]
    ) -> Mapping[str, tuple[FoundDimension, ...]]:
        self._read()
        there = {line.id for line in self.by_number.values()}
        return {
            line_id: tuple(
                FoundDimension(f"id-of-{code}", code, value, f"etag of {value}")
                for code, value in self.dimensions_of[line_id].items()
            )
            for line_id in line_ids
            if line_id in there
        }

    def set_dimensions(
        self,
        journal: Journal,
        entries: Sequence[Sequence[DimensionChange]],
        not_after: datetime,
    ) -> SetAnswer:
        self.set_requests += 1
        if self._now() > not_after:
            return NotRun(BusinessCentralUnavailable("the worker was too slow"))
        return self._moody(lambda: self._set(entries))

    def delete(self, journal: Journal, line_ids: Sequence[str]) -> None:
        mood = self.delete_moods.pop(0) if self.delete_moods else "ok"
        if mood == "lost before":
            raise BusinessCentralUnavailable("the connection was cut")
        there = {line.id for line in self.by_number.values()}
        if mood == "locked" or not there.issuperset(line_ids):
            raise BusinessCentralRefused(400, "Application_X", "locked or gone")
        self.by_number = {
            number: line for number, line in self.by_number.items() if line.id not in line_ids
        }
        if mood == "lost after":
            raise BusinessCentralUnavailable("the answer was cut")

    # --- what happens in BC --------------------------------------------------------------------

    def _moody(self, commit: Callable[[], A]) -> A | NotRun | Unknown:
        """What becomes of the next request that writes."""
        mood = self.moods.pop(0) if self.moods else "ok"
        if mood == "busy":
            return NotRun(BusinessCentralUnavailable("too many requests", 5), 5)
        if mood == "lost before":
            return Unknown("the connection was cut")
        if mood == "late":
            self.late.append(LateCommit(self._now() + timedelta(seconds=500), commit))
            return Unknown("the gateway gave up")
        answer = commit()
        return Unknown("the answer was cut") if mood == "lost after" else answer

    def _read(self) -> None:
        self.reads += 1
        self.come_true()
        if self.moods and self.moods[0] == "down":
            self.moods.pop(0)
            raise BusinessCentralUnavailable("503")

    def come_true(self) -> None:
        """Commit late packs whose time has come."""
        due = [one for one in self.late if one.at <= self._now()]
        self.late = [one for one in self.late if one.at > self._now()]
        for one in due:
            one.commit()

    def _commit(self, pack: Sequence[NumberedEntry]) -> Answer:
        for index, numbered in enumerate(pack):
            if numbered.entry.document_number in self.refused_documents:
                return Refused(index, RefusedByBusinessCentral("Application_X", "no"))
            taken = [number for number in numbered.line_numbers if number in self.by_number]
            if taken:
                return NumberTaken(index, taken[0])
            for number, line in zip(numbered.line_numbers, numbered.entry.lines, strict=True):
                defaults = self.defaults.get(line.account_number, {})
                if not numbered.bare and any(one.code in defaults for one in line.dimensions):
                    return Collides(index, number, "the dimension set line already exists")
        ids: dict[int, str] = {}
        for numbered in pack:
            for number, line in zip(numbered.line_numbers, numbered.entry.lines, strict=True):
                ids[number] = self._id()
                self.by_number[number] = FoundLine(
                    ids[number],
                    number,
                    line.account_number,
                    line.amount,
                    numbered.entry.posting_date,
                    numbered.entry.document_number,
                    numbered.entry.external_document_number,
                    line.description,
                )
                nested = () if numbered.bare else line.dimensions
                self.dimensions_of[ids[number]] = {
                    **self.defaults.get(line.account_number, {}),
                    **{one.code: one.value for one in nested},
                }
        return Accepted(ids)

    def _set(self, entries: Sequence[Sequence[DimensionChange]]) -> SetAnswer:
        there = {line.id: line for line in self.by_number.values()}
        for index, changes in enumerate(entries):
            for change in changes:
                line = there.get(change.line_id)
                key = line.external_document_number if line else ""
                is_there = self.dimensions_of[change.line_id].get(change.wanted.code)
                read = change.replaces.value if change.replaces else None
                if line is None or is_there != read or key in self.stale_changes:
                    return Stale(index, RefusedByBusinessCentral("Request_EntityChanged", "no"))
                if change.wanted.value in self.deleted_values or key in self.refused_changes:
                    return Refused(index, RefusedByBusinessCentral("Application_X", "no value"))
        for change in (change for changes in entries for change in changes):
            self.dimensions_of[change.line_id][change.wanted.code] = change.wanted.value
        return DimensionsSet()

    def _id(self) -> str:
        return f"id-{next(self._ids)}"

    # --- what the user does --------------------------------------------------------------------

    def post_all(self) -> None:
        """Post the whole journal: lines become ledger entries, and a phantom line stays."""
        last = self.by_number[max(self.by_number)] if self.by_number else None
        for line in self.by_number.values():
            if line.amount.is_zero:
                continue
            number = self.posting_series or line.document_number
            entry_id = self.posted_as[line.id] = self._id()
            self.dimensions_of[entry_id] = dict(self.dimensions_of.get(line.id, {}))
            self.ledger.append(
                FoundLedgerEntry(
                    entry_id,
                    len(self.ledger) + 1,
                    line.account_number,
                    line.amount,
                    line.posting_date,
                    number,
                    line.description,
                )
            )
        self.by_number = {}
        if last is not None:
            counted_up = last.document_number[:-1] + "2"
            self.by_number[10000] = FoundLine(
                self._id(), 10000, "", Money.of(0), last.posting_date, counted_up, "", ""
            )

    def delete_line(self, number: int) -> None:
        del self.by_number[number]

    def edit_line(self, number: int, **changes: object) -> None:
        self.by_number[number] = replace(self.by_number[number], **changes)  # type: ignore[arg-type]

    def add_line(self, number: int) -> None:
        self.by_number[number] = FoundLine(
            self._id(), number, "61100", Money.of("1.00"), date(2026, 8, 1), "HAND", "", "by hand"
        )


class FakeJournals:
    """Opens the one journal."""

    def __init__(self, journal: FakeGeneralJournal) -> None:
        self.journal = journal

    def general_journal(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> GeneralJournal:
        return self.journal
