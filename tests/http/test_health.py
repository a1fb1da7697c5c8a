"""Health: what a probe is told when the database is not as it must be."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import sqlalchemy as sa
from litestar.testing import TestClient

from adapters.persistence.engine import Database, make_engine
from adapters.persistence.heartbeats import Role, SqlHeartbeats
from adapters.persistence.tables import events
from entrypoints.demo.company import wait_until
from entrypoints.health import FAR_BEHIND
from entrypoints.http.app import create_app
from http_running import Running

Problem = Callable[[httpx.Response], dict[str, Any]]


def _ready(running: Running, url: str) -> httpx.Response:
    database = Database(make_engine(url))
    with TestClient(create_app(replace(running.services, database=database))) as client:
        answer = client.get("/health/ready")
        assert client.get("/health/live").status_code == 200
    database.dispose()
    return answer


def test_a_database_that_was_not_migrated_is_told(running: Running, tmp_path: Path) -> None:
    answer = _ready(running, f"sqlite:///{tmp_path / 'empty.db'}")
    assert answer.status_code == 503
    assert answer.json()["code"] == "DATABASE_NOT_MIGRATED"
    assert "pexbc migrate" in answer.json()["fix"]


def test_a_database_of_a_newer_version_is_worked_on(running: Running, sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    answer = _ready(running, sqlite_url)
    assert answer.status_code == 200
    assert answer.json()["parts"]["migrations"]["state"] == "well"


def test_a_database_that_does_not_answer_is_told(running: Running, tmp_path: Path) -> None:
    answer = _ready(running, f"sqlite:///{tmp_path / 'nowhere' / 'no.db'}")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not_ready"
    assert answer.json()["code"] == "DATABASE_UNREACHABLE"
    assert "nowhere" not in answer.text


def test_a_service_in_which_all_is_well_says_so_of_each_part(
    running: Running, anonymous: httpx.Client
) -> None:
    wait_until(lambda: len(running.services.heartbeats.heard()) == len(Role), "both heartbeats")
    assert anonymous.get("/health/ready").json() == {
        "status": "ready",
        "parts": {
            name: {"state": "well"}
            for name in ("database", "migrations", "views", "worker", "scheduler")
        },
    }


def test_silent_workers_and_views_behind_are_told_of_while_the_web_server_serves(
    running: Running, sqlite_url: str
) -> None:
    database = Database(make_engine(sqlite_url))
    with database.transaction() as connection:
        event = {"version": 1, "topic": "t", "payload": "{}", "digest": "0" * 64}
        connection.execute(
            sa.insert(events), {"position": FAR_BEHIND + 1, "stream_id": uuid4(), **event}
        )
    services = replace(running.services, database=database, heartbeats=SqlHeartbeats(database))
    with TestClient(create_app(services)) as client:
        answer = client.get("/health/ready")
        services.heartbeats.beat(uuid4(), Role.WORKER, "elsewhere")
        later = client.get("/health/ready").json()["parts"]
    database.dispose()
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["code"]) == ("ready", "VIEWS_BEHIND")
    assert {name: part.get("code") for name, part in told["parts"].items()} == {
        "database": None,
        "migrations": None,
        "views": "VIEWS_BEHIND",
        "worker": "NO_WORKER_HEARD",
        "scheduler": "NO_SCHEDULER_HEARD",
    }
    assert "pexbc worker" in told["parts"]["worker"]["fix"]
    assert "elsewhere" not in str(later)
    assert later["worker"] == {"state": "well"}
    assert later["scheduler"]["state"] == "ill"
