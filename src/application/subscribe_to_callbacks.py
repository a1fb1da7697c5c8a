"""Have PEX call back about settlements, and have it stop (PEX contract 7)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from application.addresses import is_fit_for_secrets
from application.ports.callbacks import CallbackAccess
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.transactions import Atomically
from application.ports.vault import Vault
from application.retried import retried
from domain.connection import Connection, NotReady
from domain.refusals import Refusal

PEX_CALLBACK = "pex_callback"
PATH = "/pex/callbacks"


class CallbackSecretMissing(Refusal):
    """Nothing could tell a callback of PEX from anybody else's."""

    code = "CALLBACK_SECRET_MISSING"
    fix = "Ask PEX support for the secret of your callbacks, and enter it as they gave it."

    def __init__(self) -> None:
        super().__init__("No secret for callbacks is kept here, and none was given.")


class CallbackAddressRefused(Refusal):
    """PEX would send callbacks, and their secret, in the open."""

    code = "CALLBACK_ADDRESS_REFUSED"
    fix = "Have the service reached by https, and set PEXBC_PUBLIC_URL to that address."

    def __init__(self, public_url: str) -> None:
        super().__init__(f"The address of this service, {public_url}, is not https.")


@dataclass(frozen=True, slots=True)
class KeptSubscription:
    """What is sealed in the vault of a connection that PEX calls back.

    `id` is PEX's own; `url` the address that was registered, which moves with the service.
    """

    secret: str = field(repr=False)
    url: str
    id: int


class SubscribeToCallbacks:
    """Keeps the subscription at PEX, the secret in the vault and the event in step."""

    def __init__(
        self,
        log: EventLog,
        vault: Vault,
        pex: CallbackAccess,
        clock: Clock,
        atomically: Atomically,
        public_url: str,
    ) -> None:
        self._log = log
        self._vault = vault
        self._pex = pex
        self._clock = clock
        self._atomically = atomically
        self._public_url = public_url.rstrip("/")

    def subscribe(self, connection_id: UUID, actor: str, secret: str = "") -> None:
        """Have settlements told here; without a secret, with the one that is kept.

        Asking again is how a secret that PEX issued anew, or a service that moved, is told.

        Raises:
            CallbackSecretMissing: none is given, and none kept.
            CallbackAddressRefused: the service is not reached by https.
            NotReady: PEX is not signed in.
            Refusal: what PEX refuses, as `CallbackSubscriptions.subscribe` says; nothing changed.
        """
        if self._log.load(Connection, connection_id).pex_user is None:
            raise NotReady("PEX is not signed in.")
        kept = kept_subscription(self._vault, connection_id)
        chosen = secret.strip() or (kept.secret if kept else "")
        if not chosen:
            raise CallbackSecretMissing
        if not is_fit_for_secrets(self._public_url):
            raise CallbackAddressRefused(self._public_url)
        url = self._address(connection_id)
        subscriptions = self._pex.subscriptions_of(connection_id)
        number = subscriptions.subscribe(url)
        new = KeptSubscription(chosen, url, number)
        retried(lambda: self._record(connection_id, new, actor))
        if kept is not None and kept.id != number:
            subscriptions.remove(kept.id)

    def unsubscribe(self, connection_id: UUID, actor: str) -> None:
        """Have nothing told any more, and forget the secret.

        Raises:
            Refusal: PEX cannot be asked to stop; nothing changed.
        """
        connection = self._log.load(Connection, connection_id)
        kept = kept_subscription(self._vault, connection_id)
        if connection.pex_user is not None:
            subscriptions = self._pex.subscriptions_of(connection_id)
            subscriptions.unsubscribe(self._address(connection_id), kept.id if kept else None)
        retried(lambda: self._record(connection_id, None, actor))

    def farewell(self, connection_id: UUID) -> Callable[[], None]:
        """What removes the subscription once the connection's own credential is forgotten.

        Where PEX cannot be asked, the subscription is left; its callbacks are refused from then on.
        """
        kept = kept_subscription(self._vault, connection_id)
        if kept is None:
            return lambda: None
        try:
            subscriptions = self._pex.subscriptions_of(connection_id)
        except Refusal:
            return lambda: None
        return lambda: subscriptions.remove(kept.id)

    def _address(self, connection_id: UUID) -> str:
        return f"{self._public_url}{PATH}/{connection_id}"

    def _record(self, connection_id: UUID, new: KeptSubscription | None, actor: str) -> None:
        connection = self._log.load(Connection, connection_id)
        enabled = new is not None
        connection.switch_callbacks(enabled=enabled, actor=actor, timestamp=self._clock.now())
        with self._atomically():
            keep_subscription(self._vault, connection_id, new)
            self._log.save(connection)


def kept_subscription(vault: Vault, connection_id: UUID) -> KeptSubscription | None:
    """What is kept of a connection; None where nothing is, or nothing that can be read."""
    try:
        kept = vault.get(connection_id, PEX_CALLBACK)
        return None if kept is None else KeptSubscription(**json.loads(kept[0]))
    except (Refusal, ValueError, TypeError):
        return None


def keep_subscription(vault: Vault, connection_id: UUID, new: KeptSubscription | None) -> None:
    """Seal it, or forget it where there is none any more."""
    if new is None:
        vault.delete(connection_id, PEX_CALLBACK)
        return
    members = {"secret": new.secret, "url": new.url, "id": new.id}
    vault.put(connection_id, PEX_CALLBACK, json.dumps(members).encode())
