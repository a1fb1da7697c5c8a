"""Contract 2.9: dimensions of lines and entries."""

from typing import Any

import pytest

from business_central_client import COMPANY, GONE, Client, line_body

EXISTS = (
    "The dimension set line already exists. Check existing dimension set lines and the default "
    "dimension set lines on the parent."
)


@pytest.fixture
def line(bc: Client) -> str:
    return bc.line().id


def _path(line: str, dimension: str = "") -> str:
    return f"journalLines({line})/dimensionSetLines" + (f"({dimension})" if dimension else "")


def _codes(bc: Client, line: str) -> dict[str, str]:
    return {row["code"]: row["valueCode"] for row in bc.get(_path(line)).value}


def _dimension(bc: Client, code: str) -> str:
    return str(bc.get("dimensions", filter=f"code eq '{code}'").value[0]["id"])


def test_a_dimension_is_added_and_its_id_is_the_dimensions(bc: Client, line: str) -> None:
    created = bc.post(_path(line), {"code": "department", "valueCode": "sales"})
    assert (created.status, created.id) == (201, _dimension(bc, "DEPARTMENT"))
    assert created.body["parentType"] == "Journal_x0020_Line"
    assert _codes(bc, line) == {"DEPARTMENT": "SALES"}


def test_a_dimension_is_changed_and_taken_off(bc: Client, line: str) -> None:
    created = bc.post(_path(line), {"code": "DEPARTMENT", "valueCode": "SALES"})
    path = _path(line, created.id)
    assert bc.patch(path, {"valueCode": "ADM"}, created.etag).body["valueCode"] == "ADM"
    assert bc.patch(path, {"valueCode": "OPS"}, created.etag).status == 409
    assert bc.delete(path).status == 204
    assert _codes(bc, line) == {}


def test_the_top_level_serves_a_filter_on_both_parent_members_alone(bc: Client, line: str) -> None:
    bc.post(_path(line), {"code": "CLASS", "valueCode": "GEN"})
    both = f"parentId eq {line} and parentType eq 'Journal Line'"
    assert len(bc.get("dimensionSetLines", filter=both).value) == 1
    incomplete: list[dict[str, Any]] = [
        {},
        {"filter": f"parentId eq {line}"},
        {"filter": "parentType eq 'Journal Line'"},
    ]
    for options in incomplete:
        refused = bc.get("dimensionSetLines", **options)
        assert (refused.status, refused.code) == (400, "Application_DialogException")
        assert (
            refused.message == "You must get to the parent first to get to the dimension set line."
        )


def test_the_top_level_creates_nothing(bc: Client) -> None:
    refused = bc.post("dimensionSetLines", {"code": "CLASS", "valueCode": "GEN"})
    assert refused.message == "You must get to the parent first to create a dimension set line."


def test_a_dimension_that_is_there_by_hand_cannot_be_added(bc: Client, line: str) -> None:
    bc.post(_path(line), {"code": "CLASS", "valueCode": "GEN"})
    refused = bc.post(_path(line), {"code": "CLASS", "valueCode": "GEN"})
    assert (refused.status, refused.message) == (400, EXISTS)


def test_a_default_dimension_is_on_the_line_at_once_and_cannot_be_added(bc: Client) -> None:
    bc.sandbox.set_default_dimension("62400", "DEPARTMENT", "OPS")
    line = bc.line().id
    assert _codes(bc, line) == {"DEPARTMENT": "OPS"}
    assert bc.post(_path(line), {"code": "DEPARTMENT", "valueCode": "ADM"}).message == EXISTS
    assert bc.patch(_path(line, _dimension(bc, "DEPARTMENT")), {"valueCode": "ADM"}).status == 200
    assert _codes(bc, line) == {"DEPARTMENT": "ADM"}


def test_default_dimensions_come_from_the_balancing_account_too(bc: Client) -> None:
    bc.sandbox.set_default_dimension("62400", "DEPARTMENT", "OPS")
    bc.sandbox.set_default_dimension("10950", "DEPARTMENT", "ADM")
    bc.sandbox.set_default_dimension("10950", "CLASS", "GEN")
    line = bc.line(balanceAccountType="G/L Account", balancingAccountNumber="10950").id
    assert _codes(bc, line) == {"CLASS": "GEN", "DEPARTMENT": "OPS"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"valueCode": "GEN"}, 'The "valueCode" does not match to a Dimension Value.'),
        ({}, 'The "id" or "code" field must be filled in.'),
        ({"code": "CLASS"}, 'The "valueId" or "valueCode" field must be filled in.'),
        ({"code": "NOPE", "valueCode": "GEN"}, 'The "code" does not match to a Dimension.'),
        (
            {"code": "CLASS", "valueCode": "SALES"},
            'The "valueCode" does not match to a Dimension Value.',
        ),
        (
            {"valueCode": "GEN", "code": "CLASS"},
            'The "valueCode" does not match to a Dimension Value.',
        ),
    ],
)
def test_incomplete_and_unknown_dimensions_are_refused(
    bc: Client, line: str, body: dict[str, Any], message: str
) -> None:
    refused = bc.post(_path(line), body)
    assert (refused.status, refused.code) == (400, "Application_DialogException")
    assert refused.message == message


def test_the_dimension_itself_cannot_be_changed(bc: Client, line: str) -> None:
    created = bc.post(_path(line), {"code": "CLASS", "valueCode": "GEN"})
    refused = bc.patch(_path(line, created.id), {"code": "LOCATION"})
    assert refused.message == 'The "id" and "code" fields cannot be modified.'


