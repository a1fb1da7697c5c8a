"""The names under which an entry is found again in Business Central (design: exactly once, 2)."""

import re
from dataclasses import dataclass

from domain.pex_transaction import Record

_EDITIONS = "XYZABCDEFGHIJKLMNOPQRSTUVW"


@dataclass(frozen=True, slots=True)
class DocumentKeys:
    """The keys of one PEX transaction in a journal.

    Attributes:
        mark: what names the transaction, such as `918273645`; invoices bear an `I` in front, since
            their ids are counted apart, and a shared journal a letter for the business.
        edition: 0 for the first entry; each resync counts one up.
    """

    mark: str
    edition: int = 0

    @classmethod
    def of(cls, record: Record, pex_id: int, letter: str = "", edition: int = 0) -> "DocumentKeys":
        """The keys of a transaction; `letter` only where two businesses share the journal."""
        invoice = "I" if record is Record.INVOICE else ""
        return cls(f"{letter}{invoice}{pex_id}", edition)

    @property
    def document_number(self) -> str:
        """`PEX-<mark>-X1`: its last digits are constant, for BC counts those up (contract 6.4)."""
        return f"PEX-{self.mark}-{_EDITIONS[self.edition]}1"

    @property
    def external_document_number(self) -> str:
        """`PEX<mark>`, the same on every line of the entry."""
        return f"PEX{self.mark}"

    @property
    def ending(self) -> str:
        """What every description ends with, since posting keeps it whatever else it replaces."""
        return f"PEX {self.mark}"

    def ends(self, description: str) -> bool:
        """Whether a description is of this very transaction, not of one whose id ends alike."""
        pattern = rf"(^|\s){re.escape(self.ending)}$"
        return re.search(pattern, description.strip(), re.IGNORECASE) is not None


EXTERNAL_PREFIX = "PEX"
DESCRIPTION_MARK = "PEX "
