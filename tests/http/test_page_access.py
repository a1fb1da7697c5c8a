"""What pages show to a role, and where they lead whoever is not signed in."""

import re

import httpx

from domain.roles import Role
from http_running import Running
from sandbox import company


def test_every_tab_that_a_role_is_shown_opens(running: Running, connected: str) -> None:
    services, home = running.services, f"/connections/{connected}"
    for role in Role:
        secret = services.browser_sessions.begin(
            role, role.value, [company.PREPAID_BUSINESS], services.clock.now()
        )
        headers = {"Cookie": f"pexbc={secret}"}
        with httpx.Client(base_url=running.url, headers=headers, timeout=30) as browser:
            tabs = re.findall(rf'href="({home}(?:/\w+)?)"', browser.get(home).text)
            assert home in tabs
            for tab in set(tabs):
                assert browser.get(tab).status_code == 200, (role, tab)


def test_a_part_of_a_page_leads_the_whole_page_to_the_sign_in(
    running: Running, connected: str
) -> None:
    page = f"/connections/{connected}/connect"
    asked_by = {"HX-Request": "true", "HX-Current-URL": f"{running.url}{page}?told=looked"}
    answer = httpx.get(f"{running.url}{page}/news", headers=asked_by)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == f"/sign-in?next={page}"
    assert answer.text == ""
