"""Microsoft sign-in by a person: authorization code with PKCE, the answer posted as a form."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx

from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company
from sandbox.entra.state import USER

Problem = Callable[[httpx.Response], dict[str, Any]]


def _begin(user: ApiUser, connected: str) -> str:
    body = {"mode": "delegated", "environment": company.ENVIRONMENT}
    answer = user.call("POST", f"/connections/{connected}/microsoft", body)
    return str(answer.json()["authorize_url"])


def test_a_person_signs_in_and_the_connection_acts_for_them(
    running: Running, user: ApiUser, connected: str, anonymous: httpx.Client
) -> None:
    answer = running.sandbox.entra.sign_in(_begin(user, connected))
    assert answer.target.endswith("/api/v1/microsoft/callback")
    done = anonymous.post("/api/v1/microsoft/callback", data=answer.fields)
    assert done.json() == {"connection_id": connected, "signed_in": True}
    microsoft = user.get(f"/connections/{connected}")["microsoft"]
    assert (microsoft["mode"], microsoft["user"]) == ("delegated", USER)
    assert microsoft["tenant_id"] == company.TENANT
    assert user.get(f"/connections/{connected}/choices")["companies"]
    history = running.services.log.history(UUID(connected))
    signed_in = [one for one in history if one.topic == "connection.microsoft_signed_in"]
    assert '"actor":"admin:a admin"' in signed_in[-1].payload


def test_an_answer_is_good_once_and_only_for_its_own_flow(
    running: Running, user: ApiUser, connected: str, anonymous: httpx.Client, problem: Problem
) -> None:
    answer = running.sandbox.entra.sign_in(_begin(user, connected))
    fields = dict(answer.fields)
    stranger = anonymous.post("/api/v1/microsoft/callback", data={**fields, "state": "made-up"})
    assert problem(stranger)["code"] == "MICROSOFT_SIGN_IN_REFUSED"
    assert anonymous.post("/api/v1/microsoft/callback", data=fields).status_code == 200
    again = anonymous.post("/api/v1/microsoft/callback", data=fields)
    assert problem(again)["code"] == "MICROSOFT_SIGN_IN_REFUSED"
    assert fields["code"] not in again.text


def test_a_person_who_declines_is_told_so(
    running: Running, user: ApiUser, connected: str, anonymous: httpx.Client, problem: Problem
) -> None:
    answer = running.sandbox.entra.sign_in(_begin(user, connected), approve=False)
    declined = anonymous.post("/api/v1/microsoft/callback", data=answer.fields)
    told = problem(declined)
    assert told["code"] == "MICROSOFT_SIGN_IN_REFUSED"
    assert "access_denied" in told["detail"]
