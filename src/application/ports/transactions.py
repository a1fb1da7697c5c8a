"""Several writes that happen together or not at all."""

from contextlib import AbstractContextManager
from typing import Protocol


class Atomically(Protocol):
    """Opens a transaction that the event log, the worklist and the vault join."""

    def __call__(self) -> AbstractContextManager[object]:
        """Everything written within the block is stored together; an exception stores nothing."""
