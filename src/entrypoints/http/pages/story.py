"""A transaction's events in plain words: one sentence for each (M33).

Each event of the two streams of a transaction has its sentence here; a test sees to it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from application.ports.event_log import RecordedEvent
from domain.pex_snapshot import Difference, field_in_words
from domain.posted_transaction import Place, State
from domain.receipts import Holder
from entrypoints.http.pages.rendering import counted, money, words

PLACES = {Place.JOURNAL: "the journal line", Place.LEDGER: "the ledger entry"}


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one run did, each event with its sentence; None for what no run did."""

    run_id: UUID | None
    told: tuple[tuple[RecordedEvent, str], ...]


def chapters(events: Iterable[RecordedEvent]) -> list[Chapter]:
    """The events in their order, those of one run together as long as no other comes between."""
    return [
        Chapter(run_id, tuple((one, sentence(one)) for one in told))
        for run_id, told in groupby(events, lambda one: vars(one.event).get("run_id"))
    ]


def sentence(event: RecordedEvent) -> str:
    """What happened, for a person; raises KeyError for a topic of another stream."""
    return SENTENCES[event.topic](event.event)


def _seen(event: Any) -> str:
    facts = event.facts
    of = f" at {facts.merchant}" if facts.merchant else ""
    return f"Seen in PEX for the first time: a {words(facts.kind)} of {money(facts.amount)}{of}."


def _withheld(event: Any) -> str:
    begin = "Left alone" if event.state is State.SKIPPED else "Not posted"
    return f"{begin}: {_ended(event.cause)}"


def _reserved(event: Any) -> str:
    entry = event.entry
    return (
        f"The entry was written down before anything was sent: {counted(len(entry.lines), 'line')} "
        f"for the journal {event.target.journal}, document number "
        f"{entry.document_number}, posting date {entry.posting_date}, by version "
        f"{event.settings_version} of the settings."
    )


def _submitted(event: Any) -> str:
    bare = ", its dimensions to follow" if event.bare else ""
    return f"Sent to Business Central: attempt {event.attempt}{bare}."


def _confirmed(event: Any) -> str:
    lines = counted(len(event.line_ids), "line")
    return f"Business Central answered that all is there: {lines} in the journal."


def _adopted(event: Any) -> str:
    if event.place is Place.LEDGER:
        return "Found in the ledger: the entry was posted already, so nothing more is sent."
    return "Found whole in the journal, so nothing more is sent."


def _doubted(event: Any) -> str:
    return (
        f"The answer was lost, so it was not known whether the entry arrived: {_ended(event.cause)}"
    )


def _released(event: Any) -> str:
    return (
        f"{_ended(event.why)} Nothing of it is in Business Central, so it can be sent again under "
        "the same line numbers."
    )


def _rejected(event: Any) -> str:
    return f"Nothing of it is in Business Central: {_ended(event.cause)}"


def _held(event: Any) -> str:
    return f"Put on hold until a person decides: {_ended(event.cause)}"


def _left_bare(event: Any) -> str:
    return f"Its dimensions were not set yet and are tried again: {_ended(event.why)}"


def _undoing(event: Any) -> str:
    return f"Its dimensions were refused, so its unposted lines are deleted: {_ended(event.cause)}"


def _changed_in_pex(event: Any) -> str:
    return f"PEX changed {_differences(event.news)}. The entry stays as it was posted."


def _listing_noted(event: Any) -> str:
    if event.code is None:
        return "PEX lists its receipts again."
    return f"PEX did not list its receipts: {_ended(event.cause)}"


def _found(event: Any) -> str:
    return f"{counted(len(event.receipt_ids), 'receipt')} found in PEX."


def _presence_noted(event: Any) -> str:
    if not event.gone:
        return "PEX has all of the attached receipts again."
    return f"PEX has lost {counted(len(event.gone), 'attached receipt')}; the files stay."


def _receipt_withheld(event: Any) -> str:
    return f"A receipt was not attached: {_ended(event.cause)}"


def _sending(event: Any) -> str:
    files = _joined(file.file_name for file in event.files)
    return f"Attaching {files} to {_held_by(event.holder)}."


def _attached(event: Any) -> str:
    files = _joined(one.file.file_name for one in event.attached)
    return f"Attached {files} to {_held_by(event.holder)}."


def _always(text: str) -> Callable[[Any], str]:
    return lambda _event: text


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "posted_transaction.seen": _seen,
    "posted_transaction.withheld": _withheld,
    "posted_transaction.reserved": _reserved,
    "posted_transaction.submitted": _submitted,
    "posted_transaction.confirmed": _confirmed,
    "posted_transaction.adopted": _adopted,
    "posted_transaction.doubted": _doubted,
    "posted_transaction.released": _released,
    "posted_transaction.rejected": _rejected,
    "posted_transaction.held": _held,
    "posted_transaction.laid_bare": _always(
        "Its lines are in the journal; their dimensions are set next."
    ),
    "posted_transaction.completing": _always("Setting the dimensions of its lines."),
    "posted_transaction.left_bare": _left_bare,
    "posted_transaction.completed": _always("Every line bears its dimensions."),
    "posted_transaction.undoing": _undoing,
    "posted_transaction.snapshot_taken": _always(
        "What PEX tells of it was noted, so that changes are noticed from here on."
    ),
    "posted_transaction.changed_in_pex": _changed_in_pex,
    "posted_transaction.disappeared": _always(
        "PEX does not list it any more. The entry stays as it was posted."
    ),
    "posted_transaction.reappeared": _always("PEX lists it again."),
    "transaction_receipts.begun": _always("Its receipts were asked for."),
    "transaction_receipts.listing_noted": _listing_noted,
    "transaction_receipts.found": _found,
    "transaction_receipts.presence_noted": _presence_noted,
    "transaction_receipts.withheld": _receipt_withheld,
    "transaction_receipts.sending": _sending,
    "transaction_receipts.attached": _attached,
}


def _differences(news: Sequence[Difference]) -> str:
    return "; ".join(
        f"the {field_in_words(one)} from {one.before or 'nothing'} to {one.after or 'nothing'}"
        for one in news
    )


def _held_by(holder: Holder) -> str:
    return f"{PLACES[holder.place]} of {holder.document_number}"


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names)


def _ended(text: str) -> str:
    """A cause as a sentence; those of services need not end like one."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
