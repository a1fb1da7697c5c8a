"""The pictures of a connection: their figures are the run's, and they are for everybody."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from browser.conftest import sign_in
from domain.eastern_time import eastern_day
from domain.sync_run import Outcome, Reported
from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company
from sandbox.faults import Fault


@pytest.fixture(scope="module")
def reported(running: Running, connected: str) -> list[Reported]:
    """A run's report; some days of it are posted, some failed, some not approved."""
    user = ApiUser(running.url, running.token("admin", company.PREPAID_BUSINESS))
    run = user.run(connected, preview=False, watch=lambda _: None)
    user.close()
    return list(running.services.read_models.report(UUID(run["id"]), None, 1_000).items)


@pytest.fixture
def pictures(admin: Page, connected: str, reported: list[Reported]) -> Page:
    admin.goto(f"/connections/{connected}/pictures")
    return admin


def amounts(page: Page, region: str, column: str) -> list[Decimal]:
    """A column of the table behind a picture."""
    section = page.get_by_role("region", name=region)
    cells = section.locator(f'tbody td[data-label="{column}"]')
    return [number(text) for text in cells.all_text_contents()]


def number(text: str) -> Decimal:
    return Decimal(text.strip().replace(",", "").replace("−", "-"))  # noqa: RUF001 - as pages write it


def posted(reported: list[Reported]) -> list[Reported]:
    return [row for row in reported if row.outcome is Outcome.POSTED]


def test_what_was_posted_is_shown_with_the_runs_own_sums(
    pictures: Page, reported: list[Reported]
) -> None:
    rows = posted(reported)
    pictures.get_by_text("Posted per week as a table").click()
    assert sum(amounts(pictures, "Posted per week", "Transactions")) == len(rows)
    total = sum(row.amount.amount for row in rows)
    assert sum(amounts(pictures, "Posted per week", "Amount")) == total
    picture = pictures.get_by_role("img", name="Posted per week and kind")
    expect(picture).to_be_visible()
    purchases = sum(row.kind == "purchase" for row in rows)
    expect(pictures.get_by_role("link", name=f"{purchases} purchases", exact=True)).to_be_visible()


def test_causes_are_shown_with_what_to_do_about_them(
    pictures: Page, reported: list[Reported]
) -> None:
    failed = [row for row in reported if row.outcome is Outcome.FAILED]
    unapproved = [row for row in reported if row.code == "NOT_APPROVED"]
    assert failed
    assert unapproved
    causes = pictures.get_by_role("region", name="Not posted, by cause")
    assert causes.get_by_role("listitem").count() == len({row.code for row in failed}) + 1
    causes.get_by_text("Causes as a table").click()
    assert sum(amounts(pictures, "Not posted, by cause", "Number")) == len(failed + unapproved)
    assert causes.get_by_text("Approve it in PEX").is_visible()


def test_spending_is_what_was_debited_for_purchases_and_fees(
    pictures: Page, reported: list[Reported]
) -> None:
    spending = [row for row in posted(reported) if row.kind in {"purchase", "fee"}]
    pictures.get_by_text("All accounts as a table").click()
    shown = amounts(pictures, "Spend by account", "Amount")
    assert sum(shown) == -sum(row.amount.amount for row in spending)
    assert shown == sorted(shown, reverse=True)


def test_accounts_go_by_number_and_name_without_asking_business_central(
    pictures: Page, running: Running, connected: str
) -> None:
    down = Fault(times=-1)
    running.sandbox.business_central.faults.plant(down)
    pictures.goto(f"/connections/{connected}/pictures")
    spend = pictures.get_by_role("region", name="Spend by account")
    assert spend.get_by_role("listitem").filter(has_text="62400 Meals").is_visible()
    assert down.calls == 0
    running.sandbox.business_central.faults.clear()


def test_bars_lead_to_the_transactions_behind_them(pictures: Page, connected: str) -> None:
    section = pictures.get_by_role("region", name="Posted per week")
    section.get_by_text("Posted per week as a table").click()
    link = section.locator("tbody").get_by_role("link").first
    address = link.get_attribute("href") or ""
    assert address.startswith(f"/connections/{connected}/transactions?outcome=posted&kind=")
    path, _, query = address.partition("?")
    found = pictures.request.get(f"/api/v1{path}?{query}&limit=1000").json()["items"]
    assert len(found) == number(link.inner_text())


