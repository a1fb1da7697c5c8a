"""Entra's answers: errors in its words, tokens in its form."""

import base64
import json
from collections.abc import Mapping
from html import escape
from typing import Any

from sandbox.web import Response, reply

WORDS = {
    "AADSTS700016": "Application was not found in the directory.",
    "AADSTS7000215": "Invalid client secret provided.",
    "AADSTS7000112": "The application is disabled.",
    "AADSTS90002": "Tenant was not found.",
    "AADSTS65001": "The user or administrator has not consented to use the application.",
    "AADSTS65004": "User declined to consent to access the app.",
    "AADSTS70008": "The provided authorization code or refresh token has expired.",
    "AADSTS54005": "OAuth2 Authorization code was already redeemed.",
    "AADSTS501481": "The Code_Verifier does not match the code_challenge.",
    "AADSTS50173": "The provided grant has expired due to it being revoked.",
    "AADSTS50011": "The redirect URI does not match.",
    "AADSTS70011": "The provided value for the input parameter 'scope' is not valid.",
    "AADSTS70003": "The app requested an unsupported grant type.",
}


def refuse(error: str, code: str, status: int = 400) -> Response:
    """An error answer of the token endpoint."""
    words = f"{code}: {WORDS[code]} Trace ID: 00000000-0000-0000-0000-000000000000"
    return reply(
        {
            "error": error,
            "error_description": words,
            "error_codes": [int(code.removeprefix("AADSTS"))],
        },
        status,
    )


def jwt(claims: Mapping[str, Any]) -> str:
    """A token in three parts; nobody checks the third."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join([*(_part(part) for part in parts), "c2lnbmF0dXJl"])


def client_info(user: str, tenant: str) -> str:
    """What msal finds the account by."""
    return _part({"uid": user, "utid": tenant})


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def form_page(title: str, action: str, hidden: Mapping[str, str], buttons: str) -> Response:
    """A page with a form that a person, or a test, sends on."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in hidden.items()
    )
    page = (
        f"<!doctype html><title>{escape(title)}</title><h1>{escape(title)}</h1>"
        f'<form method="post" action="{escape(action)}">{fields}{buttons}</form>'
    )
    return Response(200, page.encode(), {"content-type": "text/html; charset=utf-8"})
