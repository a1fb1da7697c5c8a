"""The settings page: choose, look, save; with the mouse, by keyboard, and without scripts."""

from collections.abc import Callable, Iterator
from uuid import UUID

import msgspec
import pytest
from playwright.sync_api import Browser, Dialog, Locator, Page, expect

from browser.conftest import sign_in
from domain.connection import Connection
from domain.settings import Settings
from entrypoints.demo.company import SERVICE, ApiUser, settings_body, wait_until
from http_running import Running
from sandbox import company
from sandbox.faults import Fault


@pytest.fixture(scope="module")
def connection_id(running: Running) -> UUID:
    """The prepaid business, connected."""
    user = ApiUser(running.url, running.token("admin"))
    connected = UUID(user.connect())
    user.close()
    return connected


@pytest.fixture
def at(running: Running, connection_id: UUID) -> str:
    """The address of settings in which nothing is chosen."""
    log, now = running.services.log, running.services.clock.now()
    connection = log.load(Connection, connection_id)
    connection.save_settings(Settings(), "", connection.settings_version, "admin:test", now)
    log.save(connection)
    return f"/connections/{connection_id}/settings"


@pytest.fixture
def configured(running: Running, connection_id: UUID) -> str:
    """The address of settings that are saved as the demo has them."""
    save(running, connection_id)
    return f"/connections/{connection_id}/settings"


def save(running: Running, connection_id: UUID, **members: object) -> None:
    """Save the demo's settings with some members changed, as another admin would."""
    services = running.services
    chart = services.configure.choices(connection_id, company.COMPANY_ID).chart
    assert chart is not None
    accounts = {account.number: account.id for account in chart.accounts}
    banks = {bank.number: bank.id for bank in chart.bank_accounts}
    body = settings_body(company.COMPANY_ID, accounts, banks, "") | {"start_date": None} | members
    version = services.log.load(Connection, connection_id).settings_version
    settings = msgspec.convert(body, Settings)
    services.configure.save(connection_id, settings, version, "admin:somebody else")


def group(page: Page, name: str) -> Locator:
    """The fields under a heading of the form."""
    return page.get_by_role("group", name=name, exact=True)


def map_everything(page: Page, at: str) -> None:
    """Choose the company and map everything, from nothing."""
    page.goto(at)
    page.get_by_label("Company", exact=True).select_option(label=company.COMPANY_DISPLAY_NAME)
    page.get_by_role("button", name="Use this company").click()
    page.get_by_label("PEX account").select_option(label="10950 PEX card account")
    expense = group(page, "Expense account (required)")
    expense.get_by_label("Where it comes from").select_option("A PEX tag")
    expense.get_by_label("Tag", exact=True).select_option("Expense Account")
    expense.get_by_label("If it is not tagged").select_option("69900 Uncategorised expenses")
    expense.get_by_label("Keep tag options in step").check()
    department = group(page, "Department")
    department.get_by_label("Where it comes from").select_option("Always the same")
    department.get_by_label("Value").select_option("OPS Operations")
    for title, field, choice in (
        ("Fees", "Fee account", "68000 Bank and card fees"),
        ("Transfers", "Bank account", "CHECKING Harbor Bank checking"),
        ("Rebates", "Income account", "48000 Card rebates"),
    ):
        group(page, title).get_by_label(f"Sync {title.lower()}").check()
        group(page, title).get_by_label(field).select_option(choice)


def assert_everything_is_mapped(running: Running, connection_id: UUID) -> None:
    """What `map_everything` chose is what the newest version says."""
    settings = running.services.log.load(Connection, connection_id).settings
    chart = running.services.configure.choices(connection_id, company.COMPANY_ID).chart
    assert chart is not None
    number = {account.id: account.number for account in chart.accounts}
    expense = settings.purchases.mapping("expense_account")
    assert expense is not None
    assert expense.sync_options
    assert number[expense.source.default or ""] == "69900"
    assert number[settings.fees.account_id or ""] == "68000"
    assert number[settings.rebates.account_id or ""] == "48000"
    assert settings.transfers.enabled
    assert [one.field for one in settings.purchases.dimensions()] == ["dimension:DEPARTMENT"]


def test_everything_is_mapped_from_nothing_and_saved(
    admin: Page, at: str, running: Running, connection_id: UUID
) -> None:
    map_everything(admin, at)
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text("The settings are saved.")).to_be_visible()
    assert_everything_is_mapped(running, connection_id)


