"""The receipts of a company in memory, on the lines and entries of the fake journal."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

from application.ports.company_data import BusinessCentralRefused, BusinessCentralUnavailable
from application.ports.receipt_files import (
    FILES_AT_ONCE,
    Creation,
    Gone,
    Listed,
    NewFile,
    Parent,
    ParentGone,
    ReceiptFiles,
    StoredFile,
    UnknownCreation,
    UnknownOutcome,
    Upload,
    Uploaded,
)
from domain.posted_transaction import Place
from fakes.general_journal import FakeGeneralJournal

LATE = timedelta(seconds=500)
NOON = datetime(2026, 8, 15, 12, tzinfo=UTC)


@dataclass(slots=True)
class IncomingDocument:
    """What holds files: of the line that got its first file, or of a late receipt's document."""

    line_id: str = ""
    document: tuple[str, date] | None = None
    files: dict[str, str] = field(default_factory=dict)


class FakeReceiptFiles:
    """Keeps files as BC does: posting takes them along, entries find them by their document.

    `moods` are used up one by one by the calls that write: `ok`, `lost before` (nothing happens),
    `lost after` (it happens, the answer is lost), `late` (the answer is lost, and files are made
    within BC's time limit), `busy` (a 429: nothing happens). `down` hits the next call of any kind.
    A file named in `refused_names` is never taken, nor is its content.
    """

    def __init__(
        self, journal: FakeGeneralJournal, now: Callable[[], datetime] = lambda: NOON
    ) -> None:
        self._journal = journal
        self._now = now
        self._ids = count(1)
        self._incoming: list[IncomingDocument] = []
        self.contents: dict[str, bytes] = {}
        self.moods: list[str] = []
        self.late: list[tuple[datetime, NewFile]] = []
        self.refused_names: set[str] = set()
        self.creations = 0
        self.uploads = 0

    # --- the port ------------------------------------------------------------------------------

    def files(self, parents: Sequence[Parent]) -> tuple[Listed, ...]:
        self._fail_when_down()
        self.come_true()
        return tuple(self._listed(parent) for parent in parents)

    def create(self, files: Sequence[NewFile]) -> tuple[Creation, ...]:
        if len(files) > FILES_AT_ONCE:
            raise ValueError("too many files for one request")
        mood = self._mood()
        lost = UnknownCreation("the answer was lost")
        if mood == "lost before":
            return (lost,) * len(files)
        if mood == "late":
            self.late.extend((self._now() + LATE, one) for one in files)
            return (lost,) * len(files)
        created = tuple(self._created(one) for one in files)
        return (lost,) * len(files) if mood == "lost after" else created

    def upload(self, file_id: str, content: bytes) -> Upload:
        mood = self._mood()
        if mood in ("lost before", "late"):
            return UnknownOutcome("the answer was lost")
        if file_id not in self.contents:
            return Gone()
        if self._name(file_id) in self.refused_names:
            return BusinessCentralRefused(413, "Unknown", "too large")
        self.uploads += 1
        self.contents[file_id] = content
        return UnknownOutcome("the answer was lost") if mood == "lost after" else Uploaded()

    def delete(self, file_id: str) -> None:
        self._mood()
        self.contents.pop(file_id, None)
        for incoming in self._incoming:
            incoming.files.pop(file_id, None)
        self._incoming = [incoming for incoming in self._incoming if incoming.files]

    # --- what happens in BC --------------------------------------------------------------------

    def come_true(self) -> None:
        """Make late files whose time has come."""
        due = [new for at, new in self.late if at <= self._now()]
        self.late = [(at, new) for at, new in self.late if at > self._now()]
        for new in due:
            self._created(new)

    def _fail_when_down(self) -> None:
        if self.moods and self.moods[0] == "down":
            self.moods.pop(0)
            raise BusinessCentralUnavailable("503")

    def _mood(self) -> str:
        self._fail_when_down()
        mood = self.moods.pop(0) if self.moods else "ok"
        if mood == "busy":
            raise BusinessCentralUnavailable("too many requests", 5)
        return mood

    def _listed(self, parent: Parent) -> Listed:
        if not self._exists(parent):
            return ParentGone()
        incoming = self._incoming_of(parent)
        return tuple(
            StoredFile(file_id, name, len(self.contents[file_id]))
            for file_id, name in (incoming.files if incoming else {}).items()
        )

    def _created(self, new: NewFile) -> Creation:
        if new.file_name in self.refused_names:
            return BusinessCentralRefused(400, "Application_DialogException", "no")
        if not self._exists(new.parent):
            return ParentGone()
        self.creations += 1
        incoming = self._incoming_of(new.parent) or self._new_incoming(new.parent)
        file_id = f"file-{next(self._ids)}"
        incoming.files[file_id] = new.file_name
        self.contents[file_id] = b""
        return StoredFile(file_id, new.file_name, 0)

    def _exists(self, parent: Parent) -> bool:
        if parent.place is Place.JOURNAL:
            return any(line.id == parent.id for line in self._journal.by_number.values())
        return self._document_of(parent.id) is not None

    def _document_of(self, entry_id: str) -> tuple[str, date] | None:
        return next(
            (
                (entry.document_number, entry.posting_date)
                for entry in self._journal.ledger
                if entry.id == entry_id
            ),
            None,
        )

    def _incoming_of(self, parent: Parent) -> IncomingDocument | None:
        """Of a line its own; of an entry the first of its document (contract 2.10.5)."""
        if parent.place is Place.JOURNAL:
            return next((one for one in self._incoming if one.line_id == parent.id), None)
        wanted = self._document_of(parent.id)
        return next((one for one in self._incoming if self._posted_as(one) == wanted), None)

    def _posted_as(self, incoming: IncomingDocument) -> tuple[str, date] | None:
        entry_id = self._journal.posted_as.get(incoming.line_id)
        return incoming.document if entry_id is None else self._document_of(entry_id)

    def _new_incoming(self, parent: Parent) -> IncomingDocument:
        if parent.place is Place.JOURNAL:
            made = IncomingDocument(line_id=parent.id)
        else:
            made = IncomingDocument(document=self._document_of(parent.id))
        self._incoming.append(made)
        return made

    def _name(self, file_id: str) -> str | None:
        named = (one.files.get(file_id) for one in self._incoming)
        return next((name for name in named if name is not None), None)


class FakeReceiptFilesAccess:
    """Opens the one company's receipts."""

    def __init__(self, files: FakeReceiptFiles) -> None:
        self.files = files

    def receipt_files(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> ReceiptFiles:
        return self.files
