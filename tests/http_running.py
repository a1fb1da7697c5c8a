"""A running service as tests call it."""

from dataclasses import dataclass

import httpx
import sqlalchemy as sa

from adapters.persistence.tables import attempts
from entrypoints.composition import Services
from sandbox.program import Sandbox


@dataclass
class Running:
    """The service, the sandbox behind it, and ways to call it."""

    url: str
    services: Services
    sandbox: Sandbox

    def token(self, role: str, *businesses: int) -> str:
        now = self.services.clock.now()
        return self.services.api_tokens.create(f"a {role}", role, businesses, "test", now)[1]

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)


def forget_attempts(services: Services) -> None:
    """Let nobody have tried anything in vain yet."""
    with services.database.transaction() as connection:
        connection.execute(sa.delete(attempts))
