"""The API description, and a page by which people read it, with nothing loaded from elsewhere."""

from collections.abc import Iterator
from html import escape
from typing import Any

from litestar import MediaType, Request, Response, get

from entrypoints.http.permissions import PUBLIC

Json = dict[str, Any]
POLICY = {
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
}
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{background:#eee;padding:.1em .3em}
h2{margin-top:3rem}
h3{margin-top:2rem;border-top:1px solid #ccc;padding-top:.5rem}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}code{background:#333}a{color:#9cf}}
"""
HEAD = (
    "<!doctype html><html lang=en><head><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width,initial-scale=1'>"
    "<title>pexbc API</title><link rel=stylesheet href=/docs/style.css></head><body>"
    "<h1>pexbc API</h1><p>For programs: <a href=/openapi.json>/openapi.json</a>. "
    "Send <code>Authorization: Bearer &lt;API token&gt;</code>.</p>"
)
REFERENCE = "#/components/schemas/"


@get("/openapi.json", sync_to_thread=True, opt=PUBLIC, include_in_schema=False)
def openapi(request: Request[Any, Any, Any]) -> Json:
    """The API description."""
    description: Json = request.app.openapi_schema.to_schema()
    return description


@get(
    "/docs/style.css",
    media_type="text/css",
    sync_to_thread=False,
    opt=PUBLIC,
    include_in_schema=False,
)
def style() -> str:
    """The page's style."""
    return STYLE


@get(
    "/docs",
    media_type=MediaType.HTML,
    sync_to_thread=True,
    opt=PUBLIC,
    include_in_schema=False,
)
def page(request: Request[Any, Any, Any]) -> Response[str]:
    """The API description for people: every call, then every form that bodies have."""
    description: Json = request.app.openapi_schema.to_schema()
    text = "".join(
        [
            HEAD,
            "<h2>Calls</h2>",
            *_calls(description["paths"]),
            "<h2>Forms</h2>",
            *_forms(description["components"]["schemas"]),
            "</body></html>",
        ]
    )
    return Response(text, media_type=MediaType.HTML, headers=POLICY)


def _calls(paths: Json) -> Iterator[str]:
    for path, operations in sorted(paths.items()):
        for method, operation in operations.items():
            yield f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
            yield f"<p>{escape(operation.get('summary') or '')}. "
            yield f"{escape(operation.get('description') or '')}</p><ul>"
            for one in operation.get("parameters", []):
                required = ", required" if one.get("required") else ""
                yield f"<li><code>{escape(one['name'])}</code> in {escape(one['in'])}: "
                yield f"{_form(one.get('schema', {}))}{required}</li>"
            yield from _body("body", operation.get("requestBody"))
            for status, answer in sorted(operation.get("responses", {}).items()):
                yield from _body(status, answer)
            yield "</ul>"


def _body(name: str, body: Json | None) -> Iterator[str]:
    for media_type, content in ((body or {}).get("content") or {}).items():
        yield f"<li>{escape(name)}: {_form(content.get('schema', {}))} "
        yield f"as <code>{escape(media_type)}</code></li>"


def _forms(forms: Json) -> Iterator[str]:
    for name, form in sorted(forms.items()):
        yield f"<h3 id='{escape(name)}'>{escape(form.get('title') or name)}</h3>"
        yield f"<p>{escape(form.get('description') or '')}</p>"
        if "enum" in form:
            yield f"<p>One of {_form(form)}.</p>"
        yield "<ul>"
        for member, schema in form.get("properties", {}).items():
            required = ", always there" if member in form.get("required", []) else ""
            yield f"<li><code>{escape(member)}</code>: {_form(schema)}{required}</li>"
        yield "</ul>"


def _form(schema: Json) -> str:
    """A schema in words, with a link to the forms that have a name."""
    reference = schema.get("$ref", "").removeprefix(REFERENCE)
    if reference:
        return f"<a href='#{escape(reference)}'>{escape(reference)}</a>"
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return " or ".join(_form(one) for one in schema[several])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_form(schema.get('items', {}))}"
    kinds = kind if isinstance(kind, list) else [kind]
    words = " or ".join(escape(str(one)) for one in kinds)
    return f"{words} ({escape(schema['format'])})" if "format" in schema else words
