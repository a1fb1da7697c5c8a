"""Contract 3.6 and 3.7: etags, lagging replicas, dirty reads, late and lost commits."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from business_central_client import COMPANY, PRIMARY, Client, line_body
from sandbox.clock import SandboxClock
from sandbox.faults import Fault


@pytest.mark.parametrize("match", ["", "garbage", 'W/"bm90IG91cnM="', "W/abc"])
def test_a_patch_without_a_usable_match_is_refused(bc: Client, match: str) -> None:
    refused = bc.patch(f"journalLines({bc.line().id})", {"comment": "x"}, match)
    assert (refused.status, refused.code) == (400, "BadRequest_InvalidToken")


def test_a_stale_etag_is_a_conflict_and_changes_nothing(bc: Client) -> None:
    line = bc.line()
    path = f"journalLines({line.id})"
    bc.patch(path, {"comment": "first"}, line.etag)
    refused = bc.patch(path, {"comment": "second"}, line.etag)
    assert (refused.status, refused.code) == (409, "Request_EntityChanged")
    assert bc.get(path).body["comment"] == "first"


def test_a_star_matches_anything(bc: Client) -> None:
    assert bc.patch(f"journalLines({bc.line().id})", {"comment": "x"}, "*").status == 200


def test_a_delete_checks_its_match_only_when_it_has_one(bc: Client) -> None:
    line = bc.line()
    path = f"journalLines({line.id})"
    bc.patch(path, {"comment": "x"})
    assert bc.delete(path, line.etag).status == 409
    assert bc.delete(path, "garbage").status == 400
    assert bc.delete(path).status == 204


def test_an_etag_is_weak_and_changes_with_the_row(bc: Client) -> None:
    line = bc.line()
    assert line.etag.startswith('W/"Jz')
    assert bc.get(f"journalLines({line.id})").etag == line.etag
    assert bc.patch(f"journalLines({line.id})", {"comment": "x"}).etag != line.etag


def test_a_write_with_read_only_intent_fails(bc: Client) -> None:
    refused = bc.post("vendors", {"displayName": "X"}, {"data-access-intent": "ReadOnly"})
    assert refused.status == 400
    assert bc.get("vendors", filter="displayName eq 'X'").value == []


def test_a_lagging_replica_shows_the_past_and_the_primary_the_present(
    bc: Client, clock: SandboxClock
) -> None:
    bc.sandbox.switch(replica_lag_seconds=30)
    clock.advance(timedelta(seconds=60))
    kept = bc.line(lineNumber=1).id
    clock.advance(timedelta(seconds=20))
    bc.patch(f"journalLines({kept})", {"comment": "new"})
    bc.line(lineNumber=2)
    assert bc.lines() == []
    assert [row["lineNumber"] for row in bc.get(bc.lines_path, PRIMARY).value] == [1, 2]
    clock.advance(timedelta(seconds=10))
    assert [(row["lineNumber"], row["comment"]) for row in bc.lines()] == [(1, "")]
    clock.advance(timedelta(seconds=20))
    assert [row["comment"] for row in bc.lines()] == ["new", ""]


def test_the_replica_still_shows_what_was_deleted(bc: Client, clock: SandboxClock) -> None:
    bc.sandbox.switch(replica_lag_seconds=30)
    line = bc.line().id
    clock.advance(timedelta(seconds=40))
    bc.delete(f"journalLines({line})")
    assert bc.get(f"journalLines({line})").status == 200
    assert bc.get(f"journalLines({line})", PRIMARY).status == 404


def test_a_failed_snapshot_can_be_seen_for_a_while(bc: Client, clock: SandboxClock) -> None:
    bc.sandbox.switch(dirty_read_seconds=20)
    bc.batch(bc.insert(1), bc.insert(2, accountNumber="99999"), isolation="snapshot")
    seen = bc.get(bc.lines_path, PRIMARY).value
    assert [row["lineNumber"] for row in seen] == [1]
    clock.advance(timedelta(seconds=21))
    assert bc.get(bc.lines_path, PRIMARY).value == []


def test_a_doomed_write_is_answered_504_seen_and_gone(bc: Client, clock: SandboxClock) -> None:
    bc.sandbox.switch(dirty_read_seconds=20, doomed_writes=1)
    answer = bc.batch(bc.insert(1), bc.insert(2), isolation="snapshot")
    assert answer.status == 504
    assert len(bc.lines()) == 2
    clock.advance(timedelta(seconds=20))
    assert bc.lines() == []
    assert bc.line(lineNumber=1).status == 201


def test_a_ghost_gives_way_to_the_next_commit(bc: Client) -> None:
    bc.sandbox.switch(dirty_read_seconds=600, doomed_writes=1)
    assert bc.line().status == 504
    assert bc.line().status == 201
    assert len(bc.lines()) == 1


def test_a_read_inside_a_snapshot_sees_its_own_transaction_alone(bc: Client) -> None:
    line = bc.line(lineNumber=1)
    change = {
        "method": "PATCH",
        "url": f"{COMPANY}/journalLines({line.id})",
        "headers": {"Content-Type": "application/json", "If-Match": "*"},
        "body": {"comment": "doomed"},
    }
    bc.sandbox.switch(dirty_read_seconds=600, doomed_writes=1)
    assert bc.batch(change, isolation="snapshot").status == 504
    assert bc.get(f"journalLines({line.id})").body["comment"] == "doomed"
    own = change | {"body": {"comment": "own", "documentNumber": "OWN-1"}}
    read = {"method": "GET", "url": f"{COMPANY}/journalLines({line.id})"}
    answer = bc.batch(own, read, isolation="snapshot")
    assert answer.body["responses"][1]["body"]["comment"] == "own"
    assert [row["documentNumber"] for row in bc.lines()] == ["OWN-1"]


def test_an_answer_can_be_lost_after_the_commit(bc: Client) -> None:
    path = bc.lines_path
    bc.sandbox.faults.plant(Fault("POST", "journalLines", moment="after", status=504))
    assert bc.post(path, line_body()).status == 504
    assert len(bc.lines()) == 1


def test_an_answer_can_be_lost_without_a_commit(bc: Client) -> None:
    path = bc.lines_path
    bc.sandbox.faults.plant(Fault("POST", "journalLines", moment="before", kind="cut"))
    assert bc.post(path, line_body()).status == 503
    assert bc.lines() == []


def test_a_commit_can_come_after_the_answer(bc: Client) -> None:
    path = bc.lines_path
    plan = bc.sandbox.faults
    plan.plant(Fault("POST", "journalLines", moment="later", status=504, commit_delay=0.01))
    assert bc.post(path, line_body()).status == 504
    patience = threading.Event()
    for _ in range(500):
        if bc.lines():
            break
        patience.wait(0.01)
    assert len(bc.lines()) == 1


def test_writers_of_one_number_leave_one_line(bc: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: bc.line().status, range(16)))
    assert sorted(statuses) == [201] + [400] * 15
    assert len(bc.lines()) == 1
