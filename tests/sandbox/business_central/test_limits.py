"""Contract 5: what a user may ask for."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from business_central_client import Client
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock


def test_more_requests_than_the_budget_are_answered_429(bc: Client, clock: SandboxClock) -> None:
    bc.sandbox.switch(rate_limit=3)
    assert [bc.get("vendors").status for _ in range(4)] == [200, 200, 200, 429]
    assert bc.as_user("maria").get("vendors").status == 200
    clock.advance(timedelta(minutes=5))
    assert bc.get("vendors").status == 200


def test_the_window_slides(bc: Client, clock: SandboxClock) -> None:
    bc.sandbox.switch(rate_limit=2)
    bc.get("vendors")
    clock.advance(timedelta(minutes=3))
    bc.get("vendors")
    clock.advance(timedelta(minutes=2))
    assert [bc.get("vendors").status for _ in range(2)] == [200, 429]


def test_a_429_has_no_body_and_a_retry_after_only_when_wanted(bc: Client) -> None:
    bc.sandbox.switch(rate_limit=1)
    bc.get("vendors")
    refused = bc.get("vendors")
    assert (refused.raw, dict(refused.headers)) == (b"", {})
    bc.sandbox.switch(retry_after=7)
    assert bc.get("vendors").headers["retry-after"] == "7"


def test_a_refused_request_does_nothing(bc: Client) -> None:
    path = bc.lines_path
    bc.sandbox.switch(rate_limit=1)
    assert bc.post(path, {}).status == 429
    bc.sandbox.switch(rate_limit=0)
    assert bc.lines() == []


def test_a_batch_counts_once_or_by_its_operations(bc: Client) -> None:
    operations = [bc.insert(number) for number in (1, 2, 3)]  # three reads, for the journal's id
    bc.sandbox.switch(rate_limit=8)
    assert bc.batch(*operations).status == 200
    bc.sandbox.switch(count_operations=True)
    assert bc.batch(*operations).status == 200
    assert bc.batch(*operations).status == 429


def test_a_body_above_the_limit_is_answered_413(bc: Client) -> None:
    bc.sandbox.switch(body_limit=10)
    assert bc.post("vendors", {"displayName": "far too long"}).status == 413


class Gate:
    """A sleep that lasts until it is opened, and counts who sleeps."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.inside = threading.Semaphore(0)

    def sleep(self, _seconds: float) -> None:
        self.inside.release()
        assert self.open.wait(10)


def _gated(clock: SandboxClock, **switches: object) -> tuple[Client, Gate]:
    gate = Gate()
    sandbox = BusinessCentralSandbox(clock, lambda token: token, sleep=gate.sleep)
    sandbox.switch(latency_ms=1, **switches)
    return Client(sandbox), gate


def test_five_requests_run_at_once_and_further_ones_queue(clock: SandboxClock) -> None:
    bc, gate = _gated(clock)
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(lambda: bc.get("vendors").status) for _ in range(8)]
        for _ in range(5):
            assert gate.inside.acquire(timeout=10)
        assert not gate.inside.acquire(blocking=False)
        gate.open.set()
        assert [one.result() for one in running] == [200] * 8
    assert bc.sandbox.limits.usage.most_running == 5


def test_a_full_queue_is_answered_429(clock: SandboxClock) -> None:
    bc, gate = _gated(clock, max_concurrent=1, queue_length=0)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: bc.get("vendors").status)
        assert gate.inside.acquire(timeout=10)
        assert bc.get("vendors").status == 429
        gate.open.set()
        assert first.result() == 200


def test_waiting_too_long_is_answered_503(clock: SandboxClock) -> None:
    bc, gate = _gated(clock, max_concurrent=1, queue_seconds=0.01)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lambda: bc.get("vendors").status)
        assert gate.inside.acquire(timeout=10)
        assert bc.get("vendors").status == 503
        gate.open.set()
        assert first.result() == 200


def test_a_request_takes_its_time_and_each_operation_more(clock: SandboxClock) -> None:
    slept: list[float] = []
    sandbox = BusinessCentralSandbox(clock, lambda token: token, sleep=slept.append)
    bc = Client(sandbox)
    operations = [bc.insert(1), bc.insert(2)]
    sandbox.switch(latency_ms=100, operation_latency_ms=5)
    bc.batch(*operations)
    assert slept == [0.11]
    assert sandbox.limits.usage.busy_seconds == 0.11
