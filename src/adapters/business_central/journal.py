"""The journal `PEX Card` of one company (contract 2.2, 2.3, 6)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import httpx

from adapters.business_central.batch import operations, read_answer
from adapters.business_central.client import Client, decode, distinct, no_answer
from adapters.business_central.dimensions import LineDimensions
from adapters.business_central.errors import SAME_KEY_EXISTS, read_error, refusal_of
from adapters.business_central.odata import address, company_path, text
from adapters.business_central.snapshot import SNAPSHOT, send
from adapters.business_central.wire import (
    BatchAnswer,
    JournalRow,
    LedgerRow,
    LineRow,
    NumberRow,
    encode,
)
from adapters.retry_after import retry_after as asked_to_wait
from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralUnavailable
from application.ports.general_journal import (
    JOURNAL_CODE,
    Answer,
    Journal,
    JournalHasBalancingAccount,
    JournalInOtherTemplate,
    JournalMissing,
    NotRun,
    SetAnswer,
    Unknown,
)
from domain.document_keys import DESCRIPTION_MARK, EXTERNAL_PREFIX
from domain.findings import FoundLedgerEntry, FoundLine
from domain.line_dimensions import DimensionChange, FoundDimension
from domain.pack import CAPACITY, NumberedEntry

NUMBERS_AT_ONCE = 40
LINE_COLUMNS = (
    "id,lineNumber,accountNumber,amount,postingDate,documentNumber,"
    "externalDocumentNumber,description"
)
LEDGER_COLUMNS = (
    "id,entryNumber,accountNumber,debitAmount,creditAmount,postingDate,documentNumber,description"
)
JOURNAL_COLUMNS = "id,code,displayName,templateDisplayName,balancingAccountNumber"


class TooLate(BusinessCentralUnavailable):
    """The worker slept past the time at which it might still send."""

    code = "SENT_TOO_LATE"

    def __init__(self) -> None:
        super().__init__("The worker was too slow to send; nothing was sent.")


class HttpGeneralJournal:
    """Fulfils the port `GeneralJournal`; every read goes to the primary."""

    def __init__(self, client: Client, company_id: str, clock: Clock) -> None:
        self._client = client
        self._company_id = company_id
        self._company = company_path(company_id)
        self._clock = clock

    def resolve(self) -> Journal:
        """Find the journal by its code in the default template.

        BC lists no other template's journals unless it is named, and names of templates cannot be
        read (contract 2.2): a journal in another one counts as missing.
        """
        options = {"$filter": f"code eq {text(JOURNAL_CODE)}", "$select": JOURNAL_COLUMNS}
        rows = self._client.rows(JournalRow, f"{self._company}/journals", options)
        found = distinct((row for row in rows if row.code.upper() == JOURNAL_CODE), _id)
        if not found:
            raise JournalMissing
        row = found[0]
        others = {one.template_display_name for one in found[1:]}
        if others:  # a server that lists all templates: which one people see cannot be told
            raise JournalInOtherTemplate(", ".join(sorted(others)))
        if row.balancing_account_number:
            raise JournalHasBalancingAccount(row.balancing_account_number)
        return Journal(self._company_id, row.id, row.code, row.template_display_name)

    def create(self) -> Journal:
        """Create it without number series and balancing account (contract 2.2)."""
        path = f"{self._company}/journals"
        body = encode({"code": JOURNAL_CODE, "displayName": "PEX Card Journal"})
        try:
            response = self._client.exchange("POST", path, body=body)
        except httpx.RequestError as error:
            raise no_answer(error) from error
        if not response.is_success:
            refused = read_error(response.status_code, response.content)
            if refused.code != SAME_KEY_EXISTS:
                raise self._client.refusal(response, path)
        return self.resolve()

    def lines(self, journal: Journal) -> tuple[FoundLine, ...]:
        """Our unposted lines, whoever edited them."""
        return self._lines(journal, f"startswith(externalDocumentNumber,{text(EXTERNAL_PREFIX)})")

    def lines_numbered(self, journal: Journal, numbers: Collection[int]) -> tuple[FoundLine, ...]:
        """The unposted lines that hold these numbers."""
        wanted = sorted(numbers)
        found: list[FoundLine] = []
        for first in range(0, len(wanted), NUMBERS_AT_ONCE):
            some = wanted[first : first + NUMBERS_AT_ONCE]
            found.extend(
                self._lines(journal, " or ".join(f"lineNumber eq {number}" for number in some))
            )
        return tuple(found)

    def _lines(self, journal: Journal, condition: str) -> tuple[FoundLine, ...]:
        rows = self._client.rows(
            LineRow, self._lines_url(journal), {"$filter": condition, "$select": LINE_COLUMNS}
        )
        return tuple(row.value() for row in distinct(rows, _id))

    def highest_line_number(self, journal: Journal) -> int:
        """The greatest line number, 0 of an empty journal."""
        options = {"$orderby": "lineNumber desc", "$top": "1", "$select": "lineNumber"}
        rows = self._client.rows(NumberRow, self._lines_url(journal), options)
        return max((row.line_number for row in rows), default=0)

    def ledger_entries(
        self, journal: Journal, start: date, end: date
    ) -> tuple[FoundLedgerEntry, ...]:
        """Posted entries that bear our mark in their text or in their document number.

        Two queries in one request, for one filter cannot ask `or` of two fields (contract 3.2).
        """
        days = f"postingDate ge {start.isoformat()} and postingDate le {end.isoformat()}"
        marks = (
            f"contains(description,{text(DESCRIPTION_MARK)})",
            f"startswith(documentNumber,{text('PEX-')})",
        )
        where = f"{company_path(journal.company_id)}/generalLedgerEntries"
        found = self._client.several(
            [
                (
                    LedgerRow,
                    address(where, {"$filter": f"{days} and {mark}", "$select": LEDGER_COLUMNS}),
                )
                for mark in marks
            ]
        )
        rows = [row for rows in found for row in rows if isinstance(row, LedgerRow)]
        return tuple(row.value() for row in distinct(rows, _id))

    def submit(
        self, journal: Journal, pack: Sequence[NumberedEntry], not_after: datetime
    ) -> Answer:
        """Send whole entries in one snapshot `$batch`, once.

        Raises:
            ValueError: the pack has more lines than a `$batch` may have operations.
        """
        requests = operations(pack, self._lines_url(journal))
        if len(requests) > CAPACITY:
            raise ValueError(f"{len(requests)} operations are too many for one request")
        response = send(self._client, requests, lambda: self._check_time(not_after))
        if isinstance(response, NotRun | Unknown):
            return response
        return read_answer(
            response.status_code,
            response.content,
            pack,
            replace(self._client.place("$batch"), company_id=journal.company_id),
            asked_to_wait(response),
        )

    def _check_time(self, not_after: datetime) -> None:
        if self._clock.now() > not_after:
            raise TooLate

    def dimensions(
        self, journal: Journal, line_ids: Sequence[str]
    ) -> Mapping[str, tuple[FoundDimension, ...]]:
        """What dimensions unposted lines bear, read in one request."""
        return LineDimensions(self._client, journal.company_id).read(line_ids)

    def set_dimensions(
        self,
        journal: Journal,
        entries: Sequence[Sequence[DimensionChange]],
        not_after: datetime,
    ) -> SetAnswer:
        """Change the dimensions of several entries in one snapshot `$batch`, once."""
        dimensions = LineDimensions(self._client, journal.company_id)
        return dimensions.write(entries, lambda: self._check_time(not_after))

    def delete(self, journal: Journal, line_ids: Sequence[str]) -> None:
        """Delete our own unposted lines in one snapshot `$batch`.

        Raises:
            Refusal: nothing was deleted, or it is not known.
        """
        company = company_path(journal.company_id)
        requests = [
            {
                "id": str(number),
                "method": "DELETE",
                "url": f"{company}/journalLines({line_id})",
                "headers": {"If-Match": "*"},
            }
            for number, line_id in enumerate(line_ids)
        ]
        try:
            response = self._client.exchange(
                "POST",
                "$batch",
                body=encode({"requests": requests}),
                headers=SNAPSHOT,
                operations=len(requests),
            )
        except httpx.RequestError as error:
            raise no_answer(error) from error
        if not response.is_success:
            raise self._client.refusal(response, "$batch")
        answers = decode(BatchAnswer, response.content).responses
        failed = next((one for one in answers if not one.is_success), None)
        if failed is not None:
            told = read_error(failed.status, bytes(failed.body))
            raise refusal_of(told, self._client.place(company))
        if len(answers) != len(requests):
            raise BusinessCentralUnavailable("an answer is missing")

    @staticmethod
    def _lines_url(journal: Journal) -> str:
        return f"{company_path(journal.company_id)}/journals({journal.id})/journalLines"


def _id(row: JournalRow | LineRow | LedgerRow) -> str:
    return row.id
