"""A PEX business joined to a Business Central company (M1 to M7, M15)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.refusals import Refusal
from domain.settings import Settings

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a03")


class Status(StrEnum):
    """How far a connection is (M4)."""

    NOT_CONNECTED = "not_connected"
    CONNECTED_NOT_READY = "connected_not_ready"
    CONNECTED_READY = "connected_ready"
    ACTION_REQUIRED = "action_required"
    DISCONNECTED = "disconnected"


class MicrosoftMode(StrEnum):
    """How the connection signs in with Microsoft (M3, M5)."""

    DELEGATED = "delegated"
    SERVICE = "service"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Microsoft:
    """The tenant, environment and user or app through which BC is reached.

    `linked_to` is the connection whose sign-in is used, for the mode `link` (M5).
    """

    mode: MicrosoftMode
    tenant_id: str
    environment: str
    user: str
    linked_to: UUID | None = None


class SettingsChanged(Refusal):
    """Somebody saved a newer version in between (M15)."""

    code = "SETTINGS_CHANGED"
    fix = "Read the settings again, apply your change to them, and save."

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"The settings are at version {current} by now.")


class RunActive(Refusal):
    """One run per connection at a time (M16)."""

    code = "RUN_ACTIVE"
    fix = "Wait for the run to end, or watch it; then start another."

    def __init__(self, run_id: UUID) -> None:
        self.run_id = run_id
        super().__init__(f"The run {run_id} is still going on.")


class NothingToLink(Refusal):
    """There is no Microsoft sign-in of another connection to use (M5)."""

    code = "NOTHING_TO_LINK"
    fix = "Name another connection that is signed in with Microsoft, or sign in here."

    def __init__(self, why: str) -> None:
        super().__init__(why)


class NotReady(Refusal):
    """The connection cannot sync as it stands."""

    code = "CONNECTION_NOT_READY"
    fix = "Finish connecting, save the settings, and mend what the connection's status names."

    def __init__(self, why: str) -> None:
        super().__init__(why)


class Connection(Aggregate):
    """One PEX business and where its books are; at most one run at a time."""

    TOPIC = "connection"

    @staticmethod
    def create_id(business_id: int) -> UUID:
        """One connection per PEX business (M1)."""
        return uuid5(_NAMESPACE, str(business_id))

    @event("Created", topic="connection.opened")
    def __init__(
        self, timestamp: datetime, business_id: int, name: str, funding: str, actor: str
    ) -> None:
        self.business_id = business_id
        self.name = name
        self.funding = funding
        self.pex_user: str | None = None
        self.pex_token_renewed_at: datetime | None = None
        self.microsoft: Microsoft | None = None
        self.ready = False
        self.trouble: tuple[str, str] | None = None
        self.disconnected = False
        self.settings = Settings()
        self.settings_version = 0
        self.auto_sync = False
        self.callbacks = False
        self.company_name = ""
        self.active_run: UUID | None = None
        self.runs = 0

    # --- sign-ins -----------------------------------------------------------------------------

    @event("PexSignedIn", topic="connection.pex_signed_in")
    def pex_signed_in(
        self, timestamp: datetime, name: str, funding: str, pex_user: str, actor: str
    ) -> None:
        """A working PEX credential was given; it lies sealed in the vault, never here."""
        self.name = name
        self.funding = funding
        self.pex_user = pex_user
        self.trouble = None
        self.disconnected = False
        self.ready = False

    @event("PexTokenRenewed", topic="connection.pex_token_renewed")
    def pex_token_renewed(self, timestamp: datetime, actor: str) -> None:
        """The API token was renewed in its last month (PEX contract 1.6); all else stays."""
        self.pex_token_renewed_at = timestamp

    @event("MicrosoftSignedIn", topic="connection.microsoft_signed_in")
    def microsoft_signed_in(self, timestamp: datetime, microsoft: Microsoft, actor: str) -> None:
        """A Microsoft sign-in succeeded."""
        self.microsoft = microsoft
        self.trouble = None
        self.ready = False

    def sign_in_to_share(self, connection_id: UUID) -> Microsoft:
        """What `connection_id` may link to (M5).

        Raises:
            NothingToLink: it is the same connection, or nobody is signed in here.
        """
        if connection_id == self.id:
            raise NothingToLink("A connection cannot be linked to itself.")
        if self.microsoft is None:
            raise NothingToLink(f"{self.name} is not signed in with Microsoft.")
        return self.microsoft

    def became_ready(self, timestamp: datetime) -> None:
        """Both sides were read (M4); says nothing where nothing changed."""
        if not self.ready or self.trouble:
            self._became_ready(timestamp)

    @event("BecameReady", topic="connection.became_ready")
    def _became_ready(self, timestamp: datetime) -> None:
        self.ready = True
        self.trouble = None

    def require_action(self, code: str, reason: str, timestamp: datetime) -> None:
        """A person must mend something (M4); says nothing where that is no news."""
        if self.trouble != (code, reason):
            self._action_required(timestamp, code, reason)

    @event("ActionRequired", topic="connection.action_required")
    def _action_required(self, timestamp: datetime, code: str, reason: str) -> None:
        self.trouble = (code, reason)

    @event("JournalRequested", topic="connection.journal_requested")
    def journal_requested(self, timestamp: datetime, company_id: str, actor: str) -> None:
        """Somebody has the journal made in a company's books (M6); nothing changes here."""

    @event("Disconnected", topic="connection.disconnected")
    def disconnect(self, timestamp: datetime, actor: str) -> None:
        """Both sign-ins are forgotten; history and posted marks stay (M7)."""
        self.disconnected = True
        self.pex_user = None
        self.microsoft = None
        self.ready = False
        self.trouble = None
        self.auto_sync = False
        self.callbacks = False

    @property
    def status(self) -> Status:
        """The status by the rules of M4."""
        if self.disconnected:
            return Status.DISCONNECTED
        if self.trouble:
            return Status.ACTION_REQUIRED
        if self.pex_user is None or self.microsoft is None:
            return Status.NOT_CONNECTED
        return Status.CONNECTED_READY if self.ready else Status.CONNECTED_NOT_READY

    # --- settings -----------------------------------------------------------------------------

    def save_settings(
        self,
        settings: Settings,
        company_name: str,
        expected_version: int,
        actor: str,
        timestamp: datetime,
    ) -> None:
        """Save a version that was checked against the chart.

        Raises:
            SettingsChanged: `expected_version` is not the current one.
        """
        if expected_version != self.settings_version:
            raise SettingsChanged(self.settings_version)
        self._settings_saved(timestamp, self.settings_version + 1, settings, company_name, actor)

    @event("SettingsSaved", topic="connection.settings_saved")
    def _settings_saved(
        self, timestamp: datetime, version: int, settings: Settings, company_name: str, actor: str
    ) -> None:
        self.settings = settings
        self.company_name = company_name
        self.settings_version = version

    def switch_auto_sync(self, *, enabled: bool, actor: str, timestamp: datetime) -> None:
        """Switch the daily sync; says nothing where it stands so already."""
        if enabled != self.auto_sync:
            self._auto_sync_switched(timestamp, enabled, actor)

    @event("AutoSyncSwitched", topic="connection.auto_sync_switched")
    def _auto_sync_switched(
        self,
        timestamp: datetime,
        enabled: bool,  # noqa: FBT001 - the event's own member
        actor: str,
    ) -> None:
        self.auto_sync = enabled

    def switch_callbacks(self, *, enabled: bool, actor: str, timestamp: datetime) -> None:
        """PEX calls back about settlements from now on, or no more; silent where that is no news.

        Raises:
            NotReady: PEX is not signed in.
        """
        if enabled and self.pex_user is None:
            raise NotReady("PEX is not signed in.")
        if enabled != self.callbacks:
            self._callbacks_switched(timestamp, enabled, actor)

    @event("CallbacksSwitched", topic="connection.callbacks_switched")
    def _callbacks_switched(
        self,
        timestamp: datetime,
        enabled: bool,  # noqa: FBT001 - the event's own member
        actor: str,
    ) -> None:
        self.callbacks = enabled

    # --- runs ---------------------------------------------------------------------------------

    def check_can_run(self) -> Microsoft:
        """The Microsoft sign-in that a run starting now would use.

        Raises:
            RunActive: another run holds the one place.
            NotReady: a sign-in or the settings are missing.
        """
        if self.active_run is not None:
            raise RunActive(self.active_run)
        if self.pex_user is None or self.microsoft is None:
            raise NotReady("PEX or Microsoft is not signed in.")
        if self.settings_version == 0 or self.settings.company_id is None:
            raise NotReady("No settings have been saved yet.")
        return self.microsoft

    def begin_run(self, run_id: UUID, timestamp: datetime) -> None:
        """Give the one place for a run to `run_id`; raises as `check_can_run`."""
        self.check_can_run()
        self._run_begun(timestamp, run_id, self.runs + 1)

    @event("RunBegun", topic="connection.run_begun")
    def _run_begun(self, timestamp: datetime, run_id: UUID, number: int) -> None:
        self.active_run = run_id
        self.runs = number

    def end_run(self, run_id: UUID, timestamp: datetime) -> None:
        """Free the place, where the run still holds it."""
        if self.active_run == run_id:
            self._run_ended(timestamp, run_id)

    @event("RunEnded", topic="connection.run_ended")
    def _run_ended(self, timestamp: datetime, run_id: UUID) -> None:
        self.active_run = None
