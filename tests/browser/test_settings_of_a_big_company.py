"""Choosing among 5,000 accounts and 50,000 dimension values: little is sent, by search."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.conftest import sign_in
from browser.test_settings import group
from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company


@pytest.fixture(scope="module")
def at(running: Running) -> Iterator[str]:
    """The settings of a connection whose company is big."""
    books = running.sandbox.business_central
    books.add_accounts(
        {
            "number": f"7{n:05}",
            "name": f"Cost centre {n}",
            "category": "Expense",
            "type": "Posting",
            "direct": True,
        }
        for n in range(5000)
    )
    books.add_dimension_values(
        "PROJECT", ({"code": f"P{n:05}", "name": f"Project no. {n}"} for n in range(50_000))
    )
    user = ApiUser(running.url, running.token("admin"))
    yield f"/connections/{user.connect()}/settings?company_id={company.COMPANY_ID}"
    user.close()


def test_the_page_and_its_search_stay_small(admin: Page, at: str) -> None:
    answer = admin.goto(at)
    assert answer is not None
    assert len(answer.body()) < 60_000
    assert admin.locator("option, [role=option]").count() < 700
    path = at.partition("?")[0]
    for field in ("expense_account", "dimension:PROJECT"):
        found = admin.request.get(
            f"{path}/choices?field={field}&q=1&company_id={company.COMPANY_ID}"
        )
        assert found.text().count('<li role="option"') == 20
        assert "There are more" in found.text()
        assert len(found.body()) < 3000


def test_the_choices_are_read_once_for_many_searches(
    admin: Page, at: str, running: Running
) -> None:
    admin.goto(at)
    running.sandbox.business_central.faults.journal.clear()
    path = at.partition("?")[0]
    for text in ("cost", "4711", "no. 12"):
        query = f"field=dimension:PROJECT&q={text}&company_id={company.COMPANY_ID}"
        admin.request.get(f"{path}/choices?{query}")
    assert not running.sandbox.business_central.faults.journal


def test_a_value_is_found_and_chosen_by_keyboard(
    admin: Page, at: str, accessible: Callable[[Page], None]
) -> None:
    admin.goto(at)
    project = group(admin, "PROJECT").first
    project.get_by_label("Where it comes from").select_option("Always the same")
    value = project.get_by_role("combobox", name="Value")
    value.press_sequentially("no. 4711")
    option = admin.get_by_role("option", name="P04711 Project no. 4711")
    expect(option).to_be_visible()
    expect(value).to_have_attribute("aria-expanded", "true")
    accessible(admin)
    value.press("ArrowDown")
    expect(value).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    value.press("Enter")
    expect(value).to_have_value("P04711 Project no. 4711")
    expect(value).to_have_attribute("aria-expanded", "false")
    value.press("ArrowDown")
    expect(value).to_have_attribute("aria-expanded", "true")
    value.press("Escape")
    expect(value).to_have_attribute("aria-expanded", "false")


def test_what_nobody_bears_is_said_and_what_is_typed_halfway_is_not_taken(
    admin: Page, at: str
) -> None:
    admin.goto(at)
    expense = group(admin, "Expense account (required)")
    expense.get_by_label("Where it comes from").select_option("Always the same")
    value = expense.get_by_role("combobox", name="Value")
    value.press_sequentially("zeppelin")
    expect(admin.get_by_text("Nothing bears this number")).to_be_visible()
    value.press("ArrowDown")
    value.press("Escape")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(value).to_have_value("zeppelin")
    expect(value).to_have_attribute("aria-invalid", "true")


def test_without_scripts_a_number_is_enough_and_a_part_of_a_name_offers_its_matches(
    browser: Browser, running: Running, at: str
) -> None:
    with browser.new_context(base_url=running.url, java_script_enabled=False) as context:
        page = sign_in(context.new_page(), company.PREPAID_TOKEN)
        page.goto(at)
        page.get_by_label("PEX account").select_option("10950 PEX card account")
        expense = group(page, "Expense account (required)")
        expense.get_by_label("Where it comes from").select_option("Always the same")
        expense.get_by_label("Value").fill("704711")
        project = group(page, "PROJECT").first
        project.get_by_label("Where it comes from").select_option("Always the same")
        project.get_by_label("Value").fill("no. 4711")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("The company has no PROJECT value")
        expect(expense.get_by_label("Value")).to_have_value("704711 Cost centre 4711")
        page.get_by_label("P04711 Project no. 4711").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("The settings are saved.")).to_be_visible()
        expect(project.get_by_label("Value")).to_have_value("P04711 Project no. 4711")
