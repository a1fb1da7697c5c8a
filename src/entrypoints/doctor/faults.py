"""The faults that the doctor alone tells of; all others are refusals of the product itself."""

from datetime import datetime, timedelta

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


class DatabaseUnreachable(Refusal):
    """The database does not answer."""

    code = "DATABASE_UNREACHABLE"
    fix = "Check PEXBC_DATABASE_URL and the database server."

    def __init__(self, why: str) -> None:
        super().__init__(f"The database does not answer ({why}).")


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


class ViewsBehind(Refusal):
    """The views lack many events, which no process seems to be bringing in."""

    code = "VIEWS_BEHIND"
    fix = "Start pexbc; if the views stay behind, run `pexbc projections rebuild`."

    def __init__(self, events: int) -> None:
        super().__init__(f"The views lack the newest {events} events.")


class ViewsAhead(Refusal):
    """The views show events that the log does not hold any more: it was cut, or restored alone."""

    code = "VIEWS_AHEAD"
    fix = (
        "Stop pexbc and restore log and views from one backup; then run `pexbc audit verify` and "
        "`pexbc projections rebuild`."
    )

    def __init__(self, events: int) -> None:
        super().__init__(f"The views show {events} events that are not in the log.")


# --- servers --------------------------------------------------------------------------------


class ServerUnreachable(Refusal):
    """An address of a server does not lead to it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The address does not lead there: {why}.")


class PexUnreachable(ServerUnreachable):
    """PEX's API is not where the configuration says."""

    code = "PEX_UNREACHABLE"
    fix = "Check PEXBC_PEX_API_URL, which ends with /v4, and the way out to the internet."


class MicrosoftUnreachable(ServerUnreachable):
    """Microsoft's sign-in is not where the configuration says."""

    code = "MICROSOFT_UNREACHABLE"
    fix = "Check PEXBC_ENTRA_AUTHORITY, and the way out to the internet."


class BusinessCentralUnreachable(ServerUnreachable):
    """Business Central is not where the configuration says."""

    code = "BC_UNREACHABLE"
    fix = "Check PEXBC_BC_API_URL, and the way out to the internet."


class AddressInsecure(Refusal):
    """Tokens would go to another machine in the clear."""

    code = "ADDRESS_INSECURE"
    fix = "Give it an https address; plain http is for a sandbox on this machine alone."

    def __init__(self) -> None:
        super().__init__("The address is plain http on a host that is not this machine.")


class ClockOff(Refusal):
    """The machine's clock differs from those of the servers, and sign-ins depend on it."""

    code = "CLOCK_OFF"
    fix = "Let the machine keep its time by NTP."

    def __init__(self, off: timedelta) -> None:
        seconds = int(abs(off).total_seconds())
        direction = "ahead of" if off > timedelta() else "behind"
        super().__init__(f"The machine's clock is {seconds} s {direction} the servers' clocks.")


# --- sign-ins -------------------------------------------------------------------------------


class PexTokenExpiresSoon(Refusal):
    """A PEX API token ends soon and was not renewed, as the scheduler does in its last month."""

    code = "PEX_TOKEN_EXPIRES_SOON"
    fix = "See that `pexbc scheduler` or `pexbc serve` runs, or paste a new API token."

    def __init__(self, expires_at: datetime) -> None:
        super().__init__(f"The PEX token ends at {expires_at.isoformat()} and was not renewed.")


class MicrosoftSecretWrong(Refusal):
    """Microsoft does not take the app's secret."""

    code = "MICROSOFT_SECRET_WRONG"
    fix = (
        "Set PEXBC_ENTRA_CLIENT_SECRET to the value, not the id, of a secret of the app in "
        "Entra ID."
    )

    def __init__(self, cause: str) -> None:
        super().__init__(cause)


class MicrosoftSecretExpired(MicrosoftSecretWrong):
    """The app's secret has expired."""

    code = "MICROSOFT_SECRET_EXPIRED"
    fix = "Make a new secret for the app in Entra ID and set PEXBC_ENTRA_CLIENT_SECRET to it."


class MicrosoftAppDisabled(MicrosoftSecretWrong):
    """The app is disabled in Entra ID."""

    code = "MICROSOFT_APP_DISABLED"
    fix = "Let an administrator enable the app among the organization's enterprise applications."


class MicrosoftTenantUnknown(MicrosoftSecretWrong):
    """Microsoft knows no organization of the tenant's name."""

    code = "MICROSOFT_TENANT_UNKNOWN"
    fix = "Sign in with Microsoft again, with the organization's tenant id or domain."


# --- notifications --------------------------------------------------------------------------


class WebhookUnreachable(Refusal):
    """The webhook for notices does not answer."""

    code = "WEBHOOK_UNREACHABLE"
    fix = "Check PEXBC_NOTIFY_WEBHOOK_URL and the server behind it."

    def __init__(self, why: str) -> None:
        super().__init__(f"No notice would arrive: {why}.")


class MailServerUnreachable(WebhookUnreachable):
    """The mail server for notices does not answer, or does not let pexbc in."""

    code = "MAIL_SERVER_UNREACHABLE"
    fix = "Check PEXBC_NOTIFY_SMTP_URL: host, port, encryption, user and password."


# --- processes ------------------------------------------------------------------------------


class SchedulerSilent(Refusal):
    """An automatic sync is overdue, so no scheduler runs."""

    code = "SCHEDULER_SILENT"
    fix = "Start `pexbc scheduler` (or `pexbc serve`) and see that it goes on running."

    def __init__(self, due_at: datetime | None) -> None:
        due = f"was due at {due_at.isoformat()}" if due_at else "is not planned"
        super().__init__(f"Auto-sync is on, and the next sync {due}.")


class WorkerSilent(Refusal):
    """A run has stood still for longer than any step takes, so no worker runs."""

    code = "WORKER_SILENT"
    fix = "Start `pexbc worker` (or `pexbc serve`) and see that it goes on running."

    def __init__(self, since: datetime) -> None:
        super().__init__(
            f"A run is under way and nothing has come of it since {since.isoformat()}."
        )


class ConnectionUnknown(Refusal):
    """There is no connection of the id that was given."""

    code = "CONNECTION_UNKNOWN"
    fix = "`pexbc connections list` shows the ids."

    def __init__(self, connection: object) -> None:
        super().__init__(f"There is no connection {connection}.")
