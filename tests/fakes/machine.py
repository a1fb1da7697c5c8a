"""A machine whose time, disk and environment a test chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass
class FakeMachine:
    """Plenty of room, an empty environment, and the right time but for what it is ahead."""

    ahead: timedelta = timedelta()
    free: int = 10**12
    environment: Mapping[str, str | None] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def free_bytes(self, folder: Path) -> int:
        return self.free

    def variables(self) -> Mapping[str, str | None]:
        return self.environment
