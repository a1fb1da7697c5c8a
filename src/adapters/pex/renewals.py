"""Keeps the access token of a sign-in fresh, though its refresh token may be used once only.

A refresh token that is sent a second time counts as stolen, and PEX ends the whole sign-in (PEX
contract 1.4). So whoever is about to use one up says so in the vault first, by a write that of
several processes or threads only one succeeds with; the others wait for what it will keep. A
refresh token of which PEX may have taken notice is never sent again, whatever became of the answer.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from application.pex_credential import (
    PEX_CREDENTIAL,
    CredentialUnreadable,
    PexCredential,
    decode,
    encode,
    of_tokens,
)
from application.ports.clock import Clock
from application.ports.pex import PexTokenRefused, PexUnavailable
from application.ports.pex_sign_in import PexAnswerLost, PexSignIn, PexTokens
from application.ports.vault import StaleSecretError, Vault
from domain.refusals import Refusal

log = structlog.get_logger(__name__)

CLAIM_LASTS = timedelta(minutes=2)  # longer than a request can take
LOOKS = 80
PAUSE_SECONDS = 0.25
RETRY_AFTER_SECONDS = 30.0


def read_credential(vault: Vault, connection: UUID) -> tuple[PexCredential, int]:
    """What is kept for a connection, with its version.

    Raises:
        PexTokenRefused: nothing is, or nothing that can be read.
    """
    kept = vault.get(connection, PEX_CREDENTIAL)
    if kept is None:
        raise PexTokenRefused("no sign-in is kept for this connection")
    try:
        return decode(kept[0]), kept[1]
    except CredentialUnreadable as error:
        raise PexTokenRefused("the sign-in that is kept cannot be read") from error


class Renewals:
    """Hands out access tokens of connections that are signed in."""

    def __init__(
        self,
        vault: Vault,
        sign_in: PexSignIn,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._vault = vault
        self._sign_in = sign_in
        self._clock = clock
        self._sleep = sleep

    def current(self, connection: UUID) -> str:
        """An access token that has time left.

        Raises:
            PexTokenRefused: the sign-in is over; somebody must sign in again.
            PexUnavailable: it cannot be renewed now.
            PexSignInRefused, PexSignInUnusable, PexSignInNotConfigured: it cannot as things stand.
        """
        return self._good(connection, "")

    def in_place_of(self, connection: UUID, dead: str) -> str:
        """Another access token than `dead`, which PEX refused; raises as `current`."""
        return self._good(connection, dead)

    def _good(self, connection: UUID, dead: str) -> str:
        for _ in range(LOOKS):
            kept, version = read_credential(self._vault, connection)
            now = self._clock.now()
            usable = kept.token != dead and not kept.is_over(now)
            if usable and (kept.claimed_at is not None or not kept.is_due(now)):
                return kept.token
            if kept.claimed_at is not None:
                _check_claim(kept.claimed_at, now)
                self._sleep(PAUSE_SECONDS)
                continue
            try:
                return self._renewed(connection, kept, version)
            except StaleSecretError:
                continue  # somebody else was faster
            except Refusal:
                if usable:
                    return kept.token
                raise
        raise PexUnavailable("the sign-in is being renewed elsewhere", RETRY_AFTER_SECONDS)

    def _renewed(self, connection: UUID, kept: PexCredential, version: int) -> str:
        """Use the refresh token up, once it is claimed; raises StaleSecretError where it is not."""
        now = self._clock.now()
        if kept.refresh_token is None or (kept.refresh_until and now >= kept.refresh_until):
            raise PexTokenRefused("the sign-in has run out")
        self._sign_in.check()  # what can fail without harm comes before the claim
        claim = self._put(connection, replace(kept, claimed_at=now), version)
        try:
            tokens = self._sign_in.renew(kept.refresh_token)
        except (PexTokenRefused, PexAnswerLost) as refusal:
            self._put(connection, replace(kept, refresh_token=None), claim)
            log.warning("a sign-in with PEX is over", connection_id=str(connection))
            if isinstance(refusal, PexTokenRefused):
                raise
            raise PexTokenRefused(
                f"its renewal was not answered, so it may be used up ({refusal.cause})"
            ) from refusal
        except Refusal:
            self._put(connection, kept, claim)
            raise
        self._keep(connection, tokens, claim)
        return tokens.access_token

    def _keep(self, connection: UUID, tokens: PexTokens, claim: int) -> None:
        """Keep new tokens before anything is done with them; end them after a disconnect."""
        try:
            self._put(connection, of_tokens(tokens, self._clock.now()), claim)
        except StaleSecretError:
            gone = self._vault.get(connection, PEX_CREDENTIAL) is None
            if gone and tokens.refresh_token is not None:
                self._sign_in.revoke(tokens.refresh_token)
            raise
        log.info("a sign-in with PEX was renewed", connection_id=str(connection))

    def _put(self, connection: UUID, credential: PexCredential, version: int) -> int:
        return self._vault.put(connection, PEX_CREDENTIAL, encode(credential), version)


def _check_claim(claimed_at: datetime, now: datetime) -> None:
    """Raise where whoever claimed the refresh token must have died with it."""
    if abs(now - claimed_at) > CLAIM_LASTS:
        raise PexTokenRefused("its renewal was interrupted, so it may be used up")
