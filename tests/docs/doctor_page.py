"""Writes docs/operate/doctor.md from what the doctor's checks can tell of (`make guide`)."""

from collections.abc import Callable, Iterator
from typing import Any

from adapters.entra.sign_in import MicrosoftAppMissing
from adapters.entra.transport import MicrosoftAuthorityInsecure
from adapters.telemetry.collector import TracingNotInstalled
from adapters.wakeups.brokers import BrokerSignInRefused, BrokerUnreachable
from application.ports.company_data import (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    CompanyNotFound,
    EnvironmentNotFound,
)
from application.ports.general_journal import (
    JournalHasBalancingAccount,
    JournalInOtherTemplate,
    JournalMissing,
)
from application.ports.pex import (
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
)
from application.ports.pex_sign_in import PexSignInRefused, PexSignInUnusable
from application.ports.sign_in import (
    MicrosoftConsentMissing,
    MicrosoftSignInRefused,
    MicrosoftUnavailable,
)
from application.ports.vault import SecretUnreadableError
from docs.error_catalogue import FIELDS, ROOT, cell, entries, meaning
from domain.connection import NotReady
from domain.refusals import Refusal
from entrypoints.doctor import faults, names, processes
from entrypoints.doctor import faults_elsewhere as elsewhere
from entrypoints.doctor.connection import ConnectionChecks
from entrypoints.doctor.diagnosis import OF_THE_SET_UP
from entrypoints.health import ViewsBehind
from entrypoints.revision import DatabaseNewer, DatabaseNotMigrated, DatabaseUnreachable
from entrypoints.settings import SecretKeyMissing

PAGE = ROOT / "docs" / "operate" / "doctor.md"
Kinds = tuple[type[Refusal], ...]

READS_BC: Kinds = (
    BusinessCentralPermissionMissing,
    BusinessCentralRefused,
    BusinessCentralSignInRefused,
    BusinessCentralUnavailable,
    EnvironmentNotFound,
)
TELLS: dict[str, Kinds] = {
    names.VARIABLES: (faults.VariableUnreadable, faults.VariableUnknown, faults.ClockSet),
    names.PUBLIC_URL: (faults.PublicUrlUnfit,),
    names.SEALING_KEYS: (
        SecretKeyMissing,
        faults.SealingKeyUnfit,
        faults.KeyFileMissing,
        faults.KeyFileUnreadable,
        faults.KeyFileOpenToOthers,
    ),
    names.DATABASE: (
        DatabaseUnreachable,
        DatabaseNotMigrated,
        DatabaseNewer,
        faults.DiskLow,
    ),
    names.EVENTS: (faults.ChainBroken, ViewsBehind, faults.ViewsAhead),
    names.SECRETS: (SecretUnreadableError,),
    names.BROKER: (BrokerUnreachable, BrokerSignInRefused),
    names.PEX_ADDRESS: (elsewhere.PexUnreachable, elsewhere.AddressInsecure),
    names.MICROSOFT_ADDRESS: (elsewhere.MicrosoftUnreachable, MicrosoftAuthorityInsecure),
    names.BUSINESS_CENTRAL_ADDRESS: (
        elsewhere.BusinessCentralUnreachable,
        elsewhere.AddressInsecure,
    ),
    names.CLOCK: (elsewhere.ClockOff,),
    names.MICROSOFT_APP: (MicrosoftAppMissing,),
    names.PEX_IN_BROWSER: (PexSignInUnusable,),
    names.WEBHOOK: (elsewhere.WebhookUnreachable,),
    names.MAIL: (elsewhere.MailServerUnreachable,),
    names.TRACES: (TracingNotInstalled,),
    names.CONNECTIONS: (elsewhere.ConnectionUnknown,),
    names.PEX: (
        NotReady,
        PexTokenRefused,
        PexPermissionMissing,
        elsewhere.PexTokenExpiresSoon,
        PexRequestRefused,
        PexUnavailable,
        PexSignInRefused,
        SecretUnreadableError,
    ),
    names.MICROSOFT: (
        NotReady,
        MicrosoftSignInRefused,
        MicrosoftConsentMissing,
        MicrosoftUnavailable,
        elsewhere.MicrosoftSecretWrong,
        elsewhere.MicrosoftSecretExpired,
        elsewhere.MicrosoftAppDisabled,
        elsewhere.MicrosoftTenantUnknown,
        SecretUnreadableError,
    ),
    names.BUSINESS_CENTRAL: (NotReady, CompanyNotFound, *READS_BC),
    names.JOURNAL: (
        JournalMissing,
        JournalInOtherTemplate,
        JournalHasBalancingAccount,
        CompanyNotFound,
        *READS_BC,
    ),
    names.SETTINGS: (CompanyNotFound, *READS_BC),
    names.SCHEDULER: (elsewhere.SchedulerSilent,),
    names.WORKER: (elsewhere.WorkerSilent,),
}
"""The refusals that each check can end in, beside `CHECK_FAILED`; of settings, the fields' too."""

