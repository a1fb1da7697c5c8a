"""P6: the memory of the process that syncs very many rows."""

from benchmarks.apart import peak_mib, wait_for_ends, worker
from benchmarks.figures import Figure
from benchmarks.world import fresh_world

PURCHASES = 100_000


def measure() -> list[Figure]:
    """A run that posts all of them, and by a fresh process one that finds all of them posted."""
    with fresh_world() as world:
        world.purchases(PURCHASES)
        peaks = []
        for _ in range(2):
            with worker(world.variables) as process:
                run_id = world.start()
                wait_for_ends(world.services.database, [run_id])
                peaks.append(peak_mib(process))
            run = world.services.read_models.run(run_id)
            assert run is not None
            assert run.counts.posted + run.counts.already_posted == PURCHASES, run
        first, second = peaks
        what = f"peak memory of a run over {PURCHASES:,} rows, MiB"
        return [
            Figure("P6", f"{what}, all new", first, "<= 250"),
            Figure("P6", f"{what}, none new", second, "<= 250"),
        ]
