"""Where a transaction is in Business Central, or why it is not there, in words (M33).

The words for a code and what to do about it are the domain's; here stands what a state means.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from application.ports.read_models import ReceiptView, TransactionView
from application.verify import Match
from domain.posted_transaction import Place, State
from domain.refusals import fix_for
from domain.sync_run import Outcome


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """An answer.

    Attributes:
        kind: good, warn, bad or plain, for its colour.
        headline: where it is, in a sentence.
        why: more of it: what was found, or the cause.
        fix: what a person should do; empty for nothing to be said.
    """

    kind: str
    headline: str
    why: str = ""
    fix: str = ""


UNDER_WAY = {
    State.RESERVED: (
        "Not in Business Central yet: it is about to be sent.",
        "Its entry is written down and its line numbers are reserved.",
        "Nothing: this sync or the next one sends it.",
    ),
    State.SUBMITTED: (
        "On its way to Business Central.",
        "It was sent, and the answer is not there yet.",
        "Nothing: wait a moment. If the answer is lost, the next sync asks Business Central.",
    ),
    State.IN_DOUBT: (
        "Not known yet: it was sent, and the answer was lost.",
        "It is never sent again before Business Central was asked whether it arrived.",
        "",
    ),
    State.BARE: ("In the journal, but not complete yet.", "", ""),
    State.COMPLETING: ("In the journal, but not complete yet.", "", ""),
    State.UNDOING: (
        "In the journal for a moment: its lines are being deleted.",
        "",
        "Do not post the journal yet. Mend the cause; the next sync tries again.",
    ),
}
"""Headline, why and what to do for states that end of themselves; "" leaves it to the code."""


FOUND = {
    Match.IN_JOURNAL: Whereabouts("good", "It is in the journal, as it was sent, not posted yet."),
    Match.IN_LEDGER: Whereabouts("good", "It is posted in the ledger."),
    Match.EDITED: Whereabouts(
        "warn",
        "It is in the journal, and somebody changed an account or an amount of it.",
        fix="Nothing, where that was meant; it is not sent again.",
    ),
    Match.DELETED: Whereabouts(
        "bad",
        "It is neither in the journal nor in the ledger around its posting date.",
        fix="Nothing, where it was deleted on purpose; it is not sent again. "
        "Else ask support for a resync.",
    ),
    Match.PARTLY_DELETED: Whereabouts(
        "bad",
        "Only some of its lines are in the journal.",
        fix="Complete or delete its lines in Business Central; it is not sent again.",
    ),
    Match.TWICE: Whereabouts(
        "bad",
        "Business Central holds more of it than was sent.",
        fix="Compare journal and ledger by its document number, and delete what is too much from "
        "the journal.",
    ),
}
"""What a look into Business Central found."""


def whereabouts(view: TransactionView, receipts: Sequence[ReceiptView] = ()) -> Whereabouts:
    """The answer to "where is it in Business Central?"."""
    fix = fix_for(view.code) if view.code else ""
    cause = view.cause or ""
    if view.outcome is Outcome.POSTED:
        return _posted(view, receipts)
    if view.state is State.HELD:
        return Whereabouts("bad", "Put on hold: a person must decide.", cause, fix)
    if view.outcome is Outcome.IN_DOUBT and view.state in UNDER_WAY:
        headline, why, to_do = UNDER_WAY[view.state]
        return Whereabouts("warn", headline, f"{why} {cause}".strip(), to_do or fix)
    if view.outcome is Outcome.SKIPPED:
        return Whereabouts("plain", "Not in Business Central: it was left alone.", cause, fix)
    return Whereabouts("bad", "Not in Business Central: it could not be posted.", cause, fix)


def _posted(view: TransactionView, receipts: Sequence[ReceiptView]) -> Whereabouts:
    number = f" under document number {view.entry.document_number}" if view.entry else ""
    if view.place is Place.LEDGER:
        why = "Somebody had posted it in Business Central before this was noted."
        return Whereabouts("good", f"Posted in the ledger{number}.", why)
    if any(one.place is Place.LEDGER for one in receipts):
        why = "Its receipts hang on the ledger entry, since the journal was posted."
        return Whereabouts("good", f"Posted in the ledger{number}.", why)
    if view.place is None:
        return Whereabouts("good", f"In Business Central{number}.")
    journal = f"In the journal {view.target.journal}" if view.target else "In the journal"
    why = (
        f"{_lines(view.line_numbers)}Once somebody posts the journal, it stands in the ledger "
        "under the same document number."
    )
    return Whereabouts("good", f"{journal}{number}.", why)


def _lines(numbers: Sequence[int]) -> str:
    return f"Lines {min(numbers)} to {max(numbers)}. " if numbers else ""
