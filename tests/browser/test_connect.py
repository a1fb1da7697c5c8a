"""Connecting in a browser: PEX, Microsoft, the journal, and parting again (M1 to M7).

The simulated Microsoft is another site than the service, as the real one is.
"""

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import sign_in
from entrypoints.demo.company import ApiUser
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from http_running import Running
from sandbox import company
from sandbox.entra.state import USER
from sandbox.program import Sandbox

TAB = "**/connections/*/connect*"
BOTH = (company.PREPAID_BUSINESS, company.CREDIT_BUSINESS)
EVERYTHING = ("EditBusinessProfile", "ManageCardholder", "ViewCardTransactions")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(purchases=20) as sandbox:
        yield sandbox


@pytest.fixture
def running(sandbox: Sandbox, service_url: str) -> Iterator[Running]:
    """The service over an empty database and an empty journal, where other sites send browsers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    elsewhere = sandbox.environment()["PEXBC_ENTRA_AUTHORITY"].replace("127.0.0.1", "localhost")
    settings = Settings.of(
        sandbox.environment() | {"PEXBC_ENTRA_AUTHORITY": elsewhere},
        database_url=service_url,
        public_url=f"http://127.0.0.1:{port}",
    )
    with in_background(settings, "127.0.0.1", port) as (url, services):
        yield Running(url, services, sandbox)
    sandbox.entra.switch(consent=True)
    granted = dict.fromkeys(EVERYTHING, True)
    sandbox.pex.switch(company.PREPAID_BUSINESS, permissions=granted)
    if [one for one in sandbox.business_central.books().journals if one.code == "PEX CARD"]:
        sandbox.business_central.delete_journal("PEX CARD")
    sandbox.business_central.create_journal("PEX CARD")


@pytest.fixture
def visitor(browser: Browser, running: Running) -> Iterator[Callable[[], Page]]:
    """`visitor()` is somebody else, with a browser of their own."""
    opened: list[BrowserContext] = []

    def come() -> Page:
        opened.append(browser.new_context(base_url=running.url))
        return opened[-1].new_page()

    yield come
    for context in opened:
        context.close()


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


def both_connected(page: Page) -> Page:
    """On the Connect tab, with both sides signed in, and ready."""
    pex_connected(page)
    to_microsoft(page)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(TAB)
    expect(page.locator("#standing").get_by_text("connected ready")).to_be_visible(timeout=30_000)
    return page


def to_pex(page: Page) -> None:
    page.get_by_role("button", name="Sign in with PEX").click()
    page.wait_for_url("**/oauth21/authorize*")


def connection_of(page: Page) -> str:
    return urlsplit(page.url).path.split("/")[2]


def alert(page: Page) -> str:
    return page.get_by_role("alert").inner_text()


def configured(running: Running, page: Page) -> ApiUser:
    """Settings are saved for the connection whose page is open."""
    user = ApiUser(running.url, running.token("admin", *BOTH))
    start = datetime.now(UTC).date() - timedelta(days=65)
    user.configure(connection_of(page), start.isoformat())
    return user


def test_the_first_time_from_an_empty_database_to_ready(page: Page) -> None:
    page.goto("/connect")
    to_pex(page)
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


def test_whoever_signs_in_by_token_on_the_way_to_connecting_has_connected(page: Page) -> None:
    page.goto("/connect")
    page.get_by_label("API token").fill(company.PREPAID_TOKEN)
    page.get_by_label("API token").press("Enter")
    page.wait_for_url(TAB)
    assert "dana.k" in page.get_by_role("region", name="PEX", exact=True).inner_text()


# --- PEX ----------------------------------------------------------------------------------------


def test_whoever_declines_at_pex_is_told_so_and_not_signed_in(
    page: Page, context: BrowserContext
) -> None:
    page.goto("/sign-in")
    to_pex(page)
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url("**/pex/callback*")
    assert "PEX_SIGN_IN_REFUSED" in alert(page)
    assert "pexbc" not in {cookie["name"] for cookie in context.cookies()}


def test_a_permission_that_is_missing_in_pex_is_named(page: Page, running: Running) -> None:
    running.sandbox.pex.switch(company.PREPAID_BUSINESS, permissions={"ManageCardholder": False})
    page.goto("/connect")
    to_pex(page)
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**/pex/callback*")
    assert "PEX_PERMISSION_MISSING" in alert(page)
    assert "manage cardholder" in alert(page).lower()


def test_a_wrong_token_is_told_on_the_page_that_connects(admin: Page) -> None:
    admin.goto("/connect")
    admin.get_by_label("API token of PEX").fill("not-a-token")
    admin.get_by_label("API token of PEX").press("Enter")
    expect(admin.get_by_role("alert")).to_contain_text("PEX_TOKEN_REFUSED")


def test_signing_in_again_for_another_business_is_refused_by_its_name(page: Page) -> None:
    pex_connected(page)
    to_pex(page)
    page.get_by_label(company.CREDIT_NAME).check()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**/pex/callback*")
    assert "OTHER_PEX_BUSINESS" in alert(page)
    assert company.CREDIT_NAME in alert(page)
    page.goto("/connections")
    assert page.get_by_role("link", name=company.CREDIT_NAME, exact=True).count() == 0


def test_a_second_business_joins_the_session_of_whoever_signs_in_for_it(page: Page) -> None:
    pex_connected(page)
    page.goto("/connect")
    to_pex(page)
    page.get_by_label(company.CREDIT_NAME).check()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(TAB)
    assert "credit" in page.get_by_role("region", name="PEX", exact=True).inner_text()
    page.goto("/connections")
    for name in (company.PREPAID_NAME, company.CREDIT_NAME):
        assert page.get_by_role("link", name=name, exact=True).is_visible()


# --- Microsoft ----------------------------------------------------------------------------------


def test_whoever_declines_at_microsoft_is_told_so_on_the_tab(page: Page) -> None:
    pex_connected(page)
    to_microsoft(page)
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url("**/microsoft/return*")
    assert "MICROSOFT_SIGN_IN_REFUSED" in alert(page)
    assert "AADSTS65004" in alert(page)
    assert page.get_by_role("button", name="Sign in with Microsoft").is_visible()


def test_where_consent_is_missing_an_administrator_gives_it(page: Page, running: Running) -> None:
    running.sandbox.entra.switch(consent=False)
    pex_connected(page)
    to_microsoft(page)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/microsoft/return*")
    assert "MICROSOFT_CONSENT_MISSING" in alert(page)
    page.get_by_role("button", name="Open the consent page").click()
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(TAB)
    assert "lets pexbc in" in page.get_by_role("status").first.inner_text()
    to_microsoft(page)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(TAB)
    assert USER in page.get_by_role("region", name="Microsoft Business Central").inner_text()


def test_a_wrong_environment_is_told_and_what_was_typed_stays(page: Page) -> None:
    pex_connected(page)
    page.get_by_text("Use service credentials").click()
    page.get_by_label("Tenant").fill(company.TENANT)
    page.locator("#service-environment").fill("Nowhere")
    page.get_by_role("button", name="Sign in as the app").click()
    expect(page.get_by_role("alert")).to_contain_text("ENVIRONMENT_NOT_FOUND")
    assert page.get_by_label("Tenant").input_value() == company.TENANT
    page.locator("#service-environment").fill(company.ENVIRONMENT)
    page.get_by_role("button", name="Sign in as the app").click()
    page.wait_for_url("**/connect?told=microsoft")
    microsoft = page.get_by_role("region", name="Microsoft Business Central")
    assert "service credentials" in microsoft.inner_text()


def test_an_impossible_name_of_an_environment_is_told_beside_its_field(page: Page) -> None:
    pex_connected(page)
    field = page.get_by_label("Environment").first
    field.fill("a/b")
    field.press("Enter")
    expect(page.get_by_text("That is no name of an environment.")).to_be_visible()
    assert page.get_by_label("Environment").first.get_attribute("aria-invalid") == "true"


def test_an_answer_in_the_address_is_taken_too_and_its_code_does_not_stay_there(
    page: Page,
) -> None:
    pex_connected(page)
    returned: list[str] = []
    page.on("request", lambda request: returned.append(f"{request.method} {request.url}"))
    to_microsoft(page)
    page.goto(page.url.replace("form_post", "query"))
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(TAB)
    assert any("GET" in one and "/microsoft/callback?code=" in one for one in returned)
    assert USER in page.get_by_role("region", name="Microsoft Business Central").inner_text()
    assert "code=" not in page.url


def test_another_browser_cannot_complete_a_sign_in_with_microsoft(
    page: Page, running: Running, visitor: Callable[[], Page]
) -> None:
    pex_connected(page)
    to_microsoft(page)
    answer = running.sandbox.entra.sign_in(page.url)
    laid_aside = httpx.post(f"{running.url}/microsoft/callback", data=answer.fields)
    other = sign_in(visitor(), company.PREPAID_TOKEN)
    other.goto(laid_aside.headers["location"])
    assert "SIGN_IN_NOT_BEGUN_HERE" in alert(other)
    api = httpx.post(f"{running.url}/api/v1/microsoft/callback", data=answer.fields)
    assert api.json()["code"] == "MICROSOFT_SIGN_IN_REFUSED"
    page.goto("/connections")
    page.get_by_role("link", name=company.PREPAID_NAME, exact=True).wait_for()
    views = running.services.read_models.connections(None, 9).items
    assert [view.microsoft for view in views] == [None]


def test_another_browser_cannot_complete_a_sign_in_with_pex(
    page: Page, running: Running, visitor: Callable[[], Page]
) -> None:
    page.goto("/sign-in")
    to_pex(page)
    answer = running.sandbox.pex.sign_in(page.url, company.PREPAID_BUSINESS)
    back = f"{answer.target}?{urlencode(answer.fields)}"
    victim = visitor()
    victim.goto(back)
    assert "SIGN_IN_NOT_BEGUN_HERE" in alert(victim)
    victim.goto("/sign-in")
    to_pex(victim)
    victim.goto(back)
    assert "SIGN_IN_NOT_BEGUN_HERE" in alert(victim)
    victim.goto("/connections")
    assert victim.get_by_role("heading", name="Sign in").is_visible()


def test_an_answer_to_no_sign_in_of_ours_is_not_kept(running: Running) -> None:
    told = httpx.post(f"{running.url}/microsoft/callback", data={"state": "made-up", "code": "x"})
    assert told.status_code == 422
    assert "was not begun here" in told.text


def test_the_sign_in_of_another_connection_is_used(page: Page) -> None:
    both_connected(page)
    page.goto("/connect")
    page.get_by_label("API token of PEX").fill(company.CREDIT_TOKEN)
    page.get_by_role("button", name="Connect with this token").click()
    page.wait_for_url(TAB)
    page.get_by_text("Use another connection's sign-in").click()
    page.get_by_label("Connection", exact=True).select_option(
        label=f"{company.PREPAID_NAME} ({USER}, {company.ENVIRONMENT})"
    )
    page.get_by_role("button", name="Use this sign-in").click()
    page.wait_for_url("**/connect?told=linked")
    microsoft = page.get_by_role("region", name="Microsoft Business Central")
    assert f"the sign-in of {company.PREPAID_NAME}" in microsoft.inner_text()


# --- the journal, and how it stands --------------------------------------------------------------


def test_a_missing_journal_is_created_from_the_page(page: Page, running: Running) -> None:
    both_connected(page)
    running.sandbox.business_central.delete_journal("PEX CARD")
    configured(running, page).close()
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("heading", name="Create it in Business Central").wait_for()
    assert "JOURNAL_MISSING" in page.locator("#standing").inner_text()
    page.get_by_role("button", name="Let pexbc create it").click()
    page.wait_for_url("**/connect?told=journal")
    assert "PEX Card, which is there" in page.locator("#journal").inner_text()
    assert "connected ready" in page.locator(".headline").inner_text()


def test_without_scripts_looking_again_shows_what_was_mended(
    browser: Browser, running: Running
) -> None:
    context = browser.new_context(base_url=running.url, java_script_enabled=False)
    page = pex_connected(context.new_page())
    page.get_by_text("Use service credentials").click()
    page.get_by_label("Tenant").fill(company.TENANT)
    page.get_by_role("button", name="Sign in as the app").click()
    page.wait_for_url("**/connect?told=microsoft")
    connection = connection_of(page)
    running.sandbox.business_central.delete_journal("PEX CARD")
    configured(running, page).close()
    page.goto(f"/connections/{connection}/connect")
    page.get_by_role("button", name="Look again").click()
    assert "JOURNAL_MISSING" in page.locator("#standing").inner_text()
    running.sandbox.business_central.create_journal("PEX CARD")
    page.get_by_role("button", name="Look again").click()
    assert "connected ready" in page.locator(".headline").inner_text()
    context.close()


# --- parting, and coming back --------------------------------------------------------------------


def test_connecting_again_posts_nothing_twice(page: Page, running: Running) -> None:
    both_connected(page)
    connection, user = connection_of(page), configured(running, page)
    first = user.run(connection, preview=False, watch=lambda _run: None)["counts"]
    lines = len(running.sandbox.business_central.lines())
    assert first["posted"] > 0
    page.goto(f"/connections/{connection}/connect")
    page.get_by_role("link", name="Disconnect").click()
    assert page.get_by_role("heading", name="What stays").is_visible()
    page.get_by_role("button", name="Disconnect").click()
    page.wait_for_url("**/connect?told=disconnected")
    assert "disconnected" in page.locator(".headline").inner_text()
    assert page.get_by_role("link", name="Disconnect").count() == 0
    to_pex(page)
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(TAB)
    to_microsoft(page)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(TAB)
    expect(page.locator("#standing").get_by_text("connected ready")).to_be_visible(timeout=30_000)
    again = user.run(connection, preview=False, watch=lambda _run: None)["counts"]
    assert (again["posted"], again["already_posted"]) == (0, first["posted"])
    assert len(running.sandbox.business_central.lines()) == lines
    user.close()


def test_the_first_steps_are_ticked_off_and_go_away_after_the_first_sync(
    page: Page, running: Running
) -> None:
    pex_connected(page)
    steps = page.get_by_role("region", name="First steps").get_by_role("listitem")
    assert [text.split()[0] for text in steps.all_inner_texts()] == ["done"] + ["to"] * 5
    to_microsoft(page)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(TAB)
    user, connection = configured(running, page), connection_of(page)
    user.run(connection, preview=True, watch=lambda _run: None)
    running.services.check_connection.check(
        running.services.read_models.connections(None, 1).items[0].id
    )
    page.reload()
    assert [text.split()[0] for text in steps.all_inner_texts()] == ["done"] * 5 + ["to"]
    page.get_by_role("link", name="Sync for the first time").click()
    page.wait_for_url(f"**/connections/{connection}")
    assert [text.split()[0] for text in steps.all_inner_texts()] == ["done"] * 5 + ["to"]
    user.run(connection, preview=False, watch=lambda _run: None)
    for path in ("", "/connect"):
        page.goto(f"/connections/{connection}{path}")
        assert page.get_by_role("region", name="First steps").count() == 0
    user.close()


def test_a_page_that_is_left_open_leads_to_the_sign_in_once_the_session_is_over(
    page: Page, context: BrowserContext, running: Running
) -> None:
    both_connected(page)
    running.sandbox.business_central.delete_journal("PEX CARD")
    configured(running, page).close()
    page.get_by_role("button", name="Look again").click()
    page.get_by_text("JOURNAL_MISSING").wait_for()
    context.clear_cookies()
    page.wait_for_url("**/sign-in?next=/connections/*/connect")


# --- everybody can use it ------------------------------------------------------------------------


def test_a_support_agent_reads_the_tab_and_changes_nothing(
    page: Page, running: Running, visitor: Callable[[], Page]
) -> None:
    pex_connected(page)
    support = sign_in(visitor(), running.token("support"))
    support.goto(page.url)
    assert "dana.k" in support.get_by_role("region", name="PEX", exact=True).inner_text()
    assert support.locator("main form").count() == 0
    operator = sign_in(visitor(), running.token("operator"))
    operator.goto(page.url)
    assert "FORBIDDEN" in alert(operator)


def test_the_tab_is_used_by_keyboard_alone(page: Page) -> None:
    pex_connected(page)
    page.get_by_text("Use service credentials").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(company.TENANT)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/connect?told=microsoft")
    page.get_by_role("link", name="Disconnect").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/disconnect")
    page.get_by_role("button", name="Disconnect").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/connect?told=disconnected")


def test_all_pages_are_accessible_narrow_and_small(
    page: Page, running: Running, accessible: Callable[[Page], None]
) -> None:
    def check() -> None:
        while page.locator("details:not([open]) summary").count():
            page.locator("details:not([open]) summary").first.click()
        accessible(page)
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        accessible(page)
        page.set_viewport_size({"width": 1200, "height": 900})

    running.sandbox.entra.switch(consent=False)
    pex_connected(page)
    connection = connection_of(page)
    check()
    to_microsoft(page)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/microsoft/return*")
    check()
    for path in ("/connect", f"/connections/{connection}/disconnect"):
        page.goto(path)
        check()
    running.sandbox.entra.switch(consent=True)
    running.sandbox.business_central.delete_journal("PEX CARD")
    page.goto(f"/connections/{connection}/connect")
    to_microsoft(page)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url(TAB)
    configured(running, page).close()
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("button", name="Let pexbc create it").wait_for()
    check()
    loaded = page.evaluate(
        "performance.getEntries().reduce((sum, one) => sum + (one.decodedBodySize || 0), 0)"
    )
    assert loaded < 150_000