def test_without_scripts_the_whole_path_works(
    browser: Browser, running: Running, at: str, connection_id: UUID
) -> None:
    with browser.new_context(base_url=running.url, java_script_enabled=False) as context:
        page = sign_in(context.new_page(), company.PREPAID_TOKEN)
        map_everything(page, at)
        page.get_by_role("button", name="Preview").click()
        region = page.get_by_role("region", name="What the next entries would be")
        expect(region.get_by_role("table").first).to_contain_text("10950 PEX card account")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("The settings are saved.")).to_be_visible()
    assert_everything_is_mapped(running, connection_id)


def test_each_error_stands_beside_its_field_and_nothing_typed_is_lost(
    admin: Page, configured: str
) -> None:
    admin.goto(configured)
    admin.get_by_label("Start date").fill("2019-01-01")
    admin.get_by_label("PEX account").select_option("")
    location = group(admin, "Location")
    location.get_by_label("Where it comes from").select_option("A PEX tag")
    admin.get_by_label("Sync fees").check()
    admin.get_by_label("Fee account").select_option("")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("alert")).to_contain_text("Nothing was saved")
    for field, words in (
        (admin.get_by_label("Start date"), "1 year back"),
        (admin.get_by_label("PEX account"), "No account is chosen"),
        (admin.get_by_label("Fee account"), "No account is chosen"),
        (location.get_by_label("Tag", exact=True), "Choose one of the business's dropdown tags"),
    ):
        expect(field).to_have_attribute("aria-invalid", "true")
        told = (field.get_attribute("aria-describedby") or "").split()
        assert any(words in admin.locator(f"[id='{one}']").inner_text() for one in told)
    expect(admin.get_by_label("Start date")).to_have_value("2019-01-01")
    expect(location.get_by_label("Where it comes from")).to_have_value("tag")


def test_another_company_offers_its_own_choices_and_may_not_keep_its_books_in_euros(
    admin: Page, configured: str
) -> None:
    admin.goto(configured)
    admin.get_by_label("Company", exact=True).select_option(label=company.SECOND_COMPANY_NAME)
    admin.get_by_role("button", name="Use this company").click()
    expect(admin.get_by_label("Company", exact=True)).to_have_value(company.SECOND_COMPANY_ID)
    expect(admin.get_by_label("Fee account")).to_have_value("")
    expect(admin.get_by_text("What was chosen here is not in this company").first).to_be_visible()
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("alert")).to_contain_text(
        "Company: The company keeps its books in EUR"
    )
    expect(admin.get_by_label("Company", exact=True)).to_have_attribute("aria-invalid", "true")


def test_where_business_central_refuses_to_be_read_nothing_typed_is_lost(
    admin: Page, configured: str, running: Running
) -> None:
    admin.goto(configured)
    admin.get_by_label("Copy receipts").uncheck()
    faults = running.sandbox.business_central.faults
    faults.plant(Fault(path="companies", status=403, times=-1))
    try:
        admin.get_by_role("button", name="Save", exact=True).click()
        expect(admin.get_by_role("alert")).to_contain_text("BC_PERMISSION_MISSING")
    finally:
        faults.clear()
    expect(admin.get_by_label("Copy receipts")).not_to_be_checked()
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text("The settings are saved.")).to_be_visible()


def test_a_save_over_somebody_elses_is_made_knowingly(
    admin: Page, configured: str, running: Running, connection_id: UUID
) -> None:
    admin.goto(configured)
    admin.get_by_label("Copy receipts").uncheck()
    save(running, connection_id, end_date=running.services.clock.now().date().isoformat())
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("alert")).to_contain_text("Somebody saved other settings")
    expect(admin.get_by_role("alert")).to_contain_text("admin:somebody else")
    theirs = admin.get_by_role("table", name="What they changed")
    expect(theirs.get_by_role("row")).to_have_count(2)
    expect(theirs).to_contain_text("End date")
    expect(admin.get_by_label("Copy receipts")).not_to_be_checked()
    admin.get_by_role("button", name="Save mine over theirs").click()
    expect(admin.get_by_text("The settings are saved.")).to_be_visible()
    settings = running.services.log.load(Connection, connection_id).settings
    assert (settings.purchases.attachments, settings.end_date) == (False, None)


