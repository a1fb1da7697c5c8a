"""The commands that go on until they are told to stop, and the demo."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from cli.shell import CANARIES, KEY, PEXBC, Shell, towards
from domain.eastern_time import eastern_day
from entrypoints.demo.company import SERVICE, ApiUser, wait_until
from sandbox import company
from sandbox.program import Sandbox

STOP_SECONDS = 10
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def started(shell: Shell, *words: object) -> Iterator[subprocess.Popen[str]]:
    """A command that runs while the block does; it is killed if it outlives the block."""
    process = subprocess.Popen(  # noqa: S603 - the command under test
        [PEXBC, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=shell.folder,
        env=shell.environment(),
    )
    try:
        with process:
            yield process
            process.kill()
    except BaseException:
        process.kill()
        raise


def ready(port: int, process: subprocess.Popen[str]) -> httpx.Response:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5)
        except httpx.TransportError:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_the_server_answers_and_stops_in_time_when_it_is_told_to(
    tmp_path: Path, told: signal.Signals
) -> None:
    port = free_port()
    shell = Shell(
        tmp_path,
        {"PEXBC_SECRET_KEY": KEY, "PEXBC_ENTRA_CLIENT_SECRET": company.CLIENT_SECRET},
    )
    with started(shell, "serve", "--port", port) as process:
        assert ready(port, process).status_code == 200
        process.send_signal(told)
        out, err = process.communicate(timeout=STOP_SECONDS)
        assert process.returncode == 0, err
    assert "Traceback" not in err
    assert not [canary for canary in CANARIES if canary in out + err]


def test_a_server_without_its_port_fails_and_says_why(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = Shell(tmp_path).run("serve", "--port", taken.getsockname()[1])
    assert refused.code == 1
    assert "in use" in refused.err
    assert "Traceback" not in refused.err


def test_the_sandbox_prints_what_a_shell_can_read_and_stops_when_it_is_told_to(
    tmp_path: Path,
) -> None:
    port = free_port()
    with started(Shell(tmp_path), "sandbox", "--port", port, "--purchases", 5) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        second = Shell(tmp_path).run("sandbox", "--port", port)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOP_SECONDS)
        assert process.returncode == 0
    assert lines[0] == f"export PEXBC_PEX_API_URL=http://127.0.0.1:{port}/pex/v4\n"
    assert all(line.startswith("export PEXBC_") for line in lines)
    assert second.code == 1
    assert "in use" in second.err
    assert "Traceback" not in second.err


def test_the_demo_checks_its_books_and_posts_nothing_twice(tmp_path: Path) -> None:
    demo = Shell(tmp_path).well("demo", "--once", "--purchases", 40)
    assert demo.out.count("and wrote nothing.") == 2
    assert "exactly one balanced entry" in demo.out
    assert "Traceback" not in demo.err
    assert list(tmp_path.iterdir()) == []


PARTS = (("web", "--port"), ("worker",), ("scheduler",))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part[0])
def test_each_part_wants_a_migrated_database_and_says_so(
    tmp_path: Path, part: tuple[str, ...]
) -> None:
    words = (*part, free_port()) if part[0] == "web" else part
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    variables = {"PEXBC_SECRET_KEY": KEY, "PEXBC_DATABASE_URL": empty}
    refused = Shell(tmp_path, variables).run(*words)
    assert refused.code == 1
    assert "DATABASE_NOT_MIGRATED" in refused.err
    assert "pexbc migrate" in refused.err
    assert "Traceback" not in refused.err


def test_the_parts_work_together_over_one_database_and_stop_in_time(tmp_path: Path) -> None:
    port = free_port()
    with Sandbox(purchases=5) as sandbox:
        shell = Shell(tmp_path, towards(sandbox))
        shell.well("migrate")
        token = shell.well("tokens", "create", "--role", "admin", "--name", "a").out.strip()
        with ExitStack() as running:
            web = running.enter_context(started(shell, "web", "--port", port))
            assert ready(port, web).status_code == 200
            user = ApiUser(f"http://127.0.0.1:{port}", token)
            running.callback(user.close)
            made = user.call("POST", "/connections", {"pex": {"token": company.PREPAID_TOKEN}})
            path = f"/connections/{made.json()['id']}"
            user.call("POST", f"{path}/microsoft", SERVICE)
            start = eastern_day(sandbox.clock.now()) - timedelta(days=65)
            user.configure(made.json()["id"], start.isoformat())
            assert user.get(path)["status"] == "connected_not_ready"
            worker = running.enter_context(started(shell, "worker"))
            wait_until(lambda: user.get(path)["status"] == "connected_ready", "connected_ready")
            switched = user.call("PUT", f"{path}/auto-sync", {"enabled": True}).json()
            assert switched["auto_sync"]["next_at"] is not None
            with shell.open() as database:
                database.execute("UPDATE schedule SET next_at = '2020-01-01 00:00:00.000000'")
            scheduler = running.enter_context(started(shell, "scheduler"))
            wait_until(lambda: user.get(f"{path}/runs")["items"] != [], "an automatic run")
            run = f"/runs/{user.get(f'{path}/runs')['items'][0]['id']}"
            wait_until(lambda: user.get(run)["finished_at"] is not None, "its end")
            assert (user.get(run)["trigger"], user.get(run)["counts"]["in_doubt"]) == ("auto", 0)
            assert user.get(run)["counts"]["posted"] > 0
            for process in (web, worker, scheduler):
                process.send_signal(signal.SIGTERM)
            for process in (web, worker, scheduler):
                out, err = process.communicate(timeout=STOP_SECONDS)
                assert process.returncode == 0, err
                assert "Traceback" not in err
                assert not [canary for canary in CANARIES if canary in out + err]
