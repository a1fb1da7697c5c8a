"""A running service on a running sandbox, and people with a real Chromium in front of it."""

import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
import structlog
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from entrypoints.demo.company import ApiUser
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from http_running import Running
from sandbox import company
from sandbox.program import Sandbox

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOOPBACK = ("http://127.0.0.1:", "http://localhost:")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """No line for each request in the tests' own output."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, service_database: Callable[[Path], str]
) -> Iterator[Running]:
    """The service over an empty database, once for a module of tests."""
    folder: Path = tmp_path_factory.mktemp("service")
    with Sandbox(purchases=60) as sandbox:
        settings = Settings.of(sandbox.environment(), database_url=service_database(folder))
        with in_background(settings, "127.0.0.1", 0) as (url, services):
            yield Running(url, services, sandbox)


@pytest.fixture(scope="module")
def connected(running: Running) -> Iterator[str]:
    """A connection that is configured, by its id."""
    user = ApiUser(running.url, running.token("admin"))
    connection_id = user.connect()
    start = datetime.now(UTC).date() - timedelta(days=65)
    user.configure(connection_id, start.isoformat())
    yield connection_id
    user.close()


@pytest.fixture(scope="module")
def browser(leave_out: Callable[[str, str], NoReturn]) -> Iterator[Browser]:
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        leave_out("Chromium", "not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, running: Running) -> Iterator[BrowserContext]:
    """A fresh browser profile; whatever it loads must come from the service or the sandbox."""
    context = browser.new_context(base_url=running.url, locale="en-US", timezone_id="Asia/Tokyo")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab that tolerates no script error, no blocked content and nothing from elsewhere."""
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda message: (
            troubles.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((*LOOPBACK, "data:", "blob:"))
            else troubles.append(f"loaded {request.url}")
        ),
    )
    yield page
    assert not troubles


@pytest.fixture
def admin(page: Page, running: Running) -> Page:
    """A company admin of the prepaid business, signed in by the PEX API token."""
    return sign_in(page, company.PREPAID_TOKEN)


def sign_in(page: Page, token: str) -> Page:
    """Sign in with a token, by keyboard."""
    page.goto("/sign-in")
    page.get_by_label("API token").fill(token)
    page.get_by_label("API token").press("Enter")
    page.wait_for_url("**/connections")
    return page


@pytest.fixture(scope="session")
def accessible() -> Callable[[Page], None]:
    """`accessible(page)` finds nothing with axe-core, in the light and in the dark."""

    def check(page: Page) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert not found.response["violations"], found.generate_report()

    return check
