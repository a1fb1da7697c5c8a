"""Receipts as files of incoming documents (contract 2.10)."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import msgspec
import structlog

from adapters.business_central.batch import CONFLICT, NOT_RUN, SERVER_ERROR
from adapters.business_central.client import ERROR, TOO_MANY, Client, no_answer
from adapters.business_central.errors import (
    AWAY,
    NOT_FOUND,
    read_error,
    refusal_of,
)
from adapters.business_central.odata import company_path
from adapters.business_central.snapshot import NOT_SENT
from adapters.business_central.wire import BatchAnswer, FileRow, InnerAnswer, encode
from application.ports.company_data import BusinessCentralRefused
from application.ports.receipt_files import (
    FILES_AT_ONCE,
    Creation,
    Gone,
    Listed,
    NewFile,
    Parent,
    ParentGone,
    UnknownCreation,
    UnknownOutcome,
    Upload,
    Uploaded,
)
from domain.posted_transaction import Place
from domain.refusals import Refusal

log = structlog.get_logger(__name__)

EACH = {"Prefer": "odata.continue-on-error"}  # each operation by itself (contract 4.2)
LISTS_AT_ONCE = 100  # as many operations as a `$batch` may have (contract 5)
SETS = {Place.JOURNAL: "journalLines", Place.LEDGER: "generalLedgerEntries"}
BAD_REQUEST = 400
ZEROS = "00000000-0000-0000-0000-000000000000"
RAW = {"Content-Type": "application/octet-stream", "If-Match": "*"}
JSON = {"Content-Type": "application/json", "Accept-Language": "en-US"}


class HttpReceiptFiles:
    """Fulfils the port `ReceiptFiles`; every read goes to the primary."""

    def __init__(self, client: Client, company_id: str) -> None:
        self._client = client
        self._company = company_path(company_id)

    # --- reading -------------------------------------------------------------------------------

    def files(self, parents: Sequence[Parent]) -> tuple[Listed, ...]:
        """The files of each parent, many parents in one request."""
        found: list[Listed] = []
        for first in range(0, len(parents), LISTS_AT_ONCE):
            paths = [self._list_of(parent) for parent in parents[first : first + LISTS_AT_ONCE]]
            answers = self._client.answers(paths, EACH)
            found.extend(map(self._listed, paths, answers))
        return tuple(found)

    def _list_of(self, parent: Parent) -> str:
        return f"{self._company}/{SETS[parent.place]}({parent.id})/attachments"

    def _listed(self, path: str, answer: InnerAnswer | None) -> Listed:
        try:
            rows = self._client.collection(FileRow, path, answer)
        except BusinessCentralRefused as refusal:
            if _tells_that_the_parent_is_gone(refusal):
                return ParentGone()
            raise
        return tuple({row.id: row.value() for row in rows}.values())

    # --- creating ------------------------------------------------------------------------------

    def create(self, files: Sequence[NewFile]) -> tuple[Creation, ...]:
        """Create files in one `$batch`, each in a transaction of its own.

        Raises:
            ValueError: more files than a `$batch` may have operations.
        """
        if len(files) > FILES_AT_ONCE:
            raise ValueError(f"{len(files)} files are too many for one request")
        if not files:
            return ()
        answers = self._each([self._creation(file) for file in files])
        if isinstance(answers, str):
            return (UnknownCreation(answers),) * len(files)
        created = [self._created(answers.get(str(at)), file) for at, file in enumerate(files)]
        self._clear_away([one.id for one in created if isinstance(one, FileRow)])
        return tuple(ParentGone() if isinstance(one, FileRow) else one for one in created)

    def _creation(self, file: NewFile) -> dict[str, Any]:
        """An operation; the parent's type is `Journal` for a ledger entry too (2.10.5)."""
        return {
            "method": "POST",
            "url": f"{self._company}/attachments",
            "headers": JSON,
            "body": {
                "parentId": file.parent.id,
                "parentType": "Journal",
                "fileName": file.file_name,
            },
        }

    def _each(self, operations: Sequence[Mapping[str, Any]]) -> dict[str | None, InnerAnswer] | str:
        """The answers by the operation's place, or why there are none; each may have been run.

        Raises:
            Refusal: surely none was run.
        """
        requests = [{"id": str(at), **operation} for at, operation in enumerate(operations)]
        try:
            response = self._client.exchange(
                "POST",
                "$batch",
                body=encode({"requests": requests}),
                headers=EACH,
                operations=len(requests),
            )
        except NOT_SENT as error:
            raise no_answer(error) from error
        except httpx.RequestError as error:
            return f"The answer was lost ({type(error).__name__})."
        if response.status_code in NOT_RUN:
            raise self._client.refusal(response, "$batch")
        if response.status_code != httpx.codes.OK:
            return f"Business Central answered {response.status_code}."
        try:
            read = msgspec.json.decode(response.content, type=BatchAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "Business Central's answer cannot be read."
        return {answer.id: answer for answer in read.responses}

    def _created(self, answer: InnerAnswer | None, file: NewFile) -> Creation | FileRow:
        """What became of one file; the row itself where it hangs on nothing, and must go."""
        if answer is None:
            return UnknownCreation("Business Central says nothing of this file.")
        if answer.status >= ERROR:
            return self._refused(answer)
        row = _row(answer)
        if row is None:
            return UnknownCreation("Business Central's answer cannot be read.")
        return row.value() if _is_linked(row, file.parent) else row

    def _refused(self, answer: InnerAnswer) -> Refusal | UnknownCreation:
        error = read_error(answer.status, bytes(answer.body))
        if answer.status != TOO_MANY and _is_unsure(answer.status):
            return UnknownCreation(f"Business Central answered {error.status}: {error.message}")
        return refusal_of(error, self._client.place(self._company))

    def _clear_away(self, ids: Sequence[str]) -> None:
        """Delete files that hang on nothing; one that stays is empty, and seen by nobody."""
        if not ids:
            return
        operations = [
            {"method": "DELETE", "url": self._file(one), "headers": {"If-Match": "*"}}
            for one in ids
        ]
        try:
            answers = self._each(operations)
        except Refusal as refusal:
            answers = refusal.cause
        if isinstance(answers, str):
            log.warning("files without a parent may be left", files=ids, reason=answers)

    # --- content -------------------------------------------------------------------------------

    def upload(self, file_id: str, content: bytes) -> Upload:
        """Store the bytes in a request of their own: a `$batch` carries none (contract 4.2)."""
        path = f"{self._file(file_id)}/attachmentContent"
        try:
            response = self._client.exchange("PATCH", path, body=content, headers=RAW)
        except NOT_SENT as error:
            raise no_answer(error) from error
        except httpx.RequestError as error:
            return UnknownOutcome(f"The answer was lost ({type(error).__name__}).")
        if response.is_success:
            return Uploaded()
        refusal = self._client.refusal(response, path)
        if _tells_that_it_is_gone(refusal):
            return Gone()
        if response.status_code != TOO_MANY and _is_unsure(response.status_code):
            return UnknownOutcome(f"Business Central answered {response.status_code}.")
        if isinstance(refusal, BusinessCentralRefused):
            return refusal
        raise refusal

    def delete(self, file_id: str) -> None:
        """Delete a file, if it is there."""
        path = self._file(file_id)
        try:
            response = self._client.exchange("DELETE", path, headers={"If-Match": "*"})
        except httpx.RequestError as error:
            raise no_answer(error) from error
        if not response.is_success:
            refusal = self._client.refusal(response, path)
            if not _tells_that_it_is_gone(refusal):
                raise refusal

    def _file(self, file_id: str) -> str:
        return f"{self._company}/attachments({file_id})"


def _row(answer: InnerAnswer) -> FileRow | None:
    if not answer.is_success:
        return None
    try:
        row = msgspec.json.decode(answer.body, type=FileRow)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return row if row.id else None


def _is_linked(row: FileRow, parent: Parent) -> bool:
    """Whether a file hangs on its parent (contract 2.10.4).

    All ledger entries of a document share its files, so any of them may be named.
    """
    named = row.parent_id.strip("{}").casefold()
    if parent.place is Place.LEDGER:
        return named not in ("", ZEROS)
    return named == parent.id.strip("{}").casefold()


def _is_unsure(status: int) -> bool:
    """Whether a write may have been carried out all the same (contract 5)."""
    return status >= SERVER_ERROR or status in AWAY | {CONFLICT} or status < ERROR


def _tells_that_the_parent_is_gone(refusal: BusinessCentralRefused) -> bool:
    """BC says so by 400 in words of its own, where nothing else can be wrong (2.10.2)."""
    by_dialog = refusal.status == BAD_REQUEST and refusal.bc_code.startswith("Application_")
    return by_dialog or _tells_that_it_is_gone(refusal)


def _tells_that_it_is_gone(refusal: Refusal) -> bool:
    """By status, as the code varies between versions; or by code, as some send it with 400."""
    if not isinstance(refusal, BusinessCentralRefused):
        return False
    return refusal.status == NOT_FOUND or refusal.bc_code == "Internal_RecordNotFound"
