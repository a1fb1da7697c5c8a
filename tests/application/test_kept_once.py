"""What lies between two requests of a sign-in is good once, and for a while."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from application.kept_once import KeptOnce
from fakes.clock import FakeClock
from fakes.vault import FakeVault

NOW = datetime(2026, 8, 15, 16, tzinfo=UTC)
TEXTS = {"code": "c-1", "state": "s-1"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def vault() -> FakeVault:
    return FakeVault()


@pytest.fixture
def kept(vault: FakeVault, clock: FakeClock) -> KeptOnce:
    return KeptOnce(vault, clock, "answer", timedelta(minutes=10))


def test_what_was_put_is_taken_out_once(kept: KeptOnce) -> None:
    kept.put("name", TEXTS)
    assert kept.take("name") == TEXTS
    assert kept.take("name") is None


def test_nobody_takes_it_out_under_another_name(kept: KeptOnce) -> None:
    kept.put("name", TEXTS)
    assert kept.take("names") is None
    assert kept.take("name") == TEXTS


@pytest.mark.parametrize(("minutes", "is_good"), [(0, True), (10, True), (11, False), (-1, False)])
def test_it_is_good_for_a_while(
    kept: KeptOnce, clock: FakeClock, minutes: int, *, is_good: bool
) -> None:
    kept.put("name", TEXTS)
    clock.advance(minutes * 60)
    assert (kept.take("name") is not None) is is_good


def test_other_purposes_are_kept_apart(kept: KeptOnce, vault: FakeVault, clock: FakeClock) -> None:
    kept.put("name", TEXTS)
    assert KeptOnce(vault, clock, "errand", timedelta(hours=1)).take("name") is None


def test_of_two_takers_at_once_one_gets_it(
    kept: KeptOnce, vault: FakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.put("name", TEXTS)
    get, got = vault.get, []

    def slow(owner: UUID, purpose: str) -> tuple[bytes, int] | None:
        found = get(owner, purpose)
        monkeypatch.setattr(vault, "get", get)
        got.append(kept.take("name"))
        return found

    monkeypatch.setattr(vault, "get", slow)
    got.append(kept.take("name"))
    assert got == [TEXTS, None]
