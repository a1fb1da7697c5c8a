"""How evenly many connections get on that share three workers and one Business Central user."""

import os
import time

from benchmarks import servers
from benchmarks.figures import Figure
from broker_fleet import Fleet, fleet_on

CONNECTIONS = 50
PURCHASES = int(os.environ.get("PEXBC_BENCH_FAIR_PURCHASES", "1500"))
"""Each connection's; of fewer than 1,500, a single pack is a large share of all."""
WORKERS = 3
LOOK_SECONDS = 0.5


def measure() -> list[Figure]:
    """The spread of progress at the moment when half of all is done."""
    with (
        servers.broker() as broker,
        servers.database() as url,
        fleet_on(broker, url, [PURCHASES] * CONNECTIONS) as fleet,
    ):
        for _ in range(WORKERS):
            fleet.add_worker(scheduler=False)
        fleet.start_runs()
        began = time.perf_counter()
        shares = _shares_at_half(fleet)
        took = time.perf_counter() - began
    what = f"{CONNECTIONS} connections, {PURCHASES:,} purchases each, {WORKERS} workers"
    half = sum(shares) * PURCHASES
    return [
        Figure("fair", f"spread of progress at half time, {what}", _spread(shares), "<= 0.10"),
        Figure("-", "purchases a second of the same", half / took),
    ]


def _shares_at_half(fleet: Fleet) -> list[float]:
    while True:
        shares = [run.counts.posted / PURCHASES for run in fleet.runs()]
        if sum(shares) >= CONNECTIONS / 2:
            return shares
        time.sleep(LOOK_SECONDS)


def _spread(shares: list[float]) -> float:
    return max(shares) - min(shares)
