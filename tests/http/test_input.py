"""Input that misses the form: each field is named, and nothing makes the service stumble."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from http_running import Running
from sandbox import company

Problem = Callable[[httpx.Response], dict[str, Any]]
JSON = {"Content-Type": "application/json", "If-Match": '"1"'}
ODD_BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"unknown": 1}',
    b'{"kinds": [1, null], "enabled": "yes", "pex": [], "mode": 7, "connection_id": "x"}',
    b'{"kinds": ["\\u0000"], "pex": {"token": "\\u0000"}, "enabled": null}',
)
ODD_QUERIES = (
    "limit=0",
    "limit=1e9",
    "limit=1&limit=2",
    "cursor=%00",
    "cursor=%ff%fe",
    "cursor=e30",
    "outcome=none&kind=none",
    "from=never&to=2026-13-01",
    "from=%C2%B2&to=%C2%B2",
    "from=99999999999999999999999&to=1",
    "q=%00",
    "q=%25%27%22%5C_",
    "as_of=-1",
    "as_of=99999999999999999999999999",
    "company_id=%00",
    "company_id=..%2F..",
)
ODD_STEPS: dict[str, tuple[str, ...]] = {
    "connection_id": ("x", str(uuid4()), "%00"),
    "run_id": ("x", str(uuid4())),
    "version": ("0", "-1", "x", "9" * 30),
    "kind": ("none", "%00", "'"),
    "pex_id": ("0", "-1", "x", "9" * 30),
}


@pytest.fixture(scope="module")
def admin(running: Running, connected: str) -> Iterator[httpx.Client]:
    with running.client(running.token("admin", company.PREPAID_BUSINESS)) as client:
        yield client


@pytest.fixture(scope="module")
def support(running: Running) -> Iterator[httpx.Client]:
    with running.client(running.token("support")) as client:
        yield client


def _named(problem: dict[str, Any]) -> list[tuple[str, str]]:
    assert all(one["detail"] and one["fix"] for one in problem["errors"])
    return [(one["pointer"], one["code"]) for one in problem["errors"]]


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        ("/connections", {}, "/pex", "REQUIRED"),
        ("/connections", {"pex": {}}, "/pex/token", "REQUIRED"),
        ("/connections", {"pex": {"token": 5}}, "/pex/token", "VALUE_REFUSED"),
        ("/connections", {"pex": {"token": ""}}, "/pex/token", "VALUE_REFUSED"),
        ("/connections", {"pex": {"token": "x", "more": 1}}, "/pex/more", "MEMBER_UNKNOWN"),
        ("/connections", {"pex": {"token": "x", "a/b~": 1}}, "/pex/a~1b~0", "MEMBER_UNKNOWN"),
        ("/connections", [], "", "VALUE_REFUSED"),
        ("/connections/{id}/microsoft", {"mode": "magic"}, "/mode", "VALUE_REFUSED"),
        ("/connections/{id}/microsoft", {"mode": "service"}, "/tenant_id", "REQUIRED"),
        (
            "/connections/{id}/microsoft",
            {"mode": "delegated", "environment": "../x"},
            "/environment",
            "VALUE_REFUSED",
        ),
        ("/connections/{id}/runs", {"end_date": "2026-02-30"}, "/end_date", "VALUE_REFUSED"),
        ("/connections/{id}/runs", {"kinds": ["fees", 5]}, "/kinds/1", "VALUE_REFUSED"),
        ("/connections/{id}/runs", {"preview": "yes"}, "/preview", "VALUE_REFUSED"),
    ],
)
def test_a_body_without_the_described_form_has_its_field_named(
    admin: httpx.Client,
    connected: str,
    problem: Problem,
    path: str,
    body: Any,
    pointer: str,
    code: str,
) -> None:
    refused = admin.post("/api/v1" + path.replace("{id}", connected), json=body)
    assert refused.status_code == 422
    assert problem(refused)["code"] == "INVALID_INPUT"
    assert _named(problem(refused)) == [(pointer, code)]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("transactions?limit=0", "/limit", "VALUE_REFUSED"),
        ("transactions?limit=many", "/limit", "VALUE_REFUSED"),
        ("transactions?outcome=none", "/outcome", "VALUE_REFUSED"),
        ("transactions?from=never", "/from", "VALUE_REFUSED"),
        ("transactions?q=%00", "/q", "VALUE_REFUSED"),
        ("settings/diff?from=x&to=1", "/from", "VALUE_REFUSED"),
        ("settings/diff", "/to", "REQUIRED"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named_as_the_caller_wrote_it(
    admin: httpx.Client, connected: str, problem: Problem, query: str, pointer: str, code: str
) -> None:
    refused = admin.get(f"/api/v1/connections/{connected}/{query}")
    assert refused.status_code == 400
    assert _named(problem(refused)) == [(pointer, code)]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_no_json_is_told_so(
    admin: httpx.Client, problem: Problem, body: bytes
) -> None:
    refused = admin.post("/api/v1/connections", content=body, headers=JSON)
    assert refused.status_code == 400
    assert problem(refused)["code"] == "BODY_NOT_JSON"


def test_a_refused_body_is_not_repeated(admin: httpx.Client) -> None:
    body = {"pex": {"token": ["canary-77ab"]}, "canary-78cd": 1}
    refused = admin.post("/api/v1/connections", json=body)
    assert "canary-77ab" not in refused.text


def test_a_method_that_is_not_there_names_those_that_are(admin: httpx.Client) -> None:
    refused = admin.patch("/api/v1/connections")
    assert refused.status_code == 405
    assert {"GET", "POST"} <= {one.strip() for one in refused.headers["allow"].split(",")}


@pytest.fixture(scope="module")
def described(admin: httpx.Client) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every call of the API."""
    paths = admin.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path, operation)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if path.startswith("/api/v1")
    ]


