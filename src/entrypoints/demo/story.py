"""The demo's story: two businesses of one company, previewed, synced, checked and synced again."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from domain.eastern_time import eastern_day
from entrypoints.cli.summary import summary_table
from entrypoints.composition import Services
from entrypoints.demo.bookkeeper import Hand, by_hand, compare
from entrypoints.demo.checks import (
    option_differences,
    receipt_differences,
    receipts_expected,
    vendor_differences,
)
from entrypoints.demo.company import ApiUser, DemoFailed, Json, settings_body, with_everything
from entrypoints.demo.credit import connect_credit, credit_by_hand, credit_settings_body
from sandbox import company
from sandbox.program import Sandbox

DAYS_BACK = 75
LETTER_OF_THE_SECOND = "A"


@dataclass(frozen=True, slots=True)
class Books:
    """What the simulators hold: the journal's lines, the vendors, the businesses."""

    lines: list[Json]
    vendors: list[Json]
    businesses: dict[int, Json]


class Story:
    """Plays a user of the API, and a bookkeeper who checks the books behind it."""

    def __init__(self, sandbox: Sandbox, services: Services, url: str, out: Console) -> None:
        self._sandbox = sandbox
        self._out = out
        _, secret = services.api_tokens.create("demo", "admin", (), "demo", services.clock.now())
        self._user = ApiUser(url, secret)
        self._last = eastern_day(services.clock.now())
        self._first = self._last - timedelta(days=DAYS_BACK)
        self._before = self._books().businesses[company.PREPAID_BUSINESS]

    def tell(self) -> None:
        """Go through it all; raises DemoFailed where anything is not as it should be."""
        try:
            first = self._connect_first()
            self._preview(first)
            self._sync(first, "sync")
            self._check()
            self._sync_again(first)
            second = self._link_second(first)
            self._sync(second, "sync of the linked business")
            self._check(LETTER_OF_THE_SECOND)
            self._sync_again(second)
            self._check(LETTER_OF_THE_SECOND)
        finally:
            self._user.close()

    # --- what the user does -------------------------------------------------------------------

    def _connect_first(self) -> str:
        connection_id = self._user.connect()
        self._user.configure(connection_id, self._first.isoformat(), with_everything(settings_body))
        self._out.print(f"Connected {company.PREPAID_NAME} with {company.COMPANY_DISPLAY_NAME}.")
        return connection_id

    def _link_second(self, first: str) -> str:
        connection_id = connect_credit(self._user, linked_to=first)
        self._user.configure(
            connection_id,
            self._first.isoformat(),
            with_everything(credit_settings_body),
        )
        self._out.print(
            f"\nLinked {company.CREDIT_NAME}, a business on a line of credit, to the same "
            "Microsoft sign-in."
        )
        return connection_id

    def _preview(self, connection_id: str) -> None:
        before = self._books()
        run = self._run(connection_id, "preview", preview=True)
        rows = self._user.items(f"/runs/{run['id']}/transactions")
        vendors = {row["new_vendor"] for row in rows if row["new_vendor"]}
        if self._books() != before:
            raise DemoFailed("the preview wrote something")
        self._out.print(
            f"The preview would post {run['counts']['would_post']} transactions and create "
            f"{len(vendors)} vendors; it wrote nothing."
        )

    def _sync(self, connection_id: str, name: str) -> None:
        before = self._books()
        run = self._run(connection_id, name)
        rows = self._user.items(f"/runs/{run['id']}/transactions")
        groups = (
            ((row["kind"], row["outcome"], row["code"] or ""), Decimal(row["amount"]))
            for row in rows
        )
        self._out.print(summary_table("What became of the transactions", groups))
        for change in self._user.items(f"/runs/{run['id']}/tag-options"):
            self._out.print(
                f"Tag option {change['change']}: {change['value']} {change['option']} "
                f"({change['field']})",
                markup=False,
            )
        vendors = len(self._books().vendors) - len(before.vendors)
        receipts = run["counts"]["receipts"]
        self._out.print(f"Vendors created: {vendors}; receipts attached: {receipts}.")

    def _sync_again(self, connection_id: str) -> None:
        before = self._books()
        counts = self._run(connection_id, "second sync")["counts"]
        if counts["posted"] or counts["receipts"] or self._books() != before:
            raise DemoFailed(f"the second sync wrote something: {counts}")
        self._out.print(
            f"The second sync found {counts['already_posted']} posted already, and wrote nothing."
        )

    def _run(self, connection_id: str, name: str, *, preview: bool = False) -> dict[str, Any]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self._out) as bar:
            task = bar.add_task(name, total=None)

            def watch(run: dict[str, Any]) -> None:
                progress = run["progress"]
                bar.update(task, completed=progress["done"], total=progress["total"] or None)

            run = self._user.run(connection_id, preview=preview, watch=watch)
        if run["status"] not in ("succeeded", "partly_failed"):
            raise DemoFailed(f"the {name} ended as {run['status']}: {run['detail']}")
        return run

    # --- what the bookkeeper checks -----------------------------------------------------------

    def _check(self, letter: str = "") -> None:
        """Compare the simulated books with what a bookkeeper would have made by hand."""
        books = self._books()
        expected = self._by_hand(books, letter)
        businesses = list(books.businesses.values())
        receipts = receipts_expected(businesses, books.lines)
        own = books.businesses[company.PREPAID_BUSINESS]
        self._must_be_empty(
            compare(expected, books.lines),
            list(vendor_differences(businesses, books.lines, books.vendors)),
            receipt_differences(receipts, books.lines),
            list(option_differences(self._before, own)),
        )
        count = sum(files.total() for files in receipts.values())
        self._out.print(
            f"[green]Checked:[/green] the journal PEX Card holds exactly one balanced entry for "
            f"each of {len(expected)} eligible transactions, rightly coded, and nothing else; each "
            f"merchant has one vendor; {count} receipts lie on the PEX lines, byte for byte."
        )

    def _must_be_empty(self, *checks: Sequence[str]) -> None:
        differences = [one for check in checks for one in check]
        if differences:
            raise DemoFailed("the books are wrong:\n  " + "\n  ".join(differences[:20]))

    def _by_hand(self, books: Books, letter: str) -> dict[str, Hand]:
        days = (self._first, self._last)
        own = by_hand(books.businesses[company.PREPAID_BUSINESS], *days, vendors=True)
        if not letter:
            return own
        second = books.businesses[company.CREDIT_BUSINESS]
        return own | credit_by_hand(second, *days, letter, vendors=True)

    def _books(self) -> Books:
        chosen = next(
            one
            for one in self._sandbox.business_central.dump()["companies"]
            if one["id"] == company.COMPANY_ID
        )
        journal = next(one for one in chosen["journals"] if one["code"] == "PEX CARD")
        return Books(
            [dict(line, postingDate=str(line["postingDate"])) for line in journal["lines"]],
            chosen["vendors"],
            deepcopy({one["id"]: one for one in self._sandbox.pex.dump()["businesses"]}),
        )
