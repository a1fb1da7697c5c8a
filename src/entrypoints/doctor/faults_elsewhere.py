"""Faults of servers, sign-ins and other processes that the doctor alone tells of."""

from datetime import datetime, timedelta

from domain.refusals import Refusal

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
