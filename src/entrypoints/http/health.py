"""Health, the API description, and a page to read it (M46)."""

from html import escape
from typing import Any

import sqlalchemy as sa
from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from adapters.persistence.schema import current_revision, newest_revision
from entrypoints.composition import Services

Json = dict[str, Any]
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#eee;padding:.1em .3em}h2{margin-top:2rem;border-top:1px solid #ccc}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}code{background:#333}}"
)


@get("/health/live", sync_to_thread=False, tags=["health"], summary="Whether the process lives")
def live() -> Json:
    """Answers as long as the process can."""
    return {"status": "live"}


@get("/health/ready", sync_to_thread=True, tags=["health"], summary="Whether it can work")
def ready(services: NamedDependency[Services]) -> Response[Json]:
    """200, or 503 with what is wrong and what to do."""
    wrong = _trouble(services)
    if wrong:
        return Response({"status": "not_ready", **wrong}, status_code=HTTP_503_SERVICE_UNAVAILABLE)
    return Response({"status": "ready"}, status_code=HTTP_200_OK)


def _trouble(services: Services) -> Json:
    try:
        revision = current_revision(services.database.engine)
    except sa.exc.SQLAlchemyError:
        return {
            "code": "DATABASE_UNREACHABLE",
            "detail": "The database does not answer.",
            "fix": "Check PEXBC_DATABASE_URL and the database server.",
        }
    if revision != newest_revision():
        return {
            "code": "DATABASE_NOT_MIGRATED",
            "detail": f"The database is at revision {revision}.",
            "fix": "Run `pexbc migrate`.",
        }
    return {}


@get("/openapi.json", sync_to_thread=True, include_in_schema=False)
def openapi(request: Request[Any, Any, Any]) -> Json:
    """The API description."""
    description: Json = request.app.openapi_schema.to_schema()
    return description


@get("/docs/style.css", media_type="text/css", sync_to_thread=False, include_in_schema=False)
def style() -> str:
    """The page's style."""
    return STYLE


@get("/docs", media_type=MediaType.HTML, sync_to_thread=True, include_in_schema=False)
def docs(request: Request[Any, Any, Any]) -> str:
    """The API description for people, with nothing loaded from elsewhere."""
    description: Json = request.app.openapi_schema.to_schema()
    parts = [
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        "<title>pexbc API</title><link rel=stylesheet href=/docs/style.css></head><body>",
        "<h1>pexbc API</h1><p>Machine-readable: <a href=/openapi.json>/openapi.json</a>.</p>",
    ]
    for path, operations in sorted(description["paths"].items()):
        for method, operation in operations.items():
            parts.append(_operation(method, path, operation))
    return "".join([*parts, "</body></html>"])


def _operation(method: str, path: str, operation: Json) -> str:
    parameters = "".join(
        f"<li><code>{escape(one['name'])}</code> in {escape(one['in'])}</li>"
        for one in operation.get("parameters", [])
    )
    answers = ", ".join(sorted(operation.get("responses", {})))
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
        f"<p>{escape(operation.get('summary') or '')}. "
        f"{escape(operation.get('description') or '')}</p>"
        + (f"<ul>{parameters}</ul>" if parameters else "")
        + f"<p>Answers: {escape(answers)}</p>"
    )
