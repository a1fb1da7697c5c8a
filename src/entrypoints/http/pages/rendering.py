"""From templates to pages: one environment, and the words and figures that templates use."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from markupsafe import Markup

from domain.money import Money
from entrypoints.composition import Services
from entrypoints.http.pages.static import address
from entrypoints.http.security import Principal

TEMPLATES = Path(__file__).parent / "templates"
INSTANT = Markup(
    '<time datetime="{0:%Y-%m-%dT%H:%M:%SZ}" data-instant>{0:%Y-%m-%d %H:%M} UTC</time>'
)


def money(amount: Money | Decimal | str) -> str:
    """US dollars with thousands apart and a real minus sign."""
    value = amount.amount if isinstance(amount, Money) else Decimal(str(amount))
    return f"{value:,.2f}".replace("-", "\N{MINUS SIGN}")


def day(value: date) -> str:
    """A US Eastern day, which is the same day wherever it is read."""
    return value.isoformat()


def instant(value: datetime | None) -> Markup:
    """A moment: in UTC, until a script puts it into the reader's zone; empty for none."""
    if value is None:
        return Markup("")
    return INSTANT.format(value)


def words(value: object) -> str:
    """A code or member as words, such as `would_post` as `would post`."""
    return str(getattr(value, "value", value)).replace("_", " ").lower()


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {"money": money, "day": day, "instant": instant, "words": words, "counted": counted}
    environment.filters.update(filters)
    environment.globals["static"] = address
    return environment


ENVIRONMENT = _environment()


def html(
    request: Request[Any, Any, Any],
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """A page, or a part of one that a script asked for.

    Templates see `principal` (None where nobody is signed in) and the `path` beside their context.
    """
    principal: Principal | None = request.scope["state"].get("principal")
    text = ENVIRONMENT.get_template(template).render(
        {"principal": principal, "path": request.url.path, **(context or {})}
    )
    services: Services = request.app.state["services"]
    return Response(
        text,
        status_code=status,
        media_type=MediaType.HTML,
        headers={"content-security-policy": policy(services), **PAGE_HEADERS, **(headers or {})},
    )


# Browsers tell the origin of a form only to pages whose referrer policy lets them.
PAGE_HEADERS = {"referrer-policy": "same-origin"}


def policy(services: Services) -> str:
    """Nothing from elsewhere; forms may lead on to the two sign-ins."""
    settings = services.settings
    forms = f"'self' {settings.entra_authority} {settings.pex_oauth_url}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    )
