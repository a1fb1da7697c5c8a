"""All operations on the simulator, as plain methods."""

from typing import Any

from sandbox.business_central import switching
from sandbox.business_central.company_operations import CompanyOperations
from sandbox.business_central.dumping import dumped
from sandbox.business_central.journal_operations import JournalOperations


class Operations(JournalOperations, CompanyOperations):
    """What users and administrators do, the switches, and the dump."""

    def switch(self, **values: Any) -> None:
        """Set switches by name; ValueError, with nothing set, for what does not exist."""
        with self.world.lock:
            switching.apply(self.world, values)

    def dump(self) -> dict[str, Any]:
        """Everything that the simulator holds."""
        with self.world.lock:
            return dumped(self.world)
