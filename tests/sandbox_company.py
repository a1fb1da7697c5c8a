"""Connecting and configuring the sandbox's company without the API."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.eastern_time import eastern_day
from domain.settings import Settings
from entrypoints.composition import Services
from entrypoints.demo.company import settings_body
from sandbox import company
from sandbox.program import Sandbox


def configure(services: Services, days_back: int = 75) -> UUID:
    """Connect the prepaid business and map everything as the demo does."""
    connection_id, _ = services.connect.with_pex_token(company.PREPAID_TOKEN, "admin:test")
    services.connect.with_service(connection_id, company.TENANT, company.ENVIRONMENT, "admin:test")
    chart = services.configure.choices(connection_id, company.COMPANY_ID).chart
    assert chart is not None
    start = eastern_day(services.clock.now()) - timedelta(days=days_back)
    body = settings_body(
        company.COMPANY_ID,
        {account.number: account.id for account in chart.accounts},
        {bank.number: bank.id for bank in chart.bank_accounts},
        start.isoformat(),
    )
    services.configure.save(connection_id, msgspec.convert(body, Settings), 0, "admin:test")
    services.check_connection.check(connection_id)
    return connection_id


def times_in_journal(sandbox: Sandbox, pex_id: int) -> int:
    """How often a purchase stands in the journal."""
    return len(amounts_in_journal(sandbox, pex_id))


def amounts_in_journal(sandbox: Sandbox, pex_id: int) -> list[Decimal]:
    """The amounts on the PEX account that bear a purchase's id."""
    return [
        Decimal(str(line["amount"]))
        for one in sandbox.business_central.dump()["companies"]
        if one["id"] == company.COMPANY_ID
        for journal in one["journals"]
        for line in journal["lines"]
        if line["externalDocumentNumber"] == f"PEX{pex_id}" and line["accountNumber"] == "10950"
    ]