def test_other_days_are_chosen_by_keyboard_alone(pictures: Page, running: Running) -> None:
    today = eastern_day(running.services.clock.now())
    pictures.get_by_label("From posting date").fill((today - timedelta(days=6)).isoformat())
    pictures.get_by_label("Bars show").focus()
    pictures.keyboard.press("End")
    pictures.keyboard.press("Tab")
    pictures.keyboard.press("Enter")
    pictures.wait_for_url("**show=amount")
    pictures.get_by_role("heading", name="Posted per day").wait_for()
    summary = pictures.get_by_text("Posted per day as a table")
    summary.focus()
    pictures.keyboard.press("Enter")
    expect(
        pictures.get_by_role("region", name="Posted per day").get_by_role("table")
    ).to_be_visible()


def test_days_without_anything_say_what_to_do(pictures: Page, connected: str) -> None:
    pictures.goto(f"/connections/{connected}/pictures?from=2020-01-01&to=2020-01-01")
    assert pictures.get_by_text("Nothing was posted on these days.").is_visible()
    assert pictures.get_by_text("Nothing waits for you on these days.").is_visible()
    assert pictures.get_by_text("No spending was posted on these days.").is_visible()


@pytest.mark.parametrize(
    ("asked", "label", "told"),
    [
        ("from=2026-02-01&to=2026-01-01", "To posting date", "lies before the first"),
        ("from=2024-01-01&to=2026-01-01", "From posting date", "more than 1 year"),
        ("from=yesterday", "From posting date", "This is no date."),
    ],
)
def test_days_that_no_picture_shows_are_refused_beside_their_field(
    pictures: Page, connected: str, asked: str, label: str, told: str
) -> None:
    answer = pictures.goto(f"/connections/{connected}/pictures?{asked}")
    assert answer is not None
    assert answer.status == 422
    field = pictures.get_by_label(label)
    expect(field).to_have_accessible_description(re.compile(re.escape(told)))
    expect(field).to_have_attribute("aria-invalid", "true")


def test_a_page_of_pictures_asks_the_database_few_questions(
    running: Running, connected: str, reported: list[Reported]
) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    engine = running.services.database.engine
    with running.client(running.token("support")) as client:
        sa.event.listen(engine, "before_cursor_execute", note)
        assert client.get(f"/connections/{connected}/pictures").status_code == 200
        sa.event.remove(engine, "before_cursor_execute", note)
    assert len(asked) <= 6


def test_pictures_are_accessible_small_and_fit_a_phone(
    pictures: Page, connected: str, accessible: Callable[[Page], None]
) -> None:
    for width in (1280, 700, 360):
        pictures.set_viewport_size({"width": width, "height": 800})
        for asked in ("", "?from=2020-01-01&to=2020-01-02", "?from=x"):
            pictures.goto(f"/connections/{connected}/pictures{asked}")
            for summary in pictures.locator("summary").all():
                summary.click()
            accessible(pictures)
            fits = "document.documentElement.scrollWidth <= window.innerWidth"
            assert pictures.evaluate(fits)
        pictures.goto(f"/connections/{connected}/pictures")
        bars = pictures.locator("svg.chart rect.block")
        widths = bars.evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
        assert min(widths) >= 4
    loaded = pictures.evaluate(
        "performance.getEntries().reduce((sum, one) => sum + (one.decodedBodySize || 0), 0)"
    )
    assert loaded < 150_000


def test_pictures_are_printed_dark_on_white_whatever_the_screen(pictures: Page) -> None:
    pictures.emulate_media(color_scheme="dark", media="print")
    ink = "getComputedStyle(document.querySelector('svg.chart text')).fill"
    assert pictures.evaluate(ink) == "rgb(23, 33, 27)"
    assert pictures.get_by_role("img", name="Posted per week and kind").is_visible()
    assert not pictures.get_by_label("From posting date").is_visible()


def test_pictures_are_for_admins_of_the_business_and_for_support_alone(
    page: Page, running: Running, connected: str, reported: list[Reported]
) -> None:
    path = f"/connections/{connected}/pictures"
    for role, status in (("support", 200), ("operator", 403)):
        with running.client(running.token(role)) as client:
            assert client.get(path).status_code == status
    with running.client(running.token("admin", 1)) as client:
        assert client.get(path).status_code == 404
    assert httpx.get(f"{running.url}{path}").status_code == 303
    sign_in(page, running.token("support"))
    page.goto(path)
    assert page.get_by_role("heading", name="Spend by account").is_visible()
