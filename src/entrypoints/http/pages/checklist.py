"""What is left to do until a connection syncs for the first time."""

from dataclasses import dataclass

from application.ports.general_journal import (
    JournalHasBalancingAccount,
    JournalInOtherTemplate,
    JournalMissing,
)
from application.ports.read_models import ConnectionView, ReadModels
from domain.connection import Status

RUNS_LOOKED_AT = 50
JOURNAL_TROUBLES = (
    JournalMissing.code,
    JournalInOtherTemplate.code,
    JournalHasBalancingAccount.code,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: its name, the address of where it is done, and whether it is."""

    title: str
    address: str
    done: bool


def steps(read_models: ReadModels, view: ConnectionView) -> tuple[Step, ...]:
    """All the steps in order, with what `checklist.html` shows of them; none once all are done."""
    pages = f"/connections/{view.id}"
    synced = view.last_sync_at is not None
    found = (
        Step("Sign in with PEX", f"{pages}/connect#pex", _is_connected(view)),
        Step("Sign in with Microsoft", f"{pages}/connect#microsoft", view.microsoft is not None),
        Step("Choose the company and save the settings", f"{pages}/settings", _is_set_up(view)),
        Step("Have the journal PEX Card", f"{pages}/connect#journal", has_journal(view)),
        Step("Look at a preview", pages, synced or _was_previewed(read_models, view)),
        Step("Sync for the first time", pages, synced),
    )
    return () if all(step.done for step in found) else found


def has_journal(view: ConnectionView) -> bool:
    """Whether the journal was found in the chosen company when it was last looked for (M6)."""
    was_found = view.status is Status.CONNECTED_READY or view.last_sync_at is not None
    return _is_set_up(view) and was_found and view.status_code not in JOURNAL_TROUBLES


def _is_connected(view: ConnectionView) -> bool:
    return view.status is not Status.DISCONNECTED


def _is_set_up(view: ConnectionView) -> bool:
    return view.settings_version > 0 and view.company_id is not None


def _was_previewed(read_models: ReadModels, view: ConnectionView) -> bool:
    runs = read_models.runs(view.id, RUNS_LOOKED_AT).items
    return any(run.preview and run.finished_at for run in runs)
