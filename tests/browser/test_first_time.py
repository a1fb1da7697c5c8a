"""Somebody who has never seen the product gets a purchase into the books, by what the pages say.

The one test walks the whole way from an empty database, through headings, labels and buttons alone:
no address is typed after the first, and nothing is set up behind the pages.
"""

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from entrypoints.serving import in_background
from entrypoints.settings import Settings
from http_running import Running
from sandbox import company
from sandbox.program import Sandbox


@pytest.fixture
def running(service_url: str) -> Iterator[Running]:
    """The service over an empty database, at the address that PEX and Microsoft send people to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Sandbox(purchases=80) as sandbox:
        settings = Settings.of(
            sandbox.environment(),
            database_url=service_url,
            public_url=f"http://127.0.0.1:{port}",
        )
        with in_background(settings, "127.0.0.1", port) as (url, services):
            yield Running(url, services, sandbox)


def journal(running: Running) -> list[dict[str, Any]]:
    """The lines of the journal, as they stand in Business Central."""
    companies = running.sandbox.business_central.dump()["companies"]
    harbor = next(one for one in companies if one["id"] == company.COMPANY_ID)
    journals = [one for one in harbor["journals"] if one["code"] == "PEX CARD"]
    return [line for one in journals for line in one["lines"]]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


def at_pex(page: Page) -> None:
    """What PEX's own page asks."""
    page.wait_for_url("**/oauth21/authorize*")
    page.get_by_label(company.PREPAID_NAME).check()
    press(page, "Approve")


def connect(page: Page) -> None:
    page.goto("/")
    press(page, "Sign in with PEX")
    at_pex(page)
    follow(page, "Connect a PEX business")
    press(page, "Sign in with PEX")
    at_pex(page)
    press(page, "Sign in with Microsoft")
    page.wait_for_url("**/authorize*")
    press(page, "Accept")
    status = page.get_by_role("region", name="Status")
    expect(status.get_by_text("connected ready", exact=True)).to_be_visible(timeout=60_000)


def map_purchases(page: Page) -> None:
    """As little as can be: the company, the PEX account, and an expense account by tag."""
    follow(page, "Choose the company and save the settings")
    page.get_by_label("Company", exact=True).select_option(label=company.COMPANY_DISPLAY_NAME)
    press(page, "Use this company")
    page.get_by_label("PEX account").select_option(label="10950 PEX card account")
    expense = page.get_by_role("group", name="Expense account (required)", exact=True)
    expense.get_by_label("Where it comes from").select_option(label="A PEX tag")
    expense.get_by_label("Tag", exact=True).select_option(label="Expense Account")
    expense.get_by_label("If it is not tagged").select_option(label="69900 Uncategorised expenses")
    press(page, "Save")
    expect(page.get_by_text("The settings are saved.")).to_be_visible()


def run(page: Page, how: str) -> None:
    press(page, how)
    page.wait_for_url("**/runs/*")
    expect(page.get_by_role("heading", name="How it ended")).to_be_visible(timeout=60_000)


def preview(page: Page) -> None:
    follow(page, "Sync")
    follow(page, "Look at a preview")
    run(page, "Preview")
    expect(page.get_by_text("A preview writes nothing").first).to_be_visible()
    expect(page.get_by_text("would post").first).to_be_visible()


def execute(page: Page) -> None:
    follow(page, "Sync")
    follow(page, "Sync for the first time")
    run(page, "Execute")


def find(page: Page, merchant: str) -> str:
    """Where one of the merchant's purchases is in Business Central, in the page's own words."""
    follow(page, "Transactions")
    page.get_by_label("Merchant, cardholder or PEX id").fill(merchant)
    page.get_by_label("Outcome").select_option(label="posted")
    press(page, "Search")
    follow(page, merchant)
    return page.get_by_role("region", name="Where is it in Business Central?").inner_text()


def test_somebody_who_knows_nothing_finds_a_purchase_in_the_books(
    page: Page, running: Running
) -> None:
    connect(page)
    map_purchases(page)
    preview(page)
    assert not journal(running)
    execute(page)
    told = find(page, "Corner Deli")
    number = re.search(r"In the journal PEX CARD under document number (PEX-\d+-X1)", told)
    assert number, told
    entry = [one for one in journal(running) if one["documentNumber"] == number.group(1)]
    assert len(entry) >= 2
    assert sum(one["amount"] for one in entry) == 0
