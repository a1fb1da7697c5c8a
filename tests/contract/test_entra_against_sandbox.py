"""Microsoft sign-in from end to end: Entra's pages, the real vault, and Business Central."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from adapters.business_central.access import HttpBusinessCentral
from adapters.entra.sign_in import MicrosoftAppMissing, MsalSignIn
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.tables import secrets
from adapters.persistence.vault import Vault, parse_keys
from application.ports.sign_in import MicrosoftSignInRefused, MicrosoftUnavailable, MicrosoftUser
from fakes.clock import FakeClock
from sandbox.company import CLIENT_ID, CLIENT_SECRET, ENVIRONMENT, TENANT
from sandbox.entra.state import APP, SECOND_USER, USER
from sandbox.program import Sandbox

CALLBACK = "http://localhost:8000/api/v1/microsoft/callback"
KEYS = parse_keys("a key for tests that is long enough to be safe")
HIDDEN = re.compile(r'type="hidden" name="([^"]*)" value="([^"]*)"')
FORM = re.compile(r'<form method="post" action="([^"]*)"')


class Product:
    """Processes of the product over one database, and a person's browser."""

    def __init__(self, sandbox: Sandbox, vault: Vault) -> None:
        self.sandbox, self.entra, self.vault = sandbox, sandbox.entra, vault
        self.connection = uuid4()
        self.opened: list[MsalSignIn | HttpBusinessCentral] = []
        self.browser = httpx.Client()

    def close(self) -> None:
        for opened in self.opened:
            opened.close()
        self.browser.close()

    def process(self, client: str = CLIENT_ID, secret: str = CLIENT_SECRET) -> MsalSignIn:
        authority = self.sandbox.environment()["PEXBC_ENTRA_AUTHORITY"]
        started = MsalSignIn(authority, client, secret, self.vault)
        self.opened.append(started)
        return started

    def companies(self, process: MsalSignIn) -> int:
        """How many companies Business Central shows to the connection."""
        url = self.sandbox.environment()["PEXBC_BC_API_URL"]
        access = HttpBusinessCentral(url, process, FakeClock())
        self.opened.append(access)
        return len(access.company_data(self.connection, TENANT, ENVIRONMENT).companies())

    def approve(self, address: str, user: str = USER, decision: str = "approve") -> dict[str, str]:
        """Click through Entra's pages; what the browser posts to the callback in the end."""
        page = self.browser.get(address)
        assert page.status_code == 200, page.text
        sent = hidden(page.text) | {"user": user, "decision": decision}
        last = self.browser.post(form(page.text), data=sent)
        assert form(last.text) == CALLBACK
        return hidden(last.text)

    def delegated(self, process: MsalSignIn, user: str = USER) -> MicrosoftUser:
        back = self.approve(process.begin(self.connection, CALLBACK), user)
        connection, signed_in = process.complete(back["state"], back)
        assert connection == self.connection
        return signed_in

    def sign_in(self, process: MsalSignIn, mode: str) -> None:
        if mode == "service":
            process.with_service(self.connection, TENANT)
        else:
            self.delegated(process)

    def asked(self) -> int:
        return len(self.entra.faults.journal)


def hidden(html: str) -> dict[str, str]:
    return {unescape(name): unescape(value) for name, value in HIDDEN.findall(html)}


def form(html: str) -> str:
    found = FORM.search(html)
    assert found, html
    return unescape(found[1])


def with_query(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    return parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | changes)).geturl()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Database]:
    database = Database(make_engine(sqlite_url))
    yield database
    database.dispose()


@pytest.fixture
def product(store: Database) -> Iterator[Product]:
    with Sandbox(purchases=1) as sandbox:
        product = Product(sandbox, Vault(store, KEYS))
        yield product
        product.close()


# --- what a sign-in is good for -----------------------------------------------------------------


def test_business_central_knows_the_app_and_the_person(product: Product) -> None:
    process = product.process()
    assert process.with_service(product.connection, TENANT).tenant_id == TENANT
    assert product.companies(process) == 2
    assert product.entra.authenticate(process.access_token(product.connection)) == APP
    assert product.delegated(process) == MicrosoftUser(TENANT, USER)
    assert product.entra.authenticate(process.access_token(product.connection)) == USER
    assert product.delegated(process, SECOND_USER) == MicrosoftUser(TENANT, SECOND_USER)
    assert product.companies(process) == 2


