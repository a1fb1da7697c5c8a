"""A `$batch` of writes, all or nothing, sent once (contract 4.2)."""

from collections.abc import Callable, Sequence
from typing import Any

import httpx

from adapters.business_central.client import Client
from adapters.business_central.wire import encode
from application.ports.company_data import BusinessCentralUnavailable
from application.ports.general_journal import NotRun, Unknown
from domain.refusals import Refusal

SNAPSHOT = {"Isolation": "snapshot"}
# Raised before the first byte of a request leaves.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def send(
    client: Client, requests: Sequence[dict[str, Any]], before: Callable[[], None]
) -> httpx.Response | NotRun | Unknown:
    """The answer, or what it means that there is none; `before` may raise to prevent it."""
    try:
        return client.exchange(
            "POST",
            "$batch",
            body=encode({"requests": requests}),
            headers=SNAPSHOT,
            operations=len(requests),
            before=before,
        )
    except NOT_SENT as error:
        return NotRun(BusinessCentralUnavailable(f"not reached ({type(error).__name__})"))
    except httpx.RequestError as error:
        return Unknown(f"The answer was lost ({type(error).__name__}).")
    except Refusal as refusal:
        return NotRun(refusal, getattr(refusal, "retry_after", None))
