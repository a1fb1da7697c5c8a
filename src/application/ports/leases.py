"""Leases: who works on what, until when."""

from contextlib import AbstractContextManager
from typing import Protocol


class Leases(Protocol):
    """One holder at a time for each name; a dead holder's lease runs out by itself."""

    def hold(self, name: str) -> AbstractContextManager[bool]:
        """Try to hold the lease while the block runs, kept alive by a heartbeat.

        Yields whether it was free; never waits. A lease keeps others from useless work, it is no
        proof: what must happen once is guarded by the event store.
        """