def test_the_preview_changes_when_a_mapping_changes_and_nothing_is_saved(
    admin: Page, configured: str, running: Running, connection_id: UUID
) -> None:
    before = running.services.log.load(Connection, connection_id)
    running.sandbox.business_central.faults.journal.clear()
    admin.goto(configured)
    preview = admin.get_by_role("region", name="What the next entries would be")
    expect(preview.get_by_role("table").first).to_contain_text("10950 PEX card account")
    expect(preview).not_to_contain_text("61200 Software")
    expense = group(admin, "Expense account (required)")
    expense.get_by_label("Where it comes from").select_option("Always the same")
    expense.get_by_label("Value").select_option("61200 Software and subscriptions")
    expect(preview.get_by_role("table").first).to_contain_text("61200 Software")
    group(admin, "Vendors").get_by_label("A vendor for each merchant").check()
    expect(preview).to_contain_text("VENDOR_NOT_IN_COMPANY")
    expect(preview).to_contain_text("add an alias for the merchant")
    admin.get_by_label("Add the vendor to the company").check()
    expect(preview).to_contain_text("adds the vendor")
    assert running.services.log.load(Connection, connection_id).version == before.version
    asked = [str(one) for one in running.sandbox.business_central.faults.journal]
    assert not [one for one in asked if "journalLines" in one or "PATCH" in one]


def test_leaving_a_changed_form_asks_first(admin: Page, configured: str) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    admin.on("dialog", leave)
    admin.goto(configured)
    admin.goto(configured)
    assert asked == []
    admin.get_by_label("Copy receipts").uncheck()
    admin.get_by_role("link", name="Earlier versions").click()
    admin.wait_for_url("**/versions")
    assert asked == ["beforeunload"]


def test_versions_are_compared_in_names_and_an_old_one_is_restored(
    admin: Page, configured: str, running: Running, connection_id: UUID
) -> None:
    first = running.services.log.load(Connection, connection_id).settings_version
    save(running, connection_id, fees={"enabled": False})
    admin.goto(f"{configured}/versions")
    changes = admin.get_by_role("table", name=f"From version {first} to version {first + 1}")
    row = changes.get_by_role("row", name="Fee account")
    expect(row).to_contain_text("68000 Bank and card fees")
    expect(row).to_contain_text("none")
    assert company.COMPANY_ID not in admin.content()
    admin.get_by_role("button", name=f"Restore version {first}").click()
    expect(admin.get_by_text("The settings are saved.")).to_be_visible()
    after = running.services.log.load(Connection, connection_id)
    assert after.settings.fees.enabled
    assert after.settings_version == first + 2


def test_a_merchants_vendor_is_named_and_removed(admin: Page, configured: str) -> None:
    admin.goto(configured)
    group(admin, "Vendors").get_by_label("A vendor for each merchant").check()
    admin.once("dialog", lambda dialog: dialog.accept())
    admin.get_by_role("link", name="Name their vendors").click()
    expect(admin.get_by_text("Every merchant goes by its own name.")).to_be_visible()
    admin.get_by_label("Merchant").fill("Sq *Blue Harbor")
    vendor = admin.get_by_label("Vendor", exact=True)
    vendor.press_sequentially("deli")
    admin.get_by_role("option", name="10020 Corner Deli").click()
    expect(vendor).to_have_value("10020 Corner Deli")
    admin.get_by_role("button", name="Name the vendor").click()
    expect(admin.get_by_role("table")).to_contain_text("10020 Corner Deli")
    admin.get_by_label("Merchant").fill("Gulf")
    admin.get_by_label("Vendor", exact=True).fill("oil")
    admin.get_by_label("Vendor", exact=True).press("Escape")
    admin.get_by_role("button", name="Name the vendor").click()
    expect(admin.get_by_role("alert")).to_contain_text("VENDOR_UNKNOWN")
    admin.get_by_label("10030 Gulf Oil").check()
    admin.get_by_role("button", name="Name the vendor").click()
    expect(admin.get_by_role("row", name="Gulf 10030 Gulf Oil")).to_be_visible()
    for merchant in ("Gulf", "Sq *Blue Harbor"):
        admin.get_by_role("button", name=f"Remove the vendor of {merchant}").click()
        expect(admin.get_by_role("button", name=f"the vendor of {merchant}")).to_have_count(0)


