"""Health: what a probe is told when the database is not as it must be."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from adapters.persistence.engine import Database, make_engine
from entrypoints.http.app import create_app
from entrypoints.revision import DatabaseNewer
from entrypoints.serving import prepare
from entrypoints.settings import Settings
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


def test_a_database_of_a_newer_version_is_told(running: Running, sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    answer = _ready(running, sqlite_url)
    assert answer.status_code == 503
    assert answer.json()["code"] == "DATABASE_NEWER"
    with pytest.raises(DatabaseNewer, match="9999"):
        prepare(Settings.of({}, database_url=sqlite_url))


def test_a_database_that_does_not_answer_is_told(running: Running, tmp_path: Path) -> None:
    answer = _ready(running, f"sqlite:///{tmp_path / 'nowhere' / 'no.db'}")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not_ready"
    assert answer.json()["code"] == "DATABASE_UNREACHABLE"
    assert "nowhere" not in answer.text
