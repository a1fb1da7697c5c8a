"""Sign-ins outlive the months in which nobody looks at them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from application.check_connection import CheckConnection
from application.keep_alive import KeepAlive, Kept
from application.pex_credential import PEX_CREDENTIAL
from application.ports.pex import (
    PexPermissionMissing,
    PexRequestRefused,
    PexTokenRefused,
    PexUnavailable,
)
from application.start_due_runs import ACTOR
from application_world import World
from domain.connection import Status
from domain.schedule import AGAIN, DAY, Job
from fakes.company_data import FakeBusinessCentralAccess
from fakes.general_journal import FakeJournals
from fakes.pex import FakePexAccess
from fakes.schedule import FakeSchedule
from fakes.vault import FakeVault

EXPIRES = datetime(2026, 9, 10, 12, tzinfo=UTC)
"""The world's clock begins on the 15th of August, within the last month of such a token."""


class Kepts:
    """A connection whose sign-ins are due to be looked after."""

    def __init__(self) -> None:
        self.world = world = World()
        self.schedule = FakeSchedule()
        self.vault = FakeVault()
        self.put({"scheme": "token", "token": "old"})
        access = FakeBusinessCentralAccess(world.chart, world.vendors.everything)
        journals = FakeJournals(world.journal)
        pex = FakePexAccess(world.pex)
        check = CheckConnection(world.log, pex, access, journals, world.clock)
        self.keeper = KeepAlive(
            world.log, self.schedule, self.vault, pex, check, world.leases, world.clock
        )
        self.schedule.plan(world.connection_id, Job.KEEP_ALIVE, world.clock.now())

    def put(self, credential: dict[str, str]) -> None:
        self.vault.put(self.world.connection_id, PEX_CREDENTIAL, json.dumps(credential).encode())

    @property
    def token(self) -> str:
        kept = self.vault.get(self.world.connection_id, PEX_CREDENTIAL)
        assert kept is not None
        return str(json.loads(kept[0])["token"])

    @property
    def next_in(self) -> timedelta:
        next_at = self.schedule.planned(Job.KEEP_ALIVE)[self.world.connection_id]
        return next_at - self.world.clock.now()

    def keep(self) -> Kept | None:
        (due,) = self.keeper.due()
        return self.keeper.keep(due)

    def topics(self) -> list[tuple[str, str]]:
        events = self.world.log.history(self.world.connection_id)
        return [(one.topic, getattr(one.event, "actor", "")) for one in events]


@pytest.fixture
def kepts() -> Kepts:
    return Kepts()


def test_a_token_in_its_last_month_is_renewed_and_the_new_one_kept(kepts: Kepts) -> None:
    kepts.world.pex.token_expires_at = EXPIRES
    kepts.world.pex.renewals = ["new"]
    kept = kepts.keep()
    assert kept is not None
    assert kept.renewed
    assert kepts.token == "new"
    assert ("connection.pex_token_renewed", ACTOR) in kepts.topics()
    assert timedelta() < kepts.next_in <= DAY


@pytest.mark.parametrize("expires", [None, EXPIRES + timedelta(days=10)])
def test_a_token_is_never_renewed_earlier_or_without_a_known_end(
    kepts: Kepts, expires: datetime | None
) -> None:
    kepts.world.pex.token_expires_at = expires
    kept = kepts.keep()
    assert kept is not None
    assert (kept.renewed, kept.code) == (False, None)
    assert kepts.token == "old"


def test_the_tokens_of_a_sign_in_are_not_renewed_as_api_tokens_are(kepts: Kepts) -> None:
    kepts.put({"scheme": "Bearer", "token": "access"})
    kepts.world.pex.token_expires_at = EXPIRES
    kept = kepts.keep()
    assert kept is not None
    assert (kept.renewed, kepts.token) == (False, "access")


def test_a_refused_renewal_keeps_the_token_and_tries_again_at_the_next_slot(
    kepts: Kepts,
) -> None:
    kepts.world.pex.token_expires_at = EXPIRES
    kepts.world.pex.renewals = [PexRequestRefused(403, "Cannot renew token"), "new"]
    kept = kepts.keep()
    assert kept is not None
    assert (kept.renewed, kept.code) == (False, "PEX_REFUSED")
    assert kepts.token == "old"
    assert kepts.world.connection.status is Status.CONNECTED_READY
    kepts.world.clock.advance(kepts.next_in.total_seconds())
    assert kepts.keep() == Kept(kept.connection_id, kepts.world.clock.now() + DAY, renewed=True)


