"""Which vendor a merchant is: by alias, by name, or one that is still to be created (M22)."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.chart import Vendor
from domain.pex_transaction import PexTransaction
from domain.refusals import (
    VendorAliasGone,
    VendorInForeignCurrency,
    VendorNotCreated,
    VendorNotInCompany,
    VendorUnusable,
)
from domain.settings import Purchases
from domain.vendor_name import match_key, merchant_vendor_name, vendor_name

BLOCKED_FOR_ALL = "All"
NEW = "(new)"
"""Stands in the place of a number on the lines of a preview."""


@dataclass(frozen=True, slots=True)
class MissingVendor:
    """No vendor of the company is the merchant's; one is to be created under this name."""

    name: str

    @property
    def key(self) -> str:
        """What all spellings of the name have in common."""
        return match_key(self.name)

    @property
    def placeholder(self) -> Vendor:
        """Stands for the vendor while an entry is only looked at."""
        return Vendor("", NEW, self.name)


class VendorDirectory:
    """The vendors of a company, asked for one merchant after another.

    It begins with what the chart and the aliases say, and is told of vendors that are created or
    refused meanwhile.
    """

    def __init__(
        self, vendors: Iterable[Vendor], currency: str, aliases: Iterable[tuple[str, str]] = ()
    ) -> None:
        """`currency` is the company's own; `aliases` pair match keys with vendor ids."""
        self.currency = currency
        self._aliases = dict(aliases)
        self._by_id: dict[str, Vendor] = {}
        self._by_key: dict[str, list[Vendor]] = {}
        self._refused: dict[str, tuple[str, str, str]] = {}
        for vendor in vendors:
            self.learn(match_key(vendor.name), vendor)

    def resolve(self, name: str, other_name: str = "") -> Vendor | MissingVendor:
        """The vendor of a merchant by its name, which is not empty.

        An alias may also be for the merchant's other name, as cards or people spell it.

        Raises:
            VendorAliasGone: the merchant's alias names a vendor that is not there any more.
            VendorUnusable: the vendor is blocked, or each of those that bear the name.
            VendorInForeignCurrency: it keeps its ledger in another currency.
            VendorNotCreated: Business Central has refused to create it.
        """
        key = match_key(name)
        alias = self._aliases.get(key) or self._aliases.get(match_key(other_name))
        if alias is not None:
            vendor = self.with_id(alias)
            if vendor is None:
                raise VendorAliasGone(name)
        elif key in self._by_key:
            vendor = chosen(self._by_key[key], name, self.currency)
        elif key in self._refused:
            raise VendorNotCreated(*self._refused[key])
        else:
            return MissingVendor(name)
        check_vendor(vendor, self.currency)
        return vendor

    def with_id(self, vendor_id: str) -> Vendor | None:
        """The vendor of an id, which survives its being renamed."""
        return self._by_id.get(vendor_id.casefold())

    def learn(self, key: str, vendor: Vendor) -> None:
        """Take in a vendor under a match key; its own name may have become another."""
        self._by_id[vendor.id.casefold()] = vendor
        self._by_key.setdefault(key, []).append(vendor)

    def learn_refusal(self, key: str, name: str, bc_code: str, message: str) -> None:
        """Take in that Business Central refused to create a vendor of this name."""
        self._refused[key] = (name, bc_code, message)


def chosen(vendors: Iterable[Vendor], name: str, currency: str) -> Vendor:
    """Of some vendors that a name may mean, one that can be used, where there is any.

    The exact name comes first, then one that is not blocked, then the lowest number.
    """
    ranked = sorted(
        vendors,
        key=lambda one: (
            not is_usable(one, currency),
            one.name.casefold() != name.casefold(),
            bool(one.blocked),
            one.number.casefold(),
        ),
    )
    return ranked[0]


def check_vendor(vendor: Vendor, currency: str) -> None:
    """Let a vendor pass on which a journal line of the company's own currency can stand.

    Raises:
        VendorUnusable: it is blocked for all documents.
        VendorInForeignCurrency: BC would take the line's amount in that currency (contract 7).
    """
    if vendor.blocked == BLOCKED_FOR_ALL:
        raise VendorUnusable(vendor.number)
    if vendor.currency not in ("", currency):
        raise VendorInForeignCurrency(vendor.number, vendor.currency)


def is_usable(vendor: Vendor, currency: str) -> bool:
    """Whether `check_vendor` lets it pass."""
    try:
        check_vendor(vendor, currency)
    except (VendorUnusable, VendorInForeignCurrency):
        return False
    return True


def merchant_name(row: PexTransaction, purchases: Purchases) -> str:
    """The name that a row's merchant has, or would have, as a vendor; empty where it names none."""
    return vendor_name(
        merchant_vendor_name(row, standardized_names=purchases.standardized_vendor_names)
    )


def merchant_vendor(
    row: PexTransaction, purchases: Purchases, directory: VendorDirectory
) -> Vendor | MissingVendor | None:
    """The vendor of a purchase's merchant; None where the purchase names no merchant.

    Raises:
        Failure: the merchant's vendor must not be used, or may not be created.
    """
    name = merchant_name(row, purchases)
    if not name:
        return None
    other = merchant_vendor_name(row, standardized_names=not purchases.standardized_vendor_names)
    vendor = directory.resolve(name, other)
    if isinstance(vendor, MissingVendor) and not purchases.add_vendor_to_company:
        raise VendorNotInCompany(name)
    return vendor
