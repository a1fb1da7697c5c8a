"""P4: what a run costs that has nothing to post, with 10,000 posted."""

from benchmarks.figures import Figure
from benchmarks.world import fresh_world


def measure() -> list[Figure]:
    """BC writes and reads of the second of two runs."""
    with fresh_world() as world:
        world.purchases(10_000)
        assert world.sync().counts.posted == 10_000
        lines = {line.id: line.version for line in world.sandbox.business_central.lines()}
        world.forget_requests()
        run = world.sync()
        assert run.counts.already_posted == 10_000, run
        after = {line.id: line.version for line in world.sandbox.business_central.lines()}
        writes = len(set(after.items()) ^ set(lines.items()))
        reads = world.microsoft_requests
        return [
            Figure("P4", "BC writes of a run with nothing new, 10,000 posted", writes, "0"),
            Figure("P4", "BC reads of the same run", reads, "<= 10"),
        ]
