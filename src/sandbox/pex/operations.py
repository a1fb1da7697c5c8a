"""What a test or a demo can do to the world behind PEX's back (PEX contract 11.4)."""

from dataclasses import asdict
from typing import Any

from sandbox import company
from sandbox.pex import seed_tags
from sandbox.pex.callback_operations import CallbackOperations
from sandbox.pex.dumping import dumped
from sandbox.pex.switching import apply
from sandbox.pex.tag_definitions import mark_deleted
from sandbox.pex.wire import DEAD_TOKEN, Refusal, months_later, utc_text
from sandbox.pex.world import Business, CardAccount, Switches, Token

_ENDINGS = {
    "password": (401, "Password has changed"),
    "inactive": (403, "User is not active"),
}


class Operations(CallbackOperations):
    """Changes to rows, invoices, tokens, switches and tags as plain calls, and a look at it all."""

    def add_business(self, number: int, name: str, token: str) -> None:
        """Add a prepaid business without rows, with the usual people and tags and an API token.

        Its tags have the ids of the credit business's. Raises Refusal (409) where there is one.
        """
        with self.world.lock:
            if number in self.world.businesses or token in self.world.tokens:
                raise Refusal(409, f"Business {number} or its token exists")
            people = [CardAccount(*holder) for holder in company.CARDHOLDERS]
            business = Business(number, name, "Prepaid", f"user.{number}", people)
            seed_tags.define(business)
            self.world.businesses[number] = business
            created = self.world.now()
            self.world.tokens[token] = Token(
                token, "token", number, created, months_later(created, 6), family=token
            )

    def expire_token(self, token: str, how: str = "expired") -> None:
        """End a token: `expired` at once, `password` or `inactive` with that answer once first."""
        with self.world.lock:
            found = self.world.tokens.get(token)
            if found is None:
                raise Refusal(404, DEAD_TOKEN)
            if how == "expired":
                found.expires = self.world.now()
            elif how in _ENDINGS:
                found.refusal = _ENDINGS[how]
            else:
                raise Refusal(400, "how must be expired, password or inactive")

    def switch(self, business: int | None = None, **values: Any) -> Switches:
        """Set switches: those of `Switches`, and of a business (all of them unless one is named).

        Of a business: `tags_enabled`, `user_type` (Admin, Cardholder), `status` (OPEN, CLOSED),
        `callback_secret` and `permissions`, a mapping from flag to true, false or None. Raises
        Refusal (400).
        """
        with self.world.lock:
            owners = [self.business(business)] if business else self.world.businesses.values()
            apply(self.world.switches, owners, values)
            return self.world.switches

    def delete_tag(self, tag: str) -> None:
        """Delete a tag definition softly, as an administrator does; rows keep its values."""
        with self.world.lock:
            mark_deleted(self._tag(tag), utc_text(self.world.now()), {})

    def disable_option(self, tag: str, value: str, *, enabled: bool = False) -> None:
        """Disable (or enable) one option of a dropdown tag by its Value."""
        with self.world.lock:
            for option in self._tag(tag).get("Options", []):
                if option["Value"] == value:
                    option["IsEnabled"] = enabled
                    self._tag(tag)["ConcurrencyKey"] = self.world.new_hex("concurrency", tag)
                    return
            raise Refusal(404, "Option does not exist")

    def remove_option(self, tag: str, value: str) -> None:
        """Remove one option of a dropdown tag; rows keep its value."""
        with self.world.lock:
            self.disable_option(tag, value)
            found = self._tag(tag)
            found["Options"] = [item for item in found["Options"] if item["Value"] != value]

    def _tag(self, tag: str) -> dict[str, Any]:
        for business in self.world.businesses.values():
            if tag in business.tags:
                return business.tags[tag]
        raise Refusal(404, "Tag does not exist")

    def dump(self) -> dict[str, Any]:
        """The whole state, ready for JSON; receipts with the digest of their bytes."""
        with self.world.lock:
            return {
                "now": utc_text(self.world.now()),
                "businesses": [dumped(owner) for owner in self.world.businesses.values()],
                "tokens": [asdict(token) for token in self.world.tokens.values()],
                "switches": asdict(self.world.switches),
            }
