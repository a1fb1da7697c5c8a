"""Vendors per merchant: found, or created exactly once, and never in the way of others (M22)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from application_world import Worker, World, purchase, settings
from domain.journal_entry import AccountType
from domain.merchant_vendor import MerchantVendor, VendorState
from domain.money import Money
from domain.pex_transaction import PexTransaction
from domain.refusals import VendorNotCreated
from domain.settings import VendorPosting
from domain.sync_run import Reported, RunStatus
from domain.vendor_aliases import VendorAliases
from domain.vendor_name import match_key

HORIZON = timedelta(seconds=720)


def choose(world: World, **rules: Any) -> None:
    """Let vendors go by merchant, created where they are missing, unless told otherwise."""
    chosen = settings()
    told = {
        "vendor_per_merchant": True,
        "add_vendor_to_company": True,
        "standardized_vendor_names": True,
    }
    world.save_settings(replace(chosen, purchases=replace(chosen.purchases, **(told | rules))))


@pytest.fixture
def world() -> World:
    world = World()
    choose(world)
    return world


def bought(pex_id: int, merchant: str | None, **members: Any) -> PexTransaction:
    return purchase(pex_id, merchant=merchant, **members)


def vendors_of(world: World, pex_id: int) -> list[tuple[str, Money]]:
    """The vendor lines of a posted transaction."""
    return [
        (line.account_number, line.amount)
        for line in world.posting(pex_id).numbered.entry.lines
        if line.account_type is AccountType.VENDOR
    ]


def numbers(world: World, name: str) -> list[str]:
    """The numbers of the vendors that mean a name."""
    return [one.number for one in world.vendors.everything() if match_key(one.name) == name]


def stream(world: World, key: str) -> MerchantVendor:
    made = MerchantVendor.create_id("Production", "company", key)
    return world.log.load(MerchantVendor, made)


# --- found --------------------------------------------------------------------------------------


@pytest.mark.parametrize("merchant", ["Corner Deli", "CORNER-DELI", "The Corner Deli, Inc."])
def test_a_merchants_vendor_is_found_whatever_its_spelling(world: World, merchant: str) -> None:
    world.pex.all_rows = [bought(1, merchant, amount="-48.60")]
    run = world.sync()
    assert run.status is RunStatus.SUCCEEDED
    assert vendors_of(world, 1) == [("10010", Money.of("-48.60")), ("10010", Money.of("48.60"))]
    assert (world.vendors.searches, world.vendors.creations) == ([], [])


def test_without_subledger_the_vendor_stands_in_the_comment(world: World) -> None:
    choose(world, vendor_posting=VendorPosting.REFERENCE)
    world.pex.all_rows = [bought(1, "Corner Deli")]
    world.sync()
    assert vendors_of(world, 1) == []
    comments = {line.comment for line in world.posting(1).numbered.entry.lines}
    assert comments == {"Vendor 10010 Corner Deli", ""}


def test_a_purchase_without_a_merchant_is_posted_without_a_vendor(world: World) -> None:
    world.pex.all_rows = [bought(1, None)]
    assert world.sync().counts.posted == 1
    assert vendors_of(world, 1) == []
    assert world.vendors.creations == []


def test_a_blocked_vendor_fails_its_purchases_and_no_others(world: World) -> None:
    world.vendors.add("Slow Payer", blocked="All")
    world.pex.all_rows = [bought(1, "Slow Payer"), bought(2, "Corner Deli")]
    run = world.sync()
    assert world.outcomes(run.id) == {1: "failed:VENDOR_BLOCKED", 2: "posted"}
    assert world.vendors.creations == []


def test_a_vendor_in_a_foreign_currency_fails_its_purchases(world: World) -> None:
    world.vendors.add("Faraway Freight", currency="EUR")
    world.pex.all_rows = [bought(1, "Faraway Freight")]
    assert world.outcomes(world.sync().id) == {1: "failed:VENDOR_CURRENCY"}


def test_where_none_is_to_be_added_a_missing_vendor_fails_its_purchases(world: World) -> None:
    choose(world, add_vendor_to_company=False)
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee"), bought(2, "Corner Deli")]
    run = world.sync()
    assert world.outcomes(run.id) == {1: "failed:VENDOR_NOT_IN_COMPANY", 2: "posted"}
    assert world.vendors.creations == []
    world.vendors.add("BLUE HARBOR COFFEE")
    assert world.sync().counts.posted == 1


# --- created ------------------------------------------------------------------------------------


def test_a_missing_vendor_is_created_once_for_all_its_purchases(world: World) -> None:
    rows = [bought(pex_id, "Blue Harbor Coffee") for pex_id in range(1, 9)]
    world.pex.all_rows = [*rows, bought(9, "BLUE HARBOR COFFEE!")]
    run = world.sync()
    assert (run.status, run.counts.posted) == (RunStatus.SUCCEEDED, 9)
    assert world.vendors.creations == ["Blue Harbor Coffee"]
    (number,) = numbers(world, "blueharborcoffee")
    assert {vendors_of(world, pex_id)[0][0] for pex_id in range(1, 10)} == {number}
    assert stream(world, "blueharborcoffee").state is VendorState.KNOWN


def test_many_missing_vendors_are_looked_for_together(world: World) -> None:
    world.pex.all_rows = [bought(number, f"Shop {number:02}") for number in range(25)]
    assert world.sync().counts.posted == 25
    assert len(world.vendors.creations) == 25
    assert [len(names) for names in world.vendors.searches] == [10, 10, 5]


def test_a_vendor_that_somebody_made_meanwhile_is_adopted(world: World) -> None:
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee")]
    run_id = world.start()
    world.worker.step(run_id)
    made = world.vendors.add("Blue Harbor Coffee")
    world.finish(run_id)
    assert vendors_of(world, 1)[0][0] == made.number
    assert world.vendors.creations == []


def test_a_blocked_vendor_that_somebody_made_meanwhile_gets_no_second_one(world: World) -> None:
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee")]
    run_id = world.start()
    world.worker.step(run_id)
    world.vendors.add("BLUE HARBOR COFFEE", blocked="All")
    world.finish(run_id)
    assert world.outcomes(run_id) == {1: "failed:VENDOR_BLOCKED"}
    assert world.vendors.creations == []


def test_a_vendor_that_another_run_made_is_taken_from_its_stream(world: World) -> None:
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee")]
    run_id = world.start()
    world.worker.step(run_id)
    made = world.vendors.add("Blue Harbor Coffee")
    other = MerchantVendor(
        world.clock.now(), "tenant", "Production", "company", "blueharborcoffee", made.name, run_id
    )
    other.submit(run_id, world.clock.now())
    other.created(world.clock.now(), made, run_id)
    world.log.save(other)
    world.finish(run_id)
    assert vendors_of(world, 1)[0][0] == made.number
    assert (world.vendors.searches, world.vendors.creations) == ([], [])


def test_a_later_run_asks_for_no_vendor_that_is_known(world: World) -> None:
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee")]
    world.sync()
    world.pex.all_rows.append(bought(2, "Blue Harbor Coffee"))
    asked = list(world.vendors.searches)
    world.sync()
    assert world.vendors.searches == asked
    assert vendors_of(world, 1) == vendors_of(world, 2)


def test_a_vendor_that_was_renamed_is_still_the_merchants(world: World) -> None:
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee")]
    world.sync()
    ((number, _), _) = vendors_of(world, 1)
    world.vendors.change(number, name="BHC Roasters")
    world.pex.all_rows.append(bought(2, "Blue Harbor Coffee"))
    world.sync()
    assert vendors_of(world, 2)[0][0] == number
    assert len(world.vendors.creations) == 1


def test_a_vendor_that_was_deleted_is_created_anew(world: World) -> None:
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee")]
    world.sync()
    ((number, _), _) = vendors_of(world, 1)
    world.vendors.delete(number)
    world.clock.advance(60)
    world.pex.all_rows.append(bought(2, "Blue Harbor Coffee"))
    world.sync()
    assert len(world.vendors.creations) == 2
    assert stream(world, "blueharborcoffee").attempts == 2


def test_no_vendor_is_created_for_a_purchase_that_is_not_posted(world: World) -> None:
    world.pex.all_rows = [
        bought(1, "Unapproved Shop", approval="Rejected"),
        bought(2, "Shop of an Unknown Account", expense="99999"),
    ]
    world.sync()
    assert (world.vendors.searches, world.vendors.creations) == ([], [])


def test_a_preview_names_the_vendors_that_it_would_create_and_creates_none(world: World) -> None:
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee"), bought(2, "Corner Deli")]
    run = world.sync(preview=True)
    first, second = sorted(world.report(run.id), key=lambda row: row.pex_id)
    assert (first.new_vendor, second.new_vendor) == ("Blue Harbor Coffee", None)
    assert [line.account_number for line in first.lines] == ["62400", "(new)", "(new)", "10950"]
    assert (world.vendors.searches, world.vendors.creations) == ([], [])
    assert world.log.all_of(MerchantVendor) == []


# --- refused ------------------------------------------------------------------------------------


def test_a_refused_creation_fails_its_merchant_and_the_run_goes_on(world: World) -> None:
    world.vendors.moods = ["refused"]
    world.pex.all_rows = [bought(1, "Alpha"), bought(2, "Beta"), bought(3, "Alpha")]
    run = world.sync()
    assert run.status is RunStatus.PARTLY_FAILED
    assert world.outcomes(run.id) == {
        1: "failed:VENDOR_NOT_CREATED",
        2: "posted",
        3: "failed:VENDOR_NOT_CREATED",
    }
    rows: list[Reported] = world.report(run.id)
    causes = {row.cause for row in rows if row.code == VendorNotCreated.code}
    (cause,) = causes
    assert cause is not None
    assert "'Alpha'" in cause
    assert "Vendor Nos. must have a value" in cause


def test_a_refused_creation_is_tried_once_a_run_and_again_by_the_next(world: World) -> None:
    world.vendors.moods = ["refused"]
    world.pex.all_rows = [bought(1, "Alpha")]
    run_id = world.start()
    for _ in range(2):
        world.worker.step(run_id)
    world.finish(run_id, Worker(world))
    assert world.vendors.creations == ["Alpha"]
    assert world.sync().counts.posted == 1
    assert world.vendors.creations == ["Alpha", "Alpha"]


def test_a_name_that_bc_will_not_look_for_fails_its_merchant_alone(world: World) -> None:
    world.vendors.refused_searches = {"Alpha"}
    world.pex.all_rows = [bought(1, "Alpha"), bought(2, "Beta")]
    run = world.sync()
    assert world.outcomes(run.id) == {1: "failed:VENDOR_NOT_CREATED", 2: "posted"}


def test_a_throttled_creation_lets_the_run_wait_and_go_on(world: World) -> None:
    world.vendors.moods = ["busy"]
    world.pex.all_rows = [bought(1, "Alpha")]
    began = world.clock.now()
    assert world.sync().status is RunStatus.SUCCEEDED
    assert world.clock.now() - began == timedelta(seconds=5)
    assert len(numbers(world, "alpha")) == 1


# --- answers that are lost ------------------------------------------------------------------------


def test_an_answer_lost_after_the_commit_is_found_at_once(world: World) -> None:
    world.vendors.moods = ["lost after"]
    world.pex.all_rows = [bought(1, "Alpha")]
    began = world.clock.now()
    assert world.sync().counts.posted == 1
    assert world.clock.now() == began
    assert len(numbers(world, "alpha")) == 1
    assert stream(world, "alpha").state is VendorState.KNOWN


@pytest.mark.parametrize("mood", ["lost before", "late"])
def test_others_go_on_while_a_lost_answer_is_waited_for(world: World, mood: str) -> None:
    world.vendors.moods = [mood]
    world.pex.all_rows = [bought(1, "Alpha"), bought(2, "Beta"), bought(3, "Corner Deli")]
    began = world.clock.now()
    run_id = world.start()
    step = world.worker.step(run_id)
    while step is not None and step.at is not None and step.at <= world.clock.now():
        step = world.worker.step(run_id)
    assert step is not None
    assert step.at == began + HORIZON
    assert {pex_id for pex_id in (2, 3) if world.times_in_books(pex_id)} == {2, 3}
    assert world.times_in_books(1) == 0
    run = world.finish(run_id)
    assert (run.status, run.counts.posted) == (RunStatus.SUCCEEDED, 3)
    assert len(numbers(world, "alpha")) == 1


def test_an_answer_that_was_never_committed_is_asked_for_again_after_the_horizon(
    world: World,
) -> None:
    world.vendors.moods = ["lost before"]
    world.pex.all_rows = [bought(1, "Alpha")]
    began = world.clock.now()
    world.sync()
    assert world.vendors.creations == ["Alpha", "Alpha"]
    assert world.clock.now() - began >= HORIZON
    assert stream(world, "alpha").attempts == 2


def test_two_lost_answers_in_a_row_put_off_all_other_creations(world: World) -> None:
    world.vendors.moods = ["lost before"] * 2
    world.pex.all_rows = [bought(number, f"Shop {number}") for number in range(1, 6)]
    run_id = world.start()
    for _ in range(12):
        world.worker.step(run_id)
    assert world.vendors.creations == ["Shop 1", "Shop 2"]
    assert world.finish(run_id).counts.posted == 5
    assert len({one.name for one in world.vendors.all}) == len(world.vendors.all)


def test_a_run_that_only_waits_decides_nothing_until_its_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.vendors.moods = ["lost before"]
    world.pex.all_rows = [bought(1, "Alpha")]
    began = world.clock.now()
    run_id = world.start()
    for _ in range(4):
        world.worker.step(run_id)
    taken: list[object] = []

    def take(*asked: object) -> tuple[()]:
        taken.append(asked)
        return ()

    monkeypatch.setattr(world.worklist, "take", take)
    world.clock.advance(300)
    step = world.worker.step(run_id)
    assert step is not None
    assert step.at == began + HORIZON
    assert taken == []


def test_more_waiting_purchases_than_a_look_takes_hold_up_nobody(world: World) -> None:
    world.vendors.moods = ["lost before"]
    waiting = [bought(pex_id, "Alpha") for pex_id in range(1, 602)]
    world.pex.all_rows = [*waiting, bought(900, "Corner Deli")]
    run_id = world.start()
    for _ in range(6):
        world.worker.step(run_id)
    assert world.times_in_books(900) == 1
    assert world.times_in_books(1) == 0
    assert world.finish(run_id).counts.posted == 602


@pytest.mark.parametrize("boundary", range(1, 16))
@pytest.mark.parametrize("mood", ["ok", "lost before", "lost after", "late"])
def test_a_crash_at_any_boundary_makes_no_second_vendor(
    world: World, boundary: int, mood: str
) -> None:
    world.vendors.moods = [mood]
    world.pex.all_rows = [bought(pex_id, f"Shop {pex_id % 3}") for pex_id in range(1, 31)]
    run_id = world.start()
    for _ in range(8):
        world.worker.step(run_id, crash_after=boundary)
    world.finish(run_id, Worker(world))
    world.clock.advance(1000)
    assert {world.times_in_books(pex_id) for pex_id in range(1, 31)} == {1}
    assert [len(numbers(world, f"shop{number}")) for number in range(3)] == [1, 1, 1]


def test_a_vendor_that_another_worker_is_at_is_left_to_it(world: World) -> None:
    world.pex.all_rows = [bought(1, "Alpha"), bought(2, "Corner Deli")]
    held = MerchantVendor.create_id("Production", "company", "alpha")
    world.leases.held.add(f"vendor:{held}")
    run_id = world.start()
    for _ in range(6):
        step = world.worker.step(run_id)
    assert step is not None
    assert step.at == world.clock.now() + timedelta(seconds=2)
    assert world.vendors.creations == []
    assert world.times_in_books(2) == 1
    world.leases.held.clear()
    assert world.finish(run_id).counts.posted == 2


def test_a_worker_that_slept_before_it_sent_does_not_send_any_more(world: World) -> None:
    world.pex.all_rows = [bought(1, "Alpha")]
    run_id = world.start()
    create, other = world.vendors.create, Worker(world)

    def sleepy_create(*args: Any) -> Any:
        world.vendors.create = create  # type: ignore[method-assign]
        world.leases.held.clear()
        world.clock.advance(1000)
        world.finish(run_id, other)
        return create(*args)

    world.vendors.create = sleepy_create  # type: ignore[method-assign,assignment]
    for _ in range(3):
        world.worker.step(run_id)
    assert len(numbers(world, "alpha")) == 1
    assert world.times_in_books(1) == 1


# --- aliases --------------------------------------------------------------------------------------


def name_by_hand(world: World, merchant: str, number: str) -> None:
    now, connection_id = world.clock.now(), world.connection_id
    table = VendorAliases(now, connection_id)
    (vendor,) = (one for one in world.vendors.all if one.number == number)
    table.put("company", merchant, vendor, "admin:a", now)
    world.log.save(table)


@pytest.mark.parametrize("alias", ["blue harbor  coffee", "BLUE HARBOR COFFEE 00231"])
def test_an_alias_names_the_vendor_by_either_name_of_the_merchant(world: World, alias: str) -> None:
    world.vendors.add("Blue Harbor Coffee")
    name_by_hand(world, alias, "10010")
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee")]
    world.sync()
    assert vendors_of(world, 1)[0][0] == "10010"


def test_an_alias_whose_vendor_is_gone_fails_its_purchases(world: World) -> None:
    name_by_hand(world, "Blue Harbor Coffee", "10010")
    world.vendors.delete("10010")
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee"), bought(2, "Alpha")]
    run = world.sync()
    assert world.outcomes(run.id) == {1: "failed:VENDOR_ALIAS_GONE", 2: "posted"}
    assert world.vendors.creations == ["Alpha"]


def test_an_alias_whose_vendor_is_blocked_fails_its_purchases(world: World) -> None:
    name_by_hand(world, "Blue Harbor Coffee", "10010")
    world.vendors.change("10010", blocked="All")
    world.pex.all_rows = [bought(1, "Blue Harbor Coffee")]
    assert world.outcomes(world.sync().id) == {1: "failed:VENDOR_BLOCKED"}
