"""The page on which a person lets an app in or not; plain HTML without a script."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from sandbox.pex.wire import Refusal
from sandbox.pex.world import Business
from sandbox.web import Application, Request, Response

_FOUND = 302

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in to PEX (sandbox)</title></head>
<body><main><h1>Sign in to PEX (sandbox)</h1>
<p>{client} asks to act for one of your businesses.</p>
<form method="post">{hidden}
<fieldset><legend>Business</legend>{choices}</fieldset>
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form></main></body></html>
"""


def page(form: Mapping[str, str], businesses: Iterable[Business]) -> Response:
    """Ask for a business and a decision; what the app sent goes along in hidden fields."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in form.items()
    )
    choices = "".join(
        f'<label><input type="radio" name="business" value="{business.id}"'
        f"{'' if index else ' checked'}> {escape(business.name)}</label><br>"
        for index, business in enumerate(businesses)
    )
    client = escape(form.get("client_id", "An app"))
    content = _PAGE.format(client=client, hidden=hidden, choices=choices)
    return Response(200, content.encode(), {"content-type": "text/html; charset=utf-8"})


@dataclass(frozen=True, slots=True)
class SentBack:
    """What the browser brings back to the app, and to which address of it."""

    target: str
    fields: dict[str, str]


def decided(oauth: Application, address: str, business: int, *, approve: bool) -> SentBack:
    """Open an authorization address, choose and decide on its page, as a person does.

    Raises:
        Refusal: the page is not shown, or does not send the browser back.
    """
    parts = urlsplit(address)
    path = "/oauth21/authorize"
    shown = oauth(Request("GET", path, raw_query=parts.query))
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    decision = "approve" if approve else "deny"
    form = asked | {"business": str(business), "decision": decision}
    answer = oauth(Request("POST", path, body=urlencode(form).encode()))
    if b"<form" not in shown.body or answer.status != _FOUND or not parts.path.endswith(path):
        raise Refusal(400, "This is no authorization address")
    back = urlsplit(answer.headers["location"])
    return SentBack(f"{back.scheme}://{back.netloc}{back.path}", dict(parse_qsl(back.query)))
