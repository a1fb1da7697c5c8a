"""A pack as a `$batch`, and what its answer means (contract 4.2, 4.3; design: exactly once, 3)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from adapters.business_central.errors import (
    AWAY,
    COMPANY_NOT_FOUND,
    NOT_FOUND,
    SAME_KEY_EXISTS,
    UNAUTHORIZED,
    BcError,
    Place,
    read_error,
    refusal_of,
)
from adapters.business_central.wire import BatchAnswer, Echo, InnerAnswer
from application.ports.company_data import BusinessCentralUnavailable
from application.ports.general_journal import (
    Accepted,
    Answer,
    Collides,
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
CONFLICT = 409
TOO_MANY = 429
SERVER_ERROR = 500
ERROR = 400
# On the outside of a `$batch` these are answered before any operation runs (contract 4.2).
NOT_RUN = frozenset({400, 401, 403, 404, 405, 406, 411, 412, 413, 414, 415, TOO_MANY, 431})
RECORD_NOT_FOUND = frozenset({"Internal_RecordNotFound", "Internal_DataNotFoundFilter"})
CENT = Decimal("0.01")
DIALOG = "Application_DialogException"
DEFAULT_DIMENSION = "dimension set line already exists"
JOURNAL_BATCH = "journal batch"  # as BC's English messages call the journal


def operations(pack: Sequence[NumberedEntry], url: str) -> list[dict[str, Any]]:
    """The operations of a pack: one for each line, unless bare with its dimensions nested."""
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
    if line.dimensions and not numbered.bare:
        body["dimensionSetLines"] = [
            {"code": one.code, "valueCode": one.value} for one in line.dimensions
        ]
    return body


def read_answer(
    status: int,
    body: bytes,
    pack: Sequence[NumberedEntry],
    place: Place,
    retry_after: float | None = None,
) -> Answer:
    """What the outer answer to a pack means; anything that is not sure is Unknown."""
    return outer(status, body, place, retry_after) or _inner(body, pack, place)


def outer(
    status: int, body: bytes, place: Place, retry_after: float | None = None
) -> NotRun | Unknown | None:
    """What the outside of an answer says of all operations; None where the inside must tell."""
    if status == OK:
        return None
    if status in NOT_RUN:
        wait = retry_after if status == TOO_MANY else None
        return NotRun(refusal_of(read_error(status, body), place, wait), wait)
    return Unknown(f"Business Central answered {status}.")


def _inner(body: bytes, pack: Sequence[NumberedEntry], place: Place) -> Answer:
    try:
        answers = msgspec.json.decode(body, type=BatchAnswer).responses
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unknown("Business Central's answer cannot be read.")
    failed = next((answer for answer in answers if answer.status >= ERROR), None)
    if failed is not None:
        return _failed(failed, pack, place)
    by_id = {answer.id: answer for answer in answers}
    ids: dict[int, str] = {}
    for numbered, number, line in _lines(pack):
        answer = by_id.get(str(number))
        if answer is None:
            return Unknown(f"Business Central says nothing of line {number}.")
        echo = _echo(answer)
        if echo is None or not _repeats(echo, numbered, number, line):
            return Unknown(f"Business Central's answer does not repeat line {number}.")
        ids[number] = echo.id
    return Accepted(ids)


def _repeats(echo: Echo, numbered: NumberedEntry, number: int, line: JournalLine) -> bool:
    """Whether a line was created as sent; BC keeps document numbers in upper case."""
    document_number = numbered.entry.document_number.casefold()
    return (
        echo.line_number == number
        and echo.document_number.casefold() == document_number
        and echo.amount == line.amount.amount
    )


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


def _failed(answer: InnerAnswer, pack: Sequence[NumberedEntry], place: Place) -> Answer:
    """The first error: nothing exists, and it names the culprit (contract 4.3, 3)."""
    error = read_error(answer.status, bytes(answer.body))
    culprit = _culprit(answer.id, pack)
    if culprit is not None and error.code == SAME_KEY_EXISTS:
        return NumberTaken(culprit, int(answer.id or 0))
    general = not_an_entrys(error, place)
    if general is not None:
        return general
    if error.status == CONFLICT:
        return NotRun(BusinessCentralUnavailable(f"{error.status} {error.message}"))
    if _names_no_journal(error):
        return NotRun(JournalMissing())
    if culprit is None:
        return NotRun(refusal_of(error, place))
    can_go_bare = is_collision(error) and not pack[culprit].bare
    line = int(answer.id or 0)
    return (
        Collides(culprit, line, error.message) if can_go_bare else Refused(culprit, _refusal(error))
    )


def not_an_entrys(error: BcError, place: Place) -> NotRun | None:
    """What an inner error comes to that is nobody's but the user's, the company's or BC's own."""
    if error.is_permission or error.status == UNAUTHORIZED or error.code == COMPANY_NOT_FOUND:
        return NotRun(refusal_of(error, place))
    if error.status >= SERVER_ERROR or error.status in AWAY:
        return NotRun(BusinessCentralUnavailable(f"{error.status} {error.message}"))
    return None


def is_collision(error: BcError) -> bool:
    """Whether a dimension is on the line already; BC says so by its English text alone (2.9)."""
    return error.code == DIALOG and DEFAULT_DIMENSION in error.message.casefold()


def _names_no_journal(error: BcError) -> bool:
    """Whether the journal went away since it was resolved; some servers say so by 400."""
    gone = error.code in RECORD_NOT_FOUND and JOURNAL_BATCH in error.message.casefold()
    return gone or error.status == NOT_FOUND


def _culprit(line: str | None, pack: Sequence[NumberedEntry]) -> int | None:
    """The place in the pack of the entry that the operation belongs to."""
    return next(
        (
            index
            for index, numbered in enumerate(pack)
            if line in {str(number) for number in numbered.line_numbers}
        ),
        None,
    )


def _refusal(error: BcError) -> Failure:
    """Both special cases share BC's code for dialogs, and differ in their text alone (2.3.8, 2.9).

    Under another code, such a word is part of a number or a name that the message quotes.
    """
    message = error.message
    if is_collision(error):
        return DimensionIsDefault(message)
    if error.code == DIALOG and "approv" in message.casefold():
        return JournalUnderApproval(message)
    return RefusedByBusinessCentral(error.code, message)
