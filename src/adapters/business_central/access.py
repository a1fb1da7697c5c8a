"""Opens tenants, environments and journals through the connections' sign-ins."""

import functools
import threading
import time
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import quote
from uuid import UUID

import httpx

from adapters.business_central.client import Client, OnRequest
from adapters.business_central.company_data import HttpCompanyData
from adapters.business_central.journal import HttpGeneralJournal
from adapters.business_central.receipt_files import HttpReceiptFiles
from adapters.business_central.shared_limits import SharedLimits
from adapters.business_central.shared_throttle import SharedThrottle
from adapters.business_central.throttle import BUDGET, Throttle
from adapters.business_central.vendors import HttpVendors
from adapters.telemetry.outgoing import HttpClient
from application.ports.clock import Clock
from application.ports.company_data import CompanyData
from application.ports.general_journal import GeneralJournal
from application.ports.receipt_files import ReceiptFiles
from application.ports.sign_in import MicrosoftSignIn
from application.ports.vendors import Vendors

# Connections share sockets, and nothing else.
NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])


class HttpBusinessCentral:
    """Fulfils `BusinessCentralAccess`, `Journals`, `ReceiptFilesAccess` and `VendorAccess`.

    Connections that sign in to one tenant share one throttle, since BC counts per user or app
    (contract 5): in this process, and through `limits` with all others.
    """

    def __init__(
        self,
        base_url: str,
        sign_in: MicrosoftSignIn,
        clock: Clock,
        *,
        concurrency: int = 3,
        transport: httpx.BaseTransport | None = None,
        http_client: HttpClient = httpx.Client,
        on_request: OnRequest | None = None,
        limits: SharedLimits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._sign_in = sign_in
        self._clock = clock
        self._concurrency = concurrency
        self._http = http_client(transport=transport, cookies=CookieJar(NO_COOKIES))
        self._on_request = on_request or (lambda *_: None)
        self._limits = limits
        self._sleep = sleep
        self._lock = threading.Lock()
        self._throttles: dict[str, Throttle] = {}

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()
        with self._lock:
            for throttle in self._throttles.values():
                throttle.close()

    def company_data(self, connection: UUID, tenant_id: str, environment: str) -> CompanyData:
        """Reads for a connection."""
        return HttpCompanyData(self._client(connection, tenant_id, environment))

    def general_journal(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> GeneralJournal:
        """The journal `PEX Card` of a company."""
        client = self._client(connection, tenant_id, environment)
        return HttpGeneralJournal(client, company_id, self._clock)

    def receipt_files(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> ReceiptFiles:
        """The receipts of a company."""
        return HttpReceiptFiles(self._client(connection, tenant_id, environment), company_id)

    def vendors(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> Vendors:
        """The vendors of a company."""
        client = self._client(connection, tenant_id, environment)
        return HttpVendors(client, company_id, self._clock)

    def _client(self, connection: UUID, tenant_id: str, environment: str) -> Client:
        where = f"{quote(tenant_id, safe='')}/{quote(environment, safe='')}"
        return Client(
            self._http,
            f"{self._base_url}/v2.0/{where}/api/v2.0",
            environment,
            functools.partial(self._sign_in.access_token, connection),
            self._throttle(tenant_id),
            self._on_request,
            self._sleep,
        )

    def _throttle(self, tenant_id: str) -> Throttle:
        user = tenant_id.casefold()
        with self._lock:
            if user not in self._throttles:
                shared = (
                    SharedThrottle(self._limits, user, self._concurrency, BUDGET)
                    if self._limits is not None
                    else None
                )
                self._throttles[user] = Throttle(self._concurrency, shared=shared)
            return self._throttles[user]
