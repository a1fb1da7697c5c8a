"""What a test or a demo can do about callbacks (PEX contract 7)."""

from sandbox import company
from sandbox.pex.deliveries import announce, is_settlement
from sandbox.pex.invoice_operations import InvoiceOperations
from sandbox.pex.wire import Refusal


class CallbackOperations(InvoiceOperations):
    """Callbacks as plain calls; settling a row sends them by itself."""

    def call_back(
        self, business: int = company.PREPAID_BUSINESS, transaction: int | None = None
    ) -> int:
        """Send a business's callbacks now, as the switches say, though nothing settles.

        About `transaction`, or else about the settled purchase that was added last. Returns how
        many subscriptions they go to. Raises Refusal (404) where there is no such purchase.
        """
        with self.world.lock:
            owner = self.business(business)
            settled = [row for row in owner.rows["card"].values() if is_settlement(row)]
            if transaction is not None:
                settled = [row for row in settled if row["TransactionId"] == transaction]
            if not settled:
                raise Refusal(404, "No such settled purchase")
            return announce(self.world, owner, settled[-1])

    def called_back(self, seconds: float = 10) -> bool:
        """Wait until all callbacks have been sent; False where that takes longer."""
        return self.world.postman.wait(seconds)
