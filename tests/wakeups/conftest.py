"""Brokers for the tests of wake-up calls."""

from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from running_brokers import KINDS, RunningBroker, running_broker


@pytest.fixture(params=KINDS)
def outside(
    request: pytest.FixtureRequest, leave_out: Callable[[str, str], NoReturn]
) -> Iterator[RunningBroker]:
    """RabbitMQ and Redis, each where the machine has one."""
    with running_broker(request.param, leave_out) as broker:
        yield broker
