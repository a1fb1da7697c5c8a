"""Where is this purchase? Finding a transaction, and the page that answers (M27, M29, M33)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from litestar.testing import TestClient
from playwright.sync_api import Browser, Page, expect

from browser.conftest import sign_in
from domain.eastern_time import EASTERN, eastern_day
from domain.posted_transaction import Place, PostedTransaction
from domain.refusals import PartlyFound
from domain.sync_run import Outcome, RunPage
from domain.sync_window import AUTO_MONTHS, months_back
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import build
from entrypoints.demo.company import ApiUser
from entrypoints.http.app import create_app
from http_running import Running
from persistence.read_models.story import Story, row
from sandbox import company

NASTY = "<img src=x onerror=alert(1)> \"Tom & Co\" 'n'"
RUN = UUID(int=1)
MANY = 320
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


@dataclass
class Books:
    """The sandbox's company after two runs, and the PEX ids of what is told apart in it."""

    connection: str
    ids: dict[str, int]

    @property
    def list(self) -> str:
        return f"/connections/{self.connection}/transactions"

    def page(self, name: str) -> str:
        return f"{self.list}/card/{self.ids[name]}"


@pytest.fixture(scope="module")
def books(running: Running, connected: str) -> Iterator[Books]:
    pex = running.sandbox.pex
    moment = (pex.world.now().astimezone(EASTERN) - timedelta(days=5)).replace(tzinfo=None)
    times = dict.fromkeys(("TransactionTime", "SettlementTime"), moment.isoformat())

    def purchase(merchant: str, approval: str | None = "Approved", **tags: str) -> int:
        members = {**times, "MerchantName": merchant, "MerchantNameNormalized": merchant}
        number = pex.add_row({**members, "MetadataApprovalStatus": approval})["TransactionId"]
        pex.retag(
            number,
            {
                company.EXPENSE_TAG: tags.get("expense", "62400"),
                company.DEPARTMENT_TAG: "OPS",
            },
        )
        return int(number)

    ids = {
        "posted": purchase("Quayside Ropes"),
        "nasty": purchase(NASTY),
        "changed": purchase("Changing Tides"),
        "missing": purchase("Vanishing Point"),
        "failed": purchase("Wrong Tag Ltd", expense="no-such-account"),
        "skipped": purchase("Waiting Room", approval=None),
    }
    pex.add_receipt(ids["posted"], "pdf")
    pex.add_receipt(ids["posted"], state="HasMalware")
    user = ApiUser(running.url, running.token("admin", company.PREPAID_BUSINESS))
    user.run(connected, preview=False, watch=lambda _run: None)
    pex.change_row(ids["changed"], {"TransactionAmount": "-52.10"})
    pex.remove_row(ids["missing"])
    user.run(connected, preview=False, watch=lambda _run: None)
    yield Books(connected, ids)
    user.close()


@dataclass
class Planted:
    """A connection whose transactions were written into the event log."""

    connection: str

    @property
    def list(self) -> str:
        return f"/connections/{self.connection}/transactions"


@pytest.fixture(scope="module")
def planted(running: Running) -> Planted:
    """Transactions in states that no orderly sandbox leaves behind, and hundreds of others."""
    story = Story(running.services.log)
    connection = story.open(4711, "Planted Harbour")

    def sent(pex_id: int, merchant: str) -> PostedTransaction:
        posting = story.see(connection, RUN, pex_id, merchant=merchant)
        story.submit(posting, RUN)
        return posting

    held, doubted, adopted = sent(1, "Half There"), sent(2, "Lost Answer"), sent(3, "In The Ledger")
    refusal = PartlyFound(1, 2)
    held.hold(refusal.code, refusal.cause, RUN, story.now())
    doubted.doubt("The connection was cut.", RUN, story.now())
    adopted.adopt(Place.LEDGER, ("one", "two"), RUN, story.now())
    story.log.save(held, doubted, adopted)
    rows = tuple(
        row(number, Outcome.SKIPPED, "NOT_APPROVED", merchant=f"Bulk Buy {number}")
        for number in range(1000, 1000 + MANY)
    )
    story.log.save(RunPage(story.now(), RUN, 1, connection.id, False, rows))  # noqa: FBT003
    return Planted(str(connection.id))


@pytest.fixture
def support(page: Page, running: Running) -> Page:
    return sign_in(page, running.token("support"))


