"""The switch of the daily sync, and when the next one is due."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.persistence.schedule import SqlSchedule
from application.ports.schedule import Planned
from domain.schedule import Job, next_slot
from entrypoints.demo.company import ApiUser, wait_until
from http_running import Running


def switch(user: ApiUser, connection: str, *, on: bool) -> Any:
    body = {"enabled": on}
    return user.call("PUT", f"/connections/{connection}/auto-sync", body).json()["auto_sync"]


def test_switched_on_it_tells_when_the_next_sync_is_due(
    user: ApiUser, connected: str, running: Running
) -> None:
    told = switch(user, connected, on=True)
    now = running.services.clock.now()
    assert told["enabled"] is True
    assert told["next_at"].endswith("Z")
    due = datetime.fromisoformat(told["next_at"])
    assert due == next_slot(UUID(connected), Job.SYNC, now)
    assert timedelta() < due - now <= timedelta(days=1)
    assert user.get(f"/connections/{connected}")["auto_sync"] == told
    assert user.get("/connections")["items"][0]["auto_sync"] == told
    assert switch(user, connected, on=True) == told


def test_switched_off_it_plans_nothing(user: ApiUser, connected: str) -> None:
    switch(user, connected, on=True)
    assert switch(user, connected, on=False) == {"enabled": False, "next_at": None}
    assert user.get(f"/connections/{connected}")["auto_sync"]["next_at"] is None


@pytest.mark.parametrize("on", [True, False])
def test_who_switched_it_stands_in_the_history(
    user: ApiUser, connected: str, running: Running, *, on: bool
) -> None:
    switch(user, connected, on=not on)
    switch(user, connected, on=on)
    event: Any = running.services.log.history(UUID(connected))[-1].event
    assert (event.enabled, event.actor) == (on, "admin:a admin")


def test_a_sync_that_is_due_is_started_by_the_service_itself(
    user: ApiUser, connected: str, running: Running
) -> None:
    switch(user, connected, on=True)
    now = running.services.clock.now()
    schedule = SqlSchedule(running.services.database)
    planned = Planned(UUID(connected), Job.SYNC, next_slot(UUID(connected), Job.SYNC, now))
    assert schedule.move(planned, now)
    runs = f"/connections/{connected}/runs"
    wait_until(lambda: user.get(runs)["items"] != [], "an automatic run")
    wait_until(lambda: user.get(runs)["items"][0]["finished_at"] is not None, "its end")
    (run,) = user.get(runs)["items"]
    assert (run["trigger"], run["preview"]) == ("auto", False)
    assert run["counts"]["posted"] > 0
    assert switch(user, connected, on=False)["next_at"] is None
