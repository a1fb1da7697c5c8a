"""Leases in memory, one holder a name."""

from collections.abc import Iterator
from contextlib import contextmanager


class FakeLeases:
    """Knows who holds what; a test may take a lease away to play a dead or slow worker."""

    def __init__(self) -> None:
        self.held: set[str] = set()

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        if name in self.held:
            yield False
            return
        self.held.add(name)
        try:
            yield True
        finally:
            self.held.discard(name)
