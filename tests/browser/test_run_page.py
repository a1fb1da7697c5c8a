"""A run's page: live progress, what needs a person, its rows, its tag options."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import httpx
import pytest
import sqlalchemy as sa
from litestar.testing import TestClient
from playwright.sync_api import Browser, Page, Route, expect

from browser.conftest import sign_in
from browser.run_by_hand import by_hand, is_ready, past_run, row
from domain.sync_run import Outcome
from domain.tag_option_history import ReportedOption
from domain.tag_options import Change
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import build
from entrypoints.demo.company import ApiUser, wait_until
from entrypoints.http.app import create_app
from http_running import Running
from sandbox import company


@pytest.fixture(scope="module")
def previewed(running: Running, connected: str) -> str:
    """The address of a preview that is over."""
    return _run(running, connected, preview=True)


@pytest.fixture(scope="module")
def synced(running: Running, connected: str, previewed: str) -> str:
    """The address of a sync that is over, and posted what the preview showed."""
    return _run(running, connected, preview=False)


def _run(running: Running, connected: str, *, preview: bool) -> str:
    user = ApiUser(running.url, running.token("admin", company.PREPAID_BUSINESS))
    run = user.run(connected, preview=preview, watch=lambda _run: None)
    user.close()
    return f"/runs/{run['id']}"


def test_progress_moves_by_itself_and_ends_in_the_whole_page(
    admin: Page, running: Running, connected: str
) -> None:
    with by_hand(running.services, connected) as run:
        admin.goto(run.address)
        bar = admin.get_by_role("progressbar")
        expect(bar).to_be_visible()
        assert bar.get_attribute("value") is None
        run.fetch(4)
        expect(bar).to_have_attribute("max", "4")
        run.report(row(901), row(902))
        expect(bar).to_have_attribute("value", "2")
        expect(admin.locator("#now").get_by_text("2 of 4 transactions")).to_be_visible()
        run.report(row(903), row(904, Outcome.FAILED, "TAG_MISSING"))
    expect(admin.get_by_role("heading", name="How it ended")).to_be_visible()
    expect(admin.get_by_role("progressbar")).to_have_count(0)
    expect(admin.get_by_role("table").get_by_text("failed")).to_be_visible()
    expect(admin.get_by_role("status").first).to_have_text("Sync is over: partly failed.")


def test_a_page_that_is_loaded_in_the_middle_shows_how_far_it_is(
    admin: Page, running: Running, connected: str
) -> None:
    with by_hand(running.services, connected) as run:
        admin.goto(run.address)
        run.fetch(10)
        run.report(*(row(number) for number in range(910, 913)))
        expect(admin.get_by_role("progressbar")).to_have_attribute("value", "3")
        admin.reload()
        assert admin.get_by_role("progressbar").get_attribute("value") == "3"
        run.report(row(913))
        expect(admin.get_by_role("progressbar")).to_have_attribute("value", "4")


def test_two_tabs_show_the_same_run_to_its_end(
    admin: Page, running: Running, connected: str
) -> None:
    other = admin.context.new_page()
    with by_hand(running.services, connected) as run:
        for tab in (admin, other):
            tab.goto(run.address)
        run.fetch(7)
        for tab in (admin, other):
            expect(tab.get_by_role("progressbar")).to_have_attribute("max", "7")
    for tab in (admin, other):
        expect(tab.get_by_role("heading", name="How it ended")).to_be_visible()


def test_a_page_whose_stream_begins_after_the_end_comes_to_the_end_too(
    admin: Page, running: Running, connected: str
) -> None:
    with by_hand(running.services, connected) as run:

        def end_first(route: Route) -> None:
            run.finish()
            route.continue_()

        admin.route("**/progress/*", end_first)
        admin.goto(run.address)
        expect(admin.get_by_role("heading", name="How it ended")).to_be_visible()
    admin.unroute_all()


def test_a_waiting_run_says_until_when_and_why(
    admin: Page, running: Running, connected: str, accessible: Callable[[Page], None]
) -> None:
    with by_hand(running.services, connected) as run:
        admin.goto(run.address)
        run.stall("BC_UNAVAILABLE", "Business Central answered 503.")
        how_far = admin.get_by_role("region", name="How far it is")
        expect(how_far.get_by_text("It goes on by itself at")).to_be_visible()
        expect(how_far.get_by_text("Business Central answered 503.")).to_be_visible()
        expect(how_far.locator("time")).not_to_contain_text("UTC")
        accessible(admin)


def test_a_preview_shows_each_entry_as_a_journal_and_the_vendors_it_would_create(
    admin: Page, previewed: str
) -> None:
    admin.goto(f"{previewed}?outcome=would_post")
    expect(admin.get_by_text("A preview writes nothing")).to_be_visible()
    journal = admin.get_by_role("table").get_by_role("table").first
    heads = [one.inner_text() for one in journal.get_by_role("columnheader").all()]
    assert heads == ["Account", "Text", "Dimensions", "Debit", "Credit"]
    debit, credit = (
        sum(Decimal(cell.replace(",", "")) for cell in column.all_inner_texts() if cell)
        for column in (journal.locator("td:nth-child(4)"), journal.locator("td:nth-child(5)"))
    )
    assert debit == credit > 0
    assert "10950" in journal.inner_text()


def test_each_count_opens_the_rows_behind_it(admin: Page, synced: str) -> None:
    admin.goto(synced)
    counts = admin.get_by_role("region", name="How it ended")
    for label in ("Posted", "Skipped", "Failed"):
        figure = counts.locator("div", has=admin.get_by_text(label, exact=True))
        number = int(figure.locator("dd").inner_text())
        figure.get_by_role("link").click()
        expect(admin.get_by_role("heading", name=f"Transactions: {label.lower()}")).to_be_visible()
        badges = admin.locator("table.rows > tbody > tr > td[data-label=Outcome]")
        assert set(badges.all_inner_texts()) == {label.lower()}
        assert badges.count() == min(number, 50)


def test_a_run_leads_to_the_settings_that_it_used(admin: Page, synced: str) -> None:
    admin.goto(synced)
    admin.get_by_role("link", name="version 1").click()
    admin.wait_for_url("**/settings/versions?newer=1")
    expect(admin.get_by_role("main")).to_contain_text("ersion 1")


def test_posted_rows_name_their_document_and_lead_to_their_transaction(
    admin: Page, synced: str, connected: str
) -> None:
    admin.goto(f"{synced}?outcome=posted")
    first = admin.locator("table.rows > tbody > tr").first
    assert first.locator("td[data-label='Document number']").inner_text().startswith("PEX-")
    admin.locator("summary").first.click()
    expect(admin.get_by_role("columnheader", name="Debit").first).to_be_visible()
    first.get_by_role("link").click()
    admin.wait_for_url(f"**/connections/{connected}/transactions/card/*")
    expect(admin.get_by_role("main")).to_contain_text("Where is it")


def test_what_failed_is_told_by_causes_with_what_to_do_and_a_way_to_its_rows(
    admin: Page, running: Running, connected: str, accessible: Callable[[Page], None]
) -> None:
    failed = [row(number, Outcome.FAILED, "TAG_MISSING", "Deli") for number in range(930, 933)]
    other = row(940, Outcome.FAILED, "VALUE_UNKNOWN", "<b>Café & Söhne</b>")
    run_id = past_run(running.services, connected, 7001, row(941), *failed, other)
    admin.goto(f"/runs/{run_id}")
    needs = admin.get_by_role("region", name="What needs you")
    causes = needs.get_by_role("listitem").all_inner_texts()
    assert "3 transactions" in causes[0]
    assert "TAG_MISSING" in causes[0]
    assert "choose another tag option" in causes[1]
    accessible(admin)
    needs.get_by_role("link", name="1 transaction").click()
    merchants = admin.locator("table.rows td[data-label=Merchant]").all_inner_texts()
    assert merchants == ["<b>Café & Söhne</b>"]
    admin.goto(f"/runs/{run_id}?outcome=failed&code=NO_SUCH")
    expect(admin.get_by_text("None.", exact=True)).to_be_visible()


@pytest.fixture(scope="module")
def long_run(running: Running, connected: str) -> str:
    """The address of a run with 1,200 rows."""
    failed = (row(number, Outcome.FAILED, "TAG_MISSING") for number in range(300))
    posted = (row(number) for number in range(300, 1200))
    run_id = past_run(running.services, connected, 7002, *failed, *posted)
    return f"/runs/{run_id}"


def test_rows_come_page_by_page_and_keep_their_filter(admin: Page, long_run: str) -> None:
    admin.goto(f"{long_run}?outcome=posted")
    rows = admin.locator("table.rows > tbody > tr:not(.more-of-it)")
    assert rows.count() == 50
    seen = set(rows.locator("a").evaluate_all("links => links.map(link => link.href)"))
    admin.get_by_role("link", name="Next ones").click()
    expect(admin.get_by_role("heading", name="Transactions: posted")).to_be_visible()
    assert rows.count() == 50
    assert not seen & set(rows.locator("a").evaluate_all("links => links.map(link => link.href)"))


def test_causes_of_very_many_say_that_they_tell_of_the_first(admin: Page, long_run: str) -> None:
    admin.goto(long_run)
    needs = admin.get_by_role("region", name="What needs you")
    assert "Told from the first 200 that failed." in needs.inner_text()


def test_a_page_of_a_long_run_takes_few_queries(
    running: Running, connected: str, long_run: str
) -> None:
    services = build(running.services.settings, NoWakeups())  # without a worker's own queries
    asked: list[str] = []

    def note(*call: object) -> None:
        statement = str(call[2])
        if "FROM view_" in statement:
            asked.append(statement)

    secret = services.browser_sessions.begin(
        "dana.k", "admin", (company.PREPAID_BUSINESS,), services.clock.now()
    )
    engine = services.database.engine
    with TestClient(create_app(services), cookies={"pexbc": secret}) as client:
        for path in (long_run, f"/connections/{connected}", f"/connections/{connected}/history"):
            client.get(path)  # the first reader brings the views up to date
            asked.clear()
            sa.event.listen(engine, "before_cursor_execute", note)
            try:
                assert client.get(path).status_code == 200
            finally:
                sa.event.remove(engine, "before_cursor_execute", note)
            assert 2 <= len(asked) <= 6, path
            assert all(
                "LIMIT" in one
                for one in asked
                if "FROM view_run_rows" in one or "FROM view_transactions" in one
            )
    services.close()


def test_a_failing_run_says_why_and_what_to_do(
    admin: Page, running: Running, connected: str, synced: str
) -> None:
    books = running.sandbox.business_central
    books.delete_journal("PEX CARD")
    try:
        admin.goto(_run(running, connected, preview=False))
    finally:
        books.create_journal("PEX CARD")
        wait_until(lambda: is_ready(running.services, connected), "connected_ready")
    alert = admin.get_by_role("alert")
    assert "JOURNAL_MISSING" in alert.inner_text()
    assert "General Journals" in alert.inner_text()


def test_changes_of_tag_options_have_a_page_of_their_own(
    admin: Page, running: Running, connected: str, accessible: Callable[[Page], None]
) -> None:
    with by_hand(running.services, connected) as run:
        run.report_tag_options(
            "dimension:CLASS", ReportedOption("tag", "dimension:CLASS", "Q1", "Q1", Change.ADDED)
        )
        failed = ReportedOption(
            "tag", "vendor", "", "", Change.FAILED, "TAG_MISSING", "It is gone."
        )
        run.report_tag_options("vendor", failed)
    admin.goto(f"{run.address}/tag-options")
    rows = admin.get_by_role("table").get_by_role("row").all_inner_texts()
    assert "dimension CLASS" in rows[1]
    assert "added" in rows[1]
    assert "It is gone." in rows[2]
    accessible(admin)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_fit_and_are_accessible(
    admin: Page, previewed: str, synced: str, width: int, accessible: Callable[[Page], None]
) -> None:
    admin.set_viewport_size({"width": width, "height": 760})
    for path in (previewed, f"{synced}?outcome=posted", f"{synced}/tag-options"):
        admin.goto(path)
        accessible(admin)
        assert admin.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


@pytest.fixture
def still(browser: Browser, running: Running) -> Iterator[Page]:
    """A tab without scripts."""
    context = browser.new_context(base_url=running.url, java_script_enabled=False)
    yield sign_in(context.new_page(), company.PREPAID_TOKEN)
    context.close()


def test_without_scripts_everything_can_be_read(still: Page, synced: str) -> None:
    still.goto(synced)
    still.get_by_role("link", name="Failed").first.click()
    expect(still.get_by_role("heading", name="Transactions: failed")).to_be_visible()
    expect(still.get_by_text("UTC").first).to_be_visible()


def test_a_run_is_read_by_keyboard_alone(admin: Page, synced: str) -> None:
    admin.goto(synced)
    admin.get_by_role("navigation", name="Transactions by outcome").get_by_role(
        "link", name="All"
    ).focus()
    admin.keyboard.press("Tab")
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("heading", name="Transactions: posted")).to_be_visible()
    admin.locator("summary").first.focus()
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("columnheader", name="Credit").first).to_be_visible()


def test_support_reads_rows_operators_do_not_and_other_tenants_find_nothing(
    running: Running, synced: str
) -> None:
    services, now = running.services, running.services.clock.now()
    run_id = synced.removeprefix("/runs/")
    statuses: dict[tuple[str, str], int] = {}
    people = (("support", ()), ("operator", ()), ("admin", (company.CREDIT_BUSINESS,)))
    for role, businesses in people:
        secret = services.browser_sessions.begin("somebody", role, businesses, now)
        with httpx.Client(base_url=running.url, cookies={"pexbc": secret}) as client:
            for path in (synced, f"{synced}/tag-options", f"/progress/{run_id}"):
                statuses[role, path.replace(run_id, "")] = client.get(path).status_code
    assert statuses == {
        ("support", "/runs/"): 200,
        ("support", "/runs//tag-options"): 200,
        ("support", "/progress/"): 200,
        ("operator", "/runs/"): 403,
        ("operator", "/runs//tag-options"): 403,
        ("operator", "/progress/"): 200,
        ("admin", "/runs/"): 404,
        ("admin", "/runs//tag-options"): 404,
        ("admin", "/progress/"): 404,
    }
