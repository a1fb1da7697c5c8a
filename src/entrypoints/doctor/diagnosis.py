"""All checks in their order: what others stand on comes first."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from uuid import UUID

from adapters.persistence.as_it_stands import known_connections
from application.ports.event_log import StreamNotFound
from domain.connection import Connection
from entrypoints.doctor import (
    broker,
    configuration,
    database,
    keys,
    names,
    notifications,
    processes,
    servers,
)
from entrypoints.doctor.connection import ConnectionChecks
from entrypoints.doctor.faults_elsewhere import ConnectionUnknown
from entrypoints.doctor.finding import Check, Examined, Finding, State, Unchecked, examine
from entrypoints.doctor.set_up import SetUp

OF_THE_SET_UP: tuple[tuple[str, Callable[[SetUp], Iterable[Finding]]], ...] = (
    (names.VARIABLES, configuration.variables),
    (names.PUBLIC_URL, configuration.public_url),
    (names.SEALING_KEYS, keys.sealing_keys),
    (names.DATABASE, database.database),
    (names.EVENTS, database.events),
    (names.SECRETS, keys.sealed_secrets),
    (names.BROKER, broker.broker),
    (names.PEX_ADDRESS, servers.pex),
    (names.MICROSOFT_ADDRESS, servers.microsoft),
    (names.BUSINESS_CENTRAL_ADDRESS, servers.business_central),
    (names.CLOCK, servers.clock),
    (names.MICROSOFT_APP, configuration.microsoft_app),
    (names.PEX_IN_BROWSER, servers.pex_in_browser),
    (names.WEBHOOK, notifications.webhook),
    (names.MAIL, notifications.mail),
    (names.TRACES, configuration.traces),
)

Began = Callable[[Check], None]


def diagnose(
    set_up: SetUp, only: UUID | None = None, began: Began = lambda _check: None
) -> Iterator[Examined]:
    """Make every check, of the connections of one alone where `only` names it.

    `began` is told of each check before it is made.
    """
    for check in _checks(set_up, only):
        began(check)
        examined = examine(check)
        if examined.state is not State.WELL:
            set_up.note_not_well(check.name, check.connection)
        yield examined


def _checks(set_up: SetUp, only: UUID | None) -> Iterator[Check]:
    for name, look in OF_THE_SET_UP:
        yield Check(name, partial(look, set_up))
    found: list[Connection] = []
    yield Check(names.CONNECTIONS, partial(_find, set_up, only, found))
    for connection in found:
        yield from _of(set_up, connection)


def _find(set_up: SetUp, only: UUID | None, found: list[Connection]) -> Iterator[Finding]:
    """The connections that are not parted, in the order in which they were opened."""
    log = set_up.log
    if only is not None:
        try:
            found.append(log.load(Connection, only))
        except StreamNotFound:
            raise ConnectionUnknown(only) from None
        return
    for connection_id in known_connections(set_up.database):
        connection = log.load(Connection, connection_id)
        if not connection.disconnected:
            found.append(connection)
    if not found:
        raise Unchecked("there is none yet; the README shows how to connect a PEX business")
    yield from ()


def _of(set_up: SetUp, connection: Connection) -> Iterator[Check]:
    checks = ConnectionChecks(set_up, connection)
    looks: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
        (names.PEX, checks.pex),
        (names.MICROSOFT, checks.microsoft),
        (names.BUSINESS_CENTRAL, checks.business_central),
        (names.JOURNAL, checks.journal),
        (names.SETTINGS, checks.settings),
        (names.SCHEDULER, partial(processes.scheduler, set_up, connection)),
        (names.WORKER, partial(processes.worker, set_up, connection)),
    )
    business = f"{connection.name} ({connection.business_id})"
    for name, look in looks:
        yield Check(name, look, connection.id, business)
