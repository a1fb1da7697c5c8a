"""The Sync tab: execute and preview, what refuses them, and who may do what."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from browser.conftest import sign_in
from browser.run_by_hand import by_hand, is_ready
from entrypoints.demo.company import wait_until
from http_running import Running
from sandbox import company


@pytest.fixture
def sync_tab(admin: Page, connected: str) -> Page:
    admin.goto(f"/connections/{connected}")
    return admin


@pytest.fixture
def without_scripts(browser: Browser, running: Running) -> Iterator[Page]:
    context = browser.new_context(base_url=running.url, java_script_enabled=False)
    yield sign_in(context.new_page(), company.PREPAID_TOKEN)
    context.close()


def ended(page: Page) -> None:
    expect(page.get_by_role("heading", name="How it ended")).to_be_visible(timeout=60_000)


def test_a_preview_and_then_a_sync_are_executed_from_the_page(
    sync_tab: Page, connected: str
) -> None:
    sync_tab.get_by_role("button", name="Preview").click()
    ended(sync_tab)
    expect(sync_tab.get_by_role("heading", name="Preview of")).to_be_visible()
    sync_tab.goto(f"/connections/{connected}")
    sync_tab.get_by_role("button", name="Execute").click()
    ended(sync_tab)
    expect(sync_tab.get_by_role("heading", name="Sync of")).to_be_visible()
    sync_tab.goto(f"/connections/{connected}")
    last = sync_tab.get_by_role("region", name="Last sync")
    expect(last.get_by_text("Posted", exact=True)).to_be_visible()
    last.get_by_role("link").first.click()
    ended(sync_tab)


def test_every_kind_is_chosen_at_first_and_a_run_does_what_is_left(
    sync_tab: Page, connected: str
) -> None:
    boxes = sync_tab.get_by_role("checkbox")
    names = [box.get_attribute("value") for box in boxes.all()]
    assert names == ["purchases", "fees", "transfers", "rebates"]
    assert all(box.is_checked() for box in boxes.all())
    for left_out in ("Purchases", "Transfers", "Rebates"):
        sync_tab.get_by_role("checkbox", name=left_out).uncheck()
    sync_tab.get_by_role("button", name="Preview").click()
    ended(sync_tab)
    facts = sync_tab.get_by_role("region", name="What it was asked")
    assert "Kinds\nfees\n" in facts.inner_text()


def test_without_any_kind_nothing_starts_and_the_form_says_so(sync_tab: Page) -> None:
    for box in sync_tab.get_by_role("checkbox").all():
        box.uncheck()
    sync_tab.get_by_role("button", name="Execute").click()
    group = sync_tab.get_by_role("group", name="What to sync")
    expect(group.get_by_text("Choose at least one.")).to_be_visible()


def test_dates_for_one_run_stand_in_the_run(sync_tab: Page) -> None:
    end = datetime.now(UTC).date() - timedelta(days=10)
    start = end - timedelta(days=10)
    sync_tab.get_by_text("Other dates, for this run only").click()
    sync_tab.get_by_label("First posting date").fill(start.isoformat())
    sync_tab.get_by_label("Last posting date").fill(end.isoformat())
    sync_tab.get_by_role("button", name="Preview").click()
    ended(sync_tab)
    expect(sync_tab.get_by_text(f"{start} to {end}")).to_be_visible()


def test_dates_that_no_sync_can_cover_are_told_beside_the_field_and_kept(
    sync_tab: Page, accessible: Callable[[Page], None]
) -> None:
    sync_tab.get_by_text("Other dates, for this run only").click()
    sync_tab.get_by_label("First posting date").fill("2020-01-31")
    sync_tab.get_by_role("checkbox", name="Fees").uncheck()
    sync_tab.get_by_role("button", name="Execute").click()
    field = sync_tab.get_by_label("First posting date")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("2020-01-31")
    expect(sync_tab.get_by_text("Choose a start at most 1 year back")).to_be_visible()
    assert not sync_tab.get_by_role("checkbox", name="Fees").is_checked()
    accessible(sync_tab)


def test_what_is_no_day_is_told_beside_its_field(sync_tab: Page) -> None:
    sync_tab.get_by_text("Other dates, for this run only").click()
    sync_tab.get_by_label("Last posting date").evaluate("input => { input.type = 'text' }")
    sync_tab.get_by_label("Last posting date").fill("yesterday")
    sync_tab.get_by_role("button", name="Execute").click()
    expect(sync_tab.get_by_text("yesterday is no day.")).to_be_visible()


def test_a_kind_that_was_switched_off_meanwhile_is_refused_with_what_to_do(
    sync_tab: Page,
) -> None:
    box = sync_tab.get_by_role("checkbox", name="Rebates")
    box.evaluate("box => { box.value = 'bill_payments' }")
    sync_tab.get_by_role("button", name="Execute").click()
    alert = sync_tab.get_by_role("alert")
    assert "KIND_NOT_ON" in alert.inner_text()
    assert "Switch the kind on in the settings" in alert.inner_text()


def test_a_connection_that_was_left_meanwhile_starts_nothing_and_says_why(
    page: Page, running: Running
) -> None:
    made, _ = running.services.connect.with_pex_token(company.CREDIT_TOKEN, "admin:test")
    sign_in(page, company.CREDIT_TOKEN)
    answer = page.request.post(
        f"/connections/{made}/runs", form={"kinds": "fees"}, headers={"Origin": running.url}
    )
    assert answer.status == 409
    assert "CONNECTION_NOT_READY" in answer.text()
    assert "Not ready to sync" in answer.text()


def test_a_second_execute_is_refused_and_shows_the_run_that_is_under_way(
    sync_tab: Page, running: Running, connected: str, accessible: Callable[[Page], None]
) -> None:
    with by_hand(running.services, connected) as run:
        sync_tab.get_by_role("button", name="Execute").click()
        alert = sync_tab.get_by_role("alert")
        assert "RUN_ACTIVE" in alert.inner_text()
        assert str(run.id) not in alert.inner_text()
        expect(sync_tab.get_by_role("progressbar")).to_be_visible()
        assert sync_tab.get_by_role("button", name="Execute").count() == 0
        accessible(sync_tab)
        sync_tab.get_by_role("link", name="Watch it with its transactions").click()
        expect(sync_tab.get_by_role("heading", name="How far it is")).to_be_visible()


def test_progress_stands_in_place_of_the_form_and_the_form_comes_back(
    sync_tab: Page, running: Running, connected: str
) -> None:
    with by_hand(running.services, connected) as run:
        sync_tab.reload()
        expect(sync_tab.locator("#now").get_by_text("Waiting for its turn.")).to_be_visible()
        run.fetch(40)
        expect(
            sync_tab.locator("#now").get_by_text("0 of 40 transactions seen so far decided.")
        ).to_be_visible()
    expect(sync_tab.get_by_role("button", name="Execute")).to_be_visible()


def test_auto_sync_is_switched_and_tells_when_the_next_sync_starts(sync_tab: Page) -> None:
    region = sync_tab.get_by_role("region", name="Auto-sync")
    expect(region.get_by_text("It is off")).to_be_visible()
    region.get_by_role("button", name="Switch auto-sync on").click()
    expect(region.get_by_text("The next sync starts by itself at")).to_be_visible()
    expect(region.locator("time")).not_to_contain_text("UTC")
    region.get_by_role("button", name="Switch auto-sync off").click()
    expect(region.get_by_text("It is off")).to_be_visible()


def test_callbacks_are_switched_with_their_secret_by_keyboard_and_without_scripts(
    without_scripts: Page, running: Running, connected: str
) -> None:
    page = without_scripts
    page.goto(f"/connections/{connected}")
    region = page.get_by_role("region", name="Callbacks from PEX")
    expect(region.get_by_text("They are off")).to_be_visible()
    region.get_by_label("Secret for callbacks").fill(company.PREPAID_CALLBACK_SECRET)
    page.keyboard.press("Enter")
    expect(region.get_by_text("They are on, and do nothing while auto-sync is")).to_be_visible()
    assert company.PREPAID_CALLBACK_SECRET not in page.content()
    view = running.services.read_models.connection(UUID(connected))
    assert view is not None
    assert view.callbacks
    region.get_by_role("button", name="Switch callbacks off").press("Enter")
    expect(region.get_by_text("They are off")).to_be_visible()


def test_callbacks_that_are_refused_say_why_in_their_place(
    sync_tab: Page, accessible: Callable[[Page], None]
) -> None:
    region = sync_tab.get_by_role("region", name="Callbacks from PEX")
    region.get_by_label("Secret for callbacks").fill("   ")
    region.get_by_role("button", name="Switch callbacks on").click()
    assert "CALLBACK_SECRET_MISSING" in region.get_by_role("alert").inner_text()
    expect(region.get_by_text("They are off")).to_be_visible()
    accessible(sync_tab)


def test_the_connection_is_told_by_names(sync_tab: Page) -> None:
    info = sync_tab.get_by_role("region", name="Connection")
    told = info.inner_text()
    for one in (company.PREPAID_NAME, "prepaid", company.COMPANY_DISPLAY_NAME, "Production"):
        assert one in told
    assert info.get_by_role("link", name="Settings").is_visible()
    assert info.get_by_role("link", name="Sign-ins, and disconnect").is_visible()


def test_a_preview_can_be_started_by_keyboard_alone(sync_tab: Page) -> None:
    sync_tab.get_by_role("checkbox", name="Purchases").focus()
    for _ in range(10):
        sync_tab.keyboard.press("Tab")
        if sync_tab.evaluate("document.activeElement.textContent") == "Preview":
            break
    sync_tab.keyboard.press("Enter")
    ended(sync_tab)


def test_without_scripts_a_preview_is_started_and_followed_to_its_end(
    without_scripts: Page, running: Running, connected: str
) -> None:
    page = without_scripts
    with by_hand(running.services, connected) as run:
        for address in (f"/connections/{connected}", run.address):
            page.goto(address)
            assert page.locator("meta[http-equiv=refresh]").count() == 1
            page.get_by_role("link", name="Refresh").click()
            page.wait_for_url(f"**{address}")
    page.goto(f"/connections/{connected}")
    page.get_by_role("button", name="Preview").click()
    ended(page)  # by the page's own looking again
    assert page.locator("meta[http-equiv=refresh]").count() == 0


def test_the_page_fits_a_narrow_screen_and_is_accessible(
    sync_tab: Page, accessible: Callable[[Page], None]
) -> None:
    sync_tab.get_by_text("Other dates, for this run only").click()
    accessible(sync_tab)
    sync_tab.set_viewport_size({"width": 360, "height": 740})
    accessible(sync_tab)
    assert sync_tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_operator_sees_counts_and_nothing_to_press(
    page: Page, running: Running, connected: str
) -> None:
    sign_in(page, running.token("operator"))
    page.goto(f"/connections/{connected}")
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", name="Last sync")).to_be_visible()
    assert main.get_by_role("button").count() == 0
    assert main.locator("a[href^='/runs/']").count() == 0
    with by_hand(running.services, connected) as run:
        page.reload()
        run.fetch(3)
        expect(
            page.locator("#now").get_by_text("0 of 3 transactions seen so far decided.")
        ).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_support_reads_and_starts_nothing(page: Page, running: Running, connected: str) -> None:
    sign_in(page, running.token("support"))
    page.goto(f"/connections/{connected}")
    assert page.get_by_role("main").get_by_role("button").count() == 0
    answer = page.request.post(
        f"/connections/{connected}/runs",
        form={"kinds": "fees", "do": "preview"},
        headers={"Origin": running.url},
    )
    assert answer.status == 403


def test_another_tenants_admin_finds_no_such_connection(page: Page, connected: str) -> None:
    sign_in(page, company.CREDIT_TOKEN)
    page.goto(f"/connections/{connected}")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_another_sites_page_can_start_no_run(
    admin: Page, context: BrowserContext, connected: str
) -> None:
    answer = context.request.post(
        f"/connections/{connected}/runs",
        form={"kinds": "fees", "do": "execute"},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status == 403
    assert "FOREIGN_ORIGIN" in answer.text()


def test_a_connection_without_settings_says_what_is_missing(
    page: Page, running: Running, accessible: Callable[[Page], None]
) -> None:
    made, _ = running.services.connect.with_pex_token(company.CREDIT_TOKEN, "admin:test")
    sign_in(page, company.CREDIT_TOKEN)
    page.goto(f"/connections/{made}")
    steps = page.get_by_role("region", name="First steps")
    expect(steps.get_by_role("link", name="Sign in with Microsoft")).to_be_visible()
    missing = page.get_by_role("region", name="Not ready to sync")
    assert "sign-ins" in missing.inner_text()
    assert missing.get_by_role("link", name="Connect").is_visible()
    expect(page.get_by_text("Nothing has been synced yet.")).to_be_visible()
    accessible(page)


@pytest.fixture
def dead_token(running: Running, connected: str) -> Iterator[None]:
    """The PEX token is dead, and alive again afterwards."""
    token = running.sandbox.pex.world.tokens[company.PREPAID_TOKEN]
    before = token.expires
    running.sandbox.pex.expire_token(company.PREPAID_TOKEN)
    yield
    token.expires = before
    wait_until(lambda: is_ready(running.services, connected), "connected_ready")


def test_a_dead_pex_token_is_told_with_what_to_do(
    sync_tab: Page, connected: str, dead_token: None
) -> None:
    sync_tab.get_by_role("button", name="Execute").click()
    ended(sync_tab)
    told = sync_tab.get_by_role("region", name="How it ended").inner_text()
    assert "PEX_TOKEN_REFUSED" in told
    assert "Sign in with PEX again" in told
    sync_tab.goto(f"/connections/{connected}")
    assert "Sign in with PEX again" in sync_tab.get_by_role("alert").first.inner_text()
