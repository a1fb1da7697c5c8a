"""A Business Central with the made-up company, on a clock that stands still."""

from datetime import UTC, datetime

import pytest

from business_central_client import Client, StandingClock
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock

KNOWN = frozenset({"connector", "maria", "sam"})


@pytest.fixture
def clock() -> SandboxClock:
    return StandingClock(datetime(2026, 8, 15, 9, 12, 31, tzinfo=UTC))


@pytest.fixture
def sandbox(clock: SandboxClock) -> BusinessCentralSandbox:
    return BusinessCentralSandbox(clock, lambda token: token if token in KNOWN else None)


@pytest.fixture
def bc(sandbox: BusinessCentralSandbox) -> Client:
    return Client(sandbox)
