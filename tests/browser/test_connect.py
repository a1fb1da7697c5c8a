"""Connecting in a browser: PEX, Microsoft, the journal, and parting again (M1 to M7).

The simulated Microsoft is another site than the service, as the real one is.
"""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from browser.conftest import sign_in
from entrypoints.demo.company import ApiUser, settings_body, wait_until
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from http_running import Running
from sandbox import company
from sandbox.entra.state import USER
from sandbox.program import Sandbox

TAB = "**/connections/*/connect*"
BOTH = (company.PREPAID_BUSINESS, company.CREDIT_BUSINESS)
Accessible = Callable[[Page], None]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(purchases=20) as sandbox:
        yield sandbox


@pytest.fixture
def running(sandbox: Sandbox, tmp_path: Path) -> Iterator[Running]:
    """The service over an empty database, at the address that other sites send browsers to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    elsewhere = sandbox.environment()["PEXBC_ENTRA_AUTHORITY"].replace("127.0.0.1", "localhost")
    settings = Settings.of(
        sandbox.environment() | {"PEXBC_ENTRA_AUTHORITY": elsewhere},
        database_url=f"sqlite:///{tmp_path / 'pexbc.db'}",
        public_url=f"http://127.0.0.1:{port}",
    )
    with in_background(settings, "127.0.0.1", port) as (url, services):
        yield Running(url, services, sandbox)
    sandbox.entra.switch(consent=True)
    sandbox.pex.world.switches.__init__()  # type: ignore[misc]


def pex_connected(page: Page) -> Page:
    """On the Connect tab of the prepaid business, with PEX signed in by token."""
    sign_in(page, company.PREPAID_TOKEN)
    page.goto("/connect")
    page.get_by_label("API token of PEX").fill(company.PREPAID_TOKEN)
    page.get_by_role("button", name="Connect with this token").click()
    page.wait_for_url(TAB)
    return page


def to_microsoft(page: Page) -> None:
    page.get_by_role("button", name="Sign in with Microsoft").click()
    page.wait_for_url("**/authorize*")


def test_the_first_time_from_an_empty_database_to_ready(page: Page) -> None:
    page.goto("/connect")
    page.get_by_role("button", name="Sign in with PEX").click()
    page.wait_for_url("**/oauth21/authorize*")
    page.get_by_label(company.PREPAID_NAME).check()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(TAB)
    assert page.get_by_role("heading", name=company.PREPAID_NAME).is_visible()
    assert page.get_by_role("status").first.inner_text() == "PEX is signed in."
    assert "prepaid" in page.get_by_role("region", name="PEX", exact=True).inner_text()
    to_microsoft(page)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(TAB)
    microsoft = page.get_by_role("region", name="Microsoft Business Central")
    assert USER in microsoft.inner_text()
    assert "a person's sign-in" in microsoft.inner_text()
    status = page.get_by_role("region", name="Status")
    expect(status.get_by_text("connected ready", exact=True)).to_be_visible(timeout=30_000)
    expect(page.locator(".headline").get_by_text("connected ready")).to_be_visible()
