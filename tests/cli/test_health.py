"""`pexbc health`: exit codes and sentences for containers and service managers."""

import json
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import structlog
from click.testing import CliRunner, Result

from adapters.persistence.heartbeats import Role
from cli.shell import KEY, Shell
from cli.test_services import STOP_SECONDS, free_port, ready, started
from entrypoints.cli.main import main
from entrypoints.demo.company import wait_until
from entrypoints.serving import in_background, scheduler_alone
from entrypoints.settings import Settings

Judge = Callable[..., Result]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """No log line between the words of the command."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Judge:
    """`pexbc health` with some words, over the test's database unless another is named."""

    def run(*words: object, database: str = sqlite_url) -> Result:
        monkeypatch.setenv("PEXBC_DATABASE_URL", database)
        return CliRunner().invoke(main, ["health", *map(str, words)])

    return run


def test_each_role_is_judged_by_its_own_signs_of_life(judge: Judge, sqlite_url: str) -> None:
    settings = Settings.of({"PEXBC_DATABASE_URL": sqlite_url, "PEXBC_SECRET_KEY": KEY})
    with in_background(settings, "127.0.0.1", 0) as (url, services):
        wait_until(lambda: len(services.heartbeats.heard()) == len(Role), "both heartbeats")
        port = httpx.URL(url).port
        for words in (("--port", port), ("--role", "worker"), ("--role", "scheduler")):
            judged = judge(*words)
            assert (judged.exit_code, judged.output.count("can work.\n")) == (0, 1)
        assert json.loads(judge("--port", port, "--json").stdout)["parts"]["worker"] == {
            "state": "well"
        }
    # Who ends as it should is forgotten at once, not a minute later.
    for role in Role:
        judged = judge("--role", role.value)
        assert judged.exit_code == 1
        assert judged.stdout == ""
        assert judged.stderr.startswith(f"NO_{role.value.upper()}_HEARD: ")
        assert f"pexbc {role.value}" in judged.stderr


def test_what_cannot_be_judged_is_not_well(judge: Judge, tmp_path: Path) -> None:
    nobody = judge("--port", free_port(), "--json")
    assert nobody.exit_code == 1
    assert json.loads(nobody.stdout)["status"] == "not_ready"
    assert json.loads(nobody.stdout)["code"] == "WEB_UNREACHABLE"
    unmigrated = judge("--role", "worker", database=f"sqlite:///{tmp_path / 'empty.db'}")
    assert unmigrated.exit_code == 1
    assert unmigrated.stderr.startswith("DATABASE_NOT_MIGRATED: ")
    unreachable = judge("--role", "worker", database="postgresql://nobody@127.0.0.1:1/none")
    assert unreachable.exit_code == 1
    assert unreachable.stderr.startswith("DATABASE_UNREACHABLE: ")


def test_a_process_of_another_machine_is_no_sign_of_life_of_this_one(
    judge: Judge, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scheduler_alone(Settings.of({"PEXBC_DATABASE_URL": sqlite_url, "PEXBC_SECRET_KEY": KEY})):
        wait_until(lambda: judge("--role", "scheduler").exit_code == 0, "its heartbeat")
        monkeypatch.setattr(socket, "gethostname", lambda: "another")
        assert judge("--role", "scheduler").exit_code == 1


def test_a_process_without_a_web_server_tells_its_figures_and_health_on_a_port_of_its_own(
    tmp_path: Path, sqlite_url: str
) -> None:
    port = free_port()
    variables = {
        "PEXBC_DATABASE_URL": sqlite_url,
        "PEXBC_SECRET_KEY": KEY,
        "PEXBC_METRICS_PORT": str(port),
    }
    with started(Shell(tmp_path, variables), "scheduler") as scheduler:
        assert ready(port, scheduler).status_code == 200
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
            assert client.get("/health/live").json() == {"status": "live"}
            figures = client.get("/metrics")
            assert figures.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert "pexbc_processes_heard{" in figures.text
            assert client.get("/api/v1/connections").status_code == 404
        with (
            pytest.raises(OSError, match=f"port {port} cannot be served"),
            scheduler_alone(Settings.of(variables)),
        ):
            pass
        scheduler.send_signal(signal.SIGTERM)
        scheduler.communicate(timeout=STOP_SECONDS)
        assert scheduler.returncode == 0
