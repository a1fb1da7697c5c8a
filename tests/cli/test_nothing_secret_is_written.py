"""All that web, worker and scheduler write at their most talkative, in fair weather and foul."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
import sqlalchemy as sa

from adapters.persistence.tables import notices
from cli.shell import KEY, PEXBC, Shell, towards
from cli.test_services import STOP_SECONDS, free_port
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.demo.company import ApiUser, wait_until
from entrypoints.settings import Settings
from running_brokers import RunningBroker, running_broker
from sandbox import company
from sandbox.program import Sandbox
from severed_wire import Wire, wire_to

DATABASE, BROKER, HOOK, SIGNS, MAIL, QUERY, COOKIE, HEADER = (
    f"canary-{name}-9f31c0aa7e52d4b6-0123456789"
    for name in ("database", "broker", "hook", "signs", "mail", "query", "cookie", "header")
)


FOUL = {
    "web": "OperationalError",
    "worker": "OperationalError",
    "scheduler": "a notice was not delivered",
}


class Fleet:
    """One of each process, with what they wrote in files of their own."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self.port = free_port()
        self._shell = shell
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, role: str, *words: object) -> subprocess.Popen[bytes]:
        with (self._folder / role).open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - the command under test
                [PEXBC, role, *map(str, words)],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=self._shell.folder,
                env=self._shell.environment(),
            )
        self._processes[role] = process
        return process

    def wrote(self, role: str) -> str:
        return (self._folder / role).read_text("utf-8")

    def end(self) -> None:
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            assert process.wait(STOP_SECONDS) == 0

    def kill(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def broker(leave_out: Callable[[str, str], NoReturn]) -> Iterator[RunningBroker]:
    with running_broker("redis", leave_out) as broker:
        yield broker


@pytest.fixture
def wire(postgres_url: str) -> Iterator[Wire]:
    """The way to the database, which can be cut."""
    url = sa.make_url(postgres_url)
    with wire_to(url.host or "127.0.0.1", url.port or 5432) as wire:
        yield wire


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(purchases=5) as sandbox:
        yield sandbox


@pytest.fixture
def shell(
    tmp_path: Path, sandbox: Sandbox, broker: RunningBroker, wire: Wire, postgres_url: str
) -> Shell:
    database = sa.make_url(postgres_url).set(host="127.0.0.1", port=wire.port, password=DATABASE)
    # Redis takes any password of a user that has none.
    broker_url = broker.url.replace("redis://", f"redis://default:{BROKER}@")
    variables = {
        "PEXBC_DATABASE_URL": database.render_as_string(hide_password=False),
        "PEXBC_BROKER_URL": broker_url,
        "PEXBC_BROKER_PREFIX": broker.prefix,
        # There, and takes no notices.
        "PEXBC_NOTIFY_WEBHOOK_URL": f"{sandbox.environment()['PEXBC_PEX_API_URL']}/{HOOK}",
        "PEXBC_NOTIFY_WEBHOOK_SECRET": SIGNS,
        "PEXBC_NOTIFY_SMTP_URL": f"smtp://postman:{MAIL}@127.0.0.1:1",
        "PEXBC_NOTIFY_FROM": "pexbc@books.example",
        "PEXBC_NOTIFY_TO": "dana@books.example",
        "PEXBC_LOG_LEVEL": "debug",
    }
    return Shell(tmp_path, towards(sandbox) | variables)


@pytest.fixture
def services(shell: Shell) -> Iterator[Services]:
    with closing(build(Settings.of(shell.variables), NoWakeups())) as services:
        yield services


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).is_success
    except httpx.TransportError:
        return False


@contextmanager
def fleet(shell: Shell, folder: Path) -> Iterator[Fleet]:
    processes = Fleet(shell, folder)
    try:
        web = processes.start("web", "--port", processes.port)
        processes.start("worker")
        wait_until(lambda: web.poll() is None and answers(processes.port), "the web server")
        yield processes
    finally:
        processes.kill()


def browse(url: str, token: str, connection_id: str) -> str:
    """Sign in, and slip secrets in wherever a request has room; returns the session's cookie."""
    with httpx.Client(base_url=url, headers={"Origin": url}) as browser:
        browser.post("/sign-in", data={"token": token})
        (session,) = browser.cookies.values()
        browser.get(f"/connections/{connection_id}")
        browser.get(f"/no/such/page?q={QUERY}", headers={"X-Whatever": HEADER})
        browser.get("/", headers={"Cookie": f"session={COOKIE}"})
        browser.get("/api/v1/connections", headers={"Authorization": f"Bearer {HEADER}"})
        browser.get(f"/api/v1/microsoft/callback?code={QUERY}&state={QUERY}")
        browser.post(
            "/api/v1/connections",
            json={"pex": {"token": HEADER}},
            headers={"Authorization": f"Bearer {token}"},
        )
    return session


@pytest.mark.postgres
def test_no_secret_is_in_anything_that_web_worker_and_scheduler_write(
    shell: Shell,
    services: Services,
    sandbox: Sandbox,
    broker: RunningBroker,
    wire: Wire,
    tmp_path: Path,
) -> None:
    token = services.api_tokens.create("a", "admin", (), "test", services.clock.now())[1]
    with ExitStack() as stack:
        running = stack.enter_context(fleet(shell, tmp_path))
        url = f"http://127.0.0.1:{running.port}"
        user = ApiUser(url, token)
        stack.callback(user.close)
        connection_id = user.connect()
        start = services.clock.now().date() - timedelta(days=40)
        user.configure(connection_id, start.isoformat())
        user.run(connection_id, preview=False, watch=lambda _run: None)
        session = browse(url, token, connection_id)
        sandbox.pex.expire_token(company.PREPAID_TOKEN)
        user.run(connection_id, preview=False, watch=lambda _run: None)
        running.start("scheduler")

        def tried() -> bool:
            with services.database.reading() as connection:
                return (connection.scalar(sa.select(sa.func.sum(notices.c.tries))) or 0) >= 2

        wait_until(tried, "news that nobody takes")
        wire.cut()
        broker.wire.cut()
        wait_until(lambda: "a sweep failed" in running.wrote("worker"), "a sweep in vain")
        assert httpx.get(f"{url}/health/ready").json()["code"] == "DATABASE_UNREACHABLE"
        with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
            assert client.get(f"{url}/api/v1/connections", timeout=60).status_code == 500
        wire.mend()
        broker.wire.mend()
        running.end()
        secrets = (
            *(DATABASE, BROKER, HOOK, SIGNS, MAIL, QUERY, COOKIE, HEADER),
            *(KEY, token, session, company.PREPAID_TOKEN, company.CLIENT_SECRET),
        )
        for role in ("web", "worker", "scheduler"):
            written = running.wrote(role)
            assert FOUL[role] in written
            assert [one for one in secrets if one in written] == [], role
