"""Opens PEX businesses by their credentials."""

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from uuid import UUID

import httpx

from adapters.pex.account import HttpPexAccount
from adapters.pex.callbacks import HttpCallbackSubscriptions
from adapters.pex.client import Client, Credential, OnRequest
from adapters.pex.renewals import Renewals, read_credential
from adapters.pex.throttle import TokenBucket
from adapters.telemetry.outgoing import HttpClient
from application.pex_credential import BEARER
from application.ports.callbacks import CallbackSubscriptions
from application.ports.pex import PexAccount, PexTokenRefused
from application.ports.vault import Vault

NAMES_KEPT_SECONDS = 300.0
# Businesses share sockets, and nothing else; nor does a linked file's host learn of any of them.
NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
_Stored = tuple[Credential, str, Callable[[str], str] | None]
"""A credential, the key that its calls are counted under, and how it is renewed."""


class HttpPexAccess:
    """Fulfils the ports `PexAccess` and `CallbackAccess`.

    There is one bucket of calls for each credential of this process. Without `renewals` the access
    token of a sign-in is used as it stands.
    """

    def __init__(
        self,
        base_url: str,
        vault: Vault,
        requests_per_minute: int = 90,
        *,
        renewals: Renewals | None = None,
        transport: httpx.BaseTransport | None = None,
        http_client: HttpClient = httpx.Client,
        on_request: OnRequest | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._vault = vault
        self._renewals = renewals
        self._per_minute = requests_per_minute
        self._http = http_client(transport=transport, cookies=CookieJar(NO_COOKIES))
        self._on_request = on_request or (lambda *_: None)
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: dict[str, TokenBucket] = {}
        self._names: dict[str, tuple[float, Mapping[int, str]]] = {}

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def with_token(self, token: str) -> PexAccount:
        """A business by a token that was just given; blanks around it are taken for a slip."""
        plain = token.strip()
        if not plain or not plain.isascii() or not plain.isprintable() or " " in plain:
            raise PexTokenRefused("the token is empty or has characters that no token has")
        return self._account(Credential(plain), _digest(plain))

    def with_bearer(self, access_token: str) -> PexAccount:
        """A business by the access token of a sign-in that is not stored yet."""
        return self._account(Credential(access_token, BEARER), _digest(access_token))

    def of(self, connection: UUID) -> PexAccount:
        """A connection's business."""
        return self._account(*self._stored(connection))

    def subscriptions_of(self, connection: UUID) -> CallbackSubscriptions:
        """The callback subscriptions of a connection's business."""
        return HttpCallbackSubscriptions(self._client(*self._stored(connection)))

    def _stored(self, connection: UUID) -> _Stored:
        kept, _ = read_credential(self._vault, connection)
        token = kept.token.strip()
        if kept.scheme != BEARER:
            return Credential(token, kept.scheme), _digest(token), None
        # Access tokens come and go: what is counted and kept is the connection's.
        if self._renewals is None:
            return Credential(token, BEARER), str(connection), None
        return (
            Credential(self._renewals.current(connection), BEARER),
            str(connection),
            partial(self._renewals.in_place_of, connection),
        )

    def _account(
        self, credential: Credential, key: str, renew: Callable[[str], str] | None = None
    ) -> PexAccount:
        return _WithKeptNames(self._client(credential, key, renew), self, key)

    def _client(
        self, credential: Credential, key: str, renew: Callable[[str], str] | None
    ) -> Client:
        with self._lock:
            bucket = self._buckets.setdefault(
                key, TokenBucket(self._per_minute, self._monotonic, self._sleep)
            )
        return Client(
            self._http,
            self._base_url,
            credential,
            bucket,
            self._on_request,
            sleep=self._sleep,
            monotonic=self._monotonic,
            renew=renew,
        )

    def kept_names(self, key: str, read: Callable[[], Mapping[int, str]]) -> Mapping[int, str]:
        """Cardholder names, read anew every five minutes, as PEX limits this call (8.1)."""
        kept = self._names.get(key)
        if kept is None or self._monotonic() - kept[0] > NAMES_KEPT_SECONDS:
            kept = (self._monotonic(), read())
            self._names[key] = kept
        return kept[1]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class _WithKeptNames(HttpPexAccount):
    """An account whose cardholder names are kept between calls."""

    def __init__(self, client: Client, access: HttpPexAccess, key: str) -> None:
        super().__init__(client)
        self._access = access
        self._key = key

    def cardholder_names(self) -> Mapping[int, str]:
        """Names by card account."""
        return self._access.kept_names(self._key, super().cardholder_names)
