"""The journal `PEX Card` of one company (contract 2.2, 2.3, 6)."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import httpx
import msgspec

from adapters.business_central.batch import operations, read_answer
from adapters.business_central.client import Client, distinct
from adapters.business_central.errors import SAME_KEY_EXISTS, read_error, refusal_of
from adapters.business_central.odata import address, text
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
from application.ports.company_data import BusinessCentralRefused, BusinessCentralUnavailable
from application.ports.general_journal import (
    JOURNAL_CODE,
    Answer,
    Journal,
    JournalHasBalancingAccount,
    JournalMissing,
    NotRun,
    Unknown,
)
from domain.document_keys import DESCRIPTION_MARK, EXTERNAL_PREFIX
from domain.findings import FoundLedgerEntry, FoundLine
from domain.pack import NumberedEntry
from domain.refusals import Refusal

SNAPSHOT = {"Isolation": "snapshot"}
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
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
        self._company = f"companies({company_id})"
        self._clock = clock

    def resolve(self) -> Journal:
        """Find the journal by its code in the default template."""
        options = {"$filter": f"code eq {text(JOURNAL_CODE)}", "$select": JOURNAL_COLUMNS}
        rows = self._client.rows(JournalRow, f"{self._company}/journals", options)
        row = next((row for row in rows if row.code.upper() == JOURNAL_CODE), None)
        if row is None:
            raise JournalMissing
        if row.balancing_account_number:
            raise JournalHasBalancingAccount(row.balancing_account_number)
        return Journal(self._company_id, row.id, row.code, row.template_display_name)

    def create(self) -> Journal:
        """Create it without number series and balancing account (contract 2.2)."""
        body = encode({"code": JOURNAL_CODE, "displayName": "PEX Card Journal"})
        try:
            response = self._client.exchange("POST", f"{self._company}/journals", body=body)
        except httpx.TransportError as error:
            raise BusinessCentralUnavailable(f"no answer ({type(error).__name__})") from error
        if not response.is_success:
            refused = read_error(response.status_code, response.content)
            if refused.code != SAME_KEY_EXISTS:
                raise refusal_of(refused, asked_to_wait(response))
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
        return tuple(row.value() for row in distinct(rows, lambda row: row.id))

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
        where = f"companies({journal.company_id})/generalLedgerEntries"
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
        return tuple(row.value() for row in distinct(rows, lambda row: row.id))

    def submit(
        self, journal: Journal, pack: Sequence[NumberedEntry], not_after: datetime
    ) -> Answer:
        """Send whole entries in one snapshot `$batch`, once."""
        requests = operations(pack, self._lines_url(journal))
        try:
            response = self._client.exchange(
                "POST",
                "$batch",
                body=encode({"requests": requests}),
                headers=SNAPSHOT,
                operations=len(requests),
                before=lambda: self._check_time(not_after),
            )
        except NOT_SENT as error:
            return NotRun(BusinessCentralUnavailable(f"not reached ({type(error).__name__})"))
        except httpx.TransportError as error:
            return Unknown(f"The answer was lost ({type(error).__name__}).")
        except Refusal as refusal:
            return NotRun(refusal, getattr(refusal, "retry_after", None))
        return read_answer(response.status_code, response.content, pack, asked_to_wait(response))

    def _check_time(self, not_after: datetime) -> None:
        if self._clock.now() > not_after:
            raise TooLate

    def delete(self, journal: Journal, line_ids: Sequence[str]) -> None:
        """Delete our own unposted lines in one snapshot `$batch`."""
        requests = [
            {
                "id": str(number),
                "method": "DELETE",
                "url": f"companies({journal.company_id})/journalLines({line_id})",
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
        except httpx.TransportError as error:
            raise BusinessCentralUnavailable(f"no answer ({type(error).__name__})") from error
        _require_all(response, len(requests))

    def _lines_url(self, journal: Journal) -> str:
        return f"{self._company}/journals({journal.id})/journalLines"


def _require_all(response: httpx.Response, wanted: int) -> None:
    if not response.is_success:
        raise refusal_of(read_error(response.status_code, response.content))
    answers = msgspec.json.decode(response.content, type=BatchAnswer).responses
    failed = next((one for one in answers if one.status >= 400), None)  # noqa: PLR2004 - an error
    if failed is not None:
        raise refusal_of(read_error(failed.status, bytes(failed.body)))
    if len(answers) != wanted:
        raise BusinessCentralRefused(200, "Unknown", "An answer is missing.")
