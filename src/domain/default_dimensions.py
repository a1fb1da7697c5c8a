"""Which account of a company brings which dimensions along by default (contract 2.9).

Business Central does not tell beforehand, so it is learned from what it refuses and from what
stands on new lines. What is known only chooses the way that costs fewer requests: an entry that
goes the second way for nothing is read once more, one that goes the first way in vain is refused
once, and either teaches.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate, event

from domain.journal_entry import AccountType, JournalEntry

_NAMESPACE = UUID("5d0c7a52-2b0e-4c3e-9f6a-1f1f0d6b7a12")

Account = tuple[AccountType, str]


class DefaultDimensions(Aggregate):
    """What was learned of a company's accounts."""

    TOPIC = "default_dimensions"

    @staticmethod
    def create_id(tenant_id: str, environment: str, company_id: str) -> UUID:
        """The same for every connection to the company."""
        return uuid5(_NAMESPACE, f"{tenant_id}/{environment}/{company_id}".casefold())

    @event("Created", topic="default_dimensions.opened")
    def __init__(
        self,
        timestamp: datetime,  # noqa: ARG002 - the event's own member
        tenant_id: str,
        environment: str,
        company_id: str,
    ) -> None:
        self.company = (tenant_id, environment, company_id)
        self.by_account: dict[str, tuple[str, ...]] = {}

    def learn(self, account: Account, dimensions: Iterable[str], timestamp: datetime) -> None:
        """Note what stands on a new line of the account, where that is news."""
        codes = _codes(dimensions)
        if codes != self.of(account):
            self._learned(timestamp, account[0], account[1], codes)

    def suspect(self, account: Account, dimensions: Iterable[str], timestamp: datetime) -> None:
        """Note that one of these, which the account was not known for, was there already."""
        self.learn(account, (*self.of(account), *dimensions), timestamp)

    @event("Learned", topic="default_dimensions.learned")
    def _learned(
        self,
        timestamp: datetime,  # noqa: ARG002 - the event's own member
        account_type: AccountType,
        account_number: str,
        dimensions: tuple[str, ...],
    ) -> None:
        key = _key((account_type, account_number))
        self.by_account = {**self.by_account, key: dimensions}

    def of(self, account: Account) -> tuple[str, ...]:
        """The codes that the account is known to bring along, in upper case."""
        return self.by_account.get(_key(account), ())

    def collide_with(self, entry: JournalEntry) -> bool:
        """Whether a line sets a dimension that its account brings along."""
        return any(
            not set(self.of((line.account_type, line.account_number))).isdisjoint(
                _codes(one.code for one in line.dimensions)
            )
            for line in entry.lines
            if line.dimensions
        )


def _key(account: Account) -> str:
    return f"{account[0].value}/{account[1].upper()}"


def _codes(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({code.upper() for code in codes}))
