"""P1, P2, P3: requests to Microsoft for each purchase, everything counted."""

import time

from benchmarks.figures import Figure
from benchmarks.world import fresh_world


def bare() -> list[Figure]:
    """P1: without receipts and vendor lines."""
    with fresh_world() as world:
        world.purchases(1_000)
        world.forget_token()
        began = time.perf_counter()
        run = world.sync()
        took = time.perf_counter() - began
        assert run.counts.posted == 1_000, run
        each = world.microsoft_requests / 1_000
        return [
            Figure("P1", "Microsoft requests per purchase, 1,000 purchases", each, "<= 0.03"),
            Figure("-", "purchases a second, one process, this machine", 1_000 / took),
        ]


def with_receipts() -> list[Figure]:
    """P2: with one receipt each."""
    with fresh_world(receipts=True) as world:
        world.purchases(1_000, receipts=True)
        world.forget_token()
        counts = world.sync().counts
        assert (counts.posted, counts.receipts) == (1_000, 1_000), counts
        each = world.microsoft_requests / 1_000
        return [Figure("P2", "the same with a receipt each", each, "<= 1.06")]


def with_vendor_lines() -> list[Figure]:
    """P3: with vendor lines, four lines each, the vendors known."""
    with fresh_world(vendors=True) as world:
        world.purchases(26, merchants=26)
        assert world.sync().counts.posted == 26
        world.purchases(1_000, merchants=26)
        world.forget_requests()
        world.forget_token()
        assert world.sync().counts.posted == 1_000
        lines = world.sandbox.business_central.lines()
        assert sum(one.account_type == "Vendor" for one in lines) == 2 * 1_026
        each = world.microsoft_requests / 1_000
        return [Figure("P3", "the same with vendor lines, vendors known", each, "<= 0.05")]
