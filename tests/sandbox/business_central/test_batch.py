"""Contract 4: `$batch` in its three modes."""

from typing import Any

import pytest

from business_central_client import COMPANY, ROOT, Client, Reply
from sandbox.company import COMPANY_ID

SNAPSHOT = {"isolation": "snapshot"}
GO_ON = {"prefer": "odata.continue-on-error"}
WRONG: dict[str, Any] = {"accountNumber": "99999"}


def _statuses(reply: Reply) -> list[int]:
    assert reply.status == 200, reply.raw
    return [answer["status"] for answer in reply.body["responses"]]


def _numbers(bc: Client) -> list[int]:
    return [line["lineNumber"] for line in bc.lines()]


@pytest.mark.parametrize("headers", [{}, GO_ON, SNAPSHOT])
def test_all_operations_succeed_in_every_mode(bc: Client, headers: dict[str, str]) -> None:
    answer = bc.batch(bc.insert(1), bc.insert(2), **headers)
    assert _statuses(answer) == [201, 201]
    assert [inner["id"] for inner in answer.body["responses"]] == ["line1", "line2"]
    assert [inner["body"]["lineNumber"] for inner in answer.body["responses"]] == [1, 2]
    assert answer.body["responses"][0]["headers"]["odata-version"] == "4.0"
    assert _numbers(bc) == [1, 2]


def test_without_a_mode_it_stops_at_the_failing_one_and_keeps_the_earlier(bc: Client) -> None:
    answer = bc.batch(bc.insert(1), bc.insert(2, **WRONG), bc.insert(3))
    assert _statuses(answer) == [201, 400]
    assert _numbers(bc) == [1]


def test_continue_on_error_answers_every_operation(bc: Client) -> None:
    answer = bc.batch(bc.insert(1), bc.insert(2, **WRONG), bc.insert(3), **GO_ON)
    assert _statuses(answer) == [201, 400, 201]
    assert _numbers(bc) == [1, 3]


def test_a_snapshot_rolls_everything_back_and_answers_fiction(bc: Client) -> None:
    answer = bc.batch(bc.insert(1), bc.insert(2, **WRONG), bc.insert(3), **SNAPSHOT)
    assert _statuses(answer) == [201, 400]
    made_up = answer.body["responses"][0]["body"]["id"]
    assert _numbers(bc) == []
    assert bc.get(f"journalLines({made_up})").status == 404


def test_a_snapshot_undoes_changes_and_deletions_too(bc: Client) -> None:
    first, second = bc.line(lineNumber=1), bc.line(lineNumber=2)
    bc.post(f"journalLines({first.id})/attachments", {"fileName": "a.pdf"})
    before = bc.sandbox.dump()
    operations = (
        _operation("PATCH", f"journalLines({first.id})", {"comment": "x"}),
        _operation("DELETE", f"journalLines({second.id})"),
        _operation("POST", "vendors", {"displayName": "New"}),
        _operation(
            "POST",
            f"journalLines({first.id})/dimensionSetLines",
            {"code": "CLASS", "valueCode": "GEN"},
        ),
        _operation("POST", f"journalLines({first.id})/attachments", {"fileName": "b.pdf"}),
        bc.insert(3, **WRONG),
    )
    assert _statuses(bc.batch(*operations, **SNAPSHOT)) == [200, 204, 201, 201, 201, 400]
    assert bc.sandbox.dump() == before
    assert bc.post("vendors", {"displayName": "New"}).body["number"] == "V00011"


def test_a_snapshot_sees_its_own_writes(bc: Client) -> None:
    read = _operation("GET", bc.lines_path)
    answer = bc.batch(bc.insert(1), read, **SNAPSHOT)
    assert len(answer.body["responses"][1]["body"]["value"]) == 1


def test_a_taken_number_fails_the_whole_snapshot(bc: Client) -> None:
    bc.line(lineNumber=2)
    answer = bc.batch(bc.insert(1), bc.insert(2), **SNAPSHOT)
    assert (
        answer.body["responses"][1]["body"]["error"]["code"] == "Internal_EntityWithSameKeyExists"
    )
    assert _numbers(bc) == [2]


def test_two_inserts_of_one_number_in_a_snapshot_collide(bc: Client) -> None:
    assert _statuses(bc.batch(bc.insert(1), bc.insert(1), **SNAPSHOT)) == [201, 400]
    assert _numbers(bc) == []


def test_both_modes_at_once_are_refused(bc: Client) -> None:
    assert bc.batch(bc.insert(1), **SNAPSHOT, **GO_ON).status == 400
    assert _numbers(bc) == []


def test_a_hundred_operations_are_taken_and_one_more_is_not(bc: Client) -> None:
    operations = [bc.insert(number) for number in range(1, 102)]
    refused = bc.batch(*operations, **SNAPSHOT)
    assert (refused.status, refused.code) == (500, "Unknown")
    assert "100" in refused.message
    assert _numbers(bc) == []
    assert _statuses(bc.batch(*operations[:100], **SNAPSHOT)) == [201] * 100


