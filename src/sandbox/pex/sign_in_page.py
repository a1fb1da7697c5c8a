"""The page on which a person lets an app in or not; plain HTML without a script."""

from collections.abc import Iterable, Mapping
from html import escape

from sandbox.pex.world import Business
from sandbox.web import Response

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
