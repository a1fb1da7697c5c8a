"""The history of a connection: each run with its counts, which open the rows behind them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from browser.conftest import sign_in
from browser.run_by_hand import by_hand, past_run, row
from domain.sync_run import Outcome
from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company


@pytest.fixture(scope="module")
def history(running: Running, connected: str) -> str:
    """The address of a history with a preview, a sync, and one that posted 2 and failed 1."""
    user = ApiUser(running.url, running.token("admin", company.PREPAID_BUSINESS))
    for preview in (True, False):
        user.run(connected, preview=preview, watch=lambda _run: None)
    user.close()
    past_run(running.services, connected, 7001, row(1), row(2), row(3, Outcome.FAILED, "TAG_GONE"))
    return f"/connections/{connected}/history"


def test_each_run_is_told_in_a_row_newest_first(admin: Page, history: str) -> None:
    admin.goto(history)
    heads = [one.inner_text() for one in admin.get_by_role("columnheader").all()]
    assert heads == [
        "Started",
        "What",
        "Duration",
        "Status",
        "Tags synced",
        "Transactions synced",
        "Failed",
        "Receipts",
    ]
    (automatic,) = _rows(admin, "Sync, automatic").all_inner_texts()
    told = ["Sync, automatic", "under 1 s", "partly failed", "0", "2", "1", "0"]
    assert automatic.split("\t")[1:] == told
    (preview,) = _rows(admin, "Preview, by hand").all_inner_texts()
    assert preview.split("\t")[5].endswith("to post")
    started = (
        admin.get_by_role("table")
        .locator("time")
        .evaluate_all("times => times.map(time => time.dateTime)")
    )
    assert started == sorted(started, reverse=True)


def _rows(page: Page, what: str) -> Locator:
    return page.get_by_role("table").get_by_role("row").filter(has_text=what)


def test_a_count_opens_the_rows_behind_it(admin: Page, history: str) -> None:
    admin.goto(history)
    failed = _rows(admin, "Sync, automatic").get_by_role("cell").nth(6)
    failed.get_by_role("link", name="1").click()
    expect(admin.get_by_role("heading", name="Transactions: failed")).to_be_visible()
    assert admin.locator("table.rows td[data-label=Merchant]").count() == 1
    admin.goto(history)
    _rows(admin, "Preview, by hand").get_by_role("cell").nth(5).get_by_role("link").click()
    expect(admin.get_by_role("heading", name="Transactions: would post")).to_be_visible()


def test_a_run_under_way_stands_among_them(
    admin: Page, running: Running, connected: str, history: str
) -> None:
    with by_hand(running.services, connected):
        admin.goto(history)
        first = admin.get_by_role("table").get_by_role("row").nth(1)
        assert "going on" in first.inner_text()
        first.get_by_role("link").first.click()
        expect(admin.get_by_role("progressbar")).to_be_visible()


def test_old_runs_stand_on_further_pages(page: Page, running: Running) -> None:
    other, _ = running.services.connect.with_pex_token(company.CREDIT_TOKEN, "admin:test")
    sign_in(page, company.CREDIT_TOKEN)
    page.goto(f"/connections/{other}/history")
    expect(page.get_by_text("No sync has run yet.")).to_be_visible()
    expect(page.get_by_role("link", name="To the Sync tab")).to_be_visible()
    for number in range(1, 36):
        past_run(running.services, str(other), number, row(number))
    page.reload()
    lines = page.get_by_role("table").locator("tbody tr")
    assert lines.count() == 30
    page.get_by_role("link", name="Older ones").click()
    expect(lines).to_have_count(5)


def test_an_operator_reads_counts_and_opens_nothing(
    page: Page, running: Running, history: str
) -> None:
    sign_in(page, running.token("operator"))
    page.goto(history)
    table = page.get_by_role("table")
    expect(table.get_by_text("partly failed").first).to_be_visible()
    assert table.get_by_role("link").count() == 0


def test_another_tenants_admin_finds_no_history(page: Page, history: str) -> None:
    sign_in(page, company.CREDIT_TOKEN)
    page.goto(history)
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_fits_and_is_accessible(
    admin: Page, history: str, width: int, accessible: Callable[[Page], None]
) -> None:
    admin.set_viewport_size({"width": width, "height": 760})
    admin.goto(history)
    accessible(admin)
    assert admin.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
