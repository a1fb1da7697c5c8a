"""The web application: routes, dependencies, problems and headers put together."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Litestar, Request, Router
from litestar.di import Provide
from litestar.logging import LoggingConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from entrypoints.composition import Services
from entrypoints.http import audit, connections, health, runs, settings, transactions
from entrypoints.http.problems import HANDLERS
from entrypoints.http.security import Principal, add_headers, guard

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
            runs.router,
            transactions.router,
            audit.router,
            connections.microsoft_callback,
            connections.microsoft_callback_post,
        ],
        security=[{"token": []}],
    )
    return Litestar(
        route_handlers=[
            api,
            health.live,
            health.ready,
            health.openapi,
            health.docs,
            health.style,
        ],
        dependencies={
            "services": Provide(the_services, sync_to_thread=False),
            "principal": Provide(the_principal, sync_to_thread=False),
        },
        guards=[guard(services)],
        exception_handlers=HANDLERS,
        before_send=[add_headers],
        request_max_body_size=MAX_BODY_BYTES,
        lifespan=list(lifespan),
        logging_config=LoggingConfig(configure_root_logger=False, log_exceptions="never"),
        openapi_config=OpenAPIConfig(
            title="pexbc",
            version="1",
            path="/docs/description",
            render_plugins=[JsonRenderPlugin()],
            use_handler_docstrings=True,
            components=Components(
                security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}
            ),
        ),
    )