def test_an_answer_that_is_lost_is_not_asked_for_again_blindly(kepts: Kepts) -> None:
    kepts.world.pex.token_expires_at = EXPIRES
    kepts.world.pex.renewals = [PexUnavailable("no answer")]
    kept = kepts.keep()
    assert kept is not None
    assert (kept.code, kepts.next_in) == ("PEX_UNAVAILABLE", AGAIN)
    assert kepts.token == "old"


@pytest.mark.parametrize(
    "refusal", [PexTokenRefused("Token expired or does not exist"), PexPermissionMissing(["it"])]
)
def test_a_dead_sign_in_requires_a_person_before_any_run_meets_it(
    kepts: Kepts, refusal: PexTokenRefused
) -> None:
    kepts.world.pex.refusals = [refusal, refusal]
    kept = kepts.keep()
    assert kept is not None
    assert kept.code == refusal.code
    assert kepts.world.connection.trouble == (refusal.code, refusal.cause)


def test_a_dead_pex_sign_in_is_told_even_where_microsoft_is_not_signed_in(kepts: Kepts) -> None:
    world = kepts.world
    connection = world.connection
    connection.disconnect(world.clock.now(), "admin:a")
    connection.pex_signed_in(world.clock.now(), "Harbor Lights", "prepaid", "dana.k", "admin:a")
    world.log.save(connection)
    world.pex.refusals = [PexTokenRefused("Token expired or does not exist")]
    kepts.keep()
    assert world.connection.status is Status.ACTION_REQUIRED


def test_a_run_in_the_middle_of_a_step_is_not_robbed_of_its_token(kepts: Kepts) -> None:
    kepts.world.pex.token_expires_at = EXPIRES
    with kepts.world.leases.hold(f"connection:{kepts.world.connection_id}"):
        kept = kepts.keep()
    assert kept is not None
    assert (kept.code, kepts.next_in) == ("CONNECTION_BUSY", AGAIN)
    assert kepts.token == "old"


def test_a_sign_in_that_came_in_between_is_the_one_that_stays(kepts: Kepts) -> None:
    kepts.world.pex.token_expires_at = EXPIRES
    renew = kepts.world.pex.renew_token

    def overtaken() -> str:
        kepts.put({"scheme": "token", "token": "pasted"})
        return renew()

    kepts.world.pex.renewals = ["new"]
    kepts.world.pex.renew_token = overtaken  # type: ignore[method-assign]
    kept = kepts.keep()
    assert kept is not None
    assert (kept.renewed, kepts.token) == (False, "pasted")


def test_of_two_who_saw_the_same_slot_one_looks_after_it(kepts: Kepts) -> None:
    kepts.world.pex.token_expires_at = EXPIRES
    kepts.world.pex.renewals = ["new"]
    (seen,) = kepts.keeper.due()
    assert kepts.keeper.keep(seen) is not None
    assert kepts.keeper.keep(seen) is None


def test_a_connection_that_was_parted_is_looked_after_no_more(kepts: Kepts) -> None:
    connection = kepts.world.connection
    connection.disconnect(kepts.world.clock.now(), "admin:a")
    kepts.world.log.save(connection)
    assert kepts.keep() is None
    assert kepts.schedule.rows == {}


def test_what_a_person_mended_is_ready_again(kepts: Kepts) -> None:
    connection = kepts.world.connection
    now = kepts.world.clock.now()
    connection.require_action("MICROSOFT_SIGN_IN_REFUSED", "It is over.", now)
    kepts.world.log.save(connection)
    kepts.keep()
    assert kepts.world.connection.status is Status.CONNECTED_READY


@pytest.mark.parametrize(
    "refusal", [PexRequestRefused(403, "Cannot renew token"), PexUnavailable("no answer")]
)
def test_why_a_sign_in_was_not_kept_alive_stands_with_the_plan_until_it_is(
    kepts: Kepts, refusal: PexRequestRefused | PexUnavailable
) -> None:
    kepts.world.pex.token_expires_at = EXPIRES
    kepts.world.pex.renewals = [refusal, "new"]
    kepts.keep()
    noted = kepts.schedule.skipped(Job.KEEP_ALIVE)[kepts.world.connection_id]
    assert (noted.code, noted.cause) == (refusal.code, refusal.cause)
    kepts.world.clock.advance(DAY.total_seconds())
    kepts.keep()
    assert kepts.schedule.skipped(Job.KEEP_ALIVE) == {}


def test_a_run_in_the_middle_of_a_step_is_nothing_wrong_with_the_sign_in(kepts: Kepts) -> None:
    with kepts.world.leases.hold(f"connection:{kepts.world.connection_id}"):
        kept = kepts.keep()
    assert kept is not None
    assert kept.code == "CONNECTION_BUSY"
    assert kepts.schedule.skipped(Job.KEEP_ALIVE) == {}
