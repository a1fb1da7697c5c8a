"""Messages over real brokers: what they hold, and what becomes of them when trouble comes."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker

from adapters.wakeups.brokers import make_broker
from adapters.wakeups.calls import CallsInMemory
from adapters.wakeups.dramatiq_wakeups import DramatiqWakeups
from application.advance_run import NextStep
from fakes.clock import FakeClock
from running_brokers import RunningBroker

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENCE_SECONDS = 30


class Listener:
    """A worker whose runs want as many further steps as they were given."""

    def __init__(self, broker: RunningBroker, clock: FakeClock, calls: CallsInMemory) -> None:
        self.broker = make_broker(broker.url, broker.prefix)
        self.wakeups = DramatiqWakeups(self.broker, clock, calls, broker.prefix)
        self.clock = clock
        self.heard: list[UUID] = []
        self.checked: list[UUID] = []
        self.faults: list[Exception] = []
        self.wants: dict[UUID, list[NextStep | None]] = {}
        self._lock = threading.Lock()
        self._worker: dramatiq.Worker | None = None

    def start(self) -> None:
        self.wakeups.answer_with(self._step, self._check, lambda _run, error: self._fault(error))
        self._worker = dramatiq.Worker(self.broker, worker_threads=2, worker_timeout=50)
        self._worker.start()

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.stop(timeout=3000)
        self.wakeups.close(PATIENCE_SECONDS)

    def _step(self, run_id: UUID) -> NextStep | None:
        with self._lock:
            self.heard.append(run_id)
            wanted = self.wants.get(run_id)
            return wanted.pop(0) if wanted else NextStep(None)

    def _check(self, connection_id: UUID) -> None:
        self.checked.append(connection_id)

    def _fault(self, error: Exception) -> None:
        self.faults.append(error)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def calls() -> CallsInMemory:
    return CallsInMemory()


@pytest.fixture
def listener(outside: RunningBroker, clock: FakeClock, calls: CallsInMemory) -> Iterator[Listener]:
    listener = Listener(outside, clock, calls)
    yield listener
    listener.stop()


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_a_run_takes_its_steps_one_after_the_other_until_it_is_over(listener: Listener) -> None:
    run = uuid4()
    soon = START + timedelta(seconds=0.05)
    listener.wants[run] = [NextStep(START), NextStep(soon), NextStep(START), NextStep(None)]
    listener.start()
    listener.wakeups.run(run)
    until(lambda: len(listener.heard) == 4)
    assert set(listener.heard) == {run}


def test_a_connection_is_checked(listener: Listener) -> None:
    connection = uuid4()
    listener.start()
    listener.wakeups.connection(connection)
    until(lambda: listener.checked == [connection])


def test_a_message_holds_an_id_and_the_number_of_the_call_and_nothing_else(
    clock: FakeClock, calls: CallsInMemory
) -> None:
    sent: list[dict[str, Any]] = []

    class Noting(StubBroker):
        def enqueue(
            self, message: dramatiq.Message[Any], *, delay: int | None = None
        ) -> dramatiq.Message[Any]:
            sent.append(json.loads(message.encode()))
            return super().enqueue(message, delay=delay)

    run = uuid4()
    DramatiqWakeups(Noting(middleware=[]), clock, calls).run(run)
    (message,) = sent
    subject, number = message["args"]
    assert subject == str(run)
    assert calls.is_valid(run, number)
    assert message["kwargs"] == {}
    assert message["options"] == {}


def test_repeated_stale_and_reordered_messages_take_no_step(listener: Listener) -> None:
    run, other = uuid4(), uuid4()
    for _ in range(5):
        listener.wakeups.run(run)
    listener.wakeups.run(other)
    listener.start()
    until(lambda: other in listener.heard and run in listener.heard)
    last = uuid4()
    listener.wakeups.run(last)
    until(lambda: last in listener.heard)
    assert sorted(listener.heard, key=str) == sorted([run, other, last], key=str)


def test_a_run_that_waits_keeps_one_message_however_often_it_is_swept(
    outside: RunningBroker, listener: Listener, clock: FakeClock
) -> None:
    run, marker = uuid4(), uuid4()
    listener.wants[run] = [NextStep(START + timedelta(minutes=12))]
    listener.start()
    listener.wakeups.run(run)
    until(lambda: listener.heard == [run])
    for _ in range(100):
        clock.advance(5)
        listener.wakeups.remind_run(run)
    listener.wakeups.run(marker)
    until(lambda: marker in listener.heard)
    assert listener.heard.count(run) == 1
    assert outside.queued() <= 1


def test_a_lost_message_is_repeated_by_the_sweep(
    outside: RunningBroker, listener: Listener, clock: FakeClock
) -> None:
    run = uuid4()
    listener.start()
    outside.wire.cut()
    listener.wakeups.run(run)
    assert listener.heard == []
    outside.wire.mend()

    def swept() -> bool:
        clock.advance(5)
        listener.wakeups.remind_run(run)
        return run in listener.heard

    until(swept)


def test_a_caller_waits_for_no_broker_that_is_away(
    outside: RunningBroker, listener: Listener
) -> None:
    outside.wire.cut()
    before = time.monotonic()
    for _ in range(1000):
        listener.wakeups.run(uuid4())
    listener.wakeups.connection(uuid4())
    # A thousand attempts to connect would take longer by far; no figure of speed is meant.
    assert time.monotonic() - before < PATIENCE_SECONDS / 3


def test_a_worker_that_starts_before_its_broker_works_once_it_is_there(
    outside: RunningBroker, listener: Listener
) -> None:
    run = uuid4()
    outside.wire.cut()
    listener.start()
    outside.wire.mend()
    listener.wakeups.run(run)
    until(lambda: run in listener.heard)


def test_a_worker_whose_connection_is_cut_again_and_again_goes_on(
    outside: RunningBroker, listener: Listener, clock: FakeClock
) -> None:
    listener.start()
    for _ in range(2):
        run = uuid4()
        listener.wakeups.run(run)
        outside.wire.flicker()

        def swept(run: UUID = run) -> bool:
            clock.advance(5)
            listener.wakeups.remind_run(run)
            return run in listener.heard

        until(swept)
    assert listener.faults == []
