"""A run's transactions as a table, by kind, outcome and reason."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from rich.table import Table

Group = tuple[str, str, str]


def summary_table(title: str, rows: Iterable[tuple[Group, Decimal]]) -> Table:
    """Count rows and add up their amounts (US dollars) for each kind, outcome and code."""
    counts: Counter[Group] = Counter()
    totals: dict[Group, Decimal] = {}
    for group, amount in rows:
        counts[group] += 1
        totals[group] = totals.get(group, Decimal(0)) + amount
    table = Table("Kind", "Outcome", "Reason", title=title)
    table.add_column("Count", justify="right")
    table.add_column("Total USD", justify="right")
    for group, count in sorted(counts.items()):
        table.add_row(*group, str(count), f"{totals[group]:,.2f}")
    return table
