"""The brokers that can carry wake-up calls: in process, RabbitMQ, Redis."""

import functools
import logging
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import dramatiq
import pika
import redis
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerConnectionError
from dramatiq.middleware import Middleware, TimeLimit
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)
from redis.backoff import NoBackoff
from redis.retry import Retry

from domain.refusals import Refusal

RABBITMQ = frozenset({"amqp", "amqps"})
REDIS = frozenset({"redis", "rediss"})
SCHEMES = RABBITMQ | REDIS

STEP_LIMIT_MS = 15 * 60 * 1000
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
HEARTBEAT_SECONDS = 30
# Of a million commands; Dramatiq's own thousand leaves what a killed worker held for minutes.
MAINTENANCE_CHANCE = 10_000
LOOK_AGAIN_SECONDS = 5.0

AWAY: tuple[type[Exception], ...] = (BrokerConnectionError, AMQPError, redis.RedisError, OSError)
"""What sending raises while a broker is away."""
LET_NOBODY_IN: tuple[type[Exception], ...] = (
    ProbableAuthenticationError,
    ProbableAccessDeniedError,
    AuthenticationError,
    redis.AuthenticationError,
    redis.exceptions.NoPermissionError,
)


class BrokerUnreachable(Refusal):
    """The broker does not answer; workers go on once it is back."""

    code = "BROKER_UNREACHABLE"
    fix = (
        "Check PEXBC_BROKER_URL and the broker. Nothing is lost: what is due stands in the"
        " database, and workers go on when the broker is back."
    )

    def __init__(self, reason: str) -> None:
        """`reason` names the kind of error; a client's own words may hold addresses."""
        super().__init__(f"The broker does not answer ({reason}).")


class BrokerSignInRefused(BrokerUnreachable):
    """The broker answers and lets nobody in with this name and password."""

    code = "BROKER_SIGN_IN_REFUSED"
    fix = "Correct user, password and virtual host in PEXBC_BROKER_URL, or allow them there."

    def __init__(self, reason: str) -> None:
        Refusal.__init__(self, f"The broker refuses the sign-in ({reason}).")


def make_broker(url: str, prefix: str) -> dramatiq.Broker:
    """The broker at an address, or one in this process where it is empty; connects later.

    Names on the broker begin with `prefix`. There are no retries and no results: the sweep finds
    again whatever a call left undone.
    """
    scheme = urlsplit(url).scheme
    if scheme in RABBITMQ:
        # pika tells every lost connection several times over, and Dramatiq and `Outgoing` once.
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        rabbitmq = RabbitmqBroker(url=url, confirm_delivery=True, middleware=_middleware())
        rabbitmq.parameters = _rabbitmq_parameters(url)
        return rabbitmq
    if scheme in REDIS:
        return RedisBroker(  # type: ignore[no-untyped-call]
            client=_redis_client(url),
            namespace=prefix,
            middleware=_middleware(),
            maintenance_chance=MAINTENANCE_CHANCE,
        )
    return StubBroker(middleware=_middleware())


def _middleware() -> list[Middleware]:
    return [TimeLimit(time_limit=STEP_LIMIT_MS)]


def _rabbitmq_parameters(url: str) -> pika.URLParameters:
    """An address with our own patience, so that a broker that hangs holds nothing up for long."""
    parameters = pika.URLParameters(url)
    parameters.heartbeat = HEARTBEAT_SECONDS
    parameters.connection_attempts = 1
    parameters.socket_timeout = CONNECT_SECONDS
    parameters.stack_timeout = 2 * CONNECT_SECONDS
    parameters.blocked_connection_timeout = ANSWER_SECONDS
    return parameters


def _redis_client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        health_check_interval=HEARTBEAT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def ask(url: str) -> None:
    """Connect to a broker and leave it again.

    Raises:
        BrokerSignInRefused: it lets nobody in with this name and password.
        BrokerUnreachable: it does not answer.
    """
    try:
        if urlsplit(url).scheme in RABBITMQ:
            pika.BlockingConnection(_rabbitmq_parameters(url)).close()
        else:
            client = _redis_client(url)
            client.ping()
            client.close()
    except LET_NOBODY_IN as error:
        raise BrokerSignInRefused(type(error).__name__) from error
    except AWAY as error:
        raise BrokerUnreachable(type(error).__name__) from error


class BrokerWatch:
    """Whether the broker answers, asked at most every few seconds however many want to know."""

    def __init__(
        self,
        url: str,
        ask: Callable[[str], None] = ask,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_outside = bool(url)
        self._ask = functools.partial(ask, url)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._trouble: BrokerUnreachable | None = None

    def trouble(self) -> BrokerUnreachable | None:
        """What is wrong with the broker; None where it answers, or calls stay in the process."""
        if not self.is_outside:
            return None
        with self._lock:
            now = self._monotonic()
            if self._asked_at is None or now - self._asked_at >= LOOK_AGAIN_SECONDS:
                self._trouble = self._asked()
                self._asked_at = self._monotonic()
            return self._trouble

    def _asked(self) -> BrokerUnreachable | None:
        try:
            self._ask()
        except BrokerUnreachable as trouble:
            return trouble
        return None
