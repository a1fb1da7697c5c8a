"""Signing in and out with a browser: sessions, their cookie, and what other sites cannot do."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page

from browser.conftest import sign_in
from http_running import Running
from sandbox import company

ELSEWHERE: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://[::1"},
    {"Origin": "null"},
    {},
)


def test_whoever_is_not_signed_in_comes_back_to_the_page_after_signing_in(
    page: Page, connected: str
) -> None:
    page.goto("/connections?from=mail")
    assert page.get_by_role("heading", name="Sign in").is_visible()
    page.get_by_label("API token").fill(company.PREPAID_TOKEN)
    page.get_by_role("button", name="Sign in with this token").click()
    page.wait_for_url("**/connections")
    assert page.get_by_role("link", name=company.PREPAID_NAME, exact=True).is_visible()


def test_a_wrong_token_is_told_with_what_to_do(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("API token").fill("not-a-token")
    page.get_by_label("API token").press("Enter")
    alert = page.get_by_role("alert")
    assert "PEX_TOKEN_REFUSED" in alert.inner_text()
    assert "Sign in with PEX again" in alert.inner_text()


def test_an_api_token_of_pexbc_signs_in_with_its_role(page: Page, running: Running) -> None:
    sign_in(page, running.token("support"))
    assert "a support (support)" in page.locator(".who").inner_text()


def test_signing_out_ends_the_session_for_good(
    admin: Page, context: BrowserContext, running: Running
) -> None:
    (cookie,) = context.cookies()
    admin.get_by_role("button", name="Sign out").click()
    admin.wait_for_url("**/sign-in")
    kept = {"Cookie": f"{cookie['name']}={cookie['value']}"}
    again = httpx.get(f"{running.url}/connections", headers=kept)
    assert again.status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    admin: Page, context: BrowserContext
) -> None:
    (cookie,) = context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert admin.evaluate("document.cookie") == ""


def test_a_session_that_a_browser_brings_along_is_never_taken_up(running: Running) -> None:
    chosen = {"Cookie": "pexbc=chosen-by-somebody-else"}
    with httpx.Client(base_url=running.url, headers=chosen) as victim:
        form = {"token": company.PREPAID_TOKEN, "next": "/"}
        answer = victim.post("/sign-in", data=form, headers={"Origin": running.url})
        assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    assert httpx.get(f"{running.url}/connections", headers=chosen).status_code == 303


@pytest.mark.parametrize("origin", ELSEWHERE)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/api/v1/connections"])
def test_another_sites_page_cannot_act_in_a_browsers_name(
    running: Running, origin: dict[str, str], path: str
) -> None:
    session = running.services.browser_sessions.begin(
        "dana.k", "admin", (company.PREPAID_BUSINESS,), running.services.clock.now()
    )
    answer = httpx.post(
        f"{running.url}{path}",
        headers={"Cookie": f"pexbc={session}", "Accept": "text/html", **origin},
    )
    assert answer.status_code == 403
    assert "FOREIGN_ORIGIN" in answer.text


def test_a_session_ends_when_its_api_token_is_revoked(running: Running) -> None:
    services = running.services
    token = running.token("support")
    known = services.api_tokens.find(token)
    assert known is not None
    session = services.browser_sessions.begin(
        known.name, known.role, (), services.clock.now(), token_id=known.id
    )
    kept = {"Cookie": f"pexbc={session}"}
    assert httpx.get(f"{running.url}/connections", headers=kept).status_code == 200
    services.api_tokens.revoke(known.id, "test", services.clock.now())
    assert httpx.get(f"{running.url}/connections", headers=kept).status_code == 303


@pytest.mark.parametrize("onward", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(running: Running, onward: str) -> None:
    form = {"token": company.PREPAID_TOKEN, "next": onward}
    answer = httpx.post(f"{running.url}/sign-in", data=form, headers={"Origin": running.url})
    assert answer.headers["location"] == "/"


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(
    page: Page, running: Running
) -> None:
    page.goto("/no-such-page")
    assert page.get_by_role("heading", name="Not found").is_visible()
    told = httpx.get(f"{running.url}/no-such-page").json()
    assert told["code"] == "NOT_FOUND"


def test_pages_are_accessible_and_small(
    page: Page, running: Running, connected: str, accessible: Callable[[Page], None]
) -> None:
    for path in ("/sign-in", "/connections", "/no-such-page"):
        if path == "/connections":
            sign_in(page, company.PREPAID_TOKEN)
        page.goto(path)
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    loaded = page.evaluate(
        "performance.getEntries().reduce((sum, one) => sum + (one.decodedBodySize || 0), 0)"
    )
    assert loaded < 150_000
