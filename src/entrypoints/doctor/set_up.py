"""The set-up under examination: its settings, and what they lead to, opened as it is needed.

It is wired apart from the service, since nothing may be written: no places are taken among the
requests to Business Central, and refreshed Microsoft tokens are forgotten. The one exception is a
PEX sign-in whose access token is over: its refresh token can be used once only, so what comes in
its place is kept as by any other use.
"""

from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx

from adapters.business_central.access import HttpBusinessCentral
from adapters.clock import SystemClock
from adapters.entra.sign_in import MsalSignIn
from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.schedule import SqlSchedule
from adapters.persistence.vault import Vault
from adapters.pex.access import HttpPexAccess
from adapters.pex.oauth import HttpPexSignIn
from adapters.pex.renewals import Renewals
from entrypoints.composition import AGGREGATES
from entrypoints.doctor.finding import Unchecked
from entrypoints.doctor.forgetful_vault import ForgetfulVault
from entrypoints.doctor.machine import Machine
from entrypoints.doctor.names import DATABASE, SEALING_KEYS
from entrypoints.doctor.variables import Variables

TIMEOUT = httpx.Timeout(8)


class SetUp:
    """What the checks look at, and what they learnt for each other.

    Attributes:
        ahead: by how much this machine's clock is ahead of each server that told its time.
    """

    def __init__(self, variables: Variables, machine: Machine) -> None:
        self.variables = variables
        self.settings = variables.settings
        self.machine = machine
        self.ahead: list[float] = []
        self._database: Database | None = None
        self._keys: tuple[bytes, ...] = ()
        self._not_well: set[tuple[UUID | None, str]] = set()
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._closing.close()

    # --- what one check knows of another --------------------------------------------------------

    def note_not_well(self, name: str, connection: UUID | None = None) -> None:
        """Remember a check that found something, or was not made."""
        self._not_well.add((connection, name))

    def requires(self, *names: str, connection: UUID | None = None) -> None:
        """Raise Unchecked where one of these checks is not well."""
        for name in names:
            if (connection, name) in self._not_well:
                raise Unchecked(f"it waits for: {name}")

    def requires_variable(self, name: str) -> None:
        """Raise Unchecked where this setting could not be read."""
        if name in self.variables.unreadable:
            raise Unchecked(f"PEXBC_{name.upper()} cannot be read")

    # --- what the settings lead to ----------------------------------------------------------------

    def take_database(self, database: Database) -> None:
        """Let the checks behind use a database that was found sound."""
        self._database = database
        self._closing.callback(database.dispose)

    def take_keys(self, keys: tuple[bytes, ...]) -> None:
        """Let the checks behind use sealing keys that were found fit."""
        self._keys = keys

    @property
    def database(self) -> Database:
        """The database; raises Unchecked where it was not found sound."""
        if self._database is None:
            raise Unchecked(f"it waits for: {DATABASE}")
        return self._database

    def now(self) -> datetime:
        """The present as pexbc sees it, in UTC."""
        return self.clock.now()

    @cached_property
    def clock(self) -> SystemClock:
        """The clock by the settings."""
        return SystemClock(self.settings.now)

    @cached_property
    def http(self) -> httpx.Client:
        """For questions without a sign-in."""
        http = httpx.Client(timeout=TIMEOUT, headers={"User-Agent": "pexbc"})
        return self._closing.enter_context(http)

    @cached_property
    def log(self) -> SqlEventLog:
        """The event log."""
        return SqlEventLog(self.database, AGGREGATES)

    @cached_property
    def schedule(self) -> SqlSchedule:
        """When the daily jobs are due."""
        return SqlSchedule(self.database)

    @cached_property
    def vault(self) -> Vault:
        """The sealed secrets; raises Unchecked without database or keys."""
        database = self.database
        if not self._keys:
            raise Unchecked(f"it waits for: {SEALING_KEYS}")
        return Vault(database, self._keys)

    @cached_property
    def pex_sign_in(self) -> HttpPexSignIn:
        """PEX's sign-in in the browser."""
        settings = self.settings
        sign_in = HttpPexSignIn(
            settings.pex_oauth_url, settings.pex_client_id, settings.pex_scopes, self.clock
        )
        self._closing.callback(sign_in.close)
        return sign_in

    @cached_property
    def pex(self) -> HttpPexAccess:
        """The connections' PEX businesses."""
        settings, vault = self.settings, self.vault
        pex = HttpPexAccess(
            settings.pex_api_url,
            vault,
            settings.pex_requests_per_minute,
            renewals=Renewals(vault, self.pex_sign_in, self.clock),
        )
        self._closing.callback(pex.close)
        return pex

    @cached_property
    def microsoft(self) -> MsalSignIn:
        """The connections' Microsoft sign-ins."""
        settings = self.settings
        sign_in = MsalSignIn(
            settings.entra_authority,
            settings.entra_client_id,
            settings.entra_client_secret.get_secret_value(),
            ForgetfulVault(self.vault),
        )
        self._closing.callback(sign_in.close)
        return sign_in

    @cached_property
    def business_central(self) -> HttpBusinessCentral:
        """The connections' Business Central, one request at a time."""
        access = HttpBusinessCentral(
            self.settings.bc_api_url, self.microsoft, self.clock, concurrency=1
        )
        self._closing.callback(access.close)
        return access
