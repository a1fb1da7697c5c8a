"""Default dimensions met by the real service, against the simulator over HTTP (contract 2.9)."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from application.start_run import RunRequest
from application.verify import Match
from domain.posted_transaction import State
from running_runs import Killed, Steps, steps
from sandbox.faults import Fault

MEALS = "62400"
BATCH = r"\$batch$"
MAPPED = {"DEPARTMENT": "OPS", "CLASS": "GEN", "LOCATION": "BOSTON"}


@pytest.fixture
def service(service_url: str) -> Iterator[Steps]:
    """Meals bring a department and a location along; purchases map department and class."""
    with steps(service_url) as service:
        bc = service.sandbox.business_central
        bc.set_default_dimension(MEALS, "DEPARTMENT", "ADM")
        bc.set_default_dimension(MEALS, "LOCATION", "BOSTON")
        yield service


def meal(service: Steps) -> int:
    return service.purchase(expense=MEALS, department="OPS", classed="GEN")


def topics(service: Steps, pex_id: int) -> list[str]:
    found = service.services.read_models.transaction(service.connection_id, "card", pex_id)
    assert found is not None
    streams = service.services.read_models.posted(service.connection_id)
    stories = [service.services.log.history(stream) for stream in streams]
    story = next(one for one in stories if f'"pex_id":{pex_id}' in one[0].payload)
    return [event.topic.partition(".")[2] for event in story]


def start(service: Steps) -> UUID:
    return service.services.start_run.start(RunRequest(service.connection_id, "admin:test"))


def test_the_first_collision_is_mended_within_the_run_and_the_next_run_knows(
    service: Steps,
) -> None:
    first = meal(service)
    assert service.sync() == {first: "posted"}
    assert service.dimensions(first) == MAPPED
    assert topics(service, first)[-3:] == ["laid_bare", "completing", "completed"]
    second = meal(service)
    assert service.sync() == {first: "already_posted", second: "posted"}
    assert service.dimensions(second) == MAPPED
    assert topics(service, second) == [
        "seen",
        "reserved",
        "submitted",
        "laid_bare",
        "completing",
        "completed",
    ]


def test_fifty_colliding_entries_take_three_requests(service: Steps) -> None:
    meal(service)
    service.sync()
    ids = [meal(service) for _ in range(50)]
    service.batches()
    outcomes = service.sync()
    assert {outcomes[pex_id] for pex_id in ids} == {"posted"}
    assert service.batches()[-3:] == [100, 50, 100]
    assert all(service.dimensions(pex_id) == MAPPED for pex_id in ids)


def test_fifty_colliding_entries_of_a_first_run_take_one_request_more(service: Steps) -> None:
    ids = [meal(service) for _ in range(50)]
    service.batches()
    assert set(service.sync().values()) == {"posted"}
    assert service.batches()[-4:] == [100, 100, 50, 100]
    assert all(service.dimensions(pex_id) == MAPPED for pex_id in ids)


def test_packs_mix_what_collides_what_does_not_and_what_is_refused(service: Steps) -> None:
    collides = meal(service)
    plain = service.purchase(expense="61100", department="OPS")
    untagged = service.purchase(expense=MEALS)
    wrong = service.purchase(expense=MEALS, department="NOWHERE")
    assert service.sync() == {
        collides: "posted",
        plain: "posted",
        untagged: "posted",
        wrong: "failed:VALUE_UNKNOWN",
    }
    assert service.dimensions(collides) == MAPPED
    assert service.dimensions(plain) == {"DEPARTMENT": "OPS"}
    assert service.dimensions(untagged) == {"DEPARTMENT": "ADM", "LOCATION": "BOSTON"}
    assert "laid_bare" not in topics(service, plain) + topics(service, untagged)


def test_a_value_deleted_in_between_takes_the_lines_back_and_sinks_nobody(
    service: Steps,
) -> None:
    bc = service.sandbox.business_central
    sales = service.purchase(expense=MEALS, department="SALES")
    others = [meal(service) for _ in range(3)]

    def delete_the_value(name: str) -> None:
        if name == "dimensions read":
            bc.delete_dimension_value("DEPARTMENT", "SALES")
            service.on_boundary = lambda _name: None

    service.on_boundary = delete_the_value
    outcomes = service.sync()
    assert outcomes.pop(sales) == "failed:REFUSED_BY_BC"
    assert outcomes == dict.fromkeys(others, "posted")
    assert service.lines(sales) == []
    assert all(service.dimensions(pex_id) == MAPPED for pex_id in others)
    row = service.services.read_models.transaction(service.connection_id, "card", sales)
    assert row is not None
    assert (row.state, row.code) == (State.FAILED, "REFUSED_BY_BC")
    assert 'The "valueCode" does not match to a Dimension Value.' in (row.cause or "")


@pytest.mark.parametrize(
    "name", ["sent", "recorded", "dimensions read", "dimensions submitted", "dimensions sent"]
)
def test_a_worker_killed_on_the_second_way_is_followed_by_another(
    service: Steps, name: str
) -> None:
    known = meal(service)
    service.sync()
    pex_id = meal(service)

    def die(reached: str) -> None:
        if reached == name:
            service.on_boundary = lambda _name: None
            raise Killed

    service.on_boundary = die
    run_id = start(service)
    with pytest.raises(Killed):
        service.see_through(run_id)
    assert service.see_through(run_id) == {known: "already_posted", pex_id: "posted"}
    assert len(service.lines(pex_id)) == 2
    assert service.dimensions(pex_id) == MAPPED
    assert service.services.read_models.differences() == []


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_answer_lost_on_the_second_way_is_asked_about(
    service: Steps, nth: int, moment: str
) -> None:
    """The first request makes the lines, the second reads them, the third sets dimensions."""
    known = meal(service)
    service.sync()
    pex_id = meal(service)

    def plant(reached: str) -> None:
        if reached == "reserved":
            fault = Fault("POST", BATCH, nth=nth, moment=moment, kind="cut")
            service.sandbox.business_central.faults.plant(fault)
            service.on_boundary = lambda _name: None

    service.on_boundary = plant
    assert service.sync() == {known: "already_posted", pex_id: "posted"}
    assert len(service.lines(pex_id)) == 2
    assert service.dimensions(pex_id) == MAPPED


def test_what_is_posted_before_its_dimensions_is_told_and_never_repeated(service: Steps) -> None:
    bc = service.sandbox.business_central
    pex_id = meal(service)

    def post(reached: str) -> None:
        if reached == "recorded" and service.lines(pex_id):
            bc.post()
            service.on_boundary = lambda _name: None

    service.on_boundary = post
    assert service.sync() == {pex_id: "failed:POSTED_WITHOUT_DIMENSIONS"}
    assert service.sync() == {pex_id: "failed:POSTED_WITHOUT_DIMENSIONS"}
    assert len(service.entries(pex_id)) == 2
    assert service.lines(pex_id) == []


def test_what_went_the_second_way_is_found_again_by_an_audit(service: Steps) -> None:
    pex_id = meal(service)
    service.sync()

    def matches() -> list[tuple[int, Match]]:
        compared = service.services.verify.against_business_central(service.connection_id)
        return [(one.pex_id, one.match) for one in compared]

    assert matches() == [(pex_id, Match.IN_JOURNAL)]
    service.sandbox.business_central.post()
    assert matches() == [(pex_id, Match.IN_LEDGER)]
    (expense,) = (one for one in service.entries(pex_id) if one["accountNumber"] == MEALS)
    assert expense["dimensions"] == MAPPED
