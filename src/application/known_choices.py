"""What can be chosen, kept for some minutes while somebody works on the settings (M10 to M14)."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import UUID

from application.configure import Choices, Configure
from application.ports.clock import Clock
from application.ports.event_log import EventLog
from domain.connection import Connection, Microsoft

LASTING = timedelta(minutes=5)
KEPT = 4  # charts in memory; one of 50,000 dimension values takes some 30 MB

Key = tuple[UUID, Microsoft | None, str]


class KnownChoices:
    """Choices as they were read a moment ago; a save always reads them anew."""

    def __init__(
        self, configure: Configure, log: EventLog, clock: Clock, lasting: timedelta = LASTING
    ) -> None:
        self._configure = configure
        self._log = log
        self._clock = clock
        self._lasting = lasting
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[datetime, Choices]] = OrderedDict()

    def of(self, connection_id: UUID, company_id: str | None) -> Choices:
        """The choices of a company; of no company, the companies alone.

        Raises:
            NotReady: Microsoft is not signed in.
            CompanyNotFound: the named company is not among those that can be seen.
        """
        key = self._key(connection_id, company_id)
        now = self._clock.now()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and now - kept[0] < self._lasting:
                self._kept.move_to_end(key)
                return kept[1]
        found = self._configure.choices(connection_id, company_id)
        with self._lock:
            self._kept[key] = (now, found)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def forget(self, connection_id: UUID) -> None:
        """Read a connection's choices anew when they are asked for next."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == connection_id]:
                del self._kept[key]

    def _key(self, connection_id: UUID, company_id: str | None) -> Key:
        microsoft = self._log.load(Connection, connection_id).microsoft
        return connection_id, microsoft, (company_id or "").casefold()
