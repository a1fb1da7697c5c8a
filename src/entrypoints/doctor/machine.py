"""What the doctor asks of the machine that it runs on."""

import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from dotenv import dotenv_values

from entrypoints.settings import Settings


class Machine(Protocol):
    """Time, disk and environment."""

    def now(self) -> datetime:
        """The machine's time, in UTC; `PEXBC_NOW` does not count."""

    def free_bytes(self, folder: Path) -> int:
        """What is left of the disk that a folder lies on."""

    def variables(self) -> Mapping[str, str | None]:
        """The environment, with what a file adds to it."""


class ThisMachine:
    """Fulfils `Machine` for the machine that the process runs on."""

    def now(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC)

    def free_bytes(self, folder: Path) -> int:
        """What is left of a disk."""
        return shutil.disk_usage(folder).free

    def variables(self) -> Mapping[str, str | None]:
        """The environment, with the file that the settings are read from as well."""
        return {**dotenv_values(str(Settings.model_config.get("env_file"))), **os.environ}
