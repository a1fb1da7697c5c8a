"""Runs in an accountant's words: what they do, how far they are, and what needs a person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from application.ports.read_models import RunView
from domain.eligibility import kinds_on
from domain.pex_transaction import POSTABLE
from domain.refusals import fix_for
from domain.settings import Settings
from domain.sync_run import TAG_OPTIONS, Outcome, Reported, RunStatus, Trigger
from domain.sync_window import SyncWindow
from domain.synced_fields import synced_fields
from entrypoints.http import rendering
from entrypoints.http.pages.rendering import counted, words
from entrypoints.http.run_answers import ProgressAnswer

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Figure:
    """A count with its noun, and the address of the rows behind it, if any."""

    label: str
    count: int
    address: str | None


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run as pages show it; `address` is None for people who may not see its rows (M45)."""

    id: UUID
    address: str | None
    what: str
    preview: bool
    status: RunStatus
    over: bool
    how: str
    who: str
    kinds: str
    window: SyncWindow
    settings_version: int
    started_at: datetime
    finished_at: datetime | None
    duration: str
    code: str | None
    detail: str | None
    fix: str | None
    figures: dict[str, Figure]
    progress: ProgressAnswer
    sentence: str
    phase: str


def shown(view: RunView, *, with_rows: bool) -> ShownRun:
    """A run in words; `with_rows` tells whether the reader may open what is behind its counts."""
    answer = rendering.run(view)
    what = "Preview" if view.preview else "Sync"
    address = f"/runs/{view.id}" if with_rows else None
    return ShownRun(
        id=view.id,
        address=address,
        what=what,
        preview=view.preview,
        status=view.status,
        over=view.finished_at is not None,
        how="by hand" if view.trigger is Trigger.MANUAL else "automatic",
        who=who(view.actor),
        kinds=", ".join(words(kind) for kind in answer.kinds),
        window=view.window,
        settings_version=view.settings_version,
        started_at=answer.started_at,
        finished_at=answer.finished_at,
        duration=lasting(view.finished_at - view.started_at) if view.finished_at else "",
        code=answer.code,
        detail=answer.detail,
        fix=answer.fix,
        figures={one.label: one for one in _figures(view, address)},
        progress=answer.progress,
        sentence=_sentence(what, view.status, answer.progress),
        phase=PHASES.get(answer.progress.phase, f"{what} is over: {words(view.status)}."),
    )


def who(actor: str) -> str:
    """The name in front, the role behind it."""
    role, _, name = actor.partition(":")
    return f"{name} ({role})" if name else role


def lasting(time: timedelta) -> str:
    """A duration in its two biggest units."""
    seconds = int(time.total_seconds())
    if seconds < 1:
        return "under 1 s"
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min {seconds % MINUTE} s"
    return f"{seconds // HOUR} h {seconds % HOUR // MINUTE} min"


def field_name(field: str) -> str:
    """A mapped field as the settings call it, such as `dimension DEPARTMENT`."""
    kind, _, code = field.partition(":")
    return f"{words(kind)} {code}".strip()


def _figures(view: RunView, address: str | None) -> list[Figure]:
    counts = view.counts
    found: list[Figure] = []

    def add(label: str, count: int, behind: str | None, *, always: bool = True) -> None:
        opens = f"{address}{behind}" if address and behind is not None and count else None
        if always or count:
            found.append(Figure(label, count, opens))

    if view.kinds:
        add("Seen", max(counts.seen, counts.ended), "#rows")
        done = Outcome.WOULD_POST if view.preview else Outcome.POSTED
        for outcome in (done, Outcome.ALREADY_POSTED, Outcome.SKIPPED, Outcome.FAILED):
            add(_label(outcome), getattr(counts, outcome.value), f"?outcome={outcome.value}#rows")
        behind = f"?outcome={Outcome.IN_DOUBT.value}#rows"
        add(_label(Outcome.IN_DOUBT), counts.in_doubt, behind, always=False)
        add("Receipts attached", counts.receipts, None, always=not view.preview)
        add("Receipts to be tried again", counts.receipts_failed, None, always=False)
    if view.tag_options:
        add("Tags to sync" if view.preview else "Tags synced", counts.tags_synced, "/tag-options")
        add("Tag fields failed", counts.tag_fields_failed, "/tag-options", always=False)
    return found


def _label(outcome: Outcome) -> str:
    return words(outcome).capitalize()


PHASES = {
    "queued": "Waiting for its turn.",
    "working": "Reading and deciding transactions.",
    "receipts": "Looking for receipts.",
    "waiting": "Waiting for a service that is away.",
}
"""What is read out when a run comes to another phase: no figures, which would soon be old."""


def _sentence(what: str, status: RunStatus, progress: ProgressAnswer) -> str:
    of = f"{progress.done:,} of {counted(progress.total, 'transaction')}"
    if progress.phase == "working" and not progress.total:
        return "Reading from PEX and Business Central."
    sentences = {
        "queued": "Waiting for its turn.",
        "working": f"{of} seen so far decided.",
        "receipts": f"{of} looked through for receipts.",
        "waiting": "Waiting for a service that is away; nothing is lost.",
    }
    return sentences.get(progress.phase, f"{what} is over: {words(status)}.")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps some transactions from being posted, by its code.

    `cause` is what the first of them is told; `alike` whether all are told the same.
    """

    code: str
    count: int
    cause: str
    alike: bool
    fix: str


def troubles(rows: Sequence[Reported]) -> list[Trouble]:
    """Failed rows by their codes, the most frequent first."""
    counts = Counter(row.code or "" for row in rows)
    found: list[Trouble] = []
    for code, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        causes = [row.cause or "" for row in rows if (row.code or "") == code]
        found.append(Trouble(code, count, causes[0], len(set(causes)) == 1, fix_for(code)))
    return found


KIND_WORDS = {
    "purchases": "Purchases",
    "fees": "Fees",
    "transfers": "Transfers",
    "rebates": "Rebates",
    "bill_payments": "Bill payments",
    TAG_OPTIONS: "Tag options",
}
"""What the choices of a run are called beside their boxes."""

KIND_HINTS = {
    "purchases": "with refunds and dispute credits",
    "fees": "and their reversals",
    "transfers": "between the bank and PEX",
    "rebates": "paid by PEX",
    "bill_payments": "of the line of credit",
    TAG_OPTIONS: "from Business Central to PEX",
}


def offered(settings: Settings) -> tuple[str, ...]:
    """The kinds that the settings sync, by the names that a run's request uses (M16)."""
    on = kinds_on(settings)
    kinds = tuple(f"{kind.value}s" for kind in POSTABLE if kind in on)
    return (*kinds, TAG_OPTIONS) if synced_fields(settings) else kinds
