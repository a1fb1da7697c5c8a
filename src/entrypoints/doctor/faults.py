"""Faults of the configuration and the database that the doctor alone tells of.

All others are refusals of the product itself.
"""

from datetime import datetime

from domain.refusals import Refusal


class CheckFailed(Refusal):
    """A check of the doctor failed itself."""

    code = "CHECK_FAILED"
    fix = "Mend what else the doctor names and run it again; if it stays, tell support."

    def __init__(self, error: Exception) -> None:
        """Only the kind of error is told; its words may hold addresses with passwords."""
        super().__init__(f"The check itself failed with {type(error).__name__}.")


# --- configuration --------------------------------------------------------------------------


class VariableUnreadable(Refusal):
    """An environment variable has a value that it cannot have; its default is taken meanwhile."""

    code = "VARIABLE_UNREADABLE"
    fix = "Correct this variable; the README's table says what it may be."

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}.")


class VariableUnknown(Refusal):
    """An environment variable that pexbc does not know, and so passes over."""

    code = "VARIABLE_UNKNOWN"
    fix = "Correct the name, or remove the variable; the README's table has all names."

    def __init__(self, name: str, nearest: str | None) -> None:
        meant = f"; {nearest} may be meant" if nearest else ""
        super().__init__(f"{name} is no variable of pexbc{meant}.")


class PublicUrlUnfit(Refusal):
    """The public address is one to which no sign-in can come back."""

    code = "PUBLIC_URL_UNFIT"
    fix = (
        "Set PEXBC_PUBLIC_URL to the https address under which browsers reach pexbc, and register "
        "the addresses of its sign-ins anew; plain http is for this machine alone."
    )

    def __init__(self, why: str) -> None:
        super().__init__(f"PEXBC_PUBLIC_URL {why}.")


class ClockSet(Refusal):
    """The clock begins at an instant of the operator's choice, which is for demos and tests."""

    code = "CLOCK_SET"
    fix = "Unset PEXBC_NOW, unless this is a demo or a test."

    def __init__(self, now: datetime) -> None:
        super().__init__(f"PEXBC_NOW lets the clock begin at {now.isoformat()} at each start.")


# --- sealing keys ---------------------------------------------------------------------------


class SealingKeyUnfit(Refusal):
    """A sealing key is too short to be safe."""

    code = "SEALING_KEY_UNFIT"
    fix = "Let PEXBC_SECRET_KEY hold keys of at least 32 random characters each."

    def __init__(self, why: str) -> None:
        super().__init__(f"The sealing keys cannot be used: {why}.")


class KeyFileMissing(Refusal):
    """The file that held the generated sealing key is not beside the database any more."""

    code = "KEY_FILE_MISSING"
    fix = (
        "Put the key file back beside the database before pexbc starts again, or set "
        "PEXBC_SECRET_KEY to what stood in it; else everybody has to sign in anew."
    )

    def __init__(self, name: str) -> None:
        super().__init__(f"The database is there, and its key file {name} is not.")


class KeyFileUnreadable(Refusal):
    """The file with the sealing key cannot be read."""

    code = "KEY_FILE_UNREADABLE"
    fix = "Let the user that runs pexbc own and read the key file beside the database."

    def __init__(self, why: str) -> None:
        super().__init__(f"The key file beside the database cannot be read: {why}.")


class KeyFileOpenToOthers(Refusal):
    """Other users of the machine can read the sealing key."""

    code = "KEY_FILE_OPEN"
    fix = "Take the key file's rights from everybody but its owner: `chmod 600`."

    def __init__(self, name: str) -> None:
        super().__init__(f"Others than its owner may read the key file {name}.")


# --- database -------------------------------------------------------------------------------


class DiskLow(Refusal):
    """The disk of the database file is nearly full."""

    code = "DISK_LOW"
    fix = "Make room on the disk that holds the database file, or move to PostgreSQL."

    def __init__(self, free_bytes: int) -> None:
        super().__init__(f"Only {free_bytes // 1_000_000} MB are free beside the database file.")


class ChainBroken(Refusal):
    """The newest events are not what was recorded: somebody changed the log."""

    code = "CHAIN_BROKEN"
    fix = "Stop pexbc, run `pexbc audit verify`, and put a backup from before the change back."

    def __init__(self, position: int) -> None:
        super().__init__(f"The event at position {position} is not what was recorded there.")


class ViewsAhead(Refusal):
    """The views show events that the log does not hold any more: it was cut, or restored alone."""

    code = "VIEWS_AHEAD"
    fix = (
        "Stop pexbc and restore log and views from one backup; then run `pexbc audit verify` and "
        "`pexbc projections rebuild`."
    )

    def __init__(self, events: int) -> None:
        super().__init__(f"The views show {events} events that are not in the log.")
