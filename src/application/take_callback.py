"""What a callback of PEX does: the next automatic sync comes soon, and nothing else."""

import hmac
import secrets
from datetime import datetime
from uuid import UUID

from application.ports.clock import Clock
from application.ports.schedule import Schedule
from application.ports.vault import Vault
from application.subscribe_to_callbacks import kept_subscription
from domain.refusals import Refusal
from domain.schedule import Job, soon_at

_NOBODYS = secrets.token_bytes(32)


class CallbackRefused(Refusal):
    """It does not bear the secret, or nobody asked for callbacks there; which, is not told."""

    code = "CALLBACK_REFUSED"
    fix = "Compare the secret with the one that PEX support issued, and enter it again."

    def __init__(self) -> None:
        super().__init__("The callback is not known to come from PEX.")


class TakeCallback:
    """A hint is not data: whatever a callback says is read from PEX itself by the sync."""

    def __init__(self, vault: Vault, schedule: Schedule, clock: Clock) -> None:
        self._vault = vault
        self._schedule = schedule
        self._clock = clock

    def check(self, connection_id: UUID, given: bytes) -> None:
        """See that a callback bears the connection's secret, at the same pace whatever it bears.

        Raises:
            CallbackRefused: it does not.
        """
        kept = kept_subscription(self._vault, connection_id)
        expected = _NOBODYS if kept is None else kept.secret.encode()
        if not hmac.compare_digest(expected, given):
            raise CallbackRefused

    def sync_soon(self, connection_id: UUID) -> datetime | None:
        """Bring the next automatic sync forward; when it is due, in UTC, None while it is off.

        The syncs that follow keep to the connection's own time of the day. One that is going on
        does not see for certain what this hint is about, so that another one follows it.
        """
        soon = soon_at(connection_id, self._clock.now())
        return self._schedule.bring_forward(connection_id, Job.SYNC, soon)