def test_ids_serve_as_well_as_codes(bc: Client, line: str) -> None:
    value = bc.get("dimensionValues", filter="code eq 'GEN'").value[0]["id"]
    created = bc.post(_path(line), {"id": _dimension(bc, "CLASS"), "valueId": value})
    assert (created.status, created.body["valueCode"]) == (201, "GEN")


def test_a_dimension_write_changes_the_lines_etag(bc: Client) -> None:
    line = bc.line()
    bc.post(_path(line.id), {"code": "CLASS", "valueCode": "GEN"})
    assert bc.patch(f"journalLines({line.id})", {"comment": "x"}, line.etag).status == 409


def test_dimensions_may_be_nested_in_a_new_line(bc: Client) -> None:
    nested = [{"code": "CLASS", "valueCode": "GEN"}, {"code": "LOCATION", "valueCode": "BOSTON"}]
    line = bc.post(bc.lines_path, line_body(dimensionSetLines=nested))
    assert _codes(bc, line.id) == {"CLASS": "GEN", "LOCATION": "BOSTON"}


def test_a_nested_dimension_that_is_a_default_fails_the_whole_line(bc: Client) -> None:
    bc.sandbox.set_default_dimension("62400", "CLASS", "GEN")
    nested = [{"code": "LOCATION", "valueCode": "BOSTON"}, {"code": "CLASS", "valueCode": "GEN"}]
    refused = bc.post(bc.lines_path, line_body(dimensionSetLines=nested))
    assert (refused.status, refused.message) == (400, EXISTS)
    assert bc.lines() == []


def test_a_change_must_name_what_was_read(bc: Client, line: str) -> None:
    created = bc.post(_path(line), {"code": "CLASS", "valueCode": "GEN"})
    path = _path(line, created.id)
    for match in ("", "garbage"):
        refused = bc.patch(path, {"valueCode": "GRANT-A"}, match)
        assert (refused.status, refused.code) == (400, "BadRequest_InvalidToken")
    assert _codes(bc, line) == {"CLASS": "GEN"}


def test_two_dimensions_of_a_line_are_changed_in_one_batch_by_what_was_read(bc: Client) -> None:
    bc.sandbox.set_default_dimension("62400", "DEPARTMENT", "OPS")
    bc.sandbox.set_default_dimension("62400", "CLASS", "GEN")
    line = bc.line().id
    values = {"DEPARTMENT": "ADM", "CLASS": "GRANT-A"}
    changes = [_change(line, row, values[row["code"]]) for row in bc.get(_path(line)).value]
    answers = bc.batch(*changes, isolation="snapshot").body["responses"]
    assert [one["status"] for one in answers] == [200, 200]
    assert _codes(bc, line) == values


def test_a_snapshot_batch_that_fails_leaves_every_dimension_as_it_was(bc: Client) -> None:
    bc.sandbox.set_default_dimension("62400", "CLASS", "GEN")
    line = bc.line().id
    (there,) = bc.get(_path(line)).value
    right, wrong = _change(line, there, "GRANT-A"), _change(line, there, "NOPE")
    answers = bc.batch(right, wrong | {"id": "2"}, isolation="snapshot").body["responses"]
    assert [one["status"] for one in answers] == [200, 409]
    assert _codes(bc, line) == {"CLASS": "GEN"}
    assert bc.get(_path(line)).value == [there]


def _change(line: str, there: dict[str, Any], value: str) -> dict[str, Any]:
    return {
        "id": there["code"],
        "method": "PATCH",
        "url": f"{COMPANY}/{_path(line, there['id'])}",
        "headers": {"Content-Type": "application/json", "If-Match": there["@odata.etag"]},
        "body": {"valueCode": value},
    }


def test_a_line_that_is_gone_keeps_no_other_back_where_the_batch_goes_on(
    bc: Client, line: str
) -> None:
    reads = [{"id": key, "method": "GET", "url": f"{COMPANY}/{_path(key)}"} for key in (GONE, line)]
    answers = bc.batch(*reads, prefer="odata.continue-on-error").body["responses"]
    assert [one["status"] for one in answers] == [404, 200]


def test_a_vanished_parent_is_not_found(bc: Client) -> None:
    assert bc.post(_path(GONE), {"code": "CLASS", "valueCode": "GEN"}).status == 404
    assert bc.get(_path(GONE)).status == 404


def test_entries_show_their_dimensions_and_refuse_writes(bc: Client) -> None:
    bc.sandbox.set_default_dimension("62400", "CLASS", "GEN")
    bc.line()
    bc.line(lineNumber=2, accountNumber="10950", amount=-10)
    bc.sandbox.post()
    (entry,) = bc.get("generalLedgerEntries", filter="accountNumber eq '62400'").value
    path = f"generalLedgerEntries({entry['id']})/dimensionSetLines"
    (dimension,) = bc.get(path).value
    assert (dimension["code"], dimension["parentType"]) == (
        "CLASS",
        "General_x0020_Ledger_x0020_Entry",
    )
    for refused in (
        bc.post(path, {"code": "LOCATION", "valueCode": "BOSTON"}),
        bc.patch(f"{path}({dimension['id']})", {"valueCode": "GRANT-A"}),
        bc.delete(f"{path}({dimension['id']})"),
    ):
        assert refused.status == 400