@pytest.mark.parametrize("mode", ["service", "person"])
def test_a_restarted_process_needs_no_new_sign_in(product: Product, mode: str) -> None:
    before = product.process()
    product.sign_in(before, mode)
    token = before.access_token(product.connection)
    asked = product.asked()
    after = product.process()
    assert after.access_token(product.connection) == token
    assert product.companies(after) == 2
    assert product.asked() == asked + 1  # the discovery document, and no token


@pytest.mark.parametrize("mode", ["service", "person"])
def test_a_token_that_business_central_takes_no_longer_is_renewed(
    product: Product, mode: str
) -> None:
    process = product.process()
    product.sign_in(process, mode)
    before = process.access_token(product.connection)
    product.sandbox.clock.advance(timedelta(hours=2))
    assert product.companies(process) == 2
    assert process.access_token(product.connection) != before


def test_what_lies_in_the_database_shows_no_token(product: Product, store: Database) -> None:
    process = product.process()
    product.delegated(process)
    token = process.access_token(product.connection).encode()
    with store.reading() as connection:
        kept = b"".join(
            bytes(one) for one in connection.scalars(sa.select(secrets.c.sealed)) if one
        )
    assert kept
    for secret in (token, USER.encode(), b"access_token", CLIENT_SECRET.encode()):
        assert secret not in kept


# --- a person's way through the pages -----------------------------------------------------------


def test_an_answer_in_the_address_is_as_good_as_one_in_a_form(product: Product) -> None:
    process = product.process()
    address = process.begin(product.connection, CALLBACK)
    back = product.browser.get(with_query(address, response_mode="query", prompt="none"))
    answer = dict(parse_qsl(urlsplit(back.headers["location"]).query))
    assert process.complete(answer["state"], answer) == (
        product.connection,
        MicrosoftUser(TENANT, USER),
    )
    assert product.companies(process) == 2


def test_the_verifier_never_leaves_the_product_before_the_code_comes(product: Product) -> None:
    process = product.process()
    address = process.begin(product.connection, CALLBACK)
    asked = dict(parse_qsl(urlsplit(address).query))
    assert asked["code_challenge_method"] == "S256"
    back = product.approve(with_query(address, code_challenge="A" * 43))
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS501481"):
        process.complete(back["state"], back)


def test_a_code_that_was_given_to_another_sign_in_is_refused(product: Product) -> None:
    process = product.process()
    stolen = product.approve(process.begin(uuid4(), CALLBACK))
    own = product.approve(process.begin(product.connection, CALLBACK))
    with pytest.raises(MicrosoftSignInRefused):
        process.complete(own["state"], own | {"code": stolen["code"]})
    nobody_is_signed_in(product, process)


def test_an_answer_with_another_state_than_its_own_is_refused_and_used_up(
    product: Product,
) -> None:
    process = product.process()
    back = product.approve(process.begin(product.connection, CALLBACK))
    with pytest.raises(MicrosoftSignInRefused):
        process.complete(back["state"], back | {"state": "made-up"})
    with pytest.raises(MicrosoftSignInRefused, match="was used"):
        process.complete(back["state"], back)
    nobody_is_signed_in(product, process)


def test_an_answer_is_good_once_even_in_another_process(product: Product) -> None:
    process = product.process()
    back = product.approve(process.begin(product.connection, CALLBACK))
    process.complete(back["state"], back)
    for other in (process, product.process()):
        with pytest.raises(MicrosoftSignInRefused, match="was used"):
            other.complete(back["state"], back)
    assert product.companies(process) == 2


def test_a_code_that_lay_too_long_is_refused(product: Product) -> None:
    process = product.process()
    back = product.approve(process.begin(product.connection, CALLBACK))
    product.sandbox.clock.advance(timedelta(minutes=11))
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS70008"):
        process.complete(back["state"], back)


@pytest.mark.parametrize(("consent", "number"), [(True, "AADSTS65004"), (False, "AADSTS90094")])
def test_a_refusal_on_the_page_comes_back_in_microsofts_words(
    product: Product, number: str, *, consent: bool
) -> None:
    product.entra.switch(consent=consent)
    process = product.process()
    address = process.begin(product.connection, CALLBACK)
    back = product.approve(address, decision="approve" if not consent else "deny")
    with pytest.raises(MicrosoftSignInRefused, match=number):
        process.complete(back["state"], back)
    nobody_is_signed_in(product, process)


