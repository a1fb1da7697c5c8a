"""What the product reads of Business Central companies."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from domain.chart import Chart
from domain.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the environment; `name` is what people call it."""

    id: str
    name: str


class BusinessCentralSignInRefused(Refusal):
    """BC takes the token no longer: a second 401 in a row (contract 1.6)."""

    code: ClassVar[str] = "BC_SIGN_IN_REFUSED"
    fix: ClassVar[str] = (
        "Sign in with Microsoft again; check that the user has a licence, or that the app is "
        "registered and enabled in Business Central, and the tenant and environment are right."
    )

    def __init__(self, answer: str) -> None:
        super().__init__(f"Business Central refused the sign-in: {answer}")


class BusinessCentralPermissionMissing(Refusal):
    """The BC user may not do this (contract 1.6)."""

    code: ClassVar[str] = "BC_PERMISSION_MISSING"
    fix: ClassVar[str] = "Give the user or app the permission that Business Central names."

    def __init__(self, answer: str) -> None:
        super().__init__(f"Business Central lacks a permission: {answer}")


class CompanyNotFound(Refusal):
    """The company is not there, or not for this user."""

    code: ClassVar[str] = "COMPANY_NOT_FOUND"
    fix: ClassVar[str] = "Choose one of the companies that the sign-in can see."

    def __init__(self, company_id: str) -> None:
        super().__init__(f"Business Central has no company {company_id} for this user.")


class EnvironmentNotFound(Refusal):
    """The tenant has no such environment."""

    code: ClassVar[str] = "ENVIRONMENT_NOT_FOUND"
    fix: ClassVar[str] = "Check the tenant and the environment's name, such as Production."

    def __init__(self, environment: str) -> None:
        super().__init__(f"Business Central has no environment {environment!r} here.")


class BusinessCentralRefused(Refusal):
    """BC refused a request for another reason."""

    code: ClassVar[str] = "BC_REFUSED"
    fix: ClassVar[str] = "Read Business Central's message; if it does not help, tell support."

    def __init__(self, status: int, bc_code: str, message: str, correlation_id: str = "") -> None:
        self.status = status
        self.bc_code = bc_code
        self.message = message
        self.correlation_id = correlation_id
        super().__init__(f"Business Central answered {status} {bc_code}: {message}")


class BusinessCentralUnavailable(Refusal):
    """BC does not answer, or is over its limits, and reads were tried several times.

    Attributes:
        retry_after: seconds after which to try again; None where BC told none.
    """

    code: ClassVar[str] = "BC_UNAVAILABLE"
    fix: ClassVar[str] = "Nothing: it is tried again by itself."

    def __init__(self, cause: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(f"Business Central is not available: {cause}")


class CompanyData(Protocol):
    """Reads of one connection's tenant and environment. Raises the refusals of this module."""

    def companies(self) -> tuple[Company, ...]:
        """The companies that the sign-in can see."""

    def chart(
        self,
        company_id: str,
        *,
        dimensions: Collection[str] | None = None,
        vendors: bool = True,
        bank_accounts: bool = True,
        tax_codes: bool = True,
    ) -> Chart:
        """Read the company's chart, in as few requests as it takes.

        `dimensions` names the codes whose values are wanted, None means all; the dimensions
        themselves are always listed. The flags leave out what is not needed.
        """


class BusinessCentralAccess(Protocol):
    """Opens the tenant and environment that a connection joined."""

    def company_data(self, connection: UUID, tenant_id: str, environment: str) -> CompanyData:
        """Reads for a connection."""