def test_an_inner_body_needs_its_own_content_type(bc: Client) -> None:
    bare = bc.insert(1) | {"headers": {}}
    assert _statuses(bc.batch(bare)) == [415]


def test_an_inner_change_needs_its_own_match(bc: Client) -> None:
    path = f"journalLines({bc.line().id})"
    without = _operation("PATCH", path, {"comment": "x"})
    without["headers"].pop("If-Match")
    assert _statuses(bc.batch(without)) == [400]
    assert _statuses(bc.batch(_operation("PATCH", path, {"comment": "x"}))) == [200]


def test_ids_are_optional_and_then_answered_as_null(bc: Client) -> None:
    bare = bc.insert(1)
    del bare["id"]
    assert bc.batch(bare).body["responses"][0]["id"] is None


@pytest.mark.parametrize("header", ["Accept", "content-type"])
def test_the_outer_request_must_speak_json(bc: Client, header: str) -> None:
    refused = bc.batch(bc.insert(1), **{header.lower(): "multipart/mixed"})
    assert refused.status == 415
    assert _numbers(bc) == []


@pytest.mark.parametrize("body", [[], {}, {"requests": 5}, {"requests": ["x"]}])
def test_a_body_without_requests_is_a_bad_request(bc: Client, body: object) -> None:
    assert bc.ask("POST", f"{ROOT}/$batch", body).status == 400


def test_a_slash_before_an_inner_url_is_not_found(bc: Client) -> None:
    leading = bc.insert(1)
    leading["url"] = f"/{leading['url']}"
    assert _statuses(bc.batch(leading)) == [404]


@pytest.mark.parametrize("header", [{"CompanyId": COMPANY_ID}, {"Company": "HARBOR SUPPLY"}])
def test_an_inner_header_may_name_the_company(bc: Client, header: dict[str, str]) -> None:
    read = {"id": "1", "method": "GET", "url": "vendors", "headers": header}
    assert _statuses(bc.batch(read)) == [200]


def test_the_outer_url_may_name_the_company(bc: Client) -> None:
    body = {"requests": [{"id": "1", "method": "GET", "url": "vendors"}]}
    answer = bc.ask("POST", f"{ROOT}/$batch", body, f"company={COMPANY_ID}")
    assert _statuses(answer) == [200]


def test_an_inner_id_cannot_be_referred_to(bc: Client) -> None:
    refer = _operation("POST", "journalLines($line1)/attachments", {"fileName": "a"})
    assert _statuses(bc.batch(bc.insert(1), refer, **SNAPSHOT)) == [201, 404]


def test_posting_commits_inside_a_snapshot(bc: Client) -> None:
    bc.line(lineNumber=1)
    bc.line(lineNumber=2, amount=-10)
    post = _operation("POST", f"journals({bc.journal})/Microsoft.NAV.post")
    bc.batch(post, bc.insert(3, **WRONG), **SNAPSHOT)
    assert len(bc.get("generalLedgerEntries").value) == 2


def test_raw_content_cannot_travel_inside(bc: Client) -> None:
    attachment = bc.post("attachments", {"fileName": "a.pdf"}).id
    operation = _operation("PATCH", f"attachments({attachment})/attachmentContent", {"x": 1})
    operation["headers"]["Content-Type"] = "application/octet-stream"
    assert _statuses(bc.batch(operation)) == [400]


def test_a_deep_insert_may_be_an_inner_operation(bc: Client) -> None:
    nested = [{"code": "CLASS", "valueCode": "GEN"}]
    assert _statuses(bc.batch(bc.insert(1, dimensionSetLines=nested), **SNAPSHOT)) == [201]


def test_a_failing_deep_insert_leaves_nothing_in_continue_on_error(bc: Client) -> None:
    nested = [{"code": "CLASS", "valueCode": "NOPE"}]
    answer = bc.batch(bc.insert(1, dimensionSetLines=nested), bc.insert(2), **GO_ON)
    assert _statuses(answer) == [400, 201]
    assert _numbers(bc) == [2]


def test_a_refused_sign_in_runs_nothing(bc: Client) -> None:
    operation = bc.insert(1)
    assert (
        bc.as_user("stranger").ask("POST", f"{ROOT}/$batch", {"requests": [operation]}).status
        == 401
    )
    assert _numbers(bc) == []


def test_the_number_of_operations_is_told_and_journalled(bc: Client) -> None:
    assert bc.batch(bc.insert(1), bc.insert(2)).headers["x-sandbox-operations"] == "2"
    assert bc.sandbox.faults.journal[-1]["operations"] == "2"


def _operation(method: str, path: str, body: object = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "If-Match": "*"}
    operation: dict[str, Any] = {"method": method, "url": f"{COMPANY}/{path}", "headers": headers}
    return operation if body is None else operation | {"body": body}