def nobody_is_signed_in(product: Product, process: MsalSignIn) -> None:
    with pytest.raises(MicrosoftSignInRefused, match="nobody is signed in"):
        process.access_token(product.connection)


# --- when it ends -------------------------------------------------------------------------------


def test_a_short_token_is_refreshed_and_a_person_is_not_asked(product: Product) -> None:
    product.entra.switch(token_seconds=120)
    process = product.process()
    product.delegated(process)
    tokens = [process.access_token(product.connection) for _ in range(3)]
    assert len(set(tokens)) == 3
    assert [product.entra.authenticate(token) for token in tokens] == [USER] * 3


@pytest.mark.parametrize(
    ("switches", "number"),
    [
        ({"consent": False}, "AADSTS65001"),
        ({"interaction_required": True}, "AADSTS50076"),
        ({"app_enabled": False}, "AADSTS7000112"),
        ({"secret_expired": True}, "AADSTS7000222"),
    ],
)
def test_a_refresh_that_is_refused_asks_for_a_person_until_it_is_mended(
    product: Product, switches: dict[str, bool], number: str
) -> None:
    process = product.process()
    product.delegated(process)
    product.entra.switch(**switches)
    for _ in range(2):
        with pytest.raises(MicrosoftSignInRefused, match=number) as refused:
            process.access_token(product.connection, renew=True)
        assert CLIENT_SECRET not in str(refused.value)
    product.entra.switch(**{name: not value for name, value in switches.items()})
    assert process.access_token(product.connection, renew=True)


@pytest.mark.parametrize(
    ("switches", "number"),
    [
        ({"consent": False}, "AADSTS700016"),
        ({"app_enabled": False}, "AADSTS7000112"),
        ({"secret_expired": True}, "AADSTS7000222"),
    ],
)
def test_an_app_that_may_no_longer_is_refused_in_microsofts_words(
    product: Product, switches: dict[str, bool], number: str
) -> None:
    product.entra.switch(**switches)
    process = product.process()
    with pytest.raises(MicrosoftSignInRefused, match=number) as refused:
        process.with_service(product.connection, TENANT)
    assert CLIENT_SECRET not in str(refused.value)
    nobody_is_signed_in(product, process)


def test_revoked_refresh_tokens_ask_for_a_new_sign_in(product: Product) -> None:
    process = product.process()
    product.delegated(process)
    product.entra.revoke_refresh_tokens()
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS50173"):
        process.access_token(product.connection, renew=True)
    product.delegated(process)
    assert product.companies(process) == 2


def test_a_refresh_token_that_lay_unused_for_a_season_is_over(product: Product) -> None:
    product.entra.switch(token_seconds=120)
    process = product.process()
    product.delegated(process)
    product.sandbox.clock.advance(timedelta(days=91))
    with pytest.raises(MicrosoftSignInRefused, match="AADSTS70008"):
        process.access_token(product.connection)


@pytest.mark.parametrize("mode", ["service", "person"])
def test_while_microsoft_is_away_a_good_token_goes_on_working(store: Database, mode: str) -> None:
    with Sandbox(purchases=1) as sandbox:
        product = Product(sandbox, Vault(store, KEYS))
        process = product.process()
        product.sign_in(process, mode)
        token = process.access_token(product.connection)
    try:
        assert process.access_token(product.connection) == token
        calls: list[Callable[[], object]] = [
            lambda: process.access_token(product.connection, renew=True),
            lambda: product.process().access_token(product.connection),
            lambda: process.with_service(product.connection, TENANT),
            lambda: process.begin(product.connection, CALLBACK),
        ]
        for call in calls:
            with pytest.raises(MicrosoftUnavailable) as away:
                call()
            assert CLIENT_SECRET not in str(away.value)
        assert process.access_token(product.connection)
    finally:
        product.close()


@pytest.mark.parametrize(
    ("client", "secret"), [("", ""), (CLIENT_ID, ""), ("", CLIENT_SECRET)], ids=str
)
def test_without_an_app_nothing_is_asked(product: Product, client: str, secret: str) -> None:
    process = product.process(client, secret)
    for call in (
        lambda: process.with_service(product.connection, TENANT),
        lambda: process.begin(product.connection, CALLBACK),
    ):
        with pytest.raises(MicrosoftAppMissing):
            call()
    assert product.asked() == 0
