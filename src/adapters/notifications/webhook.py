"""News as JSON to an address of the operator's choice, signed."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import httpx
import msgspec

from adapters.telemetry.logs import without_secrets
from application.ports.clock import Clock
from application.ports.notifier import NotDelivered, Notice

TIMEOUT = httpx.Timeout(5)


class WebhookNotifier:
    """Fulfils the port `Notifier`: a POST that must be answered with a success.

    `Pexbc-Signature` is `sha256=` and the HMAC-SHA256, in hex, of `Pexbc-Timestamp` (seconds since
    the epoch), a full stop, and the body as it stands. `Pexbc-Delivery` is the notice's id, the
    same at every attempt. Redirects are not followed.
    """

    channel = "webhook"

    def __init__(
        self,
        url: str,
        secret: str,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._url = url
        self._secret = secret.encode()
        self._clock = clock
        self._transport = transport

    def send(self, notice: Notice) -> None:
        """Post it once."""
        body = msgspec.json.encode(
            {
                "id": notice.id,
                "event": "connection.mended" if notice.mended else "connection.action_required",
                "connection_id": notice.connection_id,
                "business": notice.business,
                "code": notice.code,
                "cause": without_secrets(notice.cause),
                "fix": notice.fix,
                "link": notice.link,
                "at": notice.at,
            }
        )
        headers = self._headers(notice, body, self._clock.now())
        response = self._exchange("POST", body, headers)
        if not response.is_success:
            raise NotDelivered(f"the webhook answers {response.status_code}")

    def check(self) -> None:
        """See that a server answers, without telling it anything; raises NotDelivered.

        It may refuse a HEAD, and take a POST none the less.
        """
        response = self._exchange("HEAD", None, {"User-Agent": "pexbc"})
        if response.is_server_error:
            raise NotDelivered(f"the webhook answers {response.status_code}")

    def _exchange(
        self, method: str, body: bytes | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        try:
            with httpx.Client(transport=self._transport, timeout=TIMEOUT) as http:
                return http.request(method, self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise NotDelivered(f"the webhook does not answer ({type(error).__name__})") from None

    def _headers(self, notice: Notice, body: bytes, now: datetime) -> dict[str, str]:
        timestamp = str(int(now.timestamp()))
        signed = hmac.new(self._secret, f"{timestamp}.".encode() + body, hashlib.sha256)
        return {
            "Content-Type": "application/json",
            "User-Agent": "pexbc",
            "Pexbc-Delivery": str(notice.id),
            "Pexbc-Timestamp": timestamp,
            "Pexbc-Signature": f"sha256={signed.hexdigest()}",
        }
