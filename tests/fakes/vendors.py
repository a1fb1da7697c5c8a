"""A company's vendors in memory, whose answers get lost."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from application.ports.company_data import BusinessCentralUnavailable
from application.ports.general_journal import NotRun, Unknown
from application.ports.vendors import Answer, Created, Refused, Vendors
from domain.chart import Vendor


class FakeVendors:
    """The vendors of one company. `moods` decide how the next creations go, one by one.

    Moods: `ok`, `lost before` (nothing happens), `lost after` (it happens, the answer is lost),
    `late` (it happens within BC's time limit), `busy` (a 429), `refused`.
    """

    def __init__(self, now: Callable[[], datetime], vendors: Iterable[Vendor] = ()) -> None:
        self._now = now
        self.all = list(vendors)
        self.moods: list[str] = []
        self.refused_searches: set[str] = set()
        self.creations: list[str] = []
        self.searches: list[tuple[str, ...]] = []
        self.down = False
        self._late: list[tuple[datetime, str]] = []

    # --- the port ------------------------------------------------------------------------------

    def find_by_name(self, names: Sequence[str]) -> list[tuple[Vendor, ...] | Refused]:
        if self.down:
            raise BusinessCentralUnavailable("503")
        self.searches.append(tuple(names))
        return [
            Refused("Application_FilterErrorException", "not valid")
            if name in self.refused_searches
            else self.named(name)
            for name in names
        ]

    def create(self, name: str, not_after: datetime) -> Answer:
        self.creations.append(name)
        if self._now() > not_after:
            return NotRun(BusinessCentralUnavailable("the worker was too slow"))
        mood = self.moods.pop(0) if self.moods else "ok"
        if mood == "busy":
            return NotRun(BusinessCentralUnavailable("too many requests", 5), 5)
        if mood == "refused":
            return Refused("Application_FieldValidationException", "Vendor Nos. must have a value")
        if mood == "late":
            self._late.append((self._now() + timedelta(seconds=500), name))
        if mood in ("lost before", "late"):
            return Unknown("the answer was lost")
        vendor = self.add(name)
        return Unknown("the answer was cut") if mood == "lost after" else Created(vendor)

    # --- what happens in BC --------------------------------------------------------------------

    def named(self, name: str) -> tuple[Vendor, ...]:
        """The vendors of a name, whatever its case."""
        self.come_true()
        return tuple(one for one in self.all if one.name.casefold() == name.casefold())

    def everything(self) -> tuple[Vendor, ...]:
        """All vendors, as a chart that is read now tells them."""
        self.come_true()
        return tuple(self.all)

    def come_true(self) -> None:
        """Create late ones whose time has come."""
        due = [name for at, name in self._late if at <= self._now()]
        self._late = [one for one in self._late if one[0] > self._now()]
        for name in due:
            self.add(name)

    def add(self, name: str, **members: str) -> Vendor:
        """Add a vendor with the next number."""
        number = f"V{len(self.all) + 1:05}"
        vendor = Vendor(f"id-{number}", number, name, **members)
        self.all.append(vendor)
        return vendor

    def change(self, number: str, **members: str) -> None:
        """Rename or block a vendor."""
        self.all = [replace(one, **members) if one.number == number else one for one in self.all]

    def delete(self, number: str) -> None:
        """Delete a vendor."""
        self.all = [one for one in self.all if one.number != number]


class FakeVendorAccess:
    """Opens the one company's vendors."""

    def __init__(self, vendors: FakeVendors) -> None:
        self._vendors = vendors

    def vendors(
        self, connection: UUID, tenant_id: str, environment: str, company_id: str
    ) -> Vendors:
        return self._vendors
