"""Where sign-ins that leave this service come back to."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar.testing import TestClient

from entrypoints.http.app import create_app
from http_running import Running

LOCAL = "http://localhost:8000"
PUBLIC = "https://pexbc.example"


def comes_back_to(running: Running, public_url: str, host: str) -> str:
    services = running.services
    settings = services.settings.model_copy(update={"public_url": public_url})
    with TestClient(create_app(replace(services, settings=settings))) as client:
        answer = client.post(
            "/sign-in/pex",
            content="next=/",
            headers={
                "host": host,
                "origin": public_url,
                "content-type": "application/x-www-form-urlencoded",
            },
            follow_redirects=False,
        )
    assert answer.status_code == 303
    return parse_qs(urlsplit(answer.headers["location"]).query)["redirect_uri"][0]


@pytest.mark.parametrize("host", ["pexbc.example", "evil.example", "127.0.0.1:8000", "localhost"])
def test_it_is_the_public_address_whatever_the_request_says(running: Running, host: str) -> None:
    assert comes_back_to(running, PUBLIC, host) == f"{PUBLIC}/pex/callback"


@pytest.mark.parametrize("host", ["127.0.0.1:9001", "localhost:8000", "localhost", "[::1]:8000"])
def test_on_ones_own_machine_it_is_the_address_that_the_browser_is_at(
    running: Running, host: str
) -> None:
    assert comes_back_to(running, LOCAL, host) == f"http://{host}/pex/callback"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil:80", "[::1"]
)
def test_on_ones_own_machine_no_other_host_gets_the_answer(running: Running, host: str) -> None:
    assert comes_back_to(running, LOCAL, host) == f"{LOCAL}/pex/callback"


def sign_in_with(running: Running, cookie: str) -> str:
    """Sign in with a browser that has this cookie; the secret of the session that begins."""
    answer = httpx.post(
        f"{running.url}/sign-in",
        data={"token": running.token("operator")},
        headers={"Origin": running.url, "Cookie": f"pexbc={cookie}"},
    )
    assert answer.status_code == 303
    return answer.cookies["pexbc"]


def opens(running: Running, secret: str) -> bool:
    """Whether a session's secret opens a page, rather than leading to the sign-in."""
    answer = httpx.get(f"{running.url}/connections", headers={"Cookie": f"pexbc={secret}"})
    return answer.status_code == 200


def test_a_secret_that_was_planted_before_the_sign_in_opens_nothing_after_it(
    running: Running,
) -> None:
    planted = "A" * 43
    begun = sign_in_with(running, planted)
    assert begun != planted
    assert opens(running, begun)
    assert not opens(running, planted)


def test_a_browsers_former_session_ends_with_the_next_sign_in(running: Running) -> None:
    former = sign_in_with(running, "")
    assert opens(running, former)
    assert opens(running, sign_in_with(running, former))
    assert not opens(running, former)
