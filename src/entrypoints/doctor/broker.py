"""Whether the broker answers."""

from collections.abc import Iterator

from adapters.wakeups.brokers import BrokerWatch
from entrypoints.doctor.finding import Finding, Unchecked
from entrypoints.doctor.set_up import SetUp


def broker(set_up: SetUp) -> Iterator[Finding]:
    """It answers, and lets us in."""
    set_up.requires_variable("broker_url")
    watch = BrokerWatch(set_up.settings.broker_url)
    if not watch.is_outside:
        raise Unchecked("none is set, and calls stay in the process")
    trouble = watch.trouble()
    if trouble is not None:
        yield Finding.of(trouble)
