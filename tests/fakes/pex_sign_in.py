"""PEX's OAuth authority in memory: refresh tokens rotate, and a replay is written down."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock

from application.ports.clock import Clock
from application.ports.pex import PexTokenRefused
from application.ports.pex_sign_in import Begun, PexSignInRefused, PexTokens


class FakePexSignIn:
    """Takes the code `code-1`; a test may let requests fail, or do something before an answer.

    Attributes:
        renewals: the refresh tokens that were sent, in order.
        replays: those among them that were used up, or may have been.
        refusals: raised in order by `renew`, each before or after the token is used up.
        before_answers: called in order, once the refresh token is used up.
    """

    def __init__(self, clock: Clock, access_seconds: float = 600) -> None:
        self._clock = clock
        self._lock = Lock()
        self._issued = 0
        self.access_seconds = access_seconds
        self.refresh_seconds: float | None = 1_209_600
        self.rotates = True
        self.good: set[str] = set()
        self.renewals: list[str] = []
        self.replays: list[str] = []
        self.revoked: list[str] = []
        self.completed: list[bytes] = []
        self.check_refusal: Exception | None = None
        self.unused_refusals: list[Exception] = []
        self.lost_refusals: list[BaseException] = []
        self.before_answers: list[Callable[[], None]] = []

    def check(self) -> None:
        if self.check_refusal is not None:
            raise self.check_refusal

    def begin(self, redirect_uri: str) -> Begun:
        self.check()
        self._issued += 1
        state = f"state-{self._issued}"
        kept = f"verifier-{self._issued}".encode()
        return Begun(f"https://pex.example/authorize?state={state}", state, kept)

    def complete(self, kept: bytes, answer: Mapping[str, str]) -> PexTokens:
        self.completed.append(kept)
        if answer.get("code") != "code-1":
            raise PexSignInRefused("invalid_grant")
        return self.issue()

    def renew(self, refresh_token: str) -> PexTokens:
        with self._lock:
            self.renewals.append(refresh_token)
            if self.unused_refusals:
                raise self.unused_refusals.pop(0)
            if refresh_token not in self.good:
                self.replays.append(refresh_token)
                raise PexTokenRefused("invalid_grant")
            if self.rotates:
                self.good.discard(refresh_token)
        if self.before_answers:
            self.before_answers.pop(0)()
        if self.lost_refusals:
            raise self.lost_refusals.pop(0)
        return self.issue()

    def issue(self) -> PexTokens:
        """New tokens, as a sign-in gives them."""
        with self._lock:
            self._issued += 1
            refresh = f"rt-{self._issued}"
            self.good.add(refresh)
            return PexTokens(
                f"at-{self._issued}",
                self._after(self.access_seconds),
                refresh,
                None if self.refresh_seconds is None else self._after(self.refresh_seconds),
                "openid offline_access",
            )

    def _after(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def revoke(self, refresh_token: str) -> None:
        self.revoked.append(refresh_token)
        self.good.discard(refresh_token)
