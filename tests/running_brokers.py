"""Real brokers for tests: names of the test's own on them, and a wire that can be cut."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlsplit
from uuid import uuid4

import pika
import redis
from dramatiq.common import dq_name, xq_name

from adapters.wakeups.brokers import BrokerUnreachable, ask
from severed_wire import Wire, wire_to

KINDS = ("rabbitmq", "redis")
ADDRESSES = {
    "rabbitmq": ("RabbitMQ", "PEXBC_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672"),
    "redis": ("Redis", "PEXBC_TEST_REDIS_URL", "redis://127.0.0.1:6379/15"),
}


@dataclass(frozen=True)
class RunningBroker:
    """A broker as a test sees it: by an address behind a wire, under a prefix of its own."""

    url: str
    prefix: str
    wire: Wire
    direct_url: str

    def queued(self) -> int:
        """How many messages wait on the broker, delayed and unacknowledged ones on Redis too."""
        if self.direct_url.startswith("redis"):
            client = redis.Redis.from_url(self.direct_url)
            names = (f"{self.prefix}:{name}.msgs" for name in (self.prefix, dq_name(self.prefix)))
            count = sum(int(client.hlen(name)) for name in names)
            client.close()
            return count
        connection = pika.BlockingConnection(pika.URLParameters(self.direct_url))
        channel = connection.channel()
        count = 0
        for name in (self.prefix, dq_name(self.prefix)):
            count += channel.queue_declare(name, passive=True).method.message_count
        connection.close()
        return count


@contextmanager
def running_broker(kind: str, leave_out: Callable[[str, str], NoReturn]) -> Iterator[RunningBroker]:
    """The machine's broker behind a wire; what the test made on it is removed afterwards."""
    name, variable, usual = ADDRESSES[kind]
    direct = os.environ.get(variable, usual)
    try:
        ask(direct)
    except BrokerUnreachable as trouble:
        leave_out(name, trouble.cause)
    parts = urlsplit(direct)
    prefix = f"pexbc-test-{uuid4().hex}"
    with wire_to(parts.hostname or "127.0.0.1", parts.port or 0) as wire:
        login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        url = parts._replace(netloc=f"{login}127.0.0.1:{wire.port}").geturl()
        try:
            yield RunningBroker(url, prefix, wire, direct)
        finally:
            _clean_up(direct, prefix)


def _clean_up(url: str, prefix: str) -> None:
    if url.startswith("redis"):
        client = redis.Redis.from_url(url)
        keys = list(client.scan_iter(f"{prefix}:*"))
        if keys:
            client.delete(*keys)
        client.close()
        return
    connection = pika.BlockingConnection(pika.URLParameters(url))
    for name in (prefix, dq_name(prefix), xq_name(prefix)):
        with suppress(pika.exceptions.AMQPChannelError):
            connection.channel().queue_delete(name)
    connection.close()
