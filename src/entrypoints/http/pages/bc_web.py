"""Links into Business Central's web client.

The client's address goes `https://businesscentral.dynamics.com/{tenant}/{environment}?page={page}`
(contract 1.2, `webClientLoginUrl`). The company is left to the client, which opens the one that the
user worked in last: it wants the company's key, and only the name that is displayed is known.
"""

from urllib.parse import quote, urlsplit

from application.ports.read_models import TransactionView
from domain.posted_transaction import Place

JOURNAL_PAGE = 39
LEDGER_PAGE = 20
PREFIX = "api."


def web_client(bc_api_url: str) -> str | None:
    """The web client that belongs to an API; None where the API is no public Business Central."""
    host = urlsplit(bc_api_url).hostname or ""
    if host.startswith(f"{PREFIX}businesscentral."):
        return f"https://{host.removeprefix(PREFIX)}"
    return None


def link(bc_api_url: str, view: TransactionView, place: Place) -> str | None:
    """The general journals or ledger entries of where a transaction went; None where unknown."""
    base, target = web_client(bc_api_url), view.target
    if base is None or target is None:
        return None
    page = LEDGER_PAGE if place is Place.LEDGER else JOURNAL_PAGE
    return f"{base}/{quote(target.tenant_id)}/{quote(target.environment)}?page={page}"
