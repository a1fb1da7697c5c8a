"""Join a PEX business to Business Central, and part them again (M1 to M7)."""

import json
from collections.abc import Callable, Mapping
from uuid import UUID

from application.pex_credential import PEX_CREDENTIAL, CredentialUnreadable, decode, encode
from application.pex_identity import PexIdentity, identified
from application.ports.clock import Clock
from application.ports.company_data import BusinessCentralAccess
from application.ports.event_log import EventLog
from application.ports.general_journal import Journal, Journals
from application.ports.pex import PexAccess
from application.ports.pex_sign_in import PexSignIn
from application.ports.sign_in import MicrosoftSignIn, MicrosoftUser
from application.ports.transactions import Atomically
from application.ports.vault import Vault
from application.ports.wakeups import Wakeups
from application.retried import retried
from application.subscribe_to_callbacks import PEX_CALLBACK, SubscribeToCallbacks
from domain.connection import Connection, Microsoft, MicrosoftMode, NotReady, RunActive
from domain.refusals import Refusal

BEGUN_SIGN_IN = "begun_microsoft_sign_in"


class Connect:
    """Both sign-ins of a connection. Secrets go to the vault, facts to the event log."""

    def __init__(
        self,
        log: EventLog,
        vault: Vault,
        pex: PexAccess,
        sign_in: MicrosoftSignIn,
        access: BusinessCentralAccess,
        journals: Journals,
        clock: Clock,
        atomically: Atomically,
        wakeups: Wakeups,
        pex_sign_in: PexSignIn,
        callbacks: SubscribeToCallbacks,
    ) -> None:
        self._log = log
        self._vault = vault
        self._pex = pex
        self._sign_in = sign_in
        self._access = access
        self._journals = journals
        self._clock = clock
        self._atomically = atomically
        self._wakeups = wakeups
        self._pex_sign_in = pex_sign_in
        self._callbacks = callbacks

    def with_pex_token(
        self, token: str, actor: str, may_connect: Callable[[int], None] = lambda _id: None
    ) -> tuple[UUID, bool]:
        """Connect the token's business; the connection's id, and whether it is new.

        `may_connect` is asked about the business before anything is stored, and raises to refuse.

        Raises:
            PexTokenRefused: dead, or not an administrator's.
            PexPermissionMissing: the missing ones are named (M2).
        """
        return self.with_pex(identified(self._pex, token), actor, may_connect)

    def with_pex(
        self,
        identity: PexIdentity,
        actor: str,
        may_connect: Callable[[int], None] = lambda _id: None,
    ) -> tuple[UUID, bool]:
        """Connect the business that somebody signed in for; else as `with_pex_token`."""
        may_connect(identity.business.id)
        connection_id, created = retried(lambda: self._take_pex(identity, actor))
        self._wakeups.connection(connection_id)
        return connection_id, created

    def _take_pex(self, identity: PexIdentity, actor: str) -> tuple[UUID, bool]:
        business = identity.business
        connection_id = Connection.create_id(business.id)
        connection = self._log.find(Connection, connection_id)
        now, funding = self._clock.now(), business.funding.value
        created = connection is None
        if connection is None:
            connection = Connection(now, business.id, business.name, funding, actor)
        connection.pex_signed_in(now, business.name, funding, business.user, actor)
        with self._atomically():
            self._vault.put(connection_id, PEX_CREDENTIAL, encode(identity.credential))
            self._log.save(connection)
        return connection_id, created

    def with_service(
        self, connection_id: UUID, tenant_id: str, environment: str, actor: str
    ) -> None:
        """Sign in with the app's own credentials (M3), and see that BC opens with them.

        Raises:
            MicrosoftSignInRefused: wrong tenant, secret or consent.
            BusinessCentralSignInRefused: BC does not know the app.
            EnvironmentNotFound: no such environment.
        """
        self._log.load(Connection, connection_id)
        user = self._sign_in.with_service(connection_id, tenant_id)
        self._join(connection_id, MicrosoftMode.SERVICE, user, environment, actor)

    def with_link(
        self, connection_id: UUID, other_id: UUID, environment: str | None, actor: str
    ) -> None:
        """Use another connection's Microsoft sign-in (M5); its environment, unless one is named.

        Whoever calls this has seen that `actor` administers both businesses.

        Raises:
            NothingToLink: the other one is not signed in, or is this one.
            BusinessCentralSignInRefused, EnvironmentNotFound: as for every sign-in.
        """
        self._log.load(Connection, connection_id)
        shared = self._log.load(Connection, other_id).sign_in_to_share(connection_id)
        chosen = environment or shared.environment
        self._access.company_data(other_id, shared.tenant_id, chosen).companies()
        user = self._sign_in.share(connection_id, other_id)
        microsoft = Microsoft(MicrosoftMode.LINK, user.tenant_id, chosen, user.name, other_id)
        self._record(connection_id, microsoft, actor)

    def begin_delegated(
        self,
        connection_id: UUID,
        environment: str,
        redirect_uri: str,
        actor: str,
        bound_to: str = "",
    ) -> str:
        """Begin a sign-in in the browser: the address to go to.

        The browser comes back without the API token, so who began it is kept until then (M45).
        Where it is bound to a browser, only that one can complete it.
        """
        self._log.load(Connection, connection_id)
        begun = json.dumps({"environment": environment, "actor": actor}).encode()
        self._vault.put(connection_id, BEGUN_SIGN_IN, begun)
        return self._sign_in.begin(connection_id, redirect_uri, bound_to)

    def is_begun(self, state: str) -> bool:
        """Whether a sign-in of that state waits for Microsoft's answer."""
        return self._sign_in.is_begun(state)

    def complete_delegated(self, state: str, answer: Mapping[str, str], bound_to: str = "") -> UUID:
        """Complete it with what Microsoft sent back; the connection's id."""
        connection_id, user = self._sign_in.complete(state, answer, bound_to)
        kept = self._vault.get(connection_id, BEGUN_SIGN_IN)
        if kept is None:
            raise NotReady("The sign-in was not begun here.")
        begun = json.loads(kept[0])
        self._join(
            connection_id, MicrosoftMode.DELEGATED, user, begun["environment"], begun["actor"]
        )
        return connection_id

    def consent_address(self, tenant_id: str, redirect_uri: str, state: str) -> str:
        """Where an administrator of an organization lets the app in (contract 1.4)."""
        return self._sign_in.consent_address(tenant_id, redirect_uri, state)

    def pex_user(self, connection_id: UUID) -> str | None:
        """Who signed in with PEX; None where nobody is signed in."""
        return self._log.load(Connection, connection_id).pex_user

    def _join(
        self,
        connection_id: UUID,
        mode: MicrosoftMode,
        user: MicrosoftUser,
        environment: str,
        actor: str,
    ) -> None:
        self._access.company_data(connection_id, user.tenant_id, environment).companies()
        self._record(connection_id, Microsoft(mode, user.tenant_id, environment, user.name), actor)

    def _record(self, connection_id: UUID, microsoft: Microsoft, actor: str) -> None:
        def join() -> None:
            connection = self._log.load(Connection, connection_id)
            connection.microsoft_signed_in(self._clock.now(), microsoft, actor)
            self._log.save(connection)

        retried(join)
        self._wakeups.connection(connection_id)

    def create_journal(self, connection_id: UUID, actor: str) -> Journal:
        """Create the journal `PEX Card` in the chosen company, on a person's request (M6).

        Who asked for it is written down first, so that the books never change without a name.

        Raises:
            NotReady: there is no Microsoft sign-in, or no company was chosen.
        """

        def request() -> tuple[Connection, Microsoft, str]:
            connection = self._log.load(Connection, connection_id)
            microsoft, company_id = connection.microsoft, connection.settings.company_id
            if microsoft is None or company_id is None:
                raise NotReady("Sign in with Microsoft and choose a company first.")
            connection.journal_requested(self._clock.now(), company_id, actor)
            self._log.save(connection)
            return connection, microsoft, company_id

        connection, microsoft, company_id = retried(request)
        port = self._journals.general_journal(
            connection.id, microsoft.tenant_id, microsoft.environment, company_id
        )
        journal = port.create()
        self._wakeups.connection(connection_id)
        return journal

    def disconnect(self, connection_id: UUID, actor: str) -> None:
        """Forget both sign-ins; history and posted marks stay (M7).

        What lives on at PEX, a sign-in in the browser or a subscription to callbacks, is ended
        there, if PEX can be reached.

        Raises:
            RunActive: a run is going on.
        """

        def part() -> str | None:
            connection = self._log.load(Connection, connection_id)
            if connection.active_run is not None:
                raise RunActive(connection.active_run)
            connection.disconnect(self._clock.now(), actor)
            with self._atomically():
                refresh_token = self._refresh_token(connection_id)
                self._vault.delete(connection_id, PEX_CREDENTIAL)
                self._vault.delete(connection_id, PEX_CALLBACK)
                self._sign_in.forget(connection_id)
                self._log.save(connection)
            return refresh_token

        # Made while the credential is there, and said once the connection is over in any case.
        farewell = self._callbacks.farewell(connection_id)
        refresh_token = retried(part)
        farewell()
        if refresh_token is not None:
            self._pex_sign_in.revoke(refresh_token)

    def _refresh_token(self, connection_id: UUID) -> str | None:
        """What there is to revoke; none where what is kept cannot be read."""
        try:
            kept = self._vault.get(connection_id, PEX_CREDENTIAL)
            return decode(kept[0]).refresh_token if kept is not None else None
        except (Refusal, CredentialUnreadable):
            return None
