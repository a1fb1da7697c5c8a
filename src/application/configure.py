"""Choices for a connection's settings, and their saving (M10 to M15)."""

from dataclasses import dataclass
from uuid import UUID

from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralAccess, Company, CompanyNotFound
from application.ports.event_log import EventLog
from application.ports.pex import PexAccess, Tag
from application.ports.schedule import Schedule
from application.ports.wakeups import Wakeups
from application.retried import retried
from domain.chart import Chart
from domain.connection import Connection, Microsoft, NotReady
from domain.eastern_time import eastern_day
from domain.schedule import Job, next_slot
from domain.settings import Settings
from domain.settings_check import FieldError, SettingsRefused, check_settings


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen; chart and tags only once a company is named."""

    companies: tuple[Company, ...]
    chart: Chart | None = None
    tags: tuple[Tag, ...] = ()


class Configure:
    """Reads what can be chosen, and saves what was chosen after checking it."""

    def __init__(
        self,
        log: EventLog,
        pex: PexAccess,
        access: BusinessCentralAccess,
        clock: Clock,
        wakeups: Wakeups,
        schedule: Schedule,
    ) -> None:
        self._log = log
        self._schedule = schedule
        self._pex = pex
        self._access = access
        self._clock = clock
        self._wakeups = wakeups

    def choices(self, connection_id: UUID, company_id: str | None = None) -> Choices:
        """What Business Central and PEX offer.

        Raises:
            NotReady: Microsoft is not signed in.
            CompanyNotFound: the named company is not among those that can be seen.
        """
        connection = self._log.load(Connection, connection_id)
        microsoft = _microsoft(connection)
        data = self._access.company_data(connection_id, microsoft.tenant_id, microsoft.environment)
        companies = data.companies()
        if company_id is None:
            return Choices(companies)
        if company_id.casefold() not in {company.id.casefold() for company in companies}:
            raise CompanyNotFound(company_id)
        return Choices(companies, data.chart(company_id), self._pex.of(connection_id).tags())

    def save(
        self, connection_id: UUID, settings: Settings, expected_version: int, actor: str
    ) -> int:
        """Check the settings against the chart and the tags, and save them; the new version.

        Raises:
            SettingsRefused: naming every field that cannot stand.
            SettingsChanged: somebody saved in between.
        """
        connection = self._log.load(Connection, connection_id)
        if not settings.company_id:
            raise SettingsRefused(
                (
                    FieldError(
                        "/company_id",
                        "COMPANY_REQUIRED",
                        "No company is chosen.",
                        "Choose one of the companies.",
                    ),
                )
            )
        choices = self._checked_choices(connection_id, settings.company_id)
        tags = {tag.id.casefold(): tag.kind for tag in choices.tags}
        now = self._clock.now()
        if choices.chart is None:
            raise CompanyNotFound(settings.company_id)
        check_settings(settings, choices.chart, tags, connection.funding, eastern_day(now))
        names = {company.id.casefold(): company.name for company in choices.companies}
        name = names[settings.company_id.casefold()]
        version = retried(
            lambda: self._store(connection_id, settings, name, expected_version, actor)
        )
        self._wakeups.connection(connection_id)
        return version

    def _store(
        self,
        connection_id: UUID,
        settings: Settings,
        company_name: str,
        expected_version: int,
        actor: str,
    ) -> int:
        connection = self._log.load(Connection, connection_id)
        connection.save_settings(settings, company_name, expected_version, actor, self._clock.now())
        self._log.save(connection)
        return connection.settings_version

    def _checked_choices(self, connection_id: UUID, company_id: str) -> Choices:
        try:
            return self.choices(connection_id, company_id)
        except CompanyNotFound as refusal:
            error = FieldError("/company_id", refusal.code, refusal.cause, refusal.fix)
            raise SettingsRefused((error,)) from refusal

    def switch_auto_sync(self, connection_id: UUID, *, enabled: bool, actor: str) -> None:
        """Switch the daily sync of a connection; its first run comes with its next slot."""

        def switch() -> None:
            connection = self._log.load(Connection, connection_id)
            connection.switch_auto_sync(enabled=enabled, actor=actor, timestamp=self._clock.now())
            self._log.save(connection)

        retried(switch)
        if enabled:
            slot = next_slot(connection_id, Job.SYNC, self._clock.now())
            self._schedule.plan(connection_id, Job.SYNC, slot)
        else:
            self._schedule.drop(connection_id, Job.SYNC)


def _microsoft(connection: Connection) -> Microsoft:
    if connection.microsoft is None:
        raise NotReady("Microsoft is not signed in yet.")
    return connection.microsoft