def test_support_reads_and_cannot_save(page: Page, running: Running, configured: str) -> None:
    sign_in(page, running.token("support"))
    page.goto(configured)
    expect(page.get_by_label("PEX account")).to_be_disabled()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    preview = page.get_by_role("region", name="What the next entries would be")
    expect(preview.get_by_role("table").first).to_contain_text("10950 PEX card account")
    page.goto(f"{configured}/versions?older=1&newer=1")
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)


def test_operators_and_other_businesses_see_no_settings(
    page: Page, running: Running, configured: str
) -> None:
    sign_in(page, running.token("operator"))
    for path in (configured, f"{configured}/versions", f"{configured}/choices?field=vendor"):
        assert page.request.get(path, max_redirects=0).status == 403
    sign_in(page, running.token("admin", company.CREDIT_BUSINESS))
    vendors = configured.replace("/settings", "/vendors")
    for path in (configured, f"{configured}/versions", vendors):
        assert page.request.get(path).status == 404


def test_the_form_is_filled_in_and_saved_by_keyboard_alone(
    admin: Page, configured: str, running: Running, connection_id: UUID
) -> None:
    admin.goto(configured)
    receipts = admin.get_by_label("Copy receipts")
    for _ in range(40):
        admin.keyboard.press("Tab")
        if receipts.evaluate("one => one === document.activeElement"):
            break
    admin.keyboard.press("Space")
    admin.keyboard.press("Tab")
    admin.keyboard.press("ArrowDown")
    expect(admin.get_by_label("Posting date")).to_have_value("purchase")
    save_it = admin.get_by_role("button", name="Save", exact=True)
    for _ in range(80):
        admin.keyboard.press("Tab")
        if save_it.evaluate("one => one === document.activeElement"):
            break
    admin.keyboard.press("Enter")
    expect(admin.get_by_text("The settings are saved.")).to_be_visible()
    purchases = running.services.log.load(Connection, connection_id).settings.purchases
    assert (purchases.attachments, purchases.posting_date.value) == (False, "purchase")


def test_the_pages_are_accessible_narrow_and_small(
    admin: Page, configured: str, accessible: Callable[[Page], None]
) -> None:
    for path in (configured, f"{configured}/versions", configured.replace("settings", "vendors")):
        admin.goto(path)
        if path == configured:
            preview = admin.get_by_role("region", name="What the next entries would be")
            expect(preview.get_by_role("table").first).to_be_visible()
        accessible(admin)
        loaded = admin.evaluate(
            "performance.getEntries().reduce((sum, one) => sum + (one.decodedBodySize || 0), 0)"
        )
        assert loaded < 150_000
        admin.set_viewport_size({"width": 360, "height": 740})
        assert admin.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        admin.set_viewport_size({"width": 1280, "height": 720})


@pytest.fixture
def credit(running: Running) -> Iterator[str]:
    """The address of the settings of the credit business, connected."""
    user = ApiUser(running.url, running.token("admin"))
    connected = user.call("POST", "/connections", {"pex": {"token": company.CREDIT_TOKEN}})
    path = f"/connections/{connected.json()['id']}"
    user.call("POST", f"{path}/microsoft", SERVICE)
    wait_until(lambda: user.get(path)["status"] == "connected_ready", "connected_ready")
    yield f"{path}/settings?company_id={company.COMPANY_ID}"
    user.close()


def test_a_credit_business_reads_of_bill_payments_and_a_liability(page: Page, credit: str) -> None:
    sign_in(page, company.CREDIT_TOKEN)
    page.goto(credit)
    expect(page.get_by_text("The liability account of the company")).to_be_visible()
    offered = page.get_by_label("PEX account").locator("option").all_inner_texts()
    assert offered == ["Choose", "20100 PEX credit line"]
    page.get_by_label("Sync bill payments").check()
    expect(group(page, "Bill payments").get_by_label("Rebate account")).to_be_visible()
    expect(page.get_by_text("Transfers")).to_have_count(0)


def test_a_connection_without_a_microsoft_sign_in_is_told_the_way_on(
    page: Page, running: Running, configured: str, connection_id: UUID
) -> None:
    running.services.connect.disconnect(connection_id, "admin:test")
    sign_in(page, running.token("admin", company.PREPAID_BUSINESS))
    page.goto(configured)
    expect(page.get_by_role("link", name="Finish connecting")).to_be_visible()
    user = ApiUser(running.url, running.token("admin"))
    user.connect()
    user.close()
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_label("PEX account")).to_be_visible()
