"""What can keep a run or a connection from going on, and what each of them calls for (M4, M30)."""

from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
    EnvironmentNotFound,
)
from application.ports.general_journal import (
    JournalHasBalancingAccount,
    JournalInOtherTemplate,
    JournalMissing,
)
from application.ports.pex import PexPermissionMissing, PexTokenRefused, PexUnavailable
from application.ports.pex_sign_in import (
    PexSignInNotConfigured,
    PexSignInRefused,
    PexSignInUnusable,
)
from application.ports.sign_in import MicrosoftSignInRefused, MicrosoftUnavailable
from application.ports.vault import SecretUnreadableError
from domain.refusals import Refusal

AWAY = (PexUnavailable, BusinessCentralUnavailable, MicrosoftUnavailable)
A_PERSON_MUST_ACT = (
    PexTokenRefused,
    PexSignInNotConfigured,
    PexSignInRefused,
    PexSignInUnusable,
    PexPermissionMissing,
    SecretUnreadableError,
    MicrosoftSignInRefused,
    BusinessCentralSignInRefused,
    BusinessCentralPermissionMissing,
    CompanyNotFound,
    EnvironmentNotFound,
    JournalMissing,
    JournalInOtherTemplate,
    JournalHasBalancingAccount,
)


class InternalFault(Refusal):
    """A fault of the program itself; the log has its traceback."""

    code = "INTERNAL"
    fix = "Tell support the run's id; nothing was posted twice."

    def __init__(self, error: Exception) -> None:
        super().__init__(f"A step failed with {type(error).__name__}.")
