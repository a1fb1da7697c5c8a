"""Web server, worker and scheduler: in one process, the embedded default (M42), or each alone."""

import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from litestar import Litestar

from adapters.persistence.engine import make_engine
from adapters.persistence.schema import current_revision, migrate
from entrypoints.composition import Services, build
from entrypoints.heartbeat import Heartbeat
from entrypoints.http.app import create_app
from entrypoints.http.watching import create_watching_app
from entrypoints.revision import check_revision
from entrypoints.scheduler import Scheduler
from entrypoints.settings import Settings
from entrypoints.waking import calling, wakeups_of
from entrypoints.worker import Worker

STOP_SECONDS = 10
"""Everything has ended by then, or is ended; the parts below take their turns."""
WEB_STOP_SECONDS = 3
WORKER_STOP_SECONDS = 4
SCHEDULER_STOP_SECONDS = 2
WATCHING_STOP_SECONDS = 1


def prepare(settings: Settings) -> None:
    """Bring the database up to date, unless a newer version has already."""
    engine = make_engine(settings.database_url)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def check_migrated(settings: Settings) -> None:
    """See that somebody has prepared the database; raises as `check_revision`."""
    engine = make_engine(settings.database_url)
    try:
        check_revision(current_revision(engine))
    finally:
        engine.dispose()


def web_alone(settings: Settings) -> tuple[Litestar, Services]:
    """The application without a worker, over a migrated database; the workers' sweeps find work."""
    wakeups, leave = calling(settings)
    services = build(settings, wakeups)

    @asynccontextmanager
    async def open_until_the_end(_app: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            services.close()
            leave()

    return create_app(services, [open_until_the_end]), services


@contextmanager
def worker_alone(settings: Settings) -> Iterator[None]:
    """A worker while the block runs, over a migrated database."""
    wakeups, leave = wakeups_of(settings)
    services = build(settings, wakeups)
    worker = Worker(services, wakeups)
    worker.start()
    try:
        with _watched(services, worker.heartbeat):
            yield
    finally:
        worker.stop(WORKER_STOP_SECONDS)
        services.close()
        leave()


@contextmanager
def scheduler_alone(settings: Settings) -> Iterator[None]:
    """A scheduler while the block runs, over a migrated database."""
    wakeups, leave = calling(settings)
    services = build(settings, wakeups)
    scheduler = Scheduler(services)
    scheduler.start()
    try:
        with _watched(services, scheduler.heartbeat):
            yield
    finally:
        scheduler.stop(SCHEDULER_STOP_SECONDS)
        services.close()
        leave()


def embedded(settings: Settings) -> tuple[Litestar, Services]:
    """The application with its worker and scheduler, over a migrated database."""
    wakeups, leave = wakeups_of(settings)
    services = build(settings, wakeups)

    @asynccontextmanager
    async def working(_app: Litestar) -> AsyncIterator[None]:
        worker, scheduler = Worker(services, wakeups), Scheduler(services)
        worker.start()
        scheduler.start()
        try:
            yield
        finally:
            scheduler.stop(SCHEDULER_STOP_SECONDS)
            worker.stop(WORKER_STOP_SECONDS)
            services.close()
            leave()

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
        proxy_headers=False,  # which proxies are believed is decided by the application
        timeout_graceful_shutdown=WEB_STOP_SECONDS,
    )
    return uvicorn.Server(config)


@contextmanager
def in_background(settings: Settings, host: str, port: int) -> Iterator[tuple[str, Services]]:
    """Serve from a thread while the block runs; yields the address and the services."""
    prepare(settings)
    app, services = embedded(settings)
    with _in_thread(server(app, host, port), STOP_SECONDS + 5) as real_port:
        yield f"http://{host}:{real_port}", services


@contextmanager
def _watched(services: Services, heartbeat: Heartbeat) -> Iterator[None]:
    """Tell figures and health of a process without a web server, where a port is set for them."""
    settings = services.settings
    if not settings.metrics_port:
        yield
        return
    app = create_watching_app(services, lambda: heartbeat.is_turning)
    running = server(app, settings.metrics_host, settings.metrics_port)
    with _in_thread(running, WATCHING_STOP_SECONDS):
        yield


def _run(running: uvicorn.Server) -> None:
    # A server that cannot have its port logs why, and would end the process if it could.
    with contextlib.suppress(SystemExit):
        running.run()


@contextmanager
def _in_thread(running: uvicorn.Server, stop_seconds: float) -> Iterator[int]:
    """Serve while the block runs; yields the port.

    Raises:
        OSError: the port cannot be served.
    """
    thread = threading.Thread(target=_run, args=(running,), daemon=True)
    thread.start()
    with contextlib.ExitStack() as stack:
        stack.callback(thread.join, stop_seconds)
        stack.callback(setattr, running, "should_exit", True)  # noqa: FBT003 - uvicorn's own switch
        while not running.started:
            if not thread.is_alive():
                raise OSError(f"port {running.config.port} cannot be served")
            thread.join(0.05)
        yield int(running.servers[0].sockets[0].getsockname()[1])
