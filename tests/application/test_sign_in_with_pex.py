"""Signing in with PEX: begun once, completed once, by whom and for which business (M2)."""

from dataclasses import replace

import pytest

from application.pex_credential import API_TOKEN, BEARER
from application.ports.pex import (
    Business,
    Funding,
    PexAccount,
    PexPermissionMissing,
    PexUnavailable,
)
from application.ports.pex_sign_in import PexSignInNotConfigured, PexSignInRefused
from application.sign_in_with_pex import SignInWithPex
from fakes.clock import FakeClock
from fakes.pex import FakePexAccess, FakePexAccount
from fakes.pex_sign_in import FakePexSignIn
from fakes.vault import FakeVault

BACK = "http://localhost:8000/back"
FINE = {"code": "code-1"}


class Remembering(FakePexAccess):
    """Remembers with what it was asked."""

    def __init__(self) -> None:
        super().__init__(FakePexAccount())
        self.asked: list[tuple[str, str]] = []

    def with_token(self, token: str) -> PexAccount:
        self.asked.append((API_TOKEN, token))
        return self.account

    def with_bearer(self, access_token: str) -> PexAccount:
        self.asked.append((BEARER, access_token))
        return self.account


class World:
    """The use case with an authority of its own."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.authority = FakePexSignIn(self.clock)
        self.pex = Remembering()
        self.vault = FakeVault()
        self.sign_in = self.process()

    def process(self) -> SignInWithPex:
        return SignInWithPex(self.authority, self.pex, self.vault, self.clock)

    def begun(self, actor: str = "browser", bound_to: str = "nonce-1") -> str:
        """Begin; the state."""
        return self.sign_in.begin(actor, bound_to, BACK).partition("state=")[2]


@pytest.fixture
def world() -> World:
    return World()


def test_a_sign_in_tells_the_business_the_user_and_what_it_was_bound_to(world: World) -> None:
    state = world.begun("support:kim", "nonce-7")
    signed_in = world.process().complete(state, FINE)  # by another process as well
    identity = signed_in.identity
    assert identity.business == Business(
        52311, "Harbor Lights", Funding.PREPAID, "dana.k", tags_enabled=True, token_expires_at=None
    )
    assert identity.actor == "admin:dana.k"
    assert (signed_in.bound_to, signed_in.begun_by) == ("nonce-7", "support:kim")
    assert (identity.credential.scheme, identity.credential.token) == (BEARER, "at-2")
    assert identity.credential.refresh_token == "rt-2"
    assert world.pex.asked == [(BEARER, "at-2")]


def test_each_sign_in_is_completed_with_its_own_verifier(world: World) -> None:
    first, second = world.begun(bound_to="a"), world.begun(bound_to="b")
    assert world.sign_in.complete(second, FINE).bound_to == "b"
    assert world.sign_in.complete(first, FINE).bound_to == "a"
    assert world.authority.completed == [b"verifier-2", b"verifier-1"]


def test_a_sign_in_is_completed_once_whatever_comes_of_it(world: World) -> None:
    fine, declined = world.begun(), world.begun()
    world.sign_in.complete(fine, FINE)
    for state, answer in ((declined, {"error": "access_denied"}), (declined, FINE), (fine, FINE)):
        with pytest.raises(PexSignInRefused):
            world.sign_in.complete(state, answer)
    assert len(world.authority.completed) == 2


@pytest.mark.parametrize("state", ["", "made-up", "state-10"])
def test_a_sign_in_that_was_not_begun_here_asks_pex_for_nothing(world: World, state: str) -> None:
    world.begun()
    with pytest.raises(PexSignInRefused, match="not begun here"):
        world.sign_in.complete(state, FINE)
    assert not world.authority.completed


@pytest.mark.parametrize(("seconds", "good"), [(3600, True), (3601, False), (-1, False)])
def test_a_sign_in_can_be_completed_for_an_hour(world: World, seconds: int, *, good: bool) -> None:
    state = world.begun()
    world.clock.advance(seconds)
    if good:
        assert world.sign_in.complete(state, FINE).bound_to == "nonce-1"
        return
    with pytest.raises(PexSignInRefused, match="is old"):
        world.sign_in.complete(state, FINE)


def test_a_user_without_a_permission_is_told_which(world: World) -> None:
    state = world.begun()
    world.pex.account.refusals = [PexPermissionMissing(["Manage cardholder"])]
    with pytest.raises(PexPermissionMissing, match="Manage cardholder"):
        world.sign_in.complete(state, FINE)


def test_while_pex_is_away_a_person_is_told_to_begin_anew(world: World) -> None:
    state = world.begun()
    world.pex.account.refusals = [PexUnavailable("503")]
    with pytest.raises(PexSignInRefused, match="503") as refused:
        world.sign_in.complete(state, FINE)
    assert refused.value.fix.startswith("Sign in with PEX again")


def test_where_no_app_is_configured_nothing_begins(world: World) -> None:
    world.authority.check_refusal = PexSignInNotConfigured()
    with pytest.raises(PexSignInNotConfigured, match="No PEX app"):
        world.begun()


def test_a_pasted_token_tells_the_same_without_a_browser(world: World) -> None:
    identity = world.sign_in.identify(" a-token ")
    assert (identity.business.id, identity.actor) == (52311, "admin:dana.k")
    assert (identity.credential.scheme, identity.credential.token) == (API_TOKEN, "a-token")
    assert identity.credential.refresh_token is None


def test_an_actor_is_told_even_where_pex_names_no_user(world: World) -> None:
    identity = world.sign_in.identify("a-token")
    nameless = replace(identity, business=replace(identity.business, user=""))
    assert nameless.actor == "admin:a user of 52311"


def test_no_secret_shows_in_what_is_handed_around(world: World) -> None:
    signed_in = world.sign_in.complete(world.begun(), FINE)
    token = world.sign_in.identify("a-token")
    assert "at-2" not in repr(signed_in)
    assert "rt-2" not in repr(signed_in)
    assert "a-token" not in repr(token)
