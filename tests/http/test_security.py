"""Every route for every role, in the own and in another tenant; headers; secrets; problems."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from litestar import Litestar, get
from litestar.testing import TestClient

from application.start_run import RunRequest
from entrypoints.demo.company import ApiUser
from entrypoints.http.app import create_app
from entrypoints.http.refusals import TooManyAttempts
from entrypoints.http.security import (
    ADMIN,
    ATTEMPTS_A_MINUTE,
    OPERATOR,
    SUPPORT,
    FailedAttempts,
    RolesMissingError,
    check_roles_stand,
)
from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]
ROLES = (ADMIN, SUPPORT, OPERATOR)
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/connections"): {"pex": {"token": "nobody"}},
    ("POST", "/microsoft"): {"mode": "link"},
    ("PUT", "/auto-sync"): {"enabled": False},
    ("POST", "/runs"): {"preview": True},
    ("POST", "/verify"): {},
    ("PUT", "/settings"): {},
    ("PUT", "/vendor-aliases"): {"merchant": "Corner Deli", "vendor": "10010"},
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "/diff": {"to": 1},
    "/vendor-aliases": {"merchant": "Corner Deli"},
}


@pytest.fixture(scope="module")
def routes(running: Running) -> list[tuple[str, str, tuple[str, ...]]]:
    """Method, path and roles of every route of the API that asks for a token."""
    app = create_app(running.services)
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            roles = handler.opt.get("roles")
            if roles is not None and route.path_format.startswith("/api/"):
                found.extend((method, route.path_format, roles) for method in handler.http_methods)
    return [one for one in found if one[0] != "OPTIONS"]


@pytest.fixture(scope="module")
def clients(running: Running) -> Iterator[dict[str, httpx.Client]]:
    clients = {role: running.client(running.token(role)) for role in ROLES}
    clients["own"] = running.client(running.token(ADMIN, company.PREPAID_BUSINESS))
    clients["other"] = running.client(running.token(ADMIN, company.CREDIT_BUSINESS))
    yield clients
    for client in clients.values():
        client.close()


@pytest.fixture(scope="module")
def run_id(running: Running, connected: str) -> str:
    request = RunRequest(UUID(connected), "test", preview=True)
    return str(running.services.start_run.start(request))


def _call(client: httpx.Client, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    filled = path
    for name, value in ids.items():
        filled = filled.replace("{" + name + "}", value)
    body = next(
        (one for (verb, end), one in BODIES.items() if verb == method and path.endswith(end)), None
    )
    params = next((one for end, one in PARAMETERS.items() if path.endswith(end)), None)
    return client.request(method, filled, json=body, params=params)


@pytest.fixture(scope="module")
def ids(connected: str, run_id: str) -> dict[str, str]:
    return {
        "connection_id": connected,
        "run_id": run_id,
        "version": "1",
        "kind": "purchase",
        "pex_id": "1",
    }


def test_the_route_table_is_not_empty(routes: list[Any]) -> None:
    assert len(routes) > 20


def test_no_route_answers_without_a_token(
    routes: list[Any], ids: dict[str, str], anonymous: httpx.Client
) -> None:
    for method, path, _ in routes:
        response = _call(anonymous, method, path, ids)
        assert response.status_code == 401, (method, path)
        assert response.headers["www-authenticate"] == "Bearer"


def test_every_route_refuses_the_roles_that_it_does_not_name(
    routes: list[Any], ids: dict[str, str], clients: dict[str, httpx.Client]
) -> None:
    for method, path, roles in routes:
        for role in set(ROLES) - set(roles):
            assert _call(clients[role], method, path, ids).status_code == 403, (method, path, role)


def test_an_operator_reads_no_transactions_settings_or_choices(routes: list[Any]) -> None:
    for _, path, roles in routes:
        if any(word in path for word in ("transactions", "settings", "choices", "runs")):
            assert OPERATOR not in roles, path


def test_nobody_but_admins_changes_anything(routes: list[Any]) -> None:
    for method, path, roles in routes:
        if method != "GET" and not path.endswith("/audit/verify"):
            assert roles == (ADMIN,), (method, path)


def test_another_tenants_admin_finds_nothing(
    routes: list[Any], ids: dict[str, str], clients: dict[str, httpx.Client]
) -> None:
    for method, path, roles in routes:
        if ADMIN in roles and ("{connection_id" in path or "{run_id" in path):
            response = _call(clients["other"], method, path, ids)
            assert response.status_code == 404, (method, path, response.text)


def test_a_support_token_of_one_business_finds_no_other(
    routes: list[Any], ids: dict[str, str], running: Running, connected: str
) -> None:
    with running.client(running.token(SUPPORT, company.CREDIT_BUSINESS)) as client:
        for method, path, roles in routes:
            if SUPPORT in roles and ("{connection_id" in path or "{run_id" in path):
                assert _call(client, method, path, ids).status_code == 404, (method, path)
        body = {"connection_id": connected}
        assert client.post("/api/v1/audit/verify", json=body).status_code == 404
        listed = client.get("/api/v1/connections").json()["items"]
    assert {one["business"]["id"] for one in listed} <= {company.CREDIT_BUSINESS}


def test_every_route_lets_the_roles_in_that_it_names(
    routes: list[Any], ids: dict[str, str], clients: dict[str, httpx.Client]
) -> None:
    for method, path, roles in routes:
        for role in roles:
            if method == "GET":
                client = clients["own" if role == ADMIN else role]
                answer = _call(client, method, path, ids)
                assert answer.status_code in (200, 404), (path, role, answer.text)
                assert answer.status_code == 200 or "{pex_id}" in path, (path, role)


def test_lists_hold_the_own_tenant_only(clients: dict[str, httpx.Client], connected: str) -> None:
    own = clients["own"].get("/api/v1/connections").json()["items"]
    other = clients["other"].get("/api/v1/connections").json()["items"]
    everything = clients[OPERATOR].get("/api/v1/connections").json()["items"]
    assert [one["id"] for one in own] == [connected]
    assert connected not in {one["id"] for one in other}
    assert connected in {one["id"] for one in everything}


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
    with running.client(running.token(ADMIN)) as client:
        assert client.get("/api/v1/connections").json()["items"] == []
        client.post("/api/v1/connections", json={"pex": {"token": company.CREDIT_TOKEN}})
        items = client.get("/api/v1/connections").json()["items"]
    assert [one["business"]["id"] for one in items] == [company.CREDIT_BUSINESS]


def test_a_revoked_token_opens_nothing(running: Running) -> None:
    secret = running.token(ADMIN)
    token = running.services.api_tokens.find(secret)
    assert token is not None
    running.services.api_tokens.revoke(token.id, running.services.clock.now())
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
    refused = clients[ADMIN].post(
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
    assert connected.encode() in stored or UUID(connected).bytes in stored
    for secret in (company.PREPAID_TOKEN, company.CLIENT_SECRET, "eyJ"):
        assert secret.encode() not in stored, secret


def test_the_api_description_names_every_route_and_problem(anonymous: httpx.Client) -> None:
    description = anonymous.get("/openapi.json").json()
    assert "/api/v1/connections/{connection_id}/runs" in description["paths"]
    post = description["paths"]["/api/v1/connections"]["post"]
    assert "application/problem+json" in post["responses"]["422"]["content"]
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


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
    assert anonymous.get("/health/ready").json() == {"status": "ready"}


def test_audit_verifies_chain_views_and_books(
    clients: dict[str, httpx.Client], user: ApiUser, connected: str
) -> None:
    head = clients[SUPPORT].get("/api/v1/audit/head").json()
    assert head["position"] > 0
    assert len(head["digest"]) == 64
    verified = clients[SUPPORT].post("/api/v1/audit/verify", json={"connection_id": connected})
    body = verified.json()
    assert body["chain"]["intact"] is True
    assert body["read_model_differences"] == []
    assert body["worrying"] == []


def test_too_many_wrong_tokens_from_one_address_are_stopped(
    running: Running, problem: Problem
) -> None:
    path, wrong = "/api/v1/connections", {"Authorization": "Bearer wrong"}
    with TestClient(create_app(running.services)) as client:
        for _ in range(ATTEMPTS_A_MINUTE):
            assert client.get(path, headers=wrong).status_code == 401
        stopped = client.get(path, headers=wrong)
    assert stopped.status_code == 429
    assert problem(stopped)["code"] == "TOO_MANY_ATTEMPTS"
    assert 1 <= int(stopped.headers["retry-after"]) <= 60


def test_requests_without_a_token_are_no_attempts(running: Running) -> None:
    with TestClient(create_app(running.services)) as client:
        statuses = {
            client.get("/api/v1/connections").status_code for _ in range(ATTEMPTS_A_MINUTE + 5)
        }
    assert statuses == {401}


def test_an_address_is_heard_again_after_a_minute_and_then_forgotten() -> None:
    now = [0.0]
    failed = FailedAttempts(lambda: now[0])
    for _ in range(ATTEMPTS_A_MINUTE):
        failed.note("192.0.2.1")
    failed.check("192.0.2.2")
    with pytest.raises(TooManyAttempts) as refused:
        failed.check("192.0.2.1")
    assert refused.value.retry_after == 60
    now[0] = 61
    failed.check("192.0.2.1")
    assert failed.addresses() == 0


def test_a_route_that_names_no_roles_cannot_be_served() -> None:
    @get("/open", sync_to_thread=False)
    def forgotten() -> None:
        """Says nothing."""

    with pytest.raises(RolesMissingError, match="/open"):
        check_roles_stand(Litestar([forgotten], openapi_config=None))


def test_only_these_routes_are_public(running: Running) -> None:
    public = {
        route.path
        for route in create_app(running.services).routes
        for handler in getattr(route, "route_handlers", ())
        if handler.opt.get("roles", ()) is None
    }
    assert {path for path in public if not path.startswith("/docs")} == {
        "/api/v1/microsoft/callback",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/microsoft/callback",
        "/openapi.json",
        "/pex/callback",
        "/sign-in",
        "/sign-in/pex",
        "/static/{version:str}/{name:str}",
    }


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
    head = clients[SUPPORT].get("/api/v1/audit/head").json()

    def chain(*heads: Any) -> Any:
        answer = clients[SUPPORT].post("/api/v1/audit/verify", json={"heads": heads})
        return answer.json()["chain"]

    assert chain(head)["intact"] is True
    other = chain(head | {"digest": "0" * 64})
    assert (other["intact"], other["first_bad_position"]) == (False, head["position"])
