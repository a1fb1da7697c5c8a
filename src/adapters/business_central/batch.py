"""A pack as a `$batch`, and what its answer means (contract 4.2, 4.3; design: exactly once, 3)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from adapters.business_central.errors import (
    AWAY,
    SAME_KEY_EXISTS,
    BcError,
    read_error,
    refusal_of,
)
from adapters.business_central.wire import BatchAnswer, Echo, InnerAnswer
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralUnavailable,
)
from application.ports.general_journal import (
    Accepted,
    Answer,
    JournalMissing,
    NotRun,
    NumberTaken,
    Refused,
    Unknown,
)
from domain.journal_entry import JournalLine
from domain.pack import NumberedEntry
from domain.refusals import (
    DimensionIsDefault,
    Failure,
    JournalUnderApproval,
    RefusedByBusinessCentral,
)

OK = 200
NOT_FOUND = 404
CONFLICT = 409
SERVER_ERROR = 500
ERROR = 400
CENT = Decimal("0.01")
DEFAULT_DIMENSION = "dimension set line already exists"


def operations(pack: Sequence[NumberedEntry], url: str) -> list[dict[str, Any]]:
    """The operations of a pack: one for each line, dimensions nested in it."""
    return [
        {
            "id": str(number),
            "method": "POST",
            "url": url,
            "headers": {"Content-Type": "application/json", "Accept-Language": "en-US"},
            "body": _line(numbered, number, line),
        }
        for numbered in pack
        for number, line in zip(numbered.line_numbers, numbered.entry.lines, strict=True)
    ]


def _line(numbered: NumberedEntry, number: int, line: JournalLine) -> dict[str, Any]:
    """A line's members in the order in which BC validates them (contract 2.3.2, 3.3)."""
    entry = numbered.entry
    body: dict[str, Any] = {
        "lineNumber": number,
        "accountType": line.account_type.value,
        "accountNumber": line.account_number,
        "postingDate": entry.posting_date.isoformat(),
        "documentNumber": entry.document_number,
        "externalDocumentNumber": entry.external_document_number,
        "amount": line.amount.amount.quantize(CENT),
        "description": line.description,
    }
    if line.comment:
        body["comment"] = line.comment
    if line.tax_code:
        body["taxCode"] = line.tax_code
    if line.dimensions:
        body["dimensionSetLines"] = [
            {"code": one.code, "valueCode": one.value} for one in line.dimensions
        ]
    return body


def read_answer(
    status: int, body: bytes, pack: Sequence[NumberedEntry], retry_after: float | None = None
) -> Answer:
    """What the outer answer to a pack means; anything that is not sure is Unknown."""
    if status == OK:
        return _inner(body, pack)
    if status == 429:  # noqa: PLR2004 - Too Many Requests: nothing ran (contract 4.2)
        return NotRun(refusal_of(read_error(status, body), retry_after), retry_after)
    if ERROR <= status < SERVER_ERROR and status not in AWAY | {CONFLICT}:
        return NotRun(refusal_of(read_error(status, body)))
    return Unknown(f"Business Central answered {status}.")


def _inner(body: bytes, pack: Sequence[NumberedEntry]) -> Answer:
    try:
        answers = msgspec.json.decode(body, type=BatchAnswer).responses
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unknown("Business Central's answer cannot be read.")
    failed = next((answer for answer in answers if answer.status >= ERROR), None)
    if failed is not None:
        return _failed(failed, pack)
    by_id = {answer.id: answer for answer in answers}
    ids: dict[int, str] = {}
    for numbered, number, line in _lines(pack):
        answer = by_id.get(str(number))
        if answer is None:
            return Unknown(f"Business Central says nothing of line {number}.")
        echo = _echo(answer)
        sent = (number, numbered.entry.document_number, line.amount.amount)
        if echo is None or (echo.line_number, echo.document_number, echo.amount) != sent:
            return Unknown(f"Business Central's answer does not repeat line {number}.")
        ids[number] = echo.id
    return Accepted(ids)


def _lines(
    pack: Sequence[NumberedEntry],
) -> Iterator[tuple[NumberedEntry, int, JournalLine]]:
    for numbered in pack:
        for number, line in zip(numbered.line_numbers, numbered.entry.lines, strict=True):
            yield numbered, number, line


def _echo(answer: InnerAnswer) -> Echo | None:
    try:
        return msgspec.json.decode(answer.body, type=Echo)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _failed(answer: InnerAnswer, pack: Sequence[NumberedEntry]) -> Answer:
    """The first error: nothing exists, and it names the culprit (contract 4.3, 3)."""
    error = read_error(answer.status, bytes(answer.body))
    place = _place(answer.id, pack)
    if place is not None and error.code == SAME_KEY_EXISTS:
        return NumberTaken(place, int(answer.id or 0))
    if error.is_permission:
        return NotRun(BusinessCentralPermissionMissing(error.message))
    if error.status >= SERVER_ERROR or error.status in AWAY | {CONFLICT}:
        return NotRun(BusinessCentralUnavailable(f"{error.status} {error.message}"))
    if error.status == NOT_FOUND:
        return NotRun(JournalMissing())
    if place is None:
        return NotRun(refusal_of(error))
    return Refused(place, _refusal(error))


def _place(line: str | None, pack: Sequence[NumberedEntry]) -> int | None:
    return next(
        (
            index
            for index, numbered in enumerate(pack)
            if line in {str(number) for number in numbered.line_numbers}
        ),
        None,
    )


def _refusal(error: BcError) -> Failure:
    message = error.message
    if DEFAULT_DIMENSION in message.casefold():
        return DimensionIsDefault(message)
    if "approv" in message.casefold():
        return JournalUnderApproval(message)
    return RefusedByBusinessCentral(error.code, message)
