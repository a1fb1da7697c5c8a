"""Subscriptions to callbacks about settlements, over HTTP (PEX contract 7)."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import structlog

from adapters.pex.client import Client
from adapters.pex.errors import NOT_FOUND
from adapters.pex.wire import convert, reading, wire_name
from application.ports.pex import PexRequestRefused, PexUnavailable
from domain.refusals import Refusal

log = structlog.get_logger(__name__)

ROOT = "Callback-Subscription"
SETTLEMENT, ACTIVE = 9, 1
SETTLEMENT_TOLD_AS = frozenset({"9", "settlementpostedrealtime"})
ACTIVE_TOLD_AS = frozenset({"1", "active"})
NAME = "pexbc: settlements"
SHORT_SECONDS = 10.0


class SubscriptionData(msgspec.Struct, rename=wire_name):
    """A subscription as far as it is read; its type comes by name, by label or by number."""

    id: int
    callback_type: str | int
    status: str | int | None = None
    url: str | None = None

    def leads_to(self, url: str) -> bool:
        """Whether it tells settlements to this address."""
        return _plain(self.callback_type) in SETTLEMENT_TOLD_AS and self.url == url

    @property
    def is_active(self) -> bool:
        """Whether it is switched on in PEX."""
        return _plain(self.status) in ACTIVE_TOLD_AS


class HttpCallbackSubscriptions:
    """Fulfils the port `CallbackSubscriptions`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def subscribe(self, url: str) -> int:
        """Find the subscription to an address, or make it."""
        found = self._leading_to(url)
        if not found:
            created = self._create(url)
            # Read again, since another process may have made one at the same moment.
            found = self._leading_to(url) or created
        first, *doubles = sorted(found, key=lambda one: one.id)
        for double in doubles:
            self._delete(double.id)
        if not first.is_active:
            self._client.put(f"{ROOT}/{first.id}", _body(url), reading(SubscriptionData))
        return first.id

    def unsubscribe(self, url: str, subscription_id: int | None = None) -> None:
        """Remove every subscription to an address, and the one of an id."""
        for one in self._listed():
            if one.leads_to(url) or one.id == subscription_id:
                self._delete(one.id)

    def remove(self, subscription_id: int) -> None:
        """Remove one, if PEX can be asked."""
        try:
            self._delete(subscription_id)
        except Refusal as refusal:
            log.warning("a callback subscription was left at PEX", reason=refusal.cause)

    def _create(self, url: str) -> Sequence[SubscriptionData]:
        """Ask for it once; where the answer is lost, what there is now."""
        try:
            return (self._client.post(ROOT, reading(SubscriptionData), _body(url)),)
        except PexUnavailable:
            found = self._leading_to(url)
            if not found:
                raise
            return found

    def _delete(self, subscription_id: int) -> None:
        try:
            self._client.delete(f"{ROOT}/{subscription_id}", SHORT_SECONDS)
        except PexRequestRefused as refusal:
            if refusal.status != NOT_FOUND:
                raise

    def _leading_to(self, url: str) -> Sequence[SubscriptionData]:
        return [one for one in self._listed() if one.leads_to(url)]

    def _listed(self) -> Iterator[SubscriptionData]:
        """The business's subscriptions to settlements; one that cannot be read is left out."""
        told: list[Any] | None = self._client.get(
            ROOT, reading(list[Any] | None), {"type": str(SETTLEMENT)}
        )
        for one in told or []:
            try:
                yield convert(one, SubscriptionData)
            except msgspec.ValidationError as error:
                log.warning("a callback subscription was left out", reason=str(error))


def _plain(told: str | int | None) -> str:
    """A name, a label or a number in one spelling."""
    return str(told).strip().casefold().replace("-", "")


def _body(url: str) -> bytes:
    return msgspec.json.encode(
        {
            "CallbackType": SETTLEMENT,
            "Status": ACTIVE,
            "Url": url,
            "Name": NAME,
            "Description": None,
        }
    )
