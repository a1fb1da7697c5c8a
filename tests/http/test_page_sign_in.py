"""Where sign-ins that leave this service come back to."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

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