def words(page: Page) -> str:
    return page.locator("main").inner_text()


# --- finding ----------------------------------------------------------------------------------


def test_a_purchase_is_found_by_its_merchant_in_three_steps(admin: Page, books: Books) -> None:
    business = admin.get_by_role("row").filter(has_text=company.PREPAID_NAME)
    business.get_by_role("link", name="Transactions").click()
    admin.get_by_label("Merchant, cardholder or PEX id").fill("quayside")
    admin.keyboard.press("Enter")
    admin.get_by_role("link", name="Quayside Ropes").click()
    expect(admin.get_by_role("heading", name="Quayside Ropes")).to_be_visible()
    assert f"In the journal PEX CARD under document number PEX-{books.ids['posted']}-X1." in words(
        admin
    )


def test_a_purchase_is_found_by_keyboard_alone(admin: Page, books: Books) -> None:
    admin.goto(books.list)
    for _ in range(30):
        if admin.evaluate("document.activeElement.id") == "q":
            break
        admin.keyboard.press("Tab")
    admin.keyboard.type(str(books.ids["posted"]))
    admin.keyboard.press("Enter")
    admin.wait_for_url("**q=*")
    for _ in range(30):
        if admin.evaluate("document.activeElement.textContent") == "Quayside Ropes":
            break
        admin.keyboard.press("Tab")
    admin.keyboard.press("Enter")
    admin.wait_for_url(f"**{books.page('posted')}")


def test_filters_and_paging_keep_each_other(support: Page, planted: Planted) -> None:
    support.goto(planted.list)
    support.get_by_label("Merchant, cardholder or PEX id").fill("bulk")
    support.get_by_label("Outcome").select_option("skipped")
    support.get_by_label("Kind").select_option("purchase")
    support.get_by_label("Posting date from").fill("2026-01-01")
    support.get_by_role("button", name="Search").click()
    names: list[str] = []
    while True:
        names += support.locator("tbody a").all_inner_texts()
        onward = support.get_by_role("link", name="Older ones")
        if not onward.count():
            break
        onward.click()
        support.wait_for_url("**cursor=*")
        expect(support.get_by_label("Outcome")).to_have_value("skipped")
        expect(support.get_by_label("Merchant, cardholder or PEX id")).to_have_value("bulk")
        expect(support.get_by_label("Posting date from")).to_have_value("2026-01-01")
    assert len(names) == len(set(names)) == MANY
    support.get_by_role("link", name="Show all").click()
    expect(support.get_by_label("Outcome")).to_have_value("")


def test_the_list_can_be_narrowed_to_what_changed_after_posting(admin: Page, books: Books) -> None:
    admin.goto(books.list)
    admin.get_by_label("Changed after posting").check()
    admin.get_by_role("button", name="Search").click()
    admin.wait_for_url("**changed=yes*")
    found = set(admin.locator("tbody a").all_inner_texts())
    assert {"Changing Tides", "Vanishing Point"} <= found
    assert "Quayside Ropes" not in found


def test_a_list_says_why_something_is_not_in_the_books(admin: Page, books: Books) -> None:
    admin.goto(f"{books.list}?outcome=failed&q=wrong+tag")
    (line,) = admin.locator("tbody tr").all_inner_texts()
    assert "failed" in line
    assert "VALUE_UNKNOWN" in line
    admin.goto(f"{books.list}?q=waiting")
    assert "NOT_APPROVED" in admin.locator("tbody").inner_text()


def test_days_that_cannot_be_read_are_told_beside_their_field(admin: Page, books: Books) -> None:
    answer = admin.goto(f"{books.list}?from=yesterday&to=&q=quayside")
    assert answer is not None
    assert answer.status == 422
    assert "'yesterday' cannot be read." in words(admin)
    expect(admin.get_by_label("Posting date from")).to_have_attribute("aria-invalid", "true")
    expect(admin.get_by_label("Merchant, cardholder or PEX id")).to_have_value("quayside")
    admin.goto(f"{books.list}?from=2026-04-30&to=2026-04-01")
    assert "The last day lies before the first." in words(admin)


def test_a_search_without_a_hit_says_what_to_do(admin: Page, books: Books) -> None:
    admin.goto(f"{books.list}?q=no-such-merchant")
    assert "No transaction fits." in words(admin)


