"""The creation of a merchant's vendor as events tell it (M22)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from builders.events import replayed
from domain.chart import Vendor
from domain.merchant_vendor import MerchantVendor, VendorState, VendorUnsettledError

NOON = datetime(2026, 8, 15, 16, tzinfo=UTC)
RUN, NEXT_RUN = UUID(int=1), UUID(int=2)
MADE = Vendor("v-8", "10080", "Blue Harbor Coffee")
Step = Callable[[MerchantVendor], None]


def sought() -> MerchantVendor:
    return MerchantVendor(
        NOON, "tenant", "Production", "company", "blueharborcoffee", MADE.name, RUN
    )


def submitted() -> MerchantVendor:
    vendor = sought()
    vendor.submit(RUN, NOON)
    return vendor


STEPS: dict[str, tuple[Step, VendorState]] = {
    "doubt": (lambda one: one.doubt(NOON, "cut", RUN), VendorState.IN_DOUBT),
    "release": (lambda one: one.release(NOON, "busy", RUN), VendorState.SOUGHT),
    "created": (lambda one: one.created(NOON, MADE, RUN), VendorState.KNOWN),
    "adopt": (lambda one: one.adopt(NOON, MADE, RUN), VendorState.KNOWN),
    "refuse": (lambda one: one.refuse(NOON, "Code", "No.", RUN), VendorState.REFUSED),
}


@pytest.mark.parametrize("name", STEPS)
def test_what_became_of_a_creation_is_its_state(name: str) -> None:
    step, state = STEPS[name]
    vendor = submitted()
    assert (vendor.state, vendor.attempts) == (VendorState.SUBMITTED, 1)
    step(vendor)
    assert vendor.state is state


@pytest.mark.parametrize("name", STEPS)
def test_a_vendor_replayed_from_its_events_stands_as_before(name: str) -> None:
    vendor = submitted()
    STEPS[name][0](vendor)
    again = replayed(vendor)
    assert again.__dict__ == vendor.__dict__


def test_a_second_attempt_waits_until_the_first_is_settled() -> None:
    vendor = submitted()
    for _ in range(2):
        assert vendor.is_unsettled
        with pytest.raises(VendorUnsettledError, match="Blue Harbor Coffee"):
            vendor.submit(RUN, NOON)
        vendor.doubt(NOON, "cut", RUN)
    vendor.release(NOON, "not there", RUN)
    assert not vendor.is_unsettled
    later = NOON + timedelta(minutes=12)
    vendor.submit(NEXT_RUN, later)
    assert (vendor.attempts, vendor.submitted_at, vendor.run_id) == (2, later, NEXT_RUN)


def test_a_vendor_that_was_deleted_may_be_created_again() -> None:
    vendor = submitted()
    vendor.created(NOON, MADE, RUN)
    vendor.submit(NEXT_RUN, NOON)
    assert vendor.state is VendorState.SUBMITTED


def test_a_refusal_holds_for_its_run_and_no_other() -> None:
    vendor = submitted()
    assert not vendor.was_refused_in(RUN)
    vendor.refuse(NOON, "Code", "No series.", RUN)
    assert vendor.was_refused_in(RUN)
    assert not vendor.was_refused_in(NEXT_RUN)
    assert (vendor.code, vendor.cause) == ("Code", "No series.")


def test_every_connection_to_a_company_shares_its_streams() -> None:
    stream = MerchantVendor.create_id("PRODUCTION", "Company", "blueharborcoffee")
    assert stream == sought().id
    assert stream == UUID("96738677-92af-5a0d-b9f2-d7cd2c5822ab")


@pytest.mark.parametrize("other", range(3))
def test_another_company_or_merchant_has_a_stream_of_its_own(other: int) -> None:
    names = ["production", "company", "blueharborcoffee"]
    changed = [name + "2" if place == other else name for place, name in enumerate(names)]
    assert MerchantVendor.create_id(*names) != MerchantVendor.create_id(*changed)
