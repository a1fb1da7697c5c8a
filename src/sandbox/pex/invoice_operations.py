"""What a test or a demo can do to the invoices of a credit business (PEX contract 9.2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from sandbox import company
from sandbox.pex.invoices import ALLOCATION, INVOICE, PAYMENT, STATUSES, TYPES
from sandbox.pex.row_operations import RowOperations
from sandbox.pex.wire import Refusal, amount_of, wall_text
from sandbox.pex.world import Business

Invoice = dict[str, Any]
Members = Mapping[str, Any]


class InvoiceOperations(RowOperations):
    """Changes to invoices as plain calls; numbers are InvoiceIds, unknown ones raise Refusal (404).

    Payments and allocations are mappings of PEX's own members over usual ones.
    """

    def add_invoice(
        self,
        members: Members | None = None,
        payments: Sequence[Members] | None = None,
        allocations: Sequence[Members] = (),
        *,
        business: int = company.CREDIT_BUSINESS,
    ) -> Invoice:
        """Add an invoice: `members` over a closed one of 100.00, due today.

        Unless payments are given, one bank transfer pays all of it. Returns the invoice.
        """
        with self.world.lock:
            owner = self.business(business)
            taken = {one["InvoiceId"] for one in owner.invoices}
            usual = {
                "InvoiceId": max(taken, default=6000) + 1,
                "InvoiceAmount": Decimal("100.00"),
                "Status": "Closed",
                "DueDate": wall_text(datetime.combine(self.world.wall().date(), time())),
            }
            invoice = usual | _checked(members or {}, INVOICE)
            if invoice["InvoiceId"] in taken:
                raise Refusal(409, f"Invoice {invoice['InvoiceId']} exists")
            owner.invoices.append(invoice)
            whole = [{"Amount": invoice["InvoiceAmount"]}]
            self._pay(owner, invoice, whole if payments is None else payments)
            self._allocate(owner, invoice, allocations)
            return invoice

    def change_invoice(
        self,
        number: int,
        members: Members | None = None,
        payments: Sequence[Members] | None = None,
        allocations: Sequence[Members] | None = None,
    ) -> Invoice:
        """Set members of an invoice, and replace its payments or allocations where given."""
        with self.world.lock:
            for owner in self.world.businesses.values():
                for invoice in owner.invoices:
                    if invoice["InvoiceId"] == number:
                        invoice.update(_checked(members or {}, INVOICE))
                        if payments is not None:
                            self._pay(owner, invoice, payments)
                        if allocations is not None:
                            self._allocate(owner, invoice, allocations)
                        return invoice
            raise Refusal(404, "Invoice does not exist")

    def _pay(self, owner: Business, invoice: Invoice, payments: Sequence[Members]) -> None:
        number, due = invoice["InvoiceId"], invoice["DueDate"]
        owner.payments[number] = [
            PAYMENT | {"PaymentId": number * 100 + at, "DatePaid": due} | _checked(one, PAYMENT)
            for at, one in enumerate(payments)
        ]

    def _allocate(self, owner: Business, invoice: Invoice, parts: Sequence[Members]) -> None:
        number = invoice["InvoiceId"]
        owner.allocations[number] = [
            ALLOCATION | {"InvoiceId": number} | _checked(one, ALLOCATION) for one in parts
        ]


def _checked(given: Members, known: Members) -> Invoice:
    """The members given, if PEX has them; enumerations by name, amounts as `Decimal`."""
    unknown = given.keys() - known.keys()
    if unknown:
        raise Refusal(400, f"PEX knows no {', '.join(sorted(unknown))}")
    for name, names in (("Status", STATUSES), ("Type", TYPES)):
        if name in given and given[name] not in names:
            raise Refusal(400, f"{name} must be one of {', '.join(names)}")
    amounts = ("InvoiceAmount", "Amount", "TotalAmount")
    return {name: amount_of(value) if name in amounts else value for name, value in given.items()}
