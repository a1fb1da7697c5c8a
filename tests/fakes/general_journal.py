"""Business Central's journal and ledger in memory, which fail and are touched by a user."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from uuid import UUID

from application.ports.company_data import BusinessCentralUnavailable
from application.ports.general_journal import (
    Accepted,
    Answer,
    GeneralJournal,
    Journal,
    JournalMissing,
    NotRun,
    NumberTaken,
    Refused,
    Unknown,
)
from domain.findings import FoundLedgerEntry, FoundLine
from domain.money import Money
from domain.pack import NumberedEntry
from domain.refusals import RefusedByBusinessCentral


@dataclass(slots=True)
class LateCommit:
    """A pack whose answer was lost, and which is committed at a later time."""

    at: datetime
    pack: Sequence[NumberedEntry]


class FakeGeneralJournal:
    """One journal. `mood` decides how the next submissions go; it is used up one by one.

    Moods: `ok`, `lost before` (nothing happens), `lost after` (it happens, the answer is lost),
    `late` (it happens within BC's time limit), `busy` (a 429), `down` (reads fail too).
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ids = count(1)
        self.moods: list[str] = []
        self.refused_documents: set[str] = set()
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
        mood = self.moods.pop(0) if self.moods else "ok"
        if mood == "busy":
            return NotRun(BusinessCentralUnavailable("too many requests", 5), 5)
        if mood == "lost before":
            return Unknown("the connection was cut")
        if mood == "late":
            self.late.append(LateCommit(self._now() + timedelta(seconds=500), pack))
            return Unknown("the gateway gave up")
        answer = self._commit(pack)
        return Unknown("the answer was cut") if mood == "lost after" else answer

    def delete(self, journal: Journal, line_ids: Sequence[str]) -> None:
        self.by_number = {
            number: line for number, line in self.by_number.items() if line.id not in line_ids
        }

    # --- what happens in BC --------------------------------------------------------------------

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
            self._commit(one.pack)

    def _commit(self, pack: Sequence[NumberedEntry]) -> Answer:
        for index, numbered in enumerate(pack):
            if numbered.entry.document_number in self.refused_documents:
                return Refused(index, RefusedByBusinessCentral("Application_X", "no"))
            taken = [number for number in numbered.line_numbers if number in self.by_number]
            if taken:
                return NumberTaken(index, taken[0])
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
        return Accepted(ids)

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
            self.posted_as[line.id] = self._id()
            self.ledger.append(
                FoundLedgerEntry(
                    self.posted_as[line.id],
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