OF_A_CONNECTION: tuple[tuple[str, Callable[..., Any]], ...] = (
    (names.PEX, ConnectionChecks.pex),
    (names.MICROSOFT, ConnectionChecks.microsoft),
    (names.BUSINESS_CENTRAL, ConnectionChecks.business_central),
    (names.JOURNAL, ConnectionChecks.journal),
    (names.SETTINGS, ConnectionChecks.settings),
    (names.SCHEDULER, processes.scheduler),
    (names.WORKER, processes.worker),
)

HEAD = """# Ask the doctor

<!-- Written by `make guide` from the doctor's own checks; edit those, not this page. -->

`pexbc doctor` looks at a whole set-up and says, for every fault, its code, the cause in words and
what to do. Run it where the service runs, with the same environment variables:

```console
$ pexbc doctor
ok   variables
bad  broker: BROKER_UNREACHABLE: The broker does not answer (ConnectionError).
     Check PEXBC_BROKER_URL and the broker. Nothing is lost: …
--   mail server for notices: none is set; notices stand in the log
```

- `ok` is well, `bad` is a fault, and `--` was not checked, for the reason that it names: mostly
  because something else has to be mended first.
- It ends with 0 where nothing is bad, and with 1 where something is.
- `pexbc doctor --connection <id>` looks at one connection alone, beside the set-up as a whole.
- `pexbc doctor --json` prints `{"well", "checks": [{"name", "connection_id", "business", "state",
  "findings": [{"code", "cause", "fix"}], "why"}]}`; `state` is `well`, `ill` or `unchecked`.
- One check that fails holds up no other, so several faults are named in one run.
- It changes nothing: no event, no view, nothing in PEX or Business Central, no notice is sent. A
  PEX sign-in in the browser whose access token is over is renewed, since nothing else tells whether
  it still works, and is kept as by any other use. It never prints a secret.

What it cannot see: whether the journal carries a number series or is under approval, since Business
Central's API tells neither; and whether rights suffice to write, since it only reads.

"""


def page() -> str:
    """The whole page."""
    looks: dict[str, Callable[..., Any]] = dict((*OF_THE_SET_UP, *OF_A_CONNECTION))
    parts = [HEAD, "## The set-up as a whole\n\n"]
    for name, kinds in TELLS.items():
        if name == names.PEX:
            parts.append("## Each connection\n\n")
        parts.extend(_section(name, looks.get(name), kinds))
    parts.append("## Any check\n\n")
    parts.extend(_table((faults.CheckFailed,)))
    return "".join(parts).rstrip() + "\n"


def codes(name: str) -> set[str]:
    """All codes that a check can tell of."""
    told = {kind.code for kind in TELLS[name]} | {faults.CheckFailed.code}
    return told | {one.code for one in entries()[FIELDS]} if name == names.SETTINGS else told


def _section(name: str, look: Callable[..., Any] | None, kinds: Kinds) -> Iterator[str]:
    yield f"### {name[0].upper()}{name[1:]}\n\n"
    if look is not None:
        yield f"{meaning(look)}\n\n"
    if name == names.SETTINGS:
        anchor = FIELDS.lower().replace(" ", "-")
        yield (
            "Each field that fits no more is told with its pointer and one of the codes of "
            f"[fields](../guide/troubleshoot.md#{anchor}), such as `ACCOUNT_BLOCKED`, "
            "`DIMENSION_VALUE_UNKNOWN` or `TAG_UNKNOWN`. Beside them:\n\n"
        )
    yield from _table(kinds)


def _table(kinds: Kinds) -> Iterator[str]:
    yield "| Code | What it means | What to do |\n| --- | --- | --- |\n"
    for kind in kinds:
        yield f"| `{kind.code}` | {cell(meaning(kind))} | {cell(kind.fix)} |\n"
    yield "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
