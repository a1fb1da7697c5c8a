"""Receipts in Business Central: files on journal lines and ledger entries (contract 2.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from domain.posted_transaction import Place
from domain.refusals import Refusal

FILES_AT_ONCE = 100  # what one `create` takes: a `$batch` has no room for more (contract 5)


@dataclass(frozen=True, slots=True)
class Parent:
    """What files hang on: a journal line (`JOURNAL`) or a G/L entry (`LEDGER`), by its id."""

    id: str
    place: Place


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in BC; `size` is in bytes, 0 until its content is uploaded."""

    id: str
    file_name: str
    size: int


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to create, still without content."""

    parent: Parent
    file_name: str


@dataclass(frozen=True, slots=True)
class ParentGone:
    """The parent is not there any more: a line that was posted or deleted, an entry deleted."""


@dataclass(frozen=True, slots=True)
class UnknownCreation:
    """The answer was lost, or says nothing for sure: the file may exist, or come to exist yet."""

    cause: str


@dataclass(frozen=True, slots=True)
class Uploaded:
    """BC holds the content."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The file is not there any more."""


@dataclass(frozen=True, slots=True)
class UnknownOutcome:
    """The answer was lost; uploading again is safe."""

    cause: str


Listed = tuple[StoredFile, ...] | ParentGone
Creation = StoredFile | ParentGone | Refusal | UnknownCreation
Upload = Uploaded | Gone | Refusal | UnknownOutcome


class ReceiptFiles(Protocol):
    """The receipts of one company; reads go to the primary (contract 3.7).

    Raises the refusals of `company_data` for what hinders all alike; then nothing was written.
    """

    def files(self, parents: Sequence[Parent]) -> tuple[Listed, ...]:
        """The files of each parent, in the order of `parents`."""

    def create(self, files: Sequence[NewFile]) -> tuple[Creation, ...]:
        """Create files without content, each by itself, in one request; answers in their order.

        A file that BC did not hang on its parent is deleted again and told as `ParentGone`
        (contract 2.10.4). BC knows no doubles: look at `files` before.

        Raises:
            ValueError: more than `FILES_AT_ONCE`.
        """

    def upload(self, file_id: str, content: bytes) -> Upload:
        """Store a file's content, replacing what it holds; repeatable."""

    def delete(self, file_id: str) -> None:
        """Delete a file; one that is not there any more is fine."""


class ReceiptFilesAccess(Protocol):
    """Opens the receipts of a company."""

    def receipt_files(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> ReceiptFiles:
        """The receipts of a company, through a connection's sign-in."""
