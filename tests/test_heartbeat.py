"""A process's heartbeat: it beats while its loop turns, and at no other time."""

from typing import Any, cast
from uuid import UUID

import structlog

from adapters.persistence.heartbeats import Role, SqlHeartbeats
from entrypoints.heartbeat import BEAT_SECONDS, STANDS_STILL_SECONDS, Heartbeat


class Noted:
    """What was noted; it fails where it is told to."""

    def __init__(self) -> None:
        self.beats: list[tuple[UUID, Role, str]] = []
        self.fails = False

    def beat(self, process: UUID, role: Role, host: str) -> None:
        if self.fails:
            raise OSError
        self.beats.append((process, role, host))

    def leave(self, process: UUID) -> None:
        if self.fails:
            raise OSError
        self.beats = [beat for beat in self.beats if beat[0] != process]


class Machine:
    """A heartbeat, and the time that it goes by."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.noted = Noted()
        self.heartbeat = Heartbeat(
            cast("SqlHeartbeats", cast("Any", self.noted)), Role.WORKER, lambda: self.time
        )


def test_turns_are_noted_no_more_often_than_others_need() -> None:
    machine = Machine()
    machine.heartbeat.turn(well=True)
    machine.time += BEAT_SECONDS / 2
    machine.heartbeat.turn(well=True)
    assert len(machine.noted.beats) == 1
    machine.time += BEAT_SECONDS / 2
    machine.heartbeat.turn(well=True)
    assert len(machine.noted.beats) == 2
    assert len({process for process, _, _ in machine.noted.beats}) == 1


def test_turns_in_vain_are_told_to_nobody_though_the_loop_is_seen_to_turn() -> None:
    machine = Machine()
    machine.time += STANDS_STILL_SECONDS
    stood_still = not machine.heartbeat.is_turning
    machine.heartbeat.turn(well=False)
    assert stood_still
    assert machine.heartbeat.is_turning
    assert machine.noted.beats == []


def test_a_lost_beat_is_made_up_for_at_the_next_turn() -> None:
    machine = Machine()
    machine.noted.fails = True
    with structlog.testing.capture_logs() as lines:
        machine.heartbeat.turn(well=True)
        machine.heartbeat.leave()
    assert [line["reason"] for line in lines] == ["OSError", "OSError"]
    machine.noted.fails = False
    machine.time += 1
    machine.heartbeat.turn(well=True)
    assert len(machine.noted.beats) == 1
    machine.heartbeat.leave()
    assert machine.noted.beats == []
