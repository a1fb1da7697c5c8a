"""Tax codes by the real service, in both kinds of company of the simulator (contract 2.3.7)."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from application.verify import Match
from domain.settings import Source
from running_runs import Steps, steps
from sandbox import company
from sandbox.business_central.refusals import Refusal
from sandbox.faults import Fault

MEALS, SUPPLIES, PEX, VAT = "62400", "61100", "10950", "24000"
FOOD = Source("static", value="FOOD")


@pytest.fixture
def service(service_url: str) -> Iterator[Steps]:
    """A sales-tax company."""
    with steps(service_url) as service:
        yield service


@pytest.fixture
def vat(service: Steps) -> Steps:
    """The same as a VAT company: meals are bought with VAT, taxable where nothing else is said."""
    bc = service.sandbox.business_central
    bc.switch(company_kind="vat")
    for number in (MEALS, SUPPLIES):
        bc.change_account(
            number, posting_type="Purchase", vat_business="DOMESTIC", vat_product="TAXABLE"
        )
    return service


def codes(service: Steps, pex_id: int, member: str) -> dict[str, str]:
    """The tax code of each of a transaction's lines, by account."""
    return {one["accountNumber"]: one[member] for one in service.lines(pex_id)}


def posted(service: Steps, pex_id: int) -> dict[str, Decimal]:
    """What posting made of a transaction, by account."""
    service.sandbox.business_central.post()
    return {one["accountNumber"]: one["amount"] for one in service.entries(pex_id)}


def matches(service: Steps) -> dict[int, Match]:
    compared = service.services.verify.against_business_central(service.connection_id)
    return {one.pex_id: one.match for one in compared}


# --- a sales-tax company -------------------------------------------------------------------------


def test_a_sales_tax_company_takes_the_code_as_tax_group_of_the_expense_line(
    service: Steps,
) -> None:
    service.map_tax_code(FOOD)
    pex_id = service.purchase("-48.60", expense=MEALS)
    assert service.sync() == {pex_id: "posted"}
    assert codes(service, pex_id, "taxGroup") == {MEALS: "FOOD", PEX: ""}
    assert posted(service, pex_id) == {MEALS: Decimal("48.60"), PEX: Decimal("-48.60")}
    assert matches(service) == {pex_id: Match.IN_LEDGER}


def test_a_code_that_a_sales_tax_company_lost_in_between_fails_its_own_entry_alone(
    service: Steps,
) -> None:
    service.map_tax_code(Source("tag", tag_id=company.CLASS_TAG))
    wrong = service.purchase(expense=MEALS)
    service.sandbox.pex.retag(wrong, {company.EXPENSE_TAG: MEALS, company.CLASS_TAG: "FOOD"})
    right = service.purchase(expense=MEALS)
    service.on_boundary = lambda name: _lose_food(service, name)
    # The class mapping takes the same tag, whose value is none of its own.
    service.sandbox.business_central.add_dimension_values("CLASS", [{"code": "FOOD", "name": "F"}])
    assert service.sync() == {wrong: "failed:REFUSED_BY_BC", right: "posted"}
    assert service.lines(wrong) == []
    row = service.services.read_models.transaction(service.connection_id, "card", wrong)
    assert row is not None
    assert "Internal_InvalidTableRelation" in (row.cause or "")


def _lose_food(service: Steps, name: str) -> None:
    if name == "reserved":
        service.sandbox.business_central.delete_tax_group("FOOD")
        service.on_boundary = lambda _name: None


# --- a VAT company -------------------------------------------------------------------------------


def test_a_vat_company_takes_the_code_as_product_group_and_splits_the_vat_out_by_it(
    vat: Steps,
) -> None:
    vat.map_tax_code(FOOD)
    pex_id = vat.purchase("-105.00", expense=MEALS)
    assert vat.sync() == {pex_id: "posted"}
    assert codes(vat, pex_id, "vatProduct") == {MEALS: "FOOD", PEX: ""}
    assert posted(vat, pex_id) == {
        MEALS: Decimal("100.00"),
        VAT: Decimal("5.00"),
        PEX: Decimal("-105.00"),
    }


def test_an_account_keeps_its_own_vat_where_no_code_is_mapped(vat: Steps) -> None:
    pex_id = vat.purchase("-120.00", expense=MEALS)
    vat.sync()
    assert posted(vat, pex_id)[MEALS] == Decimal("100.00")


def test_an_entry_that_posting_split_is_still_known_by_its_keys(vat: Steps) -> None:
    vat.map_tax_code(FOOD)
    pex_id = vat.purchase("-105.00", expense=MEALS)
    vat.sync()
    assert len(posted(vat, pex_id)) == 3
    assert matches(vat) == {pex_id: Match.IN_LEDGER}
    assert vat.sync() == {pex_id: "already_posted"}


def test_an_entry_split_by_posting_while_its_answer_was_lost_is_adopted(vat: Steps) -> None:
    vat.map_tax_code(FOOD)
    pex_id = vat.purchase("-105.00", expense=MEALS)
    bc = vat.sandbox.business_central

    def lose_then_post(name: str) -> None:
        if name == "reserved":
            bc.faults.plant(Fault("POST", r"\$batch$", moment="after", kind="cut"))
        elif name == "recorded":
            vat.on_boundary = lambda _name: None
            bc.set_series(posting_series="GJNL")
            bc.post()

    vat.on_boundary = lose_then_post
    assert vat.sync() == {pex_id: "posted"}
    assert len(vat.entries(pex_id)) == 3
    assert vat.lines(pex_id) == []


def test_a_code_that_no_company_knows_is_refused_before_anything_is_sent(vat: Steps) -> None:
    """A VAT company would take it, and fail the user's posting of the whole journal."""
    vat.map_tax_code(Source("tag", tag_id=company.CLASS_TAG))
    unknown = vat.purchase(expense=MEALS, classed="GEN")
    known = vat.purchase(expense=MEALS)
    assert vat.sync() == {unknown: "failed:VALUE_UNKNOWN", known: "posted"}
    vat.sandbox.business_central.post()
    assert vat.entries(known)


def test_a_code_that_a_vat_company_lost_in_between_fails_when_the_user_posts(vat: Steps) -> None:
    vat.map_tax_code(FOOD)
    pex_id = vat.purchase(expense=MEALS)
    vat.on_boundary = lambda name: _lose_food(vat, name)
    assert vat.sync() == {pex_id: "posted"}
    with pytest.raises(Refusal, match="VAT Posting Setup does not exist"):
        vat.sandbox.business_central.post()
    assert matches(vat) == {pex_id: Match.IN_JOURNAL}


def test_a_tax_code_and_default_dimensions_go_together(vat: Steps) -> None:
    bc = vat.sandbox.business_central
    bc.set_default_dimension(MEALS, "DEPARTMENT", "ADM")
    vat.map_tax_code(FOOD)
    pex_id = vat.purchase("-105.00", expense=MEALS, department="OPS")
    assert vat.sync() == {pex_id: "posted"}
    assert vat.dimensions(pex_id) == {"DEPARTMENT": "OPS"}
    assert posted(vat, pex_id)[MEALS] == Decimal("100.00")
    (expense,) = (one for one in vat.entries(pex_id) if one["accountNumber"] == MEALS)
    assert expense["dimensions"] == {"DEPARTMENT": "OPS"}
