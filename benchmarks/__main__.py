"""Run the measurements named on the command line, or all; print a table, write results.json."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    fairness,
    memory,
    nothing_new,
    pex_requests,
    requests_per_purchase,
    throughput,
    two_workers,
)
from benchmarks.figures import Figure, LeftOut

MEASUREMENTS: dict[str, Callable[[], list[Figure]]] = {
    "P1": requests_per_purchase.bare,
    "P2": requests_per_purchase.with_receipts,
    "P3": requests_per_purchase.with_vendor_lines,
    "P4": nothing_new.measure,
    "P5": throughput.measure,
    "P6": memory.measure,
    "P8": two_workers.measure,
    "fair": fairness.measure,
    "P10": pex_requests.measure,
}


def main(names: list[str]) -> int:
    """Measure, print, write; 2 where a name is not known."""
    out = Console()
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        out.print(f"no such measurement: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}")
        return 2
    figures: list[Figure] = []
    for name in names or MEASUREMENTS:
        with out.status(name):
            try:
                figures.extend(MEASUREMENTS[name]())
            except LeftOut as why:
                out.print(f"{name} left out: {why}")
    table = Table("#", "Measure", "Value", "Reach")
    for one in figures:
        table.add_row(one.number, one.measure, f"{one.value:.4g}", one.reach)
    out.print(table)
    path = Path(__file__).parent / "results.json"
    rows = [asdict(one) for one in figures]
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
