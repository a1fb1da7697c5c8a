"""The dimensions of journal lines: read together, and changed together (contract 2.9)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from adapters.business_central.batch import (
    CONFLICT,
    ERROR,
    RECORD_NOT_FOUND,
    is_collision,
    not_an_entrys,
    outer,
)
from adapters.business_central.client import PRIMARY, Client, decode
from adapters.business_central.errors import (
    NOT_FOUND,
    BcError,
    Place,
    read_error,
    refusal_of,
)
from adapters.business_central.odata import company_path
from adapters.business_central.snapshot import send
from adapters.business_central.wire import BatchAnswer, DimensionRow, InnerAnswer, Rows, encode
from adapters.retry_after import retry_after as asked_to_wait
from application.ports.company_data import BusinessCentralUnavailable
from application.ports.general_journal import (
    DimensionsSet,
    NotRun,
    Refused,
    SetAnswer,
    Stale,
    Unknown,
)
from domain.line_dimensions import DimensionChange, FoundDimension
from domain.pack import CAPACITY
from domain.refusals import RefusedByBusinessCentral

# One line that is gone must not keep the answers about the others back (contract 4.2).
GO_ON = {"Prefer": "odata.continue-on-error"}
JSON = {"Content-Type": "application/json"}
ENGLISH = {"Accept-Language": "en-US"}
STALE = RECORD_NOT_FOUND | {"BadRequest_InvalidToken", "Request_EntityChanged"}


class LineDimensions:
    """The dimensions of one company's unposted lines."""

    def __init__(self, client: Client, company_id: str) -> None:
        self._client = client
        self._company = company_path(company_id)
        self._place = replace(client.place("$batch"), company_id=company_id)

    def read(self, line_ids: Sequence[str]) -> Mapping[str, tuple[FoundDimension, ...]]:
        """By line id; a line whose own answer is an error is left out.

        Raises:
            Refusal: BC is away, or lets the user read nothing.
            ValueError: more lines than a `$batch` may have operations.
        """
        _check_size(len(line_ids))
        requests = [
            {
                "id": str(place),
                "method": "GET",
                "url": self._url(line_id),
                "headers": {**ENGLISH, **PRIMARY},
            }
            for place, line_id in enumerate(line_ids)
        ]
        raw = self._client.read(
            "$batch",
            method="POST",
            body=encode({"requests": requests}),
            headers=GO_ON,
            operations=len(requests),
        )
        answers = {answer.id: answer for answer in decode(BatchAnswer, raw).responses}
        found: dict[str, tuple[FoundDimension, ...]] = {}
        for place, line_id in enumerate(line_ids):
            dimensions = self._of_line(answers.get(str(place)))
            if dimensions is not None:
                found[line_id] = dimensions
        return found

    def _of_line(self, answer: InnerAnswer | None) -> tuple[FoundDimension, ...] | None:
        if answer is None:
            raise BusinessCentralUnavailable("an answer is missing")
        if answer.status < ERROR:
            rows = decode(Rows[DimensionRow], bytes(answer.body)).value
            return tuple(row.value() for row in rows)
        error = read_error(answer.status, bytes(answer.body))
        general = not_an_entrys(error, self._place)
        if general is not None:
            raise general.refusal
        return None

    def write(
        self, entries: Sequence[Sequence[DimensionChange]], before: Callable[[], None]
    ) -> SetAnswer:
        """Make all changes or none.

        Raises:
            ValueError: more changes than a `$batch` may have operations.
        """
        guarded: set[str] = set()
        requests = [
            self._change(f"{place}.{index}", change, guarded)
            for place, changes in enumerate(entries)
            for index, change in enumerate(changes)
        ]
        _check_size(len(requests))
        response = send(self._client, requests, before)
        if isinstance(response, NotRun | Unknown):
            return response
        status, body = response.status_code, response.content
        said = outer(status, body, self._place, asked_to_wait(response))
        return said or _inner(body, entries, self._place)

    def _change(self, key: str, change: DimensionChange, guarded: set[str]) -> dict[str, Any]:
        """A change of the value that is there, or a dimension that is not there yet.

        The first change of a line is guarded by what was read. For those that follow it, nothing
        says whether BC counts the first one as a change of theirs (contract 3.6).
        """
        url, wanted = self._url(change.line_id), change.wanted
        if change.replaces is None:
            body = {"code": wanted.code, "valueCode": wanted.value}  # in this order, contract 2.9
            return {
                "id": key,
                "method": "POST",
                "url": url,
                "headers": {**JSON, **ENGLISH},
                "body": body,
            }
        match = "*" if change.line_id in guarded else change.replaces.etag or "*"
        guarded.add(change.line_id)
        return {
            "id": key,
            "method": "PATCH",
            "url": f"{url}({change.replaces.id})",
            "headers": {**JSON, **ENGLISH, "If-Match": match},
            "body": {"valueCode": wanted.value},
        }

    def _url(self, line_id: str) -> str:
        return f"{self._company}/journalLines({line_id})/dimensionSetLines"


def _check_size(operations: int) -> None:
    if operations > CAPACITY:
        raise ValueError(f"{operations} operations are too many for one request")


def _inner(body: bytes, entries: Sequence[Sequence[DimensionChange]], place: Place) -> SetAnswer:
    try:
        answers = msgspec.json.decode(body, type=BatchAnswer).responses
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unknown("Business Central's answer cannot be read.")
    failed = next((answer for answer in answers if answer.status >= ERROR), None)
    if failed is not None:
        return _failed(failed, len(entries), place)
    by_id = {answer.id: answer for answer in answers}
    for index, changes in enumerate(entries):
        for number, change in enumerate(changes):
            if not _repeats(by_id.get(f"{index}.{number}"), change):
                return Unknown("Business Central's answer does not repeat every dimension.")
    return DimensionsSet()


def _repeats(answer: InnerAnswer | None, change: DimensionChange) -> bool:
    if answer is None or not answer.is_success:
        return False
    try:
        row = msgspec.json.decode(answer.body, type=DimensionRow)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    wanted = change.wanted
    sent = (wanted.code.casefold(), wanted.value.casefold())
    return (row.code.casefold(), row.value_code.casefold()) == sent


def _failed(answer: InnerAnswer, entries: int, place: Place) -> SetAnswer:
    """The first error: nothing was changed, and it names the culprit (contract 4.3, 3)."""
    error = read_error(answer.status, bytes(answer.body))
    general = not_an_entrys(error, place)
    if general is not None:
        return general
    culprit = (answer.id or "").partition(".")[0]
    if not culprit.isdecimal() or int(culprit) >= entries:
        return NotRun(refusal_of(error, place))
    refusal = RefusedByBusinessCentral(error.code, error.message)
    return (Stale if _is_stale(error) else Refused)(int(culprit), refusal)


def _is_stale(error: BcError) -> bool:
    """Whether something is no longer as it was read: gone, changed, or there already."""
    return error.status in (NOT_FOUND, CONFLICT) or error.code in STALE or is_collision(error)
