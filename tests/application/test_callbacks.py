"""Callbacks of PEX: subscribed to and left, and taken as hints that make a sync come soon."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.ports.callbacks import CallbackSubscriptions
from application.ports.pex import PexTokenRefused, PexUnavailable
from application.ports.schedule import Planned
from application.start_due_runs import Slot, StartDueRuns
from application.start_run import RunRequest
from application.subscribe_to_callbacks import (
    PEX_CALLBACK,
    CallbackAddressRefused,
    CallbackSecretMissing,
    SubscribeToCallbacks,
    kept_subscription,
)
from application.take_callback import CallbackRefused, TakeCallback
from application_world import World
from domain.connection import Connection, NotReady
from domain.schedule import AT_REST, QUARTER, Job, next_slot
from fakes.callbacks import FakeCallbackAccess
from fakes.schedule import FakeSchedule
from fakes.vault import FakeVault

SERVICE = "https://pexbc.example"
SECRET = "as PEX support issued it"
OTHER = UUID(int=5)


class Called:
    """A connection with auto-sync on, and PEX to call it back."""

    def __init__(self) -> None:
        self.world = World()
        self.schedule = FakeSchedule()
        self.vault = FakeVault()
        self.pex = FakeCallbackAccess()
        self.callbacks = self.service(SERVICE)
        self.taker = TakeCallback(self.vault, self.schedule, self.world.clock)
        self.scheduler = StartDueRuns(
            self.world.log,
            self.schedule,
            self.world.starter,
            self.world.wakeups,
            self.world.clock,
            self.atomically,
        )
        self.change(auto_sync=True)
        self.schedule.plan(self.id, Job.SYNC, self.own_slot)

    def service(self, public_url: str) -> SubscribeToCallbacks:
        return SubscribeToCallbacks(
            self.world.log, self.vault, self.pex, self.world.clock, self.atomically, public_url
        )

    @contextmanager
    def atomically(self) -> Iterator[None]:
        """Undo the plan as a database would."""
        before = dict(self.schedule.rows)
        try:
            yield
        except BaseException:
            self.schedule.rows = before
            raise

    def change(self, *, auto_sync: bool) -> None:
        connection = self.world.connection
        now = self.world.clock.now()
        connection.switch_auto_sync(enabled=auto_sync, actor="admin:a", timestamp=now)
        self.world.log.save(connection)

    @property
    def id(self) -> UUID:
        return self.world.connection_id

    @property
    def own_slot(self) -> datetime:
        return next_slot(self.id, Job.SYNC, self.world.clock.now())

    @property
    def next_at(self) -> datetime | None:
        return self.schedule.planned(Job.SYNC).get(self.id)

    @property
    def urls(self) -> list[str]:
        return list(self.pex.subscriptions.urls.values())

    def switched(self) -> list[tuple[bool, str]]:
        """What the history tells of the switch, and who switched."""
        history = self.world.log.history(self.id)
        events: list[Any] = [
            one.event for one in history if one.topic == "connection.callbacks_switched"
        ]
        return [(one.enabled, one.actor) for one in events]

    def look(self) -> list[Slot]:
        slots = [self.scheduler.start(due) for due in self.scheduler.due()]
        return [slot for slot in slots if slot is not None]


@pytest.fixture
def called() -> Called:
    return Called()


# --- subscribing ------------------------------------------------------------------------------


def test_who_subscribed_stands_in_the_history_and_the_secret_in_the_vault_alone(
    called: Called,
) -> None:
    called.callbacks.subscribe(called.id, "admin:a", f" {SECRET}\n")
    assert called.urls == [f"{SERVICE}/pex/callbacks/{called.id}"]
    assert called.switched() == [(True, "admin:a")]
    assert called.world.connection.callbacks
    kept = kept_subscription(called.vault, called.id)
    assert kept is not None
    assert kept.secret == SECRET
    assert SECRET not in repr(called.world.log.order) + repr(kept)


def test_asking_again_changes_nothing_and_needs_no_secret(called: Called) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    called.callbacks.subscribe(called.id, "admin:b")
    assert len(called.urls) == 1
    assert called.switched() == [(True, "admin:a")]
    called.taker.check(called.id, SECRET.encode())


def test_a_secret_that_pex_issued_anew_takes_the_place_of_the_old_one(called: Called) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    called.callbacks.subscribe(called.id, "admin:a", "a new one")
    called.taker.check(called.id, b"a new one")
    with pytest.raises(CallbackRefused):
        called.taker.check(called.id, SECRET.encode())


def test_a_service_that_moved_is_told_at_its_new_address_and_nowhere_else(called: Called) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    called.service("https://new.example/").subscribe(called.id, "admin:a")
    assert called.urls == [f"https://new.example/pex/callbacks/{called.id}"]


@pytest.mark.parametrize("secret", ["", "  \n"])
def test_without_a_secret_nothing_is_subscribed_to(called: Called, secret: str) -> None:
    with pytest.raises(CallbackSecretMissing):
        called.callbacks.subscribe(called.id, "admin:a", secret)
    assert called.urls == []


@pytest.mark.parametrize(
    "public_url",
    ["http://pexbc.example", "http://127.0.0.1.example", "https://", "ftp://localhost", "pexbc"],
)
def test_pex_is_given_no_address_at_which_the_secret_could_be_overheard(
    called: Called, public_url: str
) -> None:
    with pytest.raises(CallbackAddressRefused):
        called.service(public_url).subscribe(called.id, "admin:a", SECRET)
    assert called.urls == []
    assert called.vault.get(called.id, PEX_CALLBACK) is None


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]"])
def test_this_machine_may_be_called_without_https(called: Called, host: str) -> None:
    called.service(f"http://{host}").subscribe(called.id, "admin:a", SECRET)
    assert called.urls == [f"http://{host}/pex/callbacks/{called.id}"]


def test_what_pex_refuses_changes_nothing(called: Called) -> None:
    called.pex.subscriptions.refusals = [PexUnavailable("away")]
    with pytest.raises(PexUnavailable):
        called.callbacks.subscribe(called.id, "admin:a", SECRET)
    assert called.switched() == []
    assert called.vault.get(called.id, PEX_CALLBACK) is None


def test_a_connection_that_is_parted_cannot_subscribe(called: Called) -> None:
    connection = called.world.connection
    connection.disconnect(called.world.clock.now(), "admin:a")
    called.world.log.save(connection)
    with pytest.raises(NotReady):
        called.callbacks.subscribe(called.id, "admin:a", SECRET)


class PartedMeanwhile(FakeCallbackAccess):
    """Somebody disconnects while PEX is being asked."""

    def __init__(self, called: Called) -> None:
        super().__init__()
        self.called = called

    def subscriptions_of(self, connection: UUID) -> CallbackSubscriptions:
        parted = self.called.world.log.load(Connection, connection)
        parted.disconnect(self.called.world.clock.now(), "admin:b")
        self.called.world.log.save(parted)
        return self.subscriptions


def test_a_disconnect_meanwhile_leaves_no_secret_behind(called: Called) -> None:
    called.pex = PartedMeanwhile(called)
    with pytest.raises(NotReady):
        called.service(SERVICE).subscribe(called.id, "admin:a", SECRET)
    assert called.vault.get(called.id, PEX_CALLBACK) is None
    assert called.switched() == []


# --- leaving ----------------------------------------------------------------------------------


def test_leaving_removes_the_subscription_and_forgets_the_secret(called: Called) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    called.callbacks.unsubscribe(called.id, "admin:b")
    called.callbacks.unsubscribe(called.id, "admin:c")
    assert called.urls == []
    assert called.switched() == [(True, "admin:a"), (False, "admin:b")]
    with pytest.raises(CallbackRefused):
        called.taker.check(called.id, SECRET.encode())
    with pytest.raises(CallbackSecretMissing):
        called.callbacks.subscribe(called.id, "admin:a")


def test_where_pex_cannot_be_asked_to_stop_that_is_told_and_nothing_changes(
    called: Called,
) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    called.pex.subscriptions.refusals = [PexUnavailable("away")]
    with pytest.raises(PexUnavailable):
        called.callbacks.unsubscribe(called.id, "admin:a")
    assert called.world.connection.callbacks
    called.taker.check(called.id, SECRET.encode())


def test_a_farewell_is_made_before_the_credential_goes_and_said_afterwards(called: Called) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    farewell = called.callbacks.farewell(called.id)
    called.pex.refusal = PexTokenRefused("gone")
    assert len(called.urls) == 1
    farewell()
    assert called.urls == []


def test_a_farewell_to_a_pex_that_takes_the_sign_in_no_more_raises_nothing(called: Called) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    called.pex.refusal = PexTokenRefused("over")
    called.callbacks.farewell(called.id)()
    assert len(called.urls) == 1


def test_without_a_subscription_a_farewell_asks_nothing_of_pex(called: Called) -> None:
    called.pex.refusal = PexTokenRefused("over")
    called.callbacks.farewell(called.id)()


# --- being called back ------------------------------------------------------------------------


@pytest.mark.parametrize("given", [b"", b"wrong", SECRET.encode()[:-1], SECRET.upper().encode()])
def test_a_callback_with_another_secret_is_refused(called: Called, given: bytes) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    with pytest.raises(CallbackRefused):
        called.taker.check(called.id, given)


@pytest.mark.parametrize("given", [b"", SECRET.encode()])
def test_a_callback_that_nobody_asked_for_is_refused_as_a_wrong_one_is(
    called: Called, given: bytes
) -> None:
    called.callbacks.subscribe(called.id, "admin:a", SECRET)
    with pytest.raises(CallbackRefused):
        called.taker.check(OTHER, given)


@pytest.mark.parametrize("kept", [b"", b"{", b"[]", b'{"secret": ""}'])
def test_a_secret_that_cannot_be_read_lets_nobody_in(called: Called, kept: bytes) -> None:
    called.vault.put(called.id, PEX_CALLBACK, kept)
    for secret in (b"", kept):
        with pytest.raises(CallbackRefused):
            called.taker.check(called.id, secret)


def test_a_hint_brings_the_next_sync_forward_and_the_slot_after_it_stays(called: Called) -> None:
    own, now = called.own_slot, called.world.clock.now()
    due_at = called.taker.sync_soon(called.id)
    assert due_at == called.next_at
    assert due_at is not None
    assert AT_REST <= due_at - now <= QUARTER + AT_REST
    called.world.clock.time = due_at
    (slot,) = called.look()
    assert slot.run_id is not None
    assert slot.next_at == called.next_at == own


def test_a_hundred_hints_become_one_run(called: Called) -> None:
    for _ in range(100):
        due_at = called.taker.sync_soon(called.id)
    assert due_at is not None
    called.world.clock.time = due_at
    assert len(called.look()) == 1
    assert called.look() == []


def test_hints_without_end_start_one_run_in_a_quarter_of_an_hour(called: Called) -> None:
    began, hours = called.world.clock.now(), 3
    started = 0
    while called.world.clock.now() < began + timedelta(hours=hours):
        called.taker.sync_soon(called.id)
        for slot in called.look():
            assert slot.run_id is not None
            called.world.finish(slot.run_id)
            started += 1
        called.world.clock.advance(20)
    # The connection's own slot may lie among them.
    assert hours * 4 - 1 <= started <= hours * 4 + 1


def test_a_hint_while_a_run_is_on_is_followed_by_another_run(called: Called) -> None:
    run_id = called.world.starter.start(RunRequest(called.id, "admin:a"))
    due_at = called.taker.sync_soon(called.id)
    assert due_at is not None
    called.world.clock.time = due_at
    (waiting,) = called.look()
    assert (waiting.run_id, waiting.code) == (None, "RUN_ACTIVE")
    called.world.finish(run_id)
    called.world.clock.time = waiting.next_at
    (slot,) = called.look()
    assert slot.run_id is not None


def test_with_auto_sync_off_a_hint_does_nothing(called: Called) -> None:
    called.change(auto_sync=False)
    called.schedule.drop(called.id, Job.SYNC)
    assert called.taker.sync_soon(called.id) is None
    assert called.next_at is None


def test_a_hint_puts_no_sync_off_that_is_due_already(called: Called) -> None:
    called.world.clock.time = called.own_slot
    assert called.taker.sync_soon(called.id) == called.next_at == called.world.clock.now()


steps = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(1, 7_200)),
        st.tuples(st.sampled_from(["hint", "look", "see", "start_stale"]), st.just(0)),
    ),
    max_size=40,
)


@given(steps=steps)
def test_no_hint_is_lost_and_no_time_starts_two_runs_whoever_looks_when(
    steps: list[tuple[str, int]],
) -> None:
    called = Called()
    clock, seen = called.world.clock, list[Planned]()
    fired: list[datetime] = []
    last_hint, last_start = clock.now(), clock.now()

    def start(found: Sequence[Planned]) -> None:
        nonlocal last_start
        for due in found:
            slot = called.scheduler.start(due)
            if slot is not None:
                assert slot.run_id is not None
                fired.append(due.next_at)
                last_start = clock.now()
                called.world.finish(slot.run_id)

    for name, seconds in [*steps, ("look", 0)]:
        if name == "advance":
            clock.advance(seconds)
        elif name == "hint":
            called.taker.sync_soon(called.id)
            last_hint = clock.now()
        elif name == "see":
            seen.extend(called.scheduler.due())
        else:
            start(called.scheduler.due() if name == "look" else seen)
    clock.advance((QUARTER + AT_REST).total_seconds())
    start(called.scheduler.due())
    assert last_start >= last_hint
    assert len(fired) == len(set(fired))
    assert called.next_at == called.own_slot
