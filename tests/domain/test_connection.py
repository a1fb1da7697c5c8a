"""A PEX business joined to a Business Central company (M1 to M7, M15, M16)."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.company import settings
from builders.events import replayed
from domain.connection import (
    Connection,
    Microsoft,
    MicrosoftMode,
    NothingToLink,
    NotReady,
    RunActive,
    SettingsChanged,
    Status,
)
from domain.settings import Settings

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
ADMIN = "admin:dana"
MICROSOFT = Microsoft(MicrosoftMode.DELEGATED, "tenant", "Production", "dana@harbor.example")


def opened() -> Connection:
    return Connection(NOW, 52311, "Harbor Lights", "prepaid", ADMIN)


def sign_in(connection: Connection, *, pex: bool = True, microsoft: bool = True) -> Connection:
    if pex:
        connection.pex_signed_in(NOW, "Harbor Lights", "prepaid", "dana.k", ADMIN)
    if microsoft:
        connection.microsoft_signed_in(NOW, MICROSOFT, ADMIN)
    return connection


def connected() -> Connection:
    return sign_in(opened())


def ready() -> Connection:
    connection = connected()
    connection.became_ready(NOW)
    connection.save_settings(settings(), "Harbor Supply Inc.", 0, ADMIN, NOW)
    return connection


def status_of(connection: Connection) -> Status:
    return connection.status


# --- linking (M5) -----------------------------------------------------------------------------


def test_another_business_can_use_the_microsoft_sign_in() -> None:
    assert connected().sign_in_to_share(uuid4()) == MICROSOFT


def test_a_connection_cannot_be_linked_to_itself() -> None:
    connection = connected()
    with pytest.raises(NothingToLink, match="to itself"):
        connection.sign_in_to_share(connection.id)


def test_a_business_that_is_not_signed_in_has_nothing_to_share() -> None:
    with pytest.raises(NothingToLink, match="Harbor Lights is not signed in"):
        sign_in(opened(), microsoft=False).sign_in_to_share(uuid4())


# --- status (M4) ------------------------------------------------------------------------------


def test_a_new_connection_is_not_connected() -> None:
    assert status_of(opened()) is Status.NOT_CONNECTED


def test_a_new_connection_syncs_nothing_by_itself_and_has_no_settings_yet() -> None:
    connection = opened()
    assert (connection.business_id, connection.name) == (52311, "Harbor Lights")
    assert connection.funding == "prepaid"
    assert not connection.ready
    assert not connection.auto_sync
    assert (connection.settings, connection.settings_version) == (Settings(), 0)
    assert (connection.active_run, connection.runs) == (None, 0)


def test_a_sign_in_tells_the_business_anew() -> None:
    connection = opened()
    connection.pex_signed_in(NOW, "Harbor Lights & Co.", "credit", "sam.l", ADMIN)
    assert (connection.name, connection.funding) == ("Harbor Lights & Co.", "credit")
    assert connection.pex_user == "sam.l"


@pytest.mark.parametrize("side", ["pex", "microsoft"])
def test_one_sign_in_alone_does_not_connect(side: str) -> None:
    one = sign_in(opened(), pex=side == "pex", microsoft=side == "microsoft")
    assert status_of(one) is Status.NOT_CONNECTED


def test_both_sign_ins_connect_and_it_gets_ready_once_both_sides_were_read() -> None:
    connection = connected()
    assert status_of(connection) is Status.CONNECTED_NOT_READY
    connection.became_ready(NOW)
    assert status_of(connection) is Status.CONNECTED_READY


def test_trouble_requires_action_with_its_reason_until_it_is_mended() -> None:
    connection = ready()
    connection.require_action("JOURNAL_MISSING", "There is no journal PEX Card.", NOW)
    assert status_of(connection) is Status.ACTION_REQUIRED
    assert connection.trouble == ("JOURNAL_MISSING", "There is no journal PEX Card.")
    connection.became_ready(NOW)
    assert status_of(connection) is Status.CONNECTED_READY
    assert connection.trouble is None


@pytest.mark.parametrize("side", ["pex", "microsoft"])
def test_a_new_sign_in_ends_the_trouble_and_is_read_again(side: str) -> None:
    connection = ready()
    connection.require_action("SIGN_IN_EXPIRED", "Sign in again.", NOW)
    sign_in(connection, pex=side == "pex", microsoft=side == "microsoft")
    assert status_of(connection) is Status.CONNECTED_NOT_READY


def test_the_daily_sync_is_off_until_it_is_switched_on_and_can_be_switched_off() -> None:
    connection = ready()
    assert connection.auto_sync is False
    for enabled in (True, False):
        connection.switch_auto_sync(enabled=enabled, actor=ADMIN, timestamp=NOW)
        assert connection.auto_sync is enabled


def test_callbacks_are_off_until_pex_is_asked_for_them_and_can_be_switched_off() -> None:
    connection = ready()
    assert connection.callbacks is False
    for enabled in (True, False):
        connection.switch_callbacks(enabled=enabled, actor=ADMIN, timestamp=NOW)
        assert connection.callbacks is enabled


def test_callbacks_end_with_the_sign_in_that_asked_for_them() -> None:
    connection = ready()
    connection.switch_callbacks(enabled=True, actor=ADMIN, timestamp=NOW)
    connection.disconnect(NOW, ADMIN)
    assert not connection.callbacks
    connection.switch_callbacks(enabled=False, actor=ADMIN, timestamp=NOW)
    with pytest.raises(NotReady):
        connection.switch_callbacks(enabled=True, actor=ADMIN, timestamp=NOW)
    assert replayed(connection).callbacks is False


def test_what_is_no_news_is_no_event() -> None:
    connection = ready()
    connection.require_action("JOURNAL_MISSING", "missing", NOW)
    connection.switch_auto_sync(enabled=True, actor=ADMIN, timestamp=NOW)
    connection.switch_callbacks(enabled=True, actor=ADMIN, timestamp=NOW)
    connection.collect_events()
    connection.require_action("JOURNAL_MISSING", "missing", NOW)
    connection.switch_auto_sync(enabled=True, actor=ADMIN, timestamp=NOW)
    connection.switch_callbacks(enabled=True, actor=ADMIN, timestamp=NOW)
    assert not connection.collect_events()
    connection.became_ready(NOW)
    connection.became_ready(NOW)
    assert len(connection.collect_events()) == 1


# --- disconnect and reconnect (M7) ------------------------------------------------------------


def test_a_disconnected_connection_forgets_sign_ins_and_auto_sync_and_keeps_its_history() -> None:
    connection = ready()
    connection.switch_auto_sync(enabled=True, actor=ADMIN, timestamp=NOW)
    connection.begin_run(uuid4(), NOW)
    connection.require_action("JOURNAL_MISSING", "missing", NOW)
    connection.disconnect(NOW, ADMIN)
    assert status_of(connection) is Status.DISCONNECTED
    assert (connection.pex_user, connection.microsoft) == (None, None)
    assert not connection.auto_sync
    assert not connection.ready
    assert connection.trouble is None
    assert connection.runs == 1
    assert connection.settings_version == 1


def test_a_disconnected_connection_cannot_run() -> None:
    connection = ready()
    connection.disconnect(NOW, ADMIN)
    with pytest.raises(NotReady):
        connection.begin_run(uuid4(), NOW)


def test_connecting_again_is_the_same_connection_with_its_settings_and_run_numbers() -> None:
    connection = ready()
    first = uuid4()
    connection.begin_run(first, NOW)
    connection.end_run(first, NOW)
    connection.disconnect(NOW, ADMIN)
    sign_in(connection)
    assert status_of(connection) is Status.CONNECTED_NOT_READY
    assert connection.settings == settings()
    connection.begin_run(uuid4(), NOW)
    assert connection.runs == 2
    assert connection.id == Connection.create_id(52311)


@pytest.mark.parametrize("pex_first", [True, False])
def test_the_order_of_sign_ins_makes_no_difference_after_a_disconnect(*, pex_first: bool) -> None:
    connection = ready()
    connection.disconnect(NOW, ADMIN)
    sign_in(connection, pex=pex_first, microsoft=not pex_first)
    sign_in(connection, pex=not pex_first, microsoft=pex_first)
    connection.became_ready(NOW)
    assert status_of(connection) is Status.CONNECTED_READY


# --- settings (M15) ---------------------------------------------------------------------------


def test_each_save_is_the_next_version() -> None:
    connection = ready()
    newer = replace(settings(), pex_account_id="20950")
    connection.save_settings(newer, "Harbor Supply Inc.", 1, ADMIN, NOW)
    assert connection.settings_version == 2
    assert connection.settings == newer
    assert connection.company_name == "Harbor Supply Inc."


@pytest.mark.parametrize("outdated", [0, 2])
def test_saving_on_any_version_but_the_current_one_is_refused(outdated: int) -> None:
    connection = ready()
    connection.collect_events()
    with pytest.raises(SettingsChanged, match="version 1") as refused:
        connection.save_settings(Settings(), "Harbor Supply Inc.", outdated, ADMIN, NOW)
    assert refused.value.current == 1
    assert connection.settings == settings()
    assert not connection.collect_events()


def test_settings_may_be_saved_during_a_run() -> None:
    connection = ready()
    connection.begin_run(uuid4(), NOW)
    connection.save_settings(Settings(company_id="other"), "Other Inc.", 1, ADMIN, NOW)
    assert connection.settings_version == 2


# --- runs (M16) -------------------------------------------------------------------------------


def test_one_run_at_a_time() -> None:
    connection, first = ready(), uuid4()
    connection.begin_run(first, NOW)
    with pytest.raises(RunActive) as refused:
        connection.begin_run(uuid4(), NOW)
    assert refused.value.run_id == first
    assert connection.active_run == first
    assert connection.runs == 1


def test_the_end_of_a_run_makes_room_for_the_next() -> None:
    connection, first, second = ready(), uuid4(), uuid4()
    connection.begin_run(first, NOW)
    connection.end_run(first, NOW)
    connection.begin_run(second, NOW)
    assert (connection.active_run, connection.runs) == (second, 2)


def test_a_run_that_lost_its_place_cannot_end_another() -> None:
    connection, second = ready(), uuid4()
    connection.begin_run(second, NOW)
    connection.collect_events()
    connection.end_run(uuid4(), NOW)
    assert connection.active_run == second
    assert not connection.collect_events()


def test_a_run_uses_the_microsoft_sign_in_of_its_start() -> None:
    assert ready().check_can_run() == MICROSOFT


def test_nothing_runs_without_both_sign_ins_and_saved_settings() -> None:
    for connection in (opened(), sign_in(opened(), microsoft=False)):
        with pytest.raises(NotReady, match="not signed in"):
            connection.check_can_run()
    with pytest.raises(NotReady, match="No settings"):
        connected().check_can_run()
    nowhere = connected()
    nowhere.save_settings(Settings(), "", 0, ADMIN, NOW)
    with pytest.raises(NotReady, match="No settings"):
        nowhere.check_can_run()


@given(
    st.lists(
        st.sampled_from(["pex", "microsoft", "ready", "trouble", "disconnect", "begin", "end"]),
        max_size=25,
    )
)
def test_any_history_keeps_one_run_at_a_time_and_can_be_replayed(steps: list[str]) -> None:
    connection, running = ready(), list[UUID]()
    for step in steps:
        if step == "begin":
            run = uuid4()
            try:
                connection.begin_run(run, NOW)
            except (NotReady, RunActive):
                continue
            running.append(run)
        elif step == "end" and running:
            connection.end_run(running.pop(), NOW)
        elif step in ("pex", "microsoft"):
            sign_in(connection, pex=step == "pex", microsoft=step == "microsoft")
        elif step == "ready":
            connection.became_ready(NOW)
        elif step == "trouble":
            connection.require_action("JOURNAL_MISSING", "missing", NOW)
        elif step == "disconnect":
            connection.disconnect(NOW, ADMIN)
        assert len(running) <= 1
        assert connection.active_run == (running[0] if running else None)
    assert replayed(connection) == connection


def test_a_business_has_one_connection_for_ever() -> None:
    assert opened().id == opened().id == UUID("4f192641-fb32-5316-b6c7-4ca52dd5133b")
    assert Connection.create_id(5231) != Connection.create_id(52311)