def test_a_connection_that_has_seen_nothing_says_what_to_do(
    support: Page, running: Running
) -> None:
    empty = Story(running.services.log).open(4712, "Empty Harbour")
    support.goto(f"/connections/{empty.id}/transactions")
    assert "No transaction was seen yet." in words(support)
    support.goto(f"/connections/{empty.id}/backlog")
    assert "Nothing is about to leave." in words(support)


# --- one transaction --------------------------------------------------------------------------


def test_a_posted_purchase_shows_its_lines_receipts_and_story(admin: Page, books: Books) -> None:
    admin.goto(books.page("posted"))
    text = words(admin)
    assert "Lines 70" in text
    table = admin.get_by_role("table", name="Document number")
    assert "62400\nMeals and entertainment" in table.inner_text()
    assert "DEPARTMENT: OPS" in table.inner_text()
    assert table.locator("tr.sum td.number").all_inner_texts() == ["48.60", "48.60"]
    receipts = admin.get_by_role("region", name="Receipts").inner_text()
    assert f"PEX-{books.ids['posted']}-2.pdf" in receipts
    assert "on the journal line" in receipts
    assert "RECEIPT_HAS_MALWARE" in receipts
    assert "Upload a clean copy" in receipts
    story = admin.get_by_role("region", name="What happened")
    assert "Seen in PEX for the first time" in story.inner_text()
    assert "Business Central answered that all is there" in story.inner_text()
    runs = story.get_by_role("link", name="Manual sync").first
    assert str(runs.get_attribute("href")).startswith("/runs/")
    events = story.get_by_role("link", name="the posting").get_attribute("href")
    answer = admin.request.get(str(events))
    assert next(one["topic"] for one in answer.json()["items"]) == "posted_transaction.seen"


def test_checksums_are_short_with_the_whole_at_hand(admin: Page, books: Books) -> None:
    admin.goto(books.page("posted"))
    shown = admin.locator("code[title]")
    whole = str(shown.get_attribute("title"))
    assert len(whole) == 64
    assert shown.inner_text() == f"{whole[:12]}\N{HORIZONTAL ELLIPSIS}"


def test_a_failed_purchase_says_why_and_what_to_do(admin: Page, books: Books) -> None:
    admin.goto(books.page("failed"))
    where = admin.get_by_role("region", name="Where is it").inner_text()
    assert "Not in Business Central: it could not be posted." in where
    assert "VALUE_UNKNOWN" in where
    assert "What to do: " in where
    assert "No entry was made for it." in words(admin)


def test_a_skipped_purchase_says_why_it_was_left_alone(admin: Page, books: Books) -> None:
    admin.goto(books.page("skipped"))
    where = admin.get_by_role("region", name="Where is it").inner_text()
    assert "Not in Business Central: it was left alone." in where
    assert "What to do: Approve it in PEX; the next sync takes it." in where


def test_what_changed_after_posting_shows_both_sides_and_since_when(
    admin: Page, books: Books
) -> None:
    admin.goto(books.page("changed"))
    where = admin.get_by_role("region", name="Where is it").inner_text()
    assert "In the journal PEX CARD" in where
    assert "CHANGED_AFTER_POSTING" in where
    changes = admin.get_by_role("region", name="What differs").locator("tbody").inner_text()
    assert "amount" in changes
    assert "-48.60" in changes
    assert "-52.10" in changes
    assert "PEX changed the amount from -48.60 to -52.10." in words(admin)


def test_what_vanished_from_pex_is_told(admin: Page, books: Books) -> None:
    admin.goto(books.page("missing"))
    where = admin.get_by_role("region", name="Where is it").inner_text()
    assert "MISSING_IN_PEX" in where
    assert "What to do: Ask PEX what became of it" in where
    assert "missing in PEX" in words(admin)


def test_business_central_is_asked_where_it_is_now(
    admin: Page, running: Running, books: Books
) -> None:
    admin.goto(books.page("posted"))
    admin.get_by_role("button", name="Look in Business Central now").click()
    assert "It is in the journal, as it was sent, not posted yet." in words(admin)
    running.sandbox.business_central.post()
    admin.get_by_role("button", name="Look in Business Central now").click()
    expect(admin.get_by_text("It is posted in the ledger.")).to_be_visible()


def test_a_business_central_that_cannot_be_read_is_told_on_the_page(
    support: Page, planted: Planted
) -> None:
    support.goto(f"{planted.list}/card/3")
    support.get_by_role("button", name="Look in Business Central now").click()
    assert "Business Central could not be read." in words(support)
    assert "Posted in the ledger under document number PEX-3." in words(support)


