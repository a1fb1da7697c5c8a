"""P10: PEX requests for a two-month window of 5,000 purchases."""

from benchmarks.figures import Figure
from benchmarks.world import fresh_world


def measure() -> list[Figure]:
    """All of a run without receipts."""
    with fresh_world() as world:
        world.purchases(5_000)
        world.forget_requests()
        assert world.sync().counts.posted == 5_000
        return [Figure("P10", "PEX requests, 5,000 purchases", world.pex_requests, "<= 8")]
