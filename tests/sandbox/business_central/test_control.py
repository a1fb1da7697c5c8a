"""The control API, and the simulator over a real socket."""

import http.client
import json
from collections.abc import Callable
from typing import Any

import pytest

from business_central_client import COMPANY, ROOT, Client
from sandbox.business_central import BusinessCentralSandbox
from sandbox.web import Request, Server, dump, mounted

Control = Callable[..., tuple[int, Any]]


@pytest.fixture
def control(sandbox: BusinessCentralSandbox) -> Control:
    application = mounted({"/bc": sandbox.control})

    def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
        content = b"" if body is None else dump(body)
        answer = application(Request(method, f"/bc{path}", {}, content))
        return answer.status, json.loads(answer.body) if answer.body else None

    return ask


def test_a_user_types_edits_and_deletes_lines(control: Control, bc: Client) -> None:
    status, line = control(
        "POST",
        "/lines",
        {"account_number": "62400", "amount": "12.50", "posting_date": "2026-08-01"},
    )
    assert (status, line["description"]) == (200, "Meals and entertainment")
    assert control("PATCH", f"/lines/{line['id']}", {"description": "typed"})[0] == 200
    assert bc.lines()[0]["description"] == "typed"
    assert control("DELETE", f"/lines/{line['id']}")[0] == 204
    assert bc.lines() == []


def test_a_user_posts_and_a_refusal_names_the_reason(control: Control, bc: Client) -> None:
    status, answer = control("POST", "/post")
    assert (status, answer["error"]["code"]) == (400, "Application_DialogException")
    bc.line()
    bc.line(lineNumber=2, amount=-10)
    assert control("POST", "/post", {"journal": "pex card"}) == (200, {"entries": 2})


def test_a_user_renames_creates_and_deletes_journals(control: Control, bc: Client) -> None:
    assert control("PATCH", "/journals/PEX CARD", {"code": "RENAMED"})[0] == 200
    assert bc.get("journals", filter="code eq 'PEX CARD'").value == []
    assert control("POST", "/journals", {"journal": "PEX CARD"})[0] == 200
    assert control("DELETE", "/journals/RENAMED")[0] == 204
    assert [row["code"] for row in bc.get("journals").value] == ["DEFAULT", "PEX CARD"]


def test_a_user_cannot_take_a_code_or_number_twice(control: Control, bc: Client) -> None:
    line = bc.line(lineNumber=1).id
    bc.line(lineNumber=2)
    assert control("PATCH", f"/lines/{line}", {"number": 2})[0] == 400
    assert control("POST", "/lines", {"number": 2})[0] == 400
    assert control("PATCH", "/journals/PEX CARD", {"code": "default"})[0] == 400
    assert control("POST", "/journals", {"journal": "pex card"})[0] == 400
    assert [row["lineNumber"] for row in bc.lines()] == [1, 2]


def test_a_user_sets_what_the_api_hides_on_a_journal(
    control: Control, sandbox: BusinessCentralSandbox
) -> None:
    path = "/journals/PEX CARD"
    assert control("POST", f"{path}/balancing", {"number": "10100"})[0] == 200
    assert control("POST", f"{path}/series", {"series": "GJNL", "posting_series": "GJNL"})[0] == 200
    assert control("POST", f"{path}/approval", {"sender": "sam", "approvers": ["maria"]})[0] == 200
    journal = sandbox.journal()
    assert (journal.balancing_number, journal.series, journal.posting_series) == (
        "10100",
        "GJNL",
        "GJNL",
    )
    assert journal.approval is not None
    assert control("DELETE", f"{path}/approval")[0] == 200
    assert sandbox.journal().approval is None


