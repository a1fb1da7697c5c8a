"""PostgreSQL and RabbitMQ on this machine, as the tests find them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from uuid import uuid4

import sqlalchemy as sa

from adapters.persistence.engine import make_engine
from adapters.persistence.schema import migrate
from benchmarks.figures import LeftOut
from running_brokers import RunningBroker, running_broker

USUAL = "postgresql://postgres@127.0.0.1:5432/postgres"


@contextmanager
def database() -> Iterator[str]:
    """The address of a migrated database that is there for the length of the block."""
    url = sa.make_url(os.environ.get("PEXBC_TEST_POSTGRES_URL", USUAL))
    server = sa.create_engine(
        url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    name = f"pexbc_bench_{uuid4().hex}"
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except sa.exc.OperationalError as error:
        raise LeftOut("PostgreSQL (no server)") from error
    try:
        address = server.url.set(database=name).render_as_string(hide_password=False)
        engine = make_engine(address)
        migrate(engine)
        engine.dispose()
        yield address
    finally:
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        server.dispose()


@contextmanager
def broker() -> Iterator[RunningBroker]:
    """RabbitMQ, under names of our own."""
    with running_broker("rabbitmq", _leave_out) as running:
        yield running


def _leave_out(service: str, why: str) -> NoReturn:
    raise LeftOut(f"{service} ({why})")
