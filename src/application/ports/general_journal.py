"""The general journal in Business Central: looked up, written to, and asked what it holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Protocol
from uuid import UUID

from domain.findings import FoundLedgerEntry, FoundLine
from domain.line_dimensions import DimensionChange, FoundDimension
from domain.pack import NumberedEntry
from domain.refusals import Failure, Refusal

JOURNAL_CODE = "PEX CARD"  # `PEX Card`, as BC stores codes (M6)


class JournalMissing(Refusal):
    """The company has no journal of that name (M6)."""

    code: ClassVar[str] = "JOURNAL_MISSING"
    fix: ClassVar[str] = (
        "In Business Central open General Journals, choose the batch list, and add a batch named "
        "PEX Card without number series and balancing account; or let pexbc create it."
    )

    def __init__(self) -> None:
        super().__init__("The company has no general journal batch named PEX Card.")


class JournalInOtherTemplate(Refusal):
    """A journal of that name exists, but not in the default template (contract 2.2)."""

    code: ClassVar[str] = "JOURNAL_IN_OTHER_TEMPLATE"
    fix: ClassVar[str] = "Create the batch PEX Card in the template of the General Journals page."

    def __init__(self, template: str) -> None:
        super().__init__(f"The journal PEX Card lies in the template {template}.")


class JournalHasBalancingAccount(Refusal):
    """BC would add the balancing account to every line (contract 2.3.5)."""

    code: ClassVar[str] = "JOURNAL_HAS_BALANCING_ACCOUNT"
    fix: ClassVar[str] = "Blank the balancing account on the batch PEX Card in Business Central."

    def __init__(self, number: str) -> None:
        super().__init__(f"The journal PEX Card carries the balancing account {number}.")


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal batch, resolved by code at every run (contract 6.4)."""

    company_id: str
    id: str
    code: str
    template: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Every line of the pack exists, echoed as sent: line ids by line number."""

    line_ids: dict[int, str]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of the pack exists; the entry at `culprit` is why."""

    culprit: int
    refusal: Failure


@dataclass(frozen=True, slots=True)
class Collides:
    """Nothing of the pack exists: a line's account brings one of its dimensions (contract 2.9).

    The entry can still be made by sending it bare, and setting its dimensions afterwards.
    """

    culprit: int
    line_number: int
    cause: str


@dataclass(frozen=True, slots=True)
class NumberTaken:
    """Nothing of the pack exists: an entry's line number is taken (contract 6.6, step 5)."""

    culprit: int
    line_number: int


@dataclass(frozen=True, slots=True)
class NotRun:
    """Surely nothing was executed, such as after a 429; sending again is safe."""

    refusal: Refusal
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer was lost, or says nothing for sure: everything or nothing exists."""

    cause: str


@dataclass(frozen=True, slots=True)
class DimensionsSet:
    """Every change was made, and is echoed as sent."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing was changed: a line of the entry at `culprit` is not as it was read any more.

    It must be read again; `refusal` is what the entry comes to if that never helps.
    """

    culprit: int
    refusal: Failure


Answer = Accepted | Refused | Collides | NumberTaken | NotRun | Unknown
SetAnswer = DimensionsSet | Refused | Stale | NotRun | Unknown


class GeneralJournal(Protocol):
    """One company's journal; reads go to the primary (contract 3.7).

    Raises the refusals of `company_data` and of this module.
    """

    def resolve(self) -> Journal:
        """Find the journal by its code.

        Raises:
            JournalMissing: no such batch in the default template, nor elsewhere.
            JournalInOtherTemplate: only in another template.
            JournalHasBalancingAccount: it must not be written to.
        """

    def create(self) -> Journal:
        """Create the journal, on a person's request (M6)."""

    def lines(self, journal: Journal) -> tuple[FoundLine, ...]:
        """All unposted lines whose external document number begins with `PEX`."""

    def lines_numbered(self, journal: Journal, numbers: Collection[int]) -> tuple[FoundLine, ...]:
        """The unposted lines that hold these numbers, whoever made them."""

    def highest_line_number(self, journal: Journal) -> int:
        """The greatest line number in the journal, 0 of an empty one."""

    def ledger_entries(
        self, journal: Journal, start: date, end: date
    ) -> tuple[FoundLedgerEntry, ...]:
        """Posted entries of a range of posting dates that bear a PEX mark.

        The mark stands in the document number or in the description.
        """

    def submit(
        self, journal: Journal, pack: Sequence[NumberedEntry], not_after: datetime
    ) -> Answer:
        """Send whole entries in one request, all or nothing (contract 4.3).

        Never raises for what BC or the network does. Sends nothing, and says NotRun, when
        `not_after` has passed: a worker that slept too long must not speak any more.
        """

    def dimensions(
        self, journal: Journal, line_ids: Sequence[str]
    ) -> Mapping[str, tuple[FoundDimension, ...]]:
        """What dimensions unposted lines bear, by line id.

        Lines that are gone, or cannot be read, are left out.
        """

    def set_dimensions(
        self,
        journal: Journal,
        entries: Sequence[Sequence[DimensionChange]],
        not_after: datetime,
    ) -> SetAnswer:
        """Make the changes of several entries in one request, all or nothing (contract 2.9).

        Never raises for what BC or the network does; sends nothing after `not_after`.
        """

    def delete(self, journal: Journal, line_ids: Sequence[str]) -> None:
        """Delete our own unposted lines, all or nothing (contract 6.6, 6d).

        Raises:
            Refusal: nothing was deleted, or it is not known.
        """


class Journals(Protocol):
    """Opens the journal of a company."""

    def general_journal(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> GeneralJournal:
        """The journal `PEX Card` of a company, through a connection's sign-in."""
