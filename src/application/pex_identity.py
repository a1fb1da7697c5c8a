"""Who is behind a PEX credential, and for which business (M2)."""

from dataclasses import dataclass

from application.pex_credential import API_TOKEN, PexCredential
from application.ports.pex import Business, PexAccess


@dataclass(frozen=True, slots=True)
class PexIdentity:
    """An administrator of a PEX business who holds the permissions of M2, and their credential."""

    business: Business
    credential: PexCredential

    @property
    def actor(self) -> str:
        """The PEX user as events name whoever acts (M45); the business where PEX names no user."""
        return f"admin:{self.business.user or f'a user of {self.business.id}'}"


def identified(pex: PexAccess, token: str) -> PexIdentity:
    """Whose an API token is; nothing is stored.

    Raises:
        PexTokenRefused: dead, or not an administrator's.
        PexPermissionMissing: the missing ones are named (M2).
    """
    business = pex.with_token(token).business()
    return PexIdentity(business, PexCredential(API_TOKEN, token.strip()))
