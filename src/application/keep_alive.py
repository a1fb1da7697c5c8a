"""Keep a connection's sign-ins alive: once a day, long before any of them would end.

A PEX API token is renewed in its last month (PEX contract 1.6). Both sides are read as a sync would
read them, which refreshes what is refreshed by use: Microsoft's tokens end after 90 idle days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from application.check_connection import CheckConnection
from application.pex_credential import (
    API_TOKEN,
    PEX_CREDENTIAL,
    CredentialUnreadable,
    PexCredential,
    decode,
    encode,
)
from application.ports.clock import Clock
from application.ports.event_log import EventLog, StreamNotFound
from application.ports.leases import Leases
from application.ports.pex import PexAccess
from application.ports.schedule import Planned, Schedule, Skipped
from application.ports.vault import StaleSecretError, Vault
from application.retried import retried
from application.start_due_runs import ACTOR
from application.troubles import A_PERSON_MUST_ACT, AWAY
from domain.connection import Connection
from domain.refusals import Refusal
from domain.schedule import Job, again_at, slot_behind
from domain.token_life import may_renew


class ConnectionBusy(Refusal):
    """A run is at work with the token that should be renewed."""

    code = "CONNECTION_BUSY"
    fix = "Nothing: it is tried again by itself."

    def __init__(self) -> None:
        super().__init__("A run is at work with the sign-in at this moment.")


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done for a connection's sign-ins, or why it was not; `next_at` in UTC."""

    connection_id: UUID
    next_at: datetime
    renewed: bool = False
    code: str | None = None
    cause: str | None = None


class KeepAlive:
    """Looks after one connection's sign-ins at a time."""

    def __init__(
        self,
        log: EventLog,
        schedule: Schedule,
        vault: Vault,
        pex: PexAccess,
        check: CheckConnection,
        leases: Leases,
        clock: Clock,
    ) -> None:
        self._log = log
        self._schedule = schedule
        self._vault = vault
        self._pex = pex
        self._check = check
        self._leases = leases
        self._clock = clock

    def due(self) -> Sequence[Planned]:
        """The one that is due longest; none where none is."""
        return self._schedule.due(Job.KEEP_ALIVE, self._clock.now(), 1)

    def keep(self, due: Planned) -> Kept | None:
        """Look after one; None where that is another process's matter, or nobody's any more."""
        now = self._clock.now()
        following = slot_behind(due.connection_id, due.job, due.next_at, now)
        if not self._schedule.move(due, following):
            return None
        try:
            connection = self._log.load(Connection, due.connection_id)
        except StreamNotFound:
            connection = None
        if connection is None or connection.pex_user is None:
            self._schedule.drop(due.connection_id, due.job)
            return None
        kept = self._renewed(connection.id, following)
        self._check.check(connection.id)
        return kept

    def _renewed(self, connection_id: UUID, following: datetime) -> Kept:
        try:
            renewed = self._renew_between_steps(connection_id)
        except (*AWAY, ConnectionBusy) as refusal:
            soon = again_at(connection_id, Job.KEEP_ALIVE, self._clock.now())
            return self._put_off(connection_id, following, soon, refusal)
        except A_PERSON_MUST_ACT as refusal:
            code, cause = refusal.code, refusal.cause
            retried(lambda: self._require_action(connection_id, code, cause))
            return Kept(connection_id, following, code=code, cause=cause)
        except Refusal as refusal:  # such as "Cannot renew token": the old one stands till tomorrow
            return self._put_off(connection_id, following, following, refusal)
        return Kept(connection_id, following, renewed)

    def _put_off(
        self, connection_id: UUID, planned: datetime, until: datetime, refusal: Refusal
    ) -> Kept:
        """Keep with the plan what is wrong with the sign-in, for those who watch."""
        busy = isinstance(refusal, ConnectionBusy)
        why = None if busy else Skipped(refusal.code, refusal.cause)
        self._schedule.move(Planned(connection_id, Job.KEEP_ALIVE, planned), until, why)
        return Kept(connection_id, until, code=refusal.code, cause=refusal.cause)

    def _renew_between_steps(self, connection_id: UUID) -> bool:
        """Let no run be halfway through a step with the old token, which may die."""
        with self._leases.hold(f"connection:{connection_id}") as free:
            if not free:
                raise ConnectionBusy
            return self._renew(connection_id)

    def _renew(self, connection_id: UUID) -> bool:
        """Renew the API token if it is time; whether it was."""
        kept = self._vault.get(connection_id, PEX_CREDENTIAL)
        account = self._pex.of(connection_id)  # which renews the tokens of a sign-in by itself
        expires_at = account.business().token_expires_at
        if kept is None or not _is_api_token(kept[0]):
            return False
        if not may_renew(expires_at, self._clock.now()):
            return False
        renewed = encode(PexCredential(API_TOKEN, account.renew_token()))
        try:
            self._vault.put(connection_id, PEX_CREDENTIAL, renewed, kept[1])
        except StaleSecretError:
            return False  # somebody signed in anew meanwhile, and that sign-in is the one to keep
        retried(lambda: self._note_renewal(connection_id))
        return True

    def _note_renewal(self, connection_id: UUID) -> None:
        connection = self._log.load(Connection, connection_id)
        connection.pex_token_renewed(self._clock.now(), ACTOR)
        self._log.save(connection)

    def _require_action(self, connection_id: UUID, code: str, cause: str) -> None:
        connection = self._log.load(Connection, connection_id)
        connection.require_action(code, cause, self._clock.now())
        self._log.save(connection)


def _is_api_token(kept: bytes) -> bool:
    try:
        return decode(kept).scheme == API_TOKEN
    except CredentialUnreadable:
        return False
