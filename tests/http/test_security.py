"""API tokens, headers, secrets, and the proof that nothing was written anew."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from litestar.testing import TestClient

from domain.roles import Role
from entrypoints.demo.company import ApiUser
from entrypoints.http.app import create_app
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]


@pytest.fixture(scope="module")
def clients(running: Running) -> Iterator[dict[str, httpx.Client]]:
    clients = {role.value: running.client(running.token(role)) for role in Role}
    clients["own"] = running.client(running.token(Role.ADMIN, company.PREPAID_BUSINESS))
    clients["other"] = running.client(running.token(Role.ADMIN, company.CREDIT_BUSINESS))
    yield clients
    for client in clients.values():
        client.close()


def test_a_limited_token_connects_no_other_business(
    clients: dict[str, httpx.Client], running: Running, problem: Problem
) -> None:
    def kept() -> object:
        return running.services.read_models.connections([company.CREDIT_BUSINESS], 10).items

    body = {"pex": {"token": company.CREDIT_TOKEN}}
    before = kept()
    refused = clients["own"].post("/api/v1/connections", json=body)
    assert refused.status_code == 403
    assert problem(refused)["code"] == "BUSINESS_NOT_YOURS"
    assert kept() == before


def test_an_admin_without_businesses_sees_what_it_proved_to_administer(running: Running) -> None:
    with running.client(running.token(Role.ADMIN)) as client:
        assert client.get("/api/v1/connections").json()["items"] == []
        client.post("/api/v1/connections", json={"pex": {"token": company.CREDIT_TOKEN}})
        items = client.get("/api/v1/connections").json()["items"]
    assert [one["business"]["id"] for one in items] == [company.CREDIT_BUSINESS]


def test_a_revoked_token_opens_nothing(running: Running) -> None:
    secret = running.token(Role.ADMIN)
    token = running.services.api_tokens.find(secret)
    assert token is not None
    running.services.api_tokens.revoke(token.id, "test", running.services.clock.now())
    with running.client(secret) as client:
        assert client.get("/api/v1/connections").status_code == 401


@pytest.mark.parametrize(
    "path", ["/health/live", "/nowhere", "/api/v1/connections", "/docs", "/openapi.json"]
)
def test_security_headers_stand_on_every_answer(anonymous: httpx.Client, path: str) -> None:
    headers = anonymous.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_unknown_addresses_and_methods_are_problems(
    anonymous: httpx.Client, problem: Problem
) -> None:
    assert problem(anonymous.get("/nowhere"))["code"] == "NOT_FOUND"
    assert problem(anonymous.post("/health/live"))["code"] == "METHOD_NOT_ALLOWED"


def test_a_body_that_is_too_large_is_refused(
    clients: dict[str, httpx.Client], problem: Problem
) -> None:
    body = b'{"pex":{"token":"' + b"x" * 2_000_000 + b'"}}'
    refused = clients[Role.ADMIN].post(
        "/api/v1/connections", content=body, headers={"Content-Type": "application/json"}
    )
    assert refused.status_code == 413
    assert problem(refused)["code"] == "BODY_TOO_LARGE"


def test_an_unknown_connection_or_run_is_not_found(
    clients: dict[str, httpx.Client], problem: Problem
) -> None:
    for path in (f"/connections/{uuid4()}", f"/runs/{uuid4()}"):
        assert problem(clients["own"].get(f"/api/v1{path}"))["code"] == "NOT_FOUND"


def _everything_stored(running: Running) -> bytes:
    """All bytes of a database file, freed pages included; or all rows that a server holds."""
    engine = running.services.database.engine
    if engine.dialect.name == "sqlite":
        name = str(engine.url.database)
        return b"".join(Path(name + ending).read_bytes() for ending in ("", "-wal"))
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        rows = [row for table in tables.sorted_tables for row in connection.execute(table.select())]
    values = [value for row in rows for value in row]
    return b"\n".join(
        value if isinstance(value, bytes) else str(value).encode() for value in values
    )


def test_secrets_lie_sealed_in_the_database(running: Running, connected: str) -> None:
    stored = _everything_stored(running)
    assert UUID(connected).hex.encode() in stored or connected.encode() in stored
    for secret in (company.PREPAID_TOKEN, company.CLIENT_SECRET, "eyJ"):
        assert secret.encode() not in stored, secret


def test_the_api_description_names_every_route_and_problem(anonymous: httpx.Client) -> None:
    description = anonymous.get("/openapi.json").json()
    assert "/api/v1/connections/{connection_id}/runs" in description["paths"]
    post = description["paths"]["/api/v1/connections"]["post"]
    assert "application/problem+json" in post["responses"]["422"]["content"]
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_api_description_says_where_no_token_is_needed(anonymous: httpx.Client) -> None:
    paths = anonymous.get("/openapi.json").json()["paths"]
    public = {
        f"{method} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if not operation.get("security")
    }
    assert public == {
        "get /api/v1/microsoft/callback",
        "post /api/v1/microsoft/callback",
        "get /health/live",
        "get /health/ready",
        "get /metrics",
    }


def test_the_api_description_tells_a_stream_of_events(anonymous: httpx.Client) -> None:
    description = anonymous.get("/openapi.json").json()
    stream = description["paths"]["/api/v1/runs/{run_id}/stream"]["get"]
    told = stream["responses"]["200"]["content"]["text/event-stream"]["schema"]["$ref"]
    event = description["components"]["schemas"][told.rpartition("/")[2]]
    assert event["properties"].keys() == {"event", "data"}


def test_the_documentation_page_loads_nothing_from_elsewhere(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/docs")
    page = answer.text
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    assert anonymous.get("/docs/style.css").headers["content-type"].startswith("text/css")
    assert "/api/v1/connections" in page
    assert "<code>start_date</code>: string (date)" in page
    assert "http://" not in page
    assert "https://" not in page


def test_health_tells_that_it_lives_and_can_work(anonymous: httpx.Client) -> None:
    assert anonymous.get("/health/live").json() == {"status": "live"}
    assert anonymous.get("/health/ready").json()["status"] == "ready"


def test_audit_verifies_chain_views_and_books(
    clients: dict[str, httpx.Client], user: ApiUser, connected: str
) -> None:
    head = clients[Role.SUPPORT].get("/api/v1/audit/head").json()
    assert head["position"] > 0
    assert len(head["digest"]) == 64
    verified = clients[Role.SUPPORT].post("/api/v1/audit/verify", json={"connection_id": connected})
    body = verified.json()
    assert body["chain"]["intact"] is True
    assert body["read_model_differences"] == []
    assert body["worrying"] == []


def test_browsers_are_told_to_keep_to_https_where_the_service_is_reached_by_it(
    running: Running,
) -> None:
    services = running.services
    for url, told in (("https://pexbc.example", True), ("http://localhost:8000", False)):
        settings = services.settings.model_copy(update={"public_url": url})
        with TestClient(create_app(replace(services, settings=settings))) as client:
            headers = client.get("/health/live").headers
        assert ("strict-transport-security" in headers) is told


def test_a_kept_head_shows_that_the_chain_was_not_written_anew(
    clients: dict[str, httpx.Client],
    connected: str,  # so that the log is not empty
) -> None:
    head = clients[Role.SUPPORT].get("/api/v1/audit/head").json()

    def chain(*heads: Any) -> Any:
        answer = clients[Role.SUPPORT].post("/api/v1/audit/verify", json={"heads": heads})
        return answer.json()["chain"]

    assert chain(head)["intact"] is True
    other = chain(head | {"digest": "0" * 64})
    assert (other["intact"], other["first_bad_position"]) == (False, head["position"])