def test_a_public_business_central_is_linked_and_a_sandbox_is_not(
    running: Running, books: Books
) -> None:
    services = running.services
    now = services.clock.now()
    session = services.browser_sessions.begin("sue", "support", (), now)
    linked = {}
    for url in (services.settings.bc_api_url, "https://api.businesscentral.dynamics.com"):
        settings = services.settings.model_copy(update={"bc_api_url": url})
        with TestClient(create_app(replace(services, settings=settings))) as client:
            client.cookies.set("pexbc", session)
            linked[url] = (
                "https://businesscentral.dynamics.com/" in client.get(books.page("posted")).text
            )
    assert list(linked.values()) == [False, True]


@pytest.mark.parametrize(
    ("pex_id", "headline", "to_do"),
    [
        (1, "Put on hold: a person must decide.", "complete or delete it there"),
        (2, "Not known yet: it was sent, and the answer was lost.", "settled by itself"),
        (3, "Posted in the ledger under document number PEX-3.", ""),
        (1000, "Not in Business Central: it was left alone.", "Approve it in PEX"),
    ],
)
def test_every_state_is_said_in_words(
    support: Page, planted: Planted, pex_id: int, headline: str, to_do: str
) -> None:
    support.goto(f"{planted.list}/card/{pex_id}")
    where = support.get_by_role("region", name="Where is it").inner_text()
    assert headline in where
    assert to_do in where


def test_one_that_was_only_left_alone_leads_to_the_sync_that_saw_it(
    support: Page, planted: Planted
) -> None:
    support.goto(f"{planted.list}/purchase/1000")
    onward = support.get_by_role("link", name="The newest sync that saw it")
    assert onward.get_attribute("href") == f"/runs/{RUN}"


def test_a_merchants_markup_is_shown_as_text(admin: Page, books: Books) -> None:
    for path in (f"{books.list}?q=tom+%26", books.page("nasty")):
        admin.goto(path)
        assert NASTY in words(admin)
        assert admin.locator("main img").count() == 0
    admin.goto(f"{books.list}?q=%22%3E%3Cimg+src%3Dx%3E")
    expect(admin.get_by_label("Merchant, cardholder or PEX id")).to_have_value('"><img src=x>')


# --- the backlog ------------------------------------------------------------------------------


def test_the_backlog_shows_what_leaves_and_what_left_with_a_way_to_each(
    admin: Page, running: Running, books: Books
) -> None:
    pex = running.sandbox.pex
    first = months_back(eastern_day(pex.world.now()), AUTO_MONTHS)

    def unapproved(merchant: str, days_later: int) -> None:
        at = f"{first + timedelta(days=days_later)}T12:00:00"
        names = {"MerchantName": merchant, "MerchantNameNormalized": merchant}
        times = {"TransactionTime": at, "SettlementTime": at, "MetadataApprovalStatus": None}
        pex.add_row({**times, **names})

    unapproved("Soon Gone", 3)
    unapproved("Long Gone", -2)
    user = ApiUser(running.url, running.token("admin", company.PREPAID_BUSINESS))
    user.run(books.connection, preview=False, watch=lambda _run: None)
    user.close()
    admin.goto(books.list)
    admin.get_by_role("link", name="Backlog").click()
    admin.wait_for_url("**/backlog")
    line = admin.get_by_role("row").filter(has_text="Soon Gone")
    assert "in " in line.inner_text()
    assert "NOT_APPROVED" in line.inner_text()
    assert "Approve it in PEX" in line.inner_text()
    titles = admin.get_by_role("heading", level=3).all_inner_texts()
    assert titles == ["About to leave", "Left already"]
    assert "Long Gone" in admin.get_by_role("table").last.inner_text()
    line.get_by_role("link", name="Soon Gone").click()
    expect(admin.get_by_role("heading", name="Soon Gone")).to_be_visible()


