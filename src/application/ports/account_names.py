"""What G/L accounts are called: as Business Central told it last, for pages that do not ask it."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID


class AccountNames(Protocol):
    """Names by account number. They are there to be read, and decide nothing."""

    def of(self, connection_id: UUID, company_id: str) -> Mapping[str, str]:
        """The names of a company's accounts; empty where its chart was never read."""

    def keep(self, connection_id: UUID, company_id: str, names: Mapping[str, str]) -> None:
        """Keep what a chart just told, in place of what an older one did."""
