"""Vendors of a company: looked for by name, and created (contract 2.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from application.ports.general_journal import NotRun, Unknown
from domain.chart import Vendor


@dataclass(frozen=True, slots=True)
class Created:
    """The vendor exists."""

    vendor: Vendor


@dataclass(frozen=True, slots=True)
class Refused:
    """Business Central did not create it, by its code and in its words."""

    bc_code: str
    message: str


Answer = Created | Refused | NotRun | Unknown


class Vendors(Protocol):
    """The vendors of one company; reads go to the primary (contract 3.7)."""

    def find_by_name(self, names: Sequence[str]) -> list[tuple[Vendor, ...] | Refused]:
        """For each name the vendors that bear it, whatever their case, in one request for all.

        Names have at most 100 characters. Raises the refusals of `company_data`.
        """

    def create(self, name: str, not_after: datetime) -> Answer:
        """Create a vendor, asking once.

        Never raises for what BC or the network does. Sends nothing, and says NotRun, when
        `not_after` has passed: a worker that slept too long must not speak any more.
        """


class VendorAccess(Protocol):
    """Opens the vendors of a company."""

    def vendors(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> Vendors:
        """The vendors of a company, through a connection's sign-in."""
