"""Which vendor an admin means by a merchant's name (M22)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.chart import Vendor
from domain.refusals import Refusal
from domain.text import one_line
from domain.vendor_name import match_key

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a11")


class MerchantUnreadable(Refusal):
    """A merchant's name that is blank."""

    code = "MERCHANT_UNREADABLE"
    fix = "Name the merchant as the runs show it."

    def __init__(self, merchant: str) -> None:
        super().__init__(f"{merchant!r} names no merchant.")


class AliasUnknown(Refusal):
    """The merchant has no alias."""

    code = "VENDOR_ALIAS_UNKNOWN"
    fix = "Read the list of aliases; it shows each merchant that has one."

    def __init__(self, merchant: str) -> None:
        super().__init__(f"The merchant {merchant!r} has no alias.")


@dataclass(frozen=True, slots=True)
class VendorAlias:
    """A merchant's vendor in one company, with the number and name that it had at that time."""

    company_id: str
    merchant: str
    vendor_id: str
    vendor_number: str
    vendor_name: str
    changed_at: datetime
    actor: str

    @property
    def key(self) -> str:
        """The match key of the merchant's name."""
        return match_key(self.merchant)


def _place(company_id: str, merchant: str) -> tuple[str, str]:
    """Where an alias stands in the table: companies by id, merchants by match key."""
    return company_id.casefold(), match_key(merchant)


class VendorAliases(Aggregate):
    """The aliases of one connection; each counts in the company that it was made for."""

    TOPIC = "vendor_aliases"

    @staticmethod
    def create_id(connection_id: UUID) -> UUID:
        """One table for each connection."""
        return uuid5(_NAMESPACE, str(connection_id))

    @event("Created", topic="vendor_aliases.opened")
    def __init__(self, timestamp: datetime, connection_id: UUID) -> None:
        self.connection_id = connection_id
        self._aliases: dict[tuple[str, str], VendorAlias] = {}

    def of(self, company_id: str) -> tuple[VendorAlias, ...]:
        """The aliases that count in a company, by merchant."""
        company, _ = _place(company_id, "")
        mine = [one for place, one in self._aliases.items() if place[0] == company]
        return tuple(sorted(mine, key=lambda one: one.key))

    def put(
        self, company_id: str, merchant: str, vendor: Vendor, actor: str, timestamp: datetime
    ) -> VendorAlias:
        """Name a merchant's vendor, in place of the one that it had; the alias as it stands now.

        Raises:
            MerchantUnreadable: the name is blank.
        """
        merchant = one_line(merchant)
        if not match_key(merchant):
            raise MerchantUnreadable(merchant)
        place = _place(company_id, merchant)
        before = self._aliases.get(place)
        if before is None or (before.vendor_id, before.merchant) != (vendor.id, merchant):
            self._put(timestamp, company_id, merchant, vendor.id, vendor.number, vendor.name, actor)
        return self._aliases[place]

    @event("Put", topic="vendor_aliases.put")
    def _put(
        self,
        timestamp: datetime,
        company_id: str,
        merchant: str,
        vendor_id: str,
        vendor_number: str,
        vendor_name: str,
        actor: str,
    ) -> None:
        alias = VendorAlias(
            company_id, merchant, vendor_id, vendor_number, vendor_name, timestamp, actor
        )
        self._aliases = {**self._aliases, _place(company_id, merchant): alias}

    def remove(self, company_id: str, merchant: str, actor: str, timestamp: datetime) -> None:
        """Let a merchant go by its name again.

        Raises:
            AliasUnknown: it has no alias.
        """
        if _place(company_id, merchant) not in self._aliases:
            raise AliasUnknown(merchant)
        self._removed(timestamp, company_id, merchant, actor)

    @event("Removed", topic="vendor_aliases.removed")
    def _removed(self, timestamp: datetime, company_id: str, merchant: str, actor: str) -> None:
        gone = _place(company_id, merchant)
        self._aliases = {place: one for place, one in self._aliases.items() if place != gone}
