"""What goes wrong, as a page: the code, the cause in words, and what to do."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlsplit

from litestar import Request, Response
from litestar.response import Redirect

from entrypoints.http.pages.rendering import html
from entrypoints.http.problems import HANDLERS, Problem
from entrypoints.http.refusals import Unauthenticated

SEE_OTHER: Final = 303
UNAUTHORIZED: Final = 401


def on_unauthenticated(request: Request[Any, Any, Any], _refusal: Unauthenticated) -> Response[Any]:
    """Sign in first, then go on to the page that was asked for.

    A script that asked for a part of a page leads the whole page there.
    """
    onward = request.url.path if request.method == "GET" else "/"
    if "hx-request" in request.headers:
        onward = urlsplit(request.headers.get("hx-current-url", "")).path or "/"
        headers = {"HX-Redirect": f"/sign-in?next={quote(onward)}"}
        return Response("", status_code=UNAUTHORIZED, headers=headers)
    return Redirect(f"/sign-in?next={quote(onward)}", status_code=SEE_OTHER)


def as_page(
    handler: Callable[..., Response[Problem]],
) -> Callable[[Request[Any, Any, Any], Any], Response[str]]:
    """The page for what an API handler would tell as a problem document."""

    def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
        told = handler(request, error)
        problem = told.content
        headers = {
            name: value for name, value in told.headers.items() if name.lower() == "retry-after"
        }
        return html(
            request, "problem.html", {"problem": problem}, status=problem.status, headers=headers
        )

    return on_error


def page_for_people(
    handler: Callable[..., Response[Problem]],
) -> Callable[[Request[Any, Any, Any], Any], Response[Any]]:
    """A page for a browser that asks for no part of the API, a problem document for the rest."""
    page = as_page(handler)

    def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        by_browser = "text/html" in request.headers.get("accept", "")
        by_browser = by_browser and not request.url.path.startswith("/api/")
        return page(request, error) if by_browser else handler(request, error)

    return on_error


PAGE_HANDLERS: dict[int | type[Exception], Any] = {
    **{error: as_page(handler) for error, handler in HANDLERS.items()},
    Unauthenticated: on_unauthenticated,
}
