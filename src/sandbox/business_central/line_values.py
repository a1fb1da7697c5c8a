"""How a journal line takes values, one property after another (contract 2.3.3, 2.3.6, 2.3.7)."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from sandbox.business_central.entity import Body
from sandbox.business_central.lookups import account, no_relation, number_of, postable
from sandbox.business_central.refusals import Refusal
from sandbox.business_central.rows import GL, ZERO_GUID, Dimensions, Line
from sandbox.business_central.state import Books

_ONE_SIDED: Final = frozenset({"Customer", "Vendor", "Fixed Asset", "IC Partner", "Employee"})
_PLAIN: Final = {
    "lineNumber": "number",
    "postingDate": "posting_date",
    "documentNumber": "document_number",
    "externalDocumentNumber": "external_number",
    "amount": "amount",
    "description": "description",
    "comment": "comment",
}


class Draft:
    """A line that values are put on in the order of the body, each one validated at once."""

    def __init__(self, books: Books, line: Line) -> None:
        self.books, self.line = books, line
        self._numbers: dict[str, str] = {}  # side -> number sent, or behind the id sent

    def take(self, body: Body) -> Line:
        """Put all values of a body on the line; raises Refusal at the first one that fails."""
        for prop, value in body.values:
            if prop.name in _PLAIN:
                self.line = replace(self.line, **{_PLAIN[prop.name]: value})
            elif prop.name in _SETTERS:
                _SETTERS[prop.name](self, value)
        return self.line

    def set_type(self, value: str) -> None:
        """Set the account type, which clears the account."""
        _check_sides(value, self.line.balancing_type)
        self.line = replace(without_groups(self.line), account_type=value, account_number="")

    def set_number(self, value: str) -> None:
        """Set the account by number, with all that the account brings along."""
        self._agree("account", value)
        self.line = with_account(self.books, self.line, value)

    def set_id(self, value: str) -> None:
        """Set the account by SystemId: the number is copied without the table's validation."""
        if value == ZERO_GUID:
            return
        number = self._number(value, self.line.account_type, "account_id")
        if not number or number == self.line.account_number:
            return
        self._agree("account", number)
        self.line = replace(without_groups(self.line), account_number=number)

    def set_balancing_type(self, value: str) -> None:
        """Set the balancing type, which clears the balancing account."""
        _check_sides(self.line.account_type, value)
        self.line = replace(self.line, balancing_type=value, balancing_number="")

    def set_balancing_number(self, value: str) -> None:
        """Set the balancing account by number."""
        self._agree("balancing", value)
        self.line = with_balancing_account(self.books, self.line, value)

    def set_balancing_id(self, value: str) -> None:
        """Set the balancing account by SystemId."""
        if value == ZERO_GUID:
            return
        number = self._number(value, self.line.balancing_type, "balancing_id")
        if number:
            self._agree("balancing", number)
            self.line = replace(self.line, balancing_number=number)

    def set_tax_code(self, value: str) -> None:
        """Set the VAT product group unchecked, or the tax group checked, by company kind."""
        if self.books.vat:
            self.line = replace(self.line, vat_product=value)
            return
        check_tax_group(self.books, value)
        self.line = replace(self.line, tax_group=value)

    def _number(self, system_id: str, account_type: str, refusal: str) -> str:
        number = number_of(self.books, account_type, system_id)
        if number is None:
            raise Refusal(refusal)
        return number

    def _agree(self, side: str, number: str) -> None:
        if number and self._numbers.setdefault(side, number) != number:
            raise Refusal("accounts_differ")


_SETTERS: Final[dict[str, Callable[[Draft, Any], None]]] = {
    "accountType": Draft.set_type,
    "accountNumber": Draft.set_number,
    "accountId": Draft.set_id,
    "balanceAccountType": Draft.set_balancing_type,
    "balancingAccountNumber": Draft.set_balancing_number,
    "balancingAccountId": Draft.set_balancing_id,
    "taxCode": Draft.set_tax_code,
}


def with_account(books: Books, line: Line, number: str) -> Line:
    """The line on another account, which brings name, posting groups and default dimensions."""
    if not number:
        return replace(without_groups(line), account_number="")
    found = postable(books, line.account_type, number)
    text = line.description if _own_words(books, line) else found.name
    line = replace(without_groups(line), account_number=number, description=text)
    if line.account_type == GL:
        line = replace(line, tax_group=found.tax_group)
        line = replace(
            line,
            posting_type=found.posting_type,
            vat_business=found.vat_business,
            vat_product=found.vat_product,
        )
    return replace(line, dimensions=default_dimensions(books, line))


def _own_words(books: Books, line: Line) -> bool:
    """Whether somebody wrote the description, so that another account does not replace it."""
    before = account(books, line.account_type, line.account_number)
    return bool(line.description) and (before is None or line.description != before.name)


def with_balancing_account(books: Books, line: Line, number: str) -> Line:
    """The line with another balancing account, or none."""
    if number:
        postable(books, line.balancing_type, number, "Bal. Account No.")
    line = replace(line, balancing_number=number)
    added = dict(default_dimensions(books, line)) | dict(line.dimensions)
    return replace(line, dimensions=tuple(sorted(added.items()))) if number else line


def without_groups(line: Line) -> Line:
    """The line without posting groups and tax group."""
    return replace(line, posting_type="", vat_business="", vat_product="", tax_group="")


def default_dimensions(books: Books, line: Line) -> Dimensions:
    """What both accounts bring along; the account's own value goes first."""
    found: dict[str, str] = {}
    sides = (
        (line.balancing_type, line.balancing_number),
        (line.account_type, line.account_number),
    )
    for side in sides:
        for default in books.defaults.find("account", side):
            if default.value:
                found[default.dimension] = default.value
    return tuple(sorted(found.items()))


def check_tax_group(books: Books, code: str) -> None:
    """Refuse a tax group that does not exist; blank is none."""
    if code and not books.tax_groups.find("code", code):
        raise no_relation("Tax Group Code", code, "Tax Group")


def _check_sides(account_type: str, balancing_type: str) -> None:
    if account_type in _ONE_SIDED and balancing_type in _ONE_SIDED:
        raise Refusal("one_side")
