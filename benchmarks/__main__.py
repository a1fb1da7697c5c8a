"""Run all measurements, print them as a table, and write benchmarks/results.json."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.world import fresh_world

Figure = dict[str, Any]


def requests_per_purchase() -> list[Figure]:
    """P1: BC and sign-in requests for each of 1,000 purchases."""
    with fresh_world() as world:
        world.purchases(1_000)
        world.forget_token()
        began = time.perf_counter()
        run = world.sync()
        took = time.perf_counter() - began
        assert run.counts.posted == 1_000, run
        each = world.microsoft_requests / 1_000
        return [
            _figure("P1", "Microsoft requests per purchase, 1,000 purchases", each, "<= 0.03"),
            _figure("-", "purchases a second, one process, this machine", 1_000 / took, "-"),
        ]


def with_receipts() -> list[Figure]:
    """P2: the same with one receipt each."""
    with fresh_world(receipts=True) as world:
        world.purchases(1_000, receipts=True)
        world.forget_token()
        counts = world.sync().counts
        assert (counts.posted, counts.receipts) == (1_000, 1_000), counts
        each = world.microsoft_requests / 1_000
        return [_figure("P2", "the same with a receipt each", each, "<= 1.06")]


def with_vendor_lines() -> list[Figure]:
    """P3: the same with vendor lines, four lines each, the vendors known."""
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
        return [_figure("P3", "the same with vendor lines, vendors known", each, "<= 0.05")]


def nothing_new() -> list[Figure]:
    """P4: what a run costs that has nothing to post, with 10,000 posted."""
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
            _figure("P4", "BC writes of a run with nothing new, 10,000 posted", writes, "0"),
            _figure("P4", "BC reads of the same run", reads, "<= 10"),
        ]


def pex_requests() -> list[Figure]:
    """P10: PEX requests for a two-month window of 5,000 purchases."""
    with fresh_world() as world:
        world.purchases(5_000)
        world.forget_requests()
        assert world.sync().counts.posted == 5_000
        return [_figure("P10", "PEX requests, 5,000 purchases", world.pex_requests, "<= 8")]


def _figure(number: str, what: str, value: float, reach: str) -> Figure:
    return {"number": number, "measure": what, "value": round(value, 4), "reach": reach}


def main() -> None:
    """Measure, print, write."""
    measurements: tuple[Callable[[], list[Figure]], ...] = (
        requests_per_purchase,
        with_receipts,
        with_vendor_lines,
        nothing_new,
        pex_requests,
    )
    out = Console()
    figures: list[Figure] = []
    for measure in measurements:
        with out.status(measure.__name__):
            figures.extend(measure())
    table = Table("#", "Measure", "Value", "Reach")
    for one in figures:
        table.add_row(one["number"], one["measure"], f"{one['value']:g}", one["reach"])
    out.print(table)
    path = Path(__file__).parent / "results.json"
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
