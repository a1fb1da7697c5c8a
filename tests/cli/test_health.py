"""`pexbc health`: exit codes and sentences for containers and service managers."""

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from cli.shell import KEY, Shell
from cli.test_services import STOP_SECONDS, free_port, ready, started
from entrypoints.demo.company import wait_until


@pytest.fixture
def shell(tmp_path: Path, sqlite_url: str) -> Shell:
    return Shell(tmp_path, {"PEXBC_DATABASE_URL": sqlite_url, "PEXBC_SECRET_KEY": KEY})


def test_each_role_is_judged_by_its_own_signs_of_life(shell: Shell) -> None:
    port = free_port()
    with ExitStack() as running:
        worker = running.enter_context(started(shell, "worker"))
        web = running.enter_context(started(shell, "web", "--port", port))
        answer = ready(port, web)
        assert answer.status_code == 200
        wait_until(
            lambda: ready(port, web).json()["parts"]["worker"]["state"] == "well", "the worker"
        )
        judged = shell.well("health", "--port", port)
        assert judged.out.startswith("The web can work.\nNO_SCHEDULER_HEARD: ")
        assert shell.well("health", "--role", "worker").out == "The worker can work.\n"
        absent = shell.run("health", "--role", "scheduler")
        assert absent.code == 1
        assert absent.err.startswith("NO_SCHEDULER_HEARD: ")
        assert "pexbc scheduler" in absent.err
        worker.send_signal(signal.SIGTERM)
        worker.communicate(timeout=STOP_SECONDS)
        assert worker.returncode == 0
    # One that ends as it should is forgotten at once, not a minute later.
    assert shell.run("health", "--role", "worker", "--json").json["code"] == "NO_WORKER_HEARD"


def test_what_cannot_be_judged_is_not_well(shell: Shell, tmp_path: Path) -> None:
    nobody = shell.run("health", "--port", free_port(), "--json")
    assert nobody.code == 1
    assert nobody.json["status"] == "not_ready"
    assert nobody.json["code"] == "WEB_UNREACHABLE"
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    unmigrated = shell.run("health", "--role", "worker", PEXBC_DATABASE_URL=empty)
    assert unmigrated.code == 1
    assert unmigrated.err.startswith("DATABASE_NOT_MIGRATED: ")
    away = "postgresql://nobody@127.0.0.1:1/none"
    unreachable = shell.run("health", "--role", "scheduler", PEXBC_DATABASE_URL=away)
    assert unreachable.code == 1
    assert unreachable.err.startswith("DATABASE_UNREACHABLE: ")
