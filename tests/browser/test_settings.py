"""The settings page: choose, look, save; with the mouse, by keyboard, and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company

AT = "/connections/{}/settings"


@pytest.fixture(scope="module")
def at(running: Running) -> Iterator[str]:
    """The address of the settings of a connection that has none yet."""
    user = ApiUser(running.url, running.token("admin"))
    connection_id = user.connect()
    user.close()
    yield AT.format(connection_id)


def group(page: Page, name: str) -> Locator:
    """The fields under a heading of the form."""
    return page.get_by_role("group", name=name, exact=True)


def map_everything(page: Page, at: str) -> None:
    """Choose the company and map everything, from nothing."""
    page.goto(at)
    page.get_by_label("Company").select_option(label=company.COMPANY_DISPLAY_NAME)
    page.get_by_role("button", name="Use this company").click()
    page.get_by_label("PEX account").select_option(label="10950 PEX card account")
    expense = group(page, "Expense account (required)")
    expense.get_by_label("Where it comes from").select_option("A PEX tag")
    expense.get_by_label("Tag", exact=True).select_option(index=1)
    expense.get_by_label("If it is not tagged").select_option("69900 Uncategorised expenses")
    department = group(page, "Department").first
    department.get_by_label("Where it comes from").select_option("Always the same")
    department.get_by_label("Value").select_option("OPS Operations")
    page.get_by_label("Sync fees").check()
    page.get_by_label("Fee account").select_option("68000 Bank and card fees")
    page.get_by_label("Sync transfers").check()
    page.get_by_label("Bank account").select_option("CHECKING Harbor Bank checking")
    page.get_by_label("Sync rebates").check()
    page.get_by_label("Income account").select_option("48000 Card rebates")


def test_a_company_is_mapped_from_nothing_and_saved(admin: Page, at: str) -> None:
    map_everything(admin, at)
    admin.screenshot(path="/tmp/p-settings-1.png", full_page=True)
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("The settings are saved.")).to_be_visible()
    admin.wait_for_timeout(1500)
    admin.screenshot(path="/tmp/p-settings-2.png", full_page=True)
