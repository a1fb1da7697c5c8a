"""Entra's answers: errors in its words and form, tokens, and pages."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from sandbox import company
from sandbox.web import Response, dump, reply

APP_NAME: Final = "pexbc"
BUSINESS_CENTRAL: Final = "996def3d-b36c-4153-8607-a6fd3c01b89f"
NO_TENANT: Final = 90002
NO_APP: Final = 700016
NO_SECRET: Final = 7000218
BAD_SECRET: Final = 7000215
EXPIRED_SECRET: Final = 7000222
DISABLED_APP: Final = 7000112
NO_CONSENT: Final = 65001
DECLINED: Final = 65004
ADMIN_ONLY: Final = 90094
EXPIRED: Final = 70008
REDEEMED: Final = 54005
MALFORMED: Final = 9002313
BAD_VERIFIER: Final = 501481
REVOKED: Final = 50173
MFA: Final = 50076
BAD_REDIRECT: Final = 50011
OTHER_REDIRECT: Final = 500112
BAD_SCOPE: Final = 70011
NOT_DEFAULT_SCOPE: Final = 1002012
BAD_GRANT_TYPE: Final = 70003
MISSING_PARAMETER: Final = 900144

WORDS: Final = {
    NO_TENANT: "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and "
    "are signing into the correct cloud.",
    NO_APP: "Application with identifier '{client}' was not found in the directory '{tenant}'. "
    "This can happen if the application has not been installed by the administrator of the tenant "
    "or consented to by any user in the tenant.",
    NO_SECRET: "The request body must contain the following parameter: 'client_assertion' or "
    "'client_secret'.",
    BAD_SECRET: "Invalid client secret provided. Ensure the secret being sent in the request is "
    "the client secret value, not the client secret ID, for a secret added to app '{client}'.",
    EXPIRED_SECRET: "The provided client secret keys for app '{client}' are expired.",
    DISABLED_APP: "Application '{client}'({app}) is disabled.",
    NO_CONSENT: "The user or administrator has not consented to use the application with ID "
    "'{client}' named '{app}'. Send an interactive authorization request for this user and "
    "resource.",
    DECLINED: "User declined to consent to access the app.",
    ADMIN_ONLY: "An administrator of the tenant has set a policy that prevents you from granting "
    "{app} the permissions it is requesting.",
    EXPIRED: "The provided authorization code or refresh token has expired due to inactivity. "
    "Send a new interactive authorization request for this user and resource.",
    REDEEMED: "OAuth2 Authorization code was already redeemed, please retry with a new valid code "
    "or use an existing refresh token.",
    MALFORMED: "Invalid request. Request is malformed or invalid.",
    BAD_VERIFIER: "The Code_Verifier does not match the code_challenge supplied in the "
    "authorization request.",
    REVOKED: "The provided grant has expired due to it being revoked, a fresh auth token is "
    "needed. The user might have changed or reset their password.",
    MFA: "Due to a configuration change made by your administrator, or because you moved to a new "
    "location, you must use multi-factor authentication to access '{resource}'.",
    BAD_REDIRECT: "The redirect URI '{redirect}' specified in the request does not match the "
    "redirect URIs configured for the application '{client}'.",
    OTHER_REDIRECT: "The reply address '{redirect}' does not match the reply address provided "
    "when requesting Authorization code.",
    BAD_SCOPE: "The provided value for the input parameter 'scope' is not valid. The scope "
    "'{scope}' is not valid.",
    NOT_DEFAULT_SCOPE: "The provided value for scope '{scope}' is not valid. Client credential "
    "flows must have a scope value with /.default suffixed to the resource identifier.",
    BAD_GRANT_TYPE: "The app requested an unsupported grant type '{grant}'.",
    MISSING_PARAMETER: "The request body must contain the following parameter: '{parameter}'.",
}


class Refusal(Exception):
    """An error of the token or discovery endpoint; `number` is the one behind `AADSTS`."""

    def __init__(
        self, error: str, number: int, status: int = 400, suberror: str = "", **details: str
    ) -> None:
        super().__init__(f"AADSTS{number}")
        self.error, self.number, self.status = error, number, status
        self.suberror, self.details = suberror, details

    def response(self, now: datetime, correlation_id: str) -> Response:
        """The error as JSON; msal repeats `error` and `error_description` to its caller."""
        trace = str(uuid5(NAMESPACE_URL, f"{now.isoformat()}/{self.number}"))
        when = f"{now:%Y-%m-%d %H:%M:%SZ}"
        body = {
            "error": self.error,
            "error_description": f"{described(self.number, **self.details)} Trace ID: {trace} "
            f"Correlation ID: {correlation_id or trace} Timestamp: {when}",
            "error_codes": [self.number],
            "timestamp": when,
            "trace_id": trace,
            "correlation_id": correlation_id or trace,
        }
        return reply(body | ({"suberror": self.suberror} if self.suberror else {}), self.status)


def described(number: int, **details: str) -> str:
    """An error by its code and in its words, as they come back to a redirect address too."""
    known = {"client": company.CLIENT_ID, "app": APP_NAME, "resource": BUSINESS_CENTRAL}
    return f"AADSTS{number}: {WORDS[number].format_map(known | details)}"


def jwt(claims: Mapping[str, Any]) -> str:
    """A token in three parts; nobody checks the third."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join([*(_part(part) for part in parts), "c2lnbmF0dXJl"])


def client_info(user: str, tenant: str) -> str:
    """What msal finds the account by."""
    return _part({"uid": user, "utid": tenant})


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(dump(value)).decode().rstrip("=")


def form_page(title: str, action: str, hidden: Mapping[str, str], controls: str) -> Response:
    """A page with a form that a person, or a test, sends on; `controls` is HTML."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    form = f'<form method="post" action="{escape(action)}">{fields}{controls}</form>'
    return page(title, form)


def page(title: str, body: str, status: int = 200) -> Response:
    """A page; `body` is HTML."""
    html = (
        f'<!doctype html><html lang="en"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1>{body}</html>"
    )
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
    return Response(status, html.encode(), headers)


def error_page(number: int, **details: str) -> Response:
    """What a person sees where nothing may be sent back to the caller."""
    words = escape(described(number, **details))
    return page("Sorry, but we're having trouble signing you in.", f"<p>{words}</p>", 400)


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token of ours; for tests."""
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims
