"""P5: how well a run keeps Business Central busy that takes its time."""

from benchmarks.apart import wait_for_ends, worker
from benchmarks.figures import Figure
from benchmarks.world import fresh_world

PURCHASES = 10_000
REQUEST_MS, OPERATION_MS = 100.0, 5.0
IN_FLIGHT = 3


def measure() -> list[Figure]:
    """One run of one connection, by one worker."""
    with fresh_world() as world:
        world.purchases(PURCHASES)
        bc = world.sandbox.business_central
        bc.switch(latency_ms=REQUEST_MS, operation_latency_ms=OPERATION_MS)
        with worker(world.variables):
            run_id = world.start()
            took = wait_for_ends(world.services.database, [run_id])
        run = world.services.read_models.run(run_id)
        assert run is not None
        assert run.counts.posted == PURCHASES, run
        busy = bc.limits.usage.busy_seconds
        return [
            Figure(
                "P5",
                f"{PURCHASES:,} purchases, {REQUEST_MS:g} ms a request and {OPERATION_MS:g} ms an"
                f" operation: wall time over BC's busy time / {IN_FLIGHT}",
                took / (busy / IN_FLIGHT),
                "<= 1.3",
            ),
            Figure("-", "wall time of the same, seconds", took),
            Figure("-", "most requests in flight of the same", bc.limits.usage.most_running),
        ]