def test_an_administrator_changes_cards_and_set_up(control: Control, bc: Client) -> None:
    assert control("PATCH", "/accounts/62400", {"blocked": True})[0] == 204
    assert control("PATCH", "/banks/CHECKING", {"blocked": True})[0] == 204
    assert control("PATCH", "/vendors/10010", {"blocked": "All"})[0] == 204
    assert control("POST", "/period", {"first": "2026-08-01", "last": "2026-08-31"})[0] == 204
    assert control("PATCH", "/set-up", {"vendor_posting_group": ""})[0] == 204
    assert bc.line().status == 400
    assert bc.get("generalLedgerSetup").value[0]["allowPostingTo"] == "2026-08-31"


def test_cards_and_values_are_added_in_bulk(control: Control, bc: Client) -> None:
    accounts = [{"number": f"7{n:04d}", "name": f"Extra {n}"} for n in range(500)]
    assert control("POST", "/accounts", {"accounts": accounts}) == (200, {"added": 500})
    values = [{"code": f"V{n}", "name": f"Value {n}"} for n in range(300)]
    assert control("POST", "/dimensions/PROJECT/values", {"values": values}) == (
        200,
        {"added": 300},
    )
    assert control("POST", "/vendors", {"vendors": [{"number": "1", "name": "One"}]})[0] == 200
    assert len(bc.get("accounts", filter="startswith(number,'7')").value) == 500
    assert len(bc.get("dimensions", filter="code eq 'PROJECT'").value) == 1


def test_dimension_values_are_renamed_blocked_and_deleted(control: Control, bc: Client) -> None:
    path = "/dimensions/CLASS/values/GEN"
    assert control("PATCH", path, {"name": "Renamed"})[0] == 204
    assert bc.get("dimensionValues", filter="code eq 'GEN'").value[0]["displayName"] == "Renamed"
    assert control("DELETE", path)[0] == 204
    assert bc.get("dimensionValues", filter="code eq 'GEN'").value == []


def test_default_dimensions_series_templates_and_access_are_set(
    control: Control, bc: Client
) -> None:
    default = {"dimension": "CLASS", "value": "GEN", "rule": "Code Mandatory"}
    assert control("POST", "/accounts/62400/dimensions", default)[0] == 204
    assert control("POST", "/series", {"code": "V", "last": "V00099", "manual": True})[0] == 204
    assert control("PATCH", "/templates/GENERAL", {"force_balance": False})[0] == 204
    assert control("POST", "/access", {"user": "connector", "company": "HARBOR EUROPE"})[0] == 204
    assert control("POST", "/combinations", {"first": "CLASS", "second": "LOCATION"})[0] == 204
    assert bc.post("vendors", {"displayName": "X"}).body["number"] == "V00100"
    assert len(bc.ask("GET", f"{ROOT}/companies").value) == 1
    assert bc.get(f"journalLines({bc.line().id})/dimensionSetLines").value[0]["code"] == "CLASS"


def test_switches_are_set_together_or_not_at_all(
    control: Control, sandbox: BusinessCentralSandbox
) -> None:
    status, switches = control("PATCH", "/switches", {"page_size": 3, "replica_lag_seconds": 5})
    assert (status, switches["page_size"], switches["replica_lag_seconds"]) == (200, 3, 5.0)
    for wrong in (
        {"page_size": 0},
        {"nothing": 1},
        {"language": "fr-FR"},
        {"xml_401": "yes"},
        {"replica_lag_seconds": -1},
        {"retry_after": "soon"},
        {"latency_ms": "slow"},
    ):
        assert control("PATCH", "/switches", {"xml_401": True, **wrong})[0] == 400
    assert sandbox.world.switches.xml_401 is False


def test_faults_are_planted_and_cleared_with_the_journal(control: Control, bc: Client) -> None:
    fault = {"method": "GET", "path": "vendors", "status": 503, "headers": {"Retry-After": "2"}}
    assert control("POST", "/faults", fault)[0] == 204
    assert [bc.get("vendors").status for _ in range(2)] == [503, 200]
    assert [row["fault"] for row in control("GET", "/journal")[1]] == ["status", None]
    assert control("DELETE", "/journal")[0] == 204
    assert control("GET", "/journal")[1] == []
    assert control("POST", "/faults", {"nonsense": 1})[0] == 400
    control("POST", "/faults", fault)
    assert control("DELETE", "/faults")[0] == 204
    assert bc.get("vendors").status == 200


