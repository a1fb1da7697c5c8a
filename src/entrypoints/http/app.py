"""The web application: routes, dependencies, problems and headers put together."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Litestar, Request, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Method

from entrypoints.composition import Services
from entrypoints.http import (
    audit,
    backlog,
    callbacks,
    connections,
    docs,
    health,
    metrics,
    microsoft,
    runs,
    settings,
    transactions,
    vendor_aliases,
)
from entrypoints.http.clients import believing
from entrypoints.http.observing import observed
from entrypoints.http.pages import routes
from entrypoints.http.pages.problems import PAGE_HANDLERS, page_for_people
from entrypoints.http.pages.static import static
from entrypoints.http.permissions import PUBLIC, check_permissions_stand
from entrypoints.http.problems import HANDLERS
from entrypoints.http.security import Principal, adding_headers, guard

MAX_BODY_BYTES = 1_000_000
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(services: Services, lifespan: Sequence[Lifespan] = ()) -> Litestar:
    """The API over the services of this process."""

    def the_services() -> Services:
        return services

    def the_principal(request: Request[Any, Any, Any]) -> Principal:
        principal: Principal = request.scope["state"]["principal"]
        return principal

    api = Router(
        "/api/v1",
        route_handlers=[
            connections.router,
            settings.router,
            vendor_aliases.router,
            runs.router,
            transactions.router,
            backlog.router,
            audit.router,
        ],
        security=[{"token": []}],
    )
    pages = Router(
        "/",
        route_handlers=routes.HANDLERS,
        exception_handlers=PAGE_HANDLERS,
        include_in_schema=False,
    )
    app = Litestar(
        route_handlers=[
            api,
            microsoft.callbacks,
            pages,
            static,
            callbacks.receive,
            health.live,
            health.ready,
            metrics.metrics,
            docs.openapi,
            docs.page,
            docs.style,
        ],
        dependencies={
            "services": Provide(the_services, sync_to_thread=False),
            "principal": Provide(the_principal, sync_to_thread=False),
        },
        guards=[guard(services)],
        exception_handlers={error: page_for_people(one) for error, one in HANDLERS.items()},
        before_send=[adding_headers(encrypted=services.settings.public_url.startswith("https:"))],
        request_max_body_size=MAX_BODY_BYTES,
        lifespan=list(lifespan),
        state=State({"services": services}),
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="pexbc",
            version="1",
            openapi_router=Router(
                "/docs/description", route_handlers=[], opt=PUBLIC, include_in_schema=False
            ),
            render_plugins=[JsonRenderPlugin()],
            use_handler_docstrings=True,
            operation_id_creator=_operation_id,
            components=Components(
                security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}
            ),
        ),
    )
    check_permissions_stand(app)
    seen = observed(app.asgi_handler, services.tracing)
    app.asgi_handler = believing(services.settings.trusted_proxies, seen)
    return app


def _operation_id(handler: HTTPRouteHandler, _method: Method, _path: list[Any]) -> str:
    """The handler's own name, for the clients that are made from the description."""
    return handler.handler_name
