"""Choices are kept for some minutes, a few companies at a time, and read again on demand."""

import pytest

from application.configure import Configure
from application.known_choices import KEPT, LASTING, KnownChoices
from application.ports.company_data import Company, CompanyNotFound
from application_world import World, chart
from domain.connection import Microsoft, MicrosoftMode
from fakes.company_data import FakeBusinessCentralAccess
from fakes.pex import FakePexAccess
from fakes.schedule import FakeSchedule


class Choosing(World):
    """The world with the service under test; each reading answers a new object."""

    def __init__(self) -> None:
        super().__init__()
        access = FakeBusinessCentralAccess(chart())
        names = [f"company{n}" for n in range(KEPT + 1)]
        access.data.companies = lambda: tuple(  # type: ignore[method-assign]
            Company(name, name) for name in ("company", *names)
        )
        pex = FakePexAccess(self.pex)
        configure = Configure(self.log, pex, access, self.clock, self.wakeups, FakeSchedule())
        self.known = KnownChoices(configure, self.log, self.clock)


@pytest.fixture
def world() -> Choosing:
    return Choosing()


def test_choices_are_read_once_for_some_minutes(world: Choosing) -> None:
    first = world.known.of(world.connection_id, "company")
    assert world.known.of(world.connection_id, "COMPANY") is first
    world.clock.advance(LASTING.total_seconds() - 1)
    assert world.known.of(world.connection_id, "company") is first
    world.clock.advance(1)
    assert world.known.of(world.connection_id, "company") is not first


def test_choices_are_read_again_when_somebody_asks(world: Choosing) -> None:
    first = world.known.of(world.connection_id, "company")
    world.known.forget(world.connection_id)
    assert world.known.of(world.connection_id, "company") is not first


def test_only_a_few_companies_are_kept_and_the_one_in_use_stays(world: Choosing) -> None:
    first = world.known.of(world.connection_id, "company")
    last = world.known.of(world.connection_id, "company0")
    for n in range(1, KEPT):
        world.known.of(world.connection_id, f"company{n}")
        assert world.known.of(world.connection_id, "company") is first
    assert world.known.of(world.connection_id, "company0") is not last


def test_another_sign_in_reads_anew(world: Choosing) -> None:
    first = world.known.of(world.connection_id, "company")
    connection = world.connection
    other = Microsoft(MicrosoftMode.SERVICE, "another-tenant", "Production", "app")
    connection.microsoft_signed_in(world.clock.now(), other, "admin:a")
    world.log.save(connection)
    assert world.known.of(world.connection_id, "company") is not first


def test_an_unknown_company_is_refused_each_time(world: Choosing) -> None:
    for _ in range(2):
        with pytest.raises(CompanyNotFound):
            world.known.of(world.connection_id, "elsewhere")