def test_the_backlog_is_paged(support: Page, running: Running) -> None:
    services = running.services
    story = Story(services.log)
    connection = story.open(4713, "Long List Harbour")
    day = eastern_day(services.clock.now()) - timedelta(days=100)
    rows = tuple(
        row(number, Outcome.SKIPPED, "NOT_APPROVED", day=day, merchant=f"Late {number}")
        for number in range(70)
    )
    story.log.save(RunPage(story.now(), UUID(int=2), 1, connection.id, False, rows))  # noqa: FBT003
    support.goto(f"/connections/{connection.id}/backlog")
    names = support.locator("tbody a").all_inner_texts()
    assert "Nothing is about to leave." in words(support)
    support.get_by_role("link", name="More").click()
    support.wait_for_url("**cursor=*")
    assert "Nothing is about to leave." not in words(support)
    names += support.locator("tbody a").all_inner_texts()
    assert len(names) == len(set(names)) == 70


# --- who, and how -----------------------------------------------------------------------------

PATHS = ("transactions", "transactions/card/1", "backlog")


@pytest.mark.parametrize("path", PATHS)
def test_operators_see_no_transactions(
    page: Page, running: Running, planted: Planted, path: str
) -> None:
    sign_in(page, running.token("operator"))
    assert page.get_by_role("link", name="Transactions").count() == 0
    answer = page.goto(f"/connections/{planted.connection}/{path}")
    assert answer is not None
    assert answer.status == 403
    assert "FORBIDDEN" in words(page)


@pytest.mark.parametrize("path", PATHS)
def test_admins_of_another_business_find_nothing(admin: Page, planted: Planted, path: str) -> None:
    answer = admin.goto(f"/connections/{planted.connection}/{path}")
    assert answer is not None
    assert answer.status == 404


@pytest.mark.parametrize("path", ["card/999999", "nothing/1", f"card/{2**70}"])
def test_a_transaction_that_was_never_seen_is_not_found(
    support: Page, planted: Planted, path: str
) -> None:
    answer = support.goto(f"{planted.list}/{path}")
    assert answer is not None
    assert answer.status == 404
    assert "NOT_FOUND" in words(support)


def test_a_cursor_that_no_page_handed_out_is_refused(support: Page, planted: Planted) -> None:
    answer = support.goto(f"{planted.list}?cursor=made-up")
    assert answer is not None
    assert answer.status == 400
    assert "CURSOR_REFUSED" in words(support)


def test_everything_works_without_scripts(browser: Browser, running: Running, books: Books) -> None:
    context = browser.new_context(base_url=running.url, java_script_enabled=False)
    page = sign_in(context.new_page(), company.PREPAID_TOKEN)
    page.goto(books.list)
    page.get_by_label("Merchant, cardholder or PEX id").fill("quayside")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Quayside Ropes").click()
    assert "In the journal PEX CARD" in words(page)
    assert "UTC" in page.get_by_role("region", name="What happened").inner_text()
    context.close()


def test_pages_are_accessible_narrow_and_small(
    admin: Page, books: Books, accessible: Callable[[Page], None]
) -> None:
    paths = [books.list, f"{books.list}?from=x", f"/connections/{books.connection}/backlog"]
    paths += [books.page(name) for name in ("posted", "changed", "failed", "skipped")]
    for path in paths:
        for width in (1280, 360):
            admin.set_viewport_size({"width": width, "height": 800})
            admin.goto(path)
            accessible(admin)
            assert admin.evaluate(FITS)
        admin.set_viewport_size({"width": 700, "height": 800})
        assert admin.evaluate(FITS)
        loaded = admin.evaluate(
            "performance.getEntries().reduce((sum, one) => sum + (one.decodedBodySize || 0), 0)"
        )
        assert loaded < 150_000


@pytest.mark.parametrize(
    ("path", "most"),
    [("", 6), ("?outcome=skipped&kind=purchase", 6), ("?q=bulk", 6), ("/card/3", 12)],
)
def test_a_page_is_made_with_few_queries(
    running: Running, planted: Planted, path: str, most: int
) -> None:
    services = build(running.services.settings, NoWakeups())  # without a worker's own queries
    session = services.browser_sessions.begin("sue", "support", (), services.clock.now())
    queries: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            queries.append(statement)

    with TestClient(create_app(services)) as client:
        client.cookies.set("pexbc", session)
        client.get(f"{planted.list}{path}")
        sa.event.listen(services.database.engine, "before_cursor_execute", note)
        answer = client.get(f"{planted.list}{path}")
    services.close()
    assert answer.status_code == 200
    (about_transactions,) = (one for one in queries if "view_transactions" in one)
    assert "LIMIT" in about_transactions
    assert len(queries) <= most, queries
