"""An access token is always at hand, and no refresh token is ever sent twice."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from structlog.testing import capture_logs

from adapters.pex.renewals import Renewals
from application.pex_credential import PEX_CREDENTIAL, PexCredential, decode, encode, of_tokens
from application.ports.pex import PexTokenRefused, PexUnavailable
from application.ports.pex_sign_in import (
    PexAnswerLost,
    PexSignInNotConfigured,
    PexSignInRefused,
)
from fakes.clock import FakeClock
from fakes.pex_sign_in import FakePexSignIn
from fakes.vault import FakeVault


class Killed(BaseException):
    """The process died."""


class SignedIn:
    """A connection that is signed in, at an authority of its own."""

    def __init__(self, access_seconds: float = 600) -> None:
        self.connection: UUID = uuid4()
        self.clock = FakeClock()
        self.vault = FakeVault()
        self.pex = FakePexSignIn(self.clock, access_seconds)
        self.pauses = 0
        self.on_pause: Callable[[], None] = lambda: None
        self.renewals = self.process()
        self.sign_in()

    def process(self) -> Renewals:
        """What another process has of it: the vault alone is shared."""
        return Renewals(self.vault, self.pex, self.clock, self._pause)

    def _pause(self, _seconds: float) -> None:
        self.pauses += 1
        self.on_pause()

    def sign_in(self) -> None:
        """Sign in anew."""
        self.keep(of_tokens(self.pex.issue(), self.clock.now()))

    def keep(self, credential: PexCredential) -> None:
        self.vault.put(self.connection, PEX_CREDENTIAL, encode(credential))

    @property
    def kept(self) -> PexCredential:
        found = self.vault.get(self.connection, PEX_CREDENTIAL)
        assert found is not None
        return decode(found[0])

    def current(self) -> str:
        return self.renewals.current(self.connection)


@pytest.fixture
def one() -> SignedIn:
    return SignedIn()


def test_while_an_access_token_is_good_nothing_is_asked_of_pex(one: SignedIn) -> None:
    assert [one.current(), one.current()] == ["at-1", "at-1"]
    one.clock.advance(539)
    assert one.current() == "at-1"
    assert not one.pex.renewals


@pytest.mark.parametrize(("lasting", "near_the_end"), [(600, 541), (3600, 3541), (30, 25)])
def test_shortly_before_its_end_it_is_renewed_and_the_new_tokens_are_kept(
    lasting: int, near_the_end: int
) -> None:
    one = SignedIn(lasting)
    one.clock.advance(near_the_end)
    assert one.current() == "at-2"
    assert (one.kept.token, one.kept.refresh_token, one.kept.claimed_at) == ("at-2", "rt-2", None)
    assert one.pex.renewals == ["rt-1"]


def test_a_token_that_pex_refused_is_replaced_once_for_all_who_hold_it(one: SignedIn) -> None:
    renewed = [one.process().in_place_of(one.connection, "at-1") for _ in range(3)]
    assert renewed == ["at-2", "at-2", "at-2"]
    assert one.pex.renewals == ["rt-1"]


def test_the_new_refresh_token_is_kept_before_the_access_token_is_handed_out(
    one: SignedIn,
) -> None:
    def fail(*_arguments: object) -> int:
        raise OSError("the disk is full")

    one.clock.advance(700)
    one.pex.before_answers.append(lambda: setattr(one.vault, "put", fail))
    with pytest.raises(OSError, match="the disk is full"):
        one.current()


def test_a_kept_token_without_a_known_end_is_renewed_when_pex_refuses_it(one: SignedIn) -> None:
    one.keep(replace(one.kept, access_until=None, renew_at=None))
    one.clock.advance(86_400)
    assert one.current() == "at-1"
    assert one.renewals.in_place_of(one.connection, "at-1") == "at-2"


# --- several at once ---------------------------------------------------------------------------


def test_many_at_once_renew_once(one: SignedIn) -> None:
    one.clock.advance(700)
    one.on_pause = lambda: time.sleep(0.01)
    together = threading.Barrier(8)
    found: list[str] = []

    def use() -> None:
        process = one.process()
        together.wait()
        found.append(process.current(one.connection))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["at-2"] * 8
    assert one.pex.renewals == ["rt-1"]


def test_whoever_comes_while_another_renews_waits_for_what_that_one_keeps(one: SignedIn) -> None:
    one.clock.advance(700)
    found: list[str] = []

    def come_second() -> None:
        thread = threading.Thread(
            target=lambda: found.append(one.process().current(one.connection))
        )
        thread.start()
        threads.append(thread)
        assert waiting.wait(5)

    def pause() -> None:
        waiting.set()
        assert kept.wait(5)

    waiting, kept, threads = threading.Event(), threading.Event(), list[threading.Thread]()
    one.on_pause = pause
    one.pex.before_answers.append(come_second)
    assert one.current() == "at-2"
    kept.set()
    threads[0].join()
    assert found == ["at-2"]
    assert one.pex.renewals == ["rt-1"]


def test_while_another_renews_a_token_that_still_has_time_is_used(one: SignedIn) -> None:
    one.clock.advance(550)
    meanwhile: list[str] = []
    one.pex.before_answers.append(lambda: meanwhile.append(one.process().current(one.connection)))
    assert one.current() == "at-2"
    assert (meanwhile, one.pauses) == (["at-1"], 0)


def test_whoever_waits_too_long_is_told_to_come_again(one: SignedIn) -> None:
    one.clock.advance(700)
    one.keep(replace(one.kept, claimed_at=one.clock.now()))
    with pytest.raises(PexUnavailable) as refused:
        one.current()
    assert refused.value.retry_after
    assert not one.pex.renewals


def test_a_new_sign_in_wins_over_a_renewal_that_is_under_way(one: SignedIn) -> None:
    one.clock.advance(700)
    one.pex.before_answers.append(one.sign_in)
    assert one.current() == "at-2"  # of the new sign-in; the renewed one is dropped
    assert (one.kept.token, one.pex.revoked) == ("at-2", [])


def test_a_disconnect_wins_over_a_renewal_that_is_under_way(one: SignedIn) -> None:
    one.clock.advance(700)
    one.pex.before_answers.append(lambda: one.vault.delete(one.connection, PEX_CREDENTIAL))
    with pytest.raises(PexTokenRefused, match="no sign-in is kept"):
        one.current()
    assert one.pex.revoked == ["rt-2"]  # nobody holds it any more


# --- what fails --------------------------------------------------------------------------------


def test_a_revoked_sign_in_is_told_and_never_asked_for_again(one: SignedIn) -> None:
    one.pex.good.clear()
    for _ in range(2):
        with pytest.raises(PexTokenRefused):
            one.renewals.in_place_of(one.connection, "at-1")
    assert one.pex.renewals == ["rt-1"]


def test_a_renewal_that_was_not_answered_is_never_repeated(one: SignedIn) -> None:
    one.clock.advance(700)
    one.pex.lost_refusals.append(PexAnswerLost("no answer (ReadTimeout)"))
    with pytest.raises(PexTokenRefused, match="may be used up"):
        one.current()
    with pytest.raises(PexTokenRefused, match="has run out"):
        one.current()
    assert one.pex.renewals == ["rt-1"]


def test_a_renewal_that_a_process_died_in_is_never_repeated(one: SignedIn) -> None:
    one.clock.advance(700)
    one.pex.lost_refusals.append(Killed())
    with pytest.raises(Killed):
        one.current()
    one.clock.advance(121)
    with pytest.raises(PexTokenRefused, match="interrupted") as refused:
        one.process().current(one.connection)
    assert "Sign in with PEX again" in refused.value.fix
    assert one.pex.renewals == ["rt-1"]


def test_a_slow_process_may_still_keep_what_it_was_given(one: SignedIn) -> None:
    one.clock.advance(700)

    def others_give_up() -> None:
        one.clock.advance(300)
        with pytest.raises(PexTokenRefused, match="interrupted"):
            one.process().current(one.connection)

    one.pex.before_answers.append(others_give_up)
    assert one.current() == "at-2"
    assert one.process().current(one.connection) == "at-2"


@pytest.mark.parametrize(
    "refusal", [PexUnavailable("503"), PexSignInRefused("invalid_client")], ids=["503", "client"]
)
def test_a_refresh_token_that_was_not_looked_at_is_used_later(
    one: SignedIn, refusal: Exception
) -> None:
    one.clock.advance(700)
    one.pex.unused_refusals.append(refusal)
    with pytest.raises(type(refusal)):
        one.current()
    assert one.kept.claimed_at is None
    assert one.current() == "at-2"
    assert not one.pex.replays


@pytest.mark.parametrize("harm", ["check", "unused", "lost"])
def test_while_the_old_token_has_time_a_failed_renewal_stops_nothing(
    one: SignedIn, harm: str
) -> None:
    one.clock.advance(550)
    if harm == "check":
        one.pex.check_refusal = PexUnavailable("503")
    elif harm == "unused":
        one.pex.unused_refusals.append(PexUnavailable("503"))
    else:
        one.pex.lost_refusals.append(PexAnswerLost("cut"))
    assert one.current() == "at-1"


def test_what_can_fail_without_harm_fails_before_anything_is_claimed(one: SignedIn) -> None:
    one.clock.advance(700)
    one.pex.check_refusal = PexSignInNotConfigured()
    with pytest.raises(PexSignInNotConfigured):
        one.current()
    assert one.kept.claimed_at is None
    assert not one.pex.renewals


def test_a_refresh_token_known_to_be_over_is_not_sent(one: SignedIn) -> None:
    one.clock.advance(1_209_600)
    with pytest.raises(PexTokenRefused, match="has run out"):
        one.current()
    assert not one.pex.renewals


def test_no_secret_is_logged(one: SignedIn, every_log_line: None) -> None:
    with capture_logs() as logs:
        one.renewals.in_place_of(one.connection, "at-1")
        one.pex.good.clear()
        with pytest.raises(PexTokenRefused):
            one.renewals.in_place_of(one.connection, "at-2")
    assert len(logs) == 2
    for secret in ("at-1", "at-2", "rt-1", "rt-2"):
        assert secret not in str(logs)
        assert secret not in repr(one.kept)


class NeverTwice(RuleBasedStateMachine):
    """Whatever happens in whatever order, no refresh token that may be used up is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.one = SignedIn()
        self.sent: set[str] = set()

    def _use(self, dead: str = "") -> None:
        with suppress(PexTokenRefused, PexUnavailable, Killed):
            self.one.process().in_place_of(self.one.connection, dead)

    @rule()
    def use(self) -> None:
        self._use()

    @rule()
    def be_refused(self) -> None:
        self._use(self.one.kept.token)

    @rule()
    def wait_for_the_end(self) -> None:
        self.one.clock.advance(550)

    @rule()
    def wait_for_the_claim(self) -> None:
        self.one.clock.advance(130)

    @rule()
    def lose_an_answer(self) -> None:
        self.one.pex.lost_refusals = [PexAnswerLost("cut")]
        self._use(self.one.kept.token)

    @rule()
    def die(self) -> None:
        self.one.pex.lost_refusals = [Killed()]
        self._use(self.one.kept.token)

    @rule()
    def be_busy(self) -> None:
        self.one.pex.unused_refusals = [PexUnavailable("503")]
        self._use(self.one.kept.token)

    @precondition(lambda self: self.one.kept.refresh_token is None or self.one.kept.claimed_at)
    @rule()
    def sign_in_anew(self) -> None:
        self.one.sign_in()

    @invariant()
    def nothing_was_replayed(self) -> None:
        self.one.pex.lost_refusals, self.one.pex.unused_refusals = [], []
        assert not self.one.pex.replays


TestNeverTwice = NeverTwice.TestCase
TestNeverTwice.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_instants_and_tokens_come_back_as_they_were_kept(one: SignedIn) -> None:
    credential = replace(one.kept, claimed_at=one.clock.now() + timedelta(microseconds=7))
    assert decode(encode(credential)) == credential
