"""Vendors of one company: looked for by name, and created (contract 2.6, 6.7)."""

from collections.abc import Sequence
from datetime import datetime

import httpx
import msgspec

from adapters.business_central.client import Client
from adapters.business_central.errors import (
    AWAY,
    COMPANY_NOT_FOUND,
    NOT_FOUND,
    UNAUTHORIZED,
    read_error,
)
from adapters.business_central.journal import TooLate
from adapters.business_central.odata import address, company_path, text
from adapters.business_central.snapshot import NOT_SENT
from adapters.business_central.wire import VendorRow, encode
from adapters.retry_after import retry_after as asked_to_wait
from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralRefused, BusinessCentralUnavailable
from application.ports.general_journal import NotRun, Unknown
from application.ports.vendors import Answer, Created, Refused
from domain.chart import Vendor
from domain.refusals import Refusal

COLUMNS = "id,number,displayName,blocked,currencyCode"
NAMES_AT_ONCE = 50
CONFLICT = 409
SERVER_ERROR = 500
TOO_MANY = 429


class HttpVendors:
    """Fulfils the port `Vendors`; every read goes to the primary."""

    def __init__(self, client: Client, company_id: str, clock: Clock) -> None:
        self._client = client
        self._path = f"{company_path(company_id)}/vendors"
        self._clock = clock

    def find_by_name(self, names: Sequence[str]) -> list[tuple[Vendor, ...] | Refused]:
        """One request for all of them; one by one where BC refuses to look for one of them."""
        found: list[tuple[Vendor, ...] | Refused] = []
        for first in range(0, len(names), NAMES_AT_ONCE):
            some = names[first : first + NAMES_AT_ONCE]
            try:
                found.extend(self._find(some))
            except BusinessCentralRefused:
                found.extend(self._find_alone(name) for name in some)
        return found

    def _find(self, names: Sequence[str]) -> list[tuple[Vendor, ...]]:
        wanted = [(VendorRow, self._named(name)) for name in names]
        return [
            tuple(row.value() for row in rows if isinstance(row, VendorRow))
            for rows in self._client.several(wanted)
        ]

    def _find_alone(self, name: str) -> tuple[Vendor, ...] | Refused:
        try:
            rows = self._client.rows(VendorRow, self._named(name))
        except BusinessCentralRefused as refusal:
            return Refused(refusal.bc_code, refusal.message)
        return tuple(row.value() for row in rows)

    def _named(self, name: str) -> str:
        return address(self._path, {"$filter": f"displayName eq {text(name)}", "$select": COLUMNS})

    def create(self, name: str, not_after: datetime) -> Answer:
        """Create a vendor by its name alone, once; its number comes from BC's series."""

        def check_time() -> None:
            if self._clock.now() > not_after:
                raise TooLate

        try:
            response = self._client.exchange(
                "POST", self._path, body=encode({"displayName": name}), before=check_time
            )
        except NOT_SENT as error:
            return NotRun(BusinessCentralUnavailable(f"not reached ({type(error).__name__})"))
        except httpx.RequestError as error:
            return Unknown(f"The answer was lost ({type(error).__name__}).")
        except Refusal as refusal:
            return NotRun(refusal, getattr(refusal, "retry_after", None))
        return self._answer(response)

    def _answer(self, response: httpx.Response) -> Answer:
        """What BC's answer means; anything that is not sure is Unknown."""
        status = response.status_code
        if response.is_success:
            return _created(response.content)
        if status == TOO_MANY:
            refusal = self._client.refusal(response, self._path)
            return NotRun(refusal, asked_to_wait(response))
        if status >= SERVER_ERROR or status in AWAY | {CONFLICT}:
            return Unknown(f"Business Central answered {status}.")
        error = read_error(status, response.content)
        away = status in (UNAUTHORIZED, NOT_FOUND) or error.code == COMPANY_NOT_FOUND
        if away and not error.is_permission:
            return NotRun(self._client.refusal(response, self._path))
        return Refused(error.code, error.message)


def _created(body: bytes) -> Answer:
    try:
        return Created(msgspec.json.decode(body, type=VendorRow).value())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unknown("Business Central's answer cannot be read.")
