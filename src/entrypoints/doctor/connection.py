"""Whether one connection could sync: both sign-ins, the company, the journal and the settings."""

import re
from collections.abc import Iterator
from datetime import timedelta

from adapters.pex.renewals import read_credential
from application.pex_credential import API_TOKEN
from application.ports.company_data import CompanyData, CompanyNotFound
from application.ports.pex import Tag
from application.ports.sign_in import MicrosoftSignInRefused
from domain.connection import Connection, Microsoft, NotReady
from domain.refusals import Refusal
from domain.settings_check import misfits
from entrypoints.doctor import faults_elsewhere as faults
from entrypoints.doctor.finding import Finding, Unchecked
from entrypoints.doctor.names import (
    BUSINESS_CENTRAL,
    BUSINESS_CENTRAL_ADDRESS,
    MICROSOFT,
    MICROSOFT_ADDRESS,
    MICROSOFT_APP,
    PEX_ADDRESS,
)
from entrypoints.doctor.set_up import SetUp

SOON = timedelta(days=14)
"""By then the scheduler has tried for two weeks to renew a token in its last month."""
NUMBER = re.compile(r"AADSTS(\d+)\b")
UNKNOWN_TENANT = "the tenant is unknown"
BY_NUMBER = {
    "7000215": faults.MicrosoftSecretWrong,
    "7000222": faults.MicrosoftSecretExpired,
    "7000112": faults.MicrosoftAppDisabled,
    "90002": faults.MicrosoftTenantUnknown,
}


class ConnectionChecks:
    """The checks of one connection, in the order in which they stand below."""

    def __init__(self, set_up: SetUp, connection: Connection) -> None:
        self._set_up = set_up
        self._connection = connection
        self._tags: dict[str, str] | None = None

    def pex(self) -> Iterator[Finding]:
        """PEX takes the sign-in, which may do what is needed and does not end soon."""
        self._set_up.requires(PEX_ADDRESS)
        if self._connection.pex_user is None:
            raise NotReady("Nobody is signed in with PEX.")
        account = self._set_up.pex.of(self._connection.id)
        expires_at = account.business().token_expires_at
        kept, _ = read_credential(self._set_up.vault, self._connection.id)
        soon = expires_at is not None and expires_at - self._set_up.now() < SOON
        if expires_at is not None and soon and kept.scheme == API_TOKEN:
            yield Finding.of(faults.PexTokenExpiresSoon(expires_at))
        self._tags = _kinds(account.tags())

    def microsoft(self) -> Iterator[Finding]:
        """Microsoft gives a new token for Business Central, whatever is left of an older one."""
        self._set_up.requires(MICROSOFT_APP, MICROSOFT_ADDRESS)
        self._signed_in()
        try:
            self._set_up.microsoft.access_token(self._connection.id, renew=True)
        except MicrosoftSignInRefused as refusal:
            raise diagnosed(refusal) from refusal
        yield from ()

    def business_central(self) -> Iterator[Finding]:
        """Business Central takes the token, and the chosen company is there."""
        self._set_up.requires(BUSINESS_CENTRAL_ADDRESS)
        self._requires(MICROSOFT)
        companies = {company.id.casefold() for company in self._data().companies()}
        if self._connection.settings_version == 0:
            raise NotReady("No settings have been saved yet.")
        company_id = self._company_id()
        if company_id.casefold() not in companies:
            yield Finding.of(CompanyNotFound(company_id))

    def journal(self) -> Iterator[Finding]:
        """The journal `PEX Card` is there, and can be written to."""
        self._requires(BUSINESS_CENTRAL)
        microsoft = self._signed_in()
        self._set_up.business_central.general_journal(
            self._connection.id, microsoft.tenant_id, microsoft.environment, self._company_id()
        ).resolve()
        yield from ()

    def settings(self) -> Iterator[Finding]:
        """The settings still fit the company and the tags; tags only where PEX could be read."""
        self._requires(BUSINESS_CENTRAL)
        settings = self._connection.settings
        chart = self._data().chart(self._company_id(), dimensions=settings.dimension_codes())
        tags = self._tags if self._tags is not None else self._trusted_tags()
        for error in misfits(settings, chart, tags, self._connection.funding):
            yield Finding.of_field(error)

    def _requires(self, name: str) -> None:
        self._set_up.requires(name, connection=self._connection.id)

    def _signed_in(self) -> Microsoft:
        if self._connection.microsoft is None:
            raise NotReady("Nobody is signed in with Microsoft.")
        return self._connection.microsoft

    def _data(self) -> CompanyData:
        microsoft = self._signed_in()
        return self._set_up.business_central.company_data(
            self._connection.id, microsoft.tenant_id, microsoft.environment
        )

    def _company_id(self) -> str:
        company_id = self._connection.settings.company_id
        if company_id is None:
            raise Unchecked("no company is chosen")
        return company_id

    def _trusted_tags(self) -> dict[str, str]:
        """What the settings take the tags for, where PEX cannot be asked."""
        mappings = self._connection.settings.purchases.mappings
        return {(one.source.tag_id or "").casefold(): "Dropdown" for one in mappings}


def diagnosed(refusal: MicrosoftSignInRefused) -> Refusal:
    """What lies behind a refusal, where Microsoft's number for it tells."""
    found = NUMBER.search(refusal.cause)
    kind = BY_NUMBER.get(found.group(1)) if found else None
    if kind is None and UNKNOWN_TENANT in refusal.cause:
        kind = faults.MicrosoftTenantUnknown
    return refusal if kind is None else kind(refusal.cause)


def _kinds(tags: tuple[Tag, ...]) -> dict[str, str]:
    return {tag.id.casefold(): tag.kind for tag in tags}
