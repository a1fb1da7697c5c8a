"""Web server, worker and sweep in one process: the embedded default (M42)."""

import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from litestar import Litestar

from adapters.clock import SystemClock
from adapters.persistence.engine import make_engine
from adapters.persistence.schema import migrate
from adapters.wakeups.dramatiq_wakeups import DramatiqWakeups, in_process_broker
from entrypoints.composition import Services, build
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from entrypoints.worker import Worker

STOP_SECONDS = 10


def prepare(settings: Settings) -> None:
    """Bring the database up to date."""
    engine = make_engine(settings.database_url)
    migrate(engine)
    engine.dispose()


def embedded(settings: Settings) -> tuple[Litestar, Services]:
    """The application with its worker, over a migrated database."""
    wakeups = DramatiqWakeups(in_process_broker(), SystemClock(settings.now))
    services = build(settings, wakeups)

    @asynccontextmanager
    async def working(_app: Litestar) -> AsyncIterator[None]:
        worker = Worker(services, wakeups)
        worker.start()
        try:
            yield
        finally:
            worker.stop(STOP_SECONDS)
            services.close()

    return create_app(services, [working]), services


def server(app: Litestar, host: str, port: int) -> uvicorn.Server:
    """A server that writes no access log, since addresses may hold what logs must not."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)


@contextmanager
def in_background(settings: Settings, host: str, port: int) -> Iterator[tuple[str, Services]]:
    """Serve from a thread while the block runs; yields the address and the services."""
    prepare(settings)
    app, services = embedded(settings)
    running = server(app, host, port)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    with contextlib.ExitStack() as stack:
        stack.callback(thread.join, STOP_SECONDS + 5)
        stack.callback(setattr, running, "should_exit", True)  # noqa: FBT003 - uvicorn's own switch
        while not running.started:
            if not thread.is_alive():
                raise OSError(f"port {port} cannot be served")
            thread.join(0.05)
        real_port = running.servers[0].sockets[0].getsockname()[1]
        yield f"http://{host}:{real_port}", services
