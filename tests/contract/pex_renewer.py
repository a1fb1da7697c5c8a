"""One of several processes that need the same access token at once: `pex_renewer.py CONNECTION`.

Database, key and PEX stand in `PEXBC_…` variables.
"""

import hashlib
import sys
from uuid import UUID

from adapters.clock import SystemClock
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.vault import Vault, parse_keys
from adapters.pex.oauth import HttpPexSignIn
from adapters.pex.renewals import Renewals
from adapters.telemetry.logs import configure_logging
from application.ports.clock import Clock
from entrypoints.settings import Settings

TIMES = 5


def tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Wait for the word, then have the token replaced; say by its digest which one it is."""
    configure_logging("error", "json")
    settings, clock = Settings(), SystemClock()
    database = Database(make_engine(settings.database_url))
    vault = Vault(database, parse_keys(settings.sealing_keys()))
    renewals = _renewals(settings, vault, clock)
    for _ in range(TIMES):
        tell("ready")
        connection, dead = sys.stdin.readline().split()
        token = renewals.in_place_of(UUID(connection), dead)
        tell(hashlib.sha256(token.encode()).hexdigest())
    database.dispose()


def _renewals(settings: Settings, vault: Vault, clock: Clock) -> Renewals:
    sign_in = HttpPexSignIn(
        settings.pex_oauth_url, settings.pex_client_id, settings.pex_scopes, clock
    )
    return Renewals(vault, sign_in, clock)


if __name__ == "__main__":
    main()
