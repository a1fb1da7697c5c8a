"""P8: what a second worker adds where Business Central's slowness is all that is waited for.

Each connection is a customer of its own, with a tenant and so limits of its own: of one tenant
never more requests are in flight than it allows, however many workers there are. A worker here has
two threads, so that one can be at two of the four connections, and two at all.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from benchmarks import servers
from benchmarks.apart import wait_for_ends
from benchmarks.figures import Figure
from broker_fleet import fleet_on, prepare_books
from sandbox import company
from sandbox.business_central import BusinessCentralSandbox
from sandbox.program import Sandbox
from sandbox.web import Request, Response, Server, mounted

CONNECTIONS = 4
PURCHASES = 1_500
REQUEST_MS, OPERATION_MS = 100.0, 60.0
"""A full request takes six seconds; with less, the machine that plays them all is waited for."""
THREADS = 2


def measure() -> list[Figure]:
    """The same work by one worker and by two."""
    one, two = _seconds(1), _seconds(2)
    what = f"{CONNECTIONS} connections, {PURCHASES:,} purchases each, latency-bound"
    return [
        Figure("P8", f"two workers against one, {what}", one / two, ">= 1.8"),
        Figure("-", "one worker's wall time, seconds", one),
        Figure("-", "two workers' wall time, seconds", two),
    ]


def _seconds(workers: int) -> float:
    with (
        servers.broker() as broker,
        servers.database() as url,
        fleet_on(broker, url, [PURCHASES] * CONNECTIONS, customers=several_customers) as fleet,
    ):
        for _ in range(workers):
            fleet.add_worker(scheduler=False, threads=THREADS)
        runs = fleet.start_runs()
        took = wait_for_ends(fleet.services.database, runs)
        assert all(fleet.posted(run) == PURCHASES for run in runs)
        return took


@contextmanager
def several_customers(sandbox: Sandbox) -> Iterator[tuple[dict[str, str], Sequence[str]]]:
    """A tenant with a Business Central each, behind one address as Microsoft has them."""
    tenants = {str(UUID(int=number)): _books(sandbox) for number in range(1, CONNECTIONS + 1)}
    played = {
        tenant: mounted(
            {
                "/pex-oauth": sandbox.pex.oauth,
                "/pex": sandbox.pex.application,
                "/entra": sandbox.entra.application,
                "/bc": books.application,
            }
        )
        for tenant, books in tenants.items()
    }

    def answer(request: Request) -> Response:
        """By the tenant in the path; to its own sandbox it is the only one."""
        tenant = next((one for one in played if one in request.path), next(iter(played)))
        return played[tenant](replace(request, path=request.path.replace(tenant, company.TENANT)))

    with Server(answer) as front:
        environment = {
            name: value.replace(sandbox.url, front.url)
            for name, value in sandbox.environment().items()
        }
        yield environment, list(tenants)


def _books(sandbox: Sandbox) -> BusinessCentralSandbox:
    books = BusinessCentralSandbox(sandbox.clock, sandbox.entra.authenticate)
    prepare_books(books)
    books.switch(latency_ms=REQUEST_MS, operation_latency_ms=OPERATION_MS)
    return books