def test_usage_is_counted_and_can_be_reset(control: Control, bc: Client) -> None:
    operations = [bc.insert(1), bc.insert(2)]
    assert control("DELETE", "/usage")[0] == 204
    bc.batch(*operations)
    bc.get("vendors")
    usage = control("GET", "/usage")[1]
    assert (usage["requests"], usage["operations"]) == (2, 3)


def test_the_dump_shows_lines_with_dimensions_and_digests(control: Control, bc: Client) -> None:
    line = bc.line(dimensionSetLines=[{"code": "CLASS", "valueCode": "GEN"}]).id
    attachment = bc.post(f"journalLines({line})/attachments", {"fileName": "a.pdf"}).id
    bc.patch(f"attachments({attachment})/attachmentContent", b"abc")
    company = control("GET", "/dump")[1]["companies"][0]
    journal = next(row for row in company["journals"] if row["code"] == "PEX CARD")
    (shown,) = journal["lines"]
    assert shown["dimensions"] == {"CLASS": "GEN"}
    assert shown["amount"] == 10
    assert shown["attachments"][0]["byteSize"] == 3
    assert shown["attachments"][0]["sha256"].startswith("ba7816bf8f01cfea")


def test_nonsense_is_refused(control: Control) -> None:
    assert control("GET", "/nothing")[0] == 404
    assert control("DELETE", "/dump")[0] == 405
    assert control("POST", "/lines", {"unknown_field": 1})[0] == 400
    assert control("POST", "/lines", [1])[0] == 400
    assert control("PATCH", "/accounts/99999", {"blocked": True})[0] == 404
    assert control("POST", "/post", {"company": "NOPE"})[0] == 404
    assert control("POST", "/lines", {"amount": "much"})[0] == 400
    assert control("POST", "/lines", {"posting_date": "2026-02-30"})[0] == 400
    assert control("PATCH", "/accounts/62400", {"blocked": "perhaps"})[0] == 400
    assert control("POST", "/period", {"first": "soon"})[0] == 400


def test_the_whole_is_served_over_a_socket(sandbox: BusinessCentralSandbox) -> None:
    bc = Client(sandbox)
    sandbox.switch(page_size=2)
    batch = {"requests": [bc.insert(1), bc.insert(2), bc.insert(3)]}
    headers = {
        "Authorization": "Bearer connector",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Isolation": "snapshot",
    }
    with Server(mounted({"/api": sandbox.application})) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", f"/api{ROOT}/$batch", dump(batch), headers)
        answer = connection.getresponse()
        assert [inner["status"] for inner in json.load(answer)["responses"]] == [201] * 3
        connection.request("GET", f"/api{ROOT}/{COMPANY}/{bc.lines_path}", headers=headers)
        link = json.load(connection.getresponse())["@odata.nextLink"]
        assert link.startswith(f"{server.url}/api/v2.0/")
        connection.request("GET", link.removeprefix(server.url), headers=headers)
        assert [row["lineNumber"] for row in json.load(connection.getresponse())["value"]] == [3]
        connection.close()


def test_a_204_leaves_the_connection_usable(sandbox: BusinessCentralSandbox) -> None:
    bc = Client(sandbox)
    attachment = bc.post("attachments", {"fileName": "a.pdf"}).id
    headers = {
        "Authorization": "Bearer connector",
        "Content-Type": "application/octet-stream",
        "If-Match": "*",
    }
    with Server(sandbox.application) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        path = f"{ROOT}/{COMPANY}/attachments({attachment})/attachmentContent"
        connection.request("PATCH", path, b"bytes", headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (204, b"")
        connection.request("GET", path, headers=headers)
        assert connection.getresponse().read() == b"bytes"
        connection.close()