def _check(response: httpx.Response, operation: dict[str, Any]) -> None:
    """That a call answered as it is described, with a problem where it refused."""
    told = f"{response.request.method} {response.request.url} {response.status_code}"
    assert str(response.status_code) in operation["responses"], told
    assert response.status_code not in (500, 502), told
    if response.status_code >= 400:
        assert response.headers["content-type"] == "application/problem+json", told
        assert response.json()["code"], told


def _filled(path: str, steps: dict[str, str]) -> str:
    for name, value in steps.items():
        path = path.replace("{" + name + "}", value)
    return path


@pytest.fixture(scope="module")
def steps(admin: httpx.Client, connected: str) -> dict[str, str]:
    """What the addresses of the own tenant are made of."""
    path = f"/api/v1/connections/{connected}/runs"
    started = admin.post(path, json={"preview": True})
    return {
        "connection_id": connected,
        "run_id": str(started.json()["id"]),
        "version": "1",
        "kind": "purchase",
        "pex_id": "1",
    }


def test_no_odd_body_makes_a_call_stumble_or_answer_as_not_described(
    described: list[tuple[str, str, dict[str, Any]]],
    admin: httpx.Client,
    support: httpx.Client,
    steps: dict[str, str],
) -> None:
    tried = 0
    for method, path, operation in described:
        client = support if "/audit/" in path else admin
        for form in operation.get("requestBody", {}).get("content", {}):
            headers = {"Content-Type": form, "If-Match": '"1"'}
            for body in ODD_BODIES:
                url = _filled(path, steps)
                _check(client.request(method, url, content=body, headers=headers), operation)
                tried += 1
    assert tried >= 7 * len(ODD_BODIES)


def test_no_odd_parameter_makes_a_call_stumble_or_answer_as_not_described(
    described: list[tuple[str, str, dict[str, Any]]],
    admin: httpx.Client,
    support: httpx.Client,
    steps: dict[str, str],
) -> None:
    tried = 0
    for method, path, operation in described:
        if method == "GET" and not path.endswith("/stream"):
            for query in ODD_QUERIES:
                url = _filled(path, steps)
                client = support if "/audit/" in path else admin
                _check(client.get(f"{url}?{query}"), operation)
                tried += 1
    assert tried > 10 * len(ODD_QUERIES)


def test_no_odd_step_of_an_address_makes_a_call_stumble(
    described: list[tuple[str, str, dict[str, Any]]],
    admin: httpx.Client,
    steps: dict[str, str],
) -> None:
    for method, path, operation in described:
        for name, values in ODD_STEPS.items():
            if method == "GET" and "{" + name + "}" in path:
                for value in values:
                    url = _filled(path, {**steps, name: value})
                    answer = admin.get(url, params={"to": "1"} if "diff" in path else None)
                    _check(answer, operation)
