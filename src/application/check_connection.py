"""See whether a connection is ready to sync, and say so (M4, M6)."""

from uuid import UUID

from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralAccess
from application.ports.event_log import EventLog
from application.ports.general_journal import Journals
from application.ports.pex import PexAccess
from application.retried import retried
from application.troubles import AWAY
from domain.connection import Connection, Microsoft
from domain.refusals import Refusal


class CheckConnection:
    """Reads both sides as a sync would, and moves the connection's status by itself."""

    def __init__(
        self,
        log: EventLog,
        pex: PexAccess,
        access: BusinessCentralAccess,
        journals: Journals,
        clock: Clock,
    ) -> None:
        self._log = log
        self._pex = pex
        self._access = access
        self._journals = journals
        self._clock = clock

    def check(self, connection_id: UUID) -> None:
        """Make it ready, or require what is missing; while a service is away, do neither."""
        connection = self._log.load(Connection, connection_id)
        if connection.pex_user is None or connection.microsoft is None:
            return
        try:
            self._read(connection, connection.microsoft)
        except AWAY:
            return
        except Refusal as refusal:
            code, cause = refusal.code, refusal.cause
            retried(lambda: self._require_action(connection_id, code, cause))
        else:
            retried(lambda: self._become_ready(connection_id))

    def _require_action(self, connection_id: UUID, code: str, cause: str) -> None:
        connection = self._log.load(Connection, connection_id)
        connection.require_action(code, cause, self._clock.now())
        self._log.save(connection)

    def _become_ready(self, connection_id: UUID) -> None:
        connection = self._log.load(Connection, connection_id)
        connection.became_ready(self._clock.now())
        self._log.save(connection)

    def _read(self, connection: Connection, microsoft: Microsoft) -> None:
        account = self._pex.of(connection.id)
        account.business()
        account.tags()
        data = self._access.company_data(connection.id, microsoft.tenant_id, microsoft.environment)
        data.companies()
        company_id = connection.settings.company_id
        if company_id is not None:
            self._journals.general_journal(
                connection.id, microsoft.tenant_id, microsoft.environment, company_id
            ).resolve()
