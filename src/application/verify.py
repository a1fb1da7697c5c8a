"""Compare what the events say was posted with what Business Central holds (M37; exactly once)."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from application.look import FAR, look_around
from application.ports.event_log import EventLog
from application.ports.general_journal import Journals
from application.ports.read_models import ReadModels
from domain.connection import Connection, NotReady
from domain.findings import InLedger, Look, Part, Twice, Whole, amounts_agree
from domain.posted_transaction import PostedTransaction, Target

AT_ONCE = 1000


class Match(StrEnum):
    """How an event-sourced posting compares with the books."""

    IN_JOURNAL = "in_journal"
    IN_LEDGER = "in_ledger"
    EDITED = "edited"
    DELETED = "deleted"
    PARTLY_DELETED = "partly_deleted"
    TWICE = "twice"

    @property
    def is_worrying(self) -> bool:
        """Whether a person should look: a double, or an entry torn apart."""
        return self in (Match.TWICE, Match.PARTLY_DELETED)


@dataclass(frozen=True, slots=True)
class Compared:
    """One posting and how it compares."""

    stream: UUID
    pex_id: int
    document_number: str
    match: Match


class Verify:
    """Audits postings against Business Central; reads only."""

    def __init__(self, log: EventLog, read_models: ReadModels, journals: Journals) -> None:
        self._log = log
        self._read_models = read_models
        self._journals = journals

    def against_business_central(self, connection_id: UUID) -> Iterator[Compared]:
        """Compare every posted transaction of a connection.

        Raises:
            NotReady: Microsoft is not signed in.
        """
        connection = self._log.load(Connection, connection_id)
        if connection.microsoft is None:
            raise NotReady("Microsoft is not signed in.")
        streams = self._read_models.posted(connection_id)
        groups: dict[Target, list[PostedTransaction]] = {}
        for first in range(0, len(streams), AT_ONCE):
            found = self._log.find_many(PostedTransaction, streams[first : first + AT_ONCE])
            for posting in found.values():
                if posting.target is not None:
                    groups.setdefault(posting.target, []).append(posting)
        for target, postings in groups.items():
            yield from self._compare(connection_id, target, postings)

    def one(self, connection_id: UUID, stream: UUID) -> Match | None:
        """Compare one posted transaction; None for one whose entry was not made here.

        Raises:
            StreamNotFound: no such transaction.
            BusinessCentralRefused: it does not let its journal be read.
            BusinessCentralUnavailable: it does not answer.
        """
        posting = self._log.load(PostedTransaction, stream)
        if posting.target is None or posting.entry is None:
            return None
        (compared,) = self._compare(connection_id, posting.target, [posting])
        return compared.match

    def _compare(
        self, connection_id: UUID, target: Target, postings: list[PostedTransaction]
    ) -> Iterator[Compared]:
        port = self._journals.general_journal(
            connection_id, target.tenant_id, target.environment, target.company_id
        )
        journal = port.resolve()
        days = [posting.numbered.entry.posting_date for posting in postings]
        look = look_around(port, journal, days, FAR)
        for posting in postings:
            entry = posting.numbered.entry
            yield Compared(
                posting.id, posting.pex_id, entry.document_number, compare(look, posting)
            )


def compare(look: Look, posting: PostedTransaction) -> Match:
    """How one posting stands in what was read."""
    entry = posting.numbered.entry
    finding = look.find(posting.keys, entry)
    if isinstance(finding, Twice):
        return Match.TWICE
    if isinstance(finding, InLedger):
        return Match.IN_LEDGER
    if isinstance(finding, Whole):
        agree = amounts_agree(entry, look.lines_of(posting.keys))
        return Match.IN_JOURNAL if agree else Match.EDITED
    if isinstance(finding, Part):
        more = finding.found > len(entry.lines)
        return Match.TWICE if more else Match.PARTLY_DELETED
    return Match.DELETED
