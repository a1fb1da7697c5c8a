"""What a reader asks of the ledger of everything seen, from a form's texts and back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from urllib.parse import urlencode

from application.ports.read_models import TransactionFilter
from domain.pex_transaction import Kind
from domain.sync_run import Outcome

OUTCOMES = (Outcome.POSTED, Outcome.SKIPPED, Outcome.FAILED, Outcome.IN_DOUBT)
"""Those that the ledger knows; the others are of a run's report or of a preview."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with a field, and what to do."""

    detail: str
    fix: str


@dataclass(frozen=True, slots=True)
class Search:
    """A form's texts as they came, and what they mean; an empty text asks for nothing."""

    texts: Mapping[str, str]
    wanted: TransactionFilter
    errors: Mapping[str, FieldError] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The texts that ask for something, as part of an address."""
        return urlencode({name: text for name, text in self.texts.items() if text})


def search(texts: Mapping[str, str]) -> Search:
    """Read `q`, `outcome`, `kind`, `from`, `to` and `changed`; each bad one is told by its name."""
    errors: dict[str, FieldError] = {}

    def read(name: str, into: Callable[[str], T], fix: str) -> T | None:
        text = texts.get(name, "").strip()
        try:
            return into(text) if text else None
        except ValueError:
            errors[name] = FieldError(f"{text!r} cannot be read.", fix)
            return None

    start = read("from", date.fromisoformat, "Write a day such as 2026-04-30.")
    end = read("to", date.fromisoformat, "Write a day such as 2026-04-30.")
    if start and end and end < start:
        errors["to"] = FieldError("The last day lies before the first.", "Choose a later day.")
    wanted = TransactionFilter(
        read("outcome", Outcome, "Choose one of the list."),
        read("kind", Kind, "Choose one of the list."),
        start,
        end,
        texts.get("q", "").strip(),
        True if texts.get("changed") else None,
    )
    return Search(texts, wanted, errors)
