"""Contract 3.1 to 3.5 and 3.8: headers, query options, encoding, pages and error objects."""

import json
import re
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from business_central_client import COMPANY, ROOT, Client, Reply, line_body


def _numbers(bc: Client, text: str) -> list[str]:
    return [row["number"] for row in bc.get("accounts", filter=text).value]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("number eq '62400'", ["62400"]),
        ("number gt '68000'", ["69900"]),
        ("number ge '68000'", ["68000", "69900"]),
        ("number lt '10100'", ["10000"]),
        ("number le '10100'", ["10000", "10100"]),
        ("number ge '68000' and number ne '68000'", ["69900"]),
        ("number eq '68000' or number eq '69900'", ["68000", "69900"]),
        ("not (number lt '68000') and blocked eq false", ["68000", "69900"]),
        ("blocked eq true", ["66900"]),
        ("contains(displayName,'CARD')", ["10950", "48000", "68000"]),
        ("startswith(displayName,'pex')", ["10950", "20100"]),
        ("endswith(displayName,'fees')", ["68000"]),
        ("contains(tolower(displayName),'pex card')", ["10950"]),
        ("tolower(displayName) eq toupper('pex card account')", ["10950"]),
        ("not contains(displayName,'a') and number lt '10100'", []),
        ("(number eq '68000')", ["68000"]),
        ("number eq '68''000'", []),
    ],
)
def test_filters_find_what_they_say(bc: Client, text: str, found: list[str]) -> None:
    assert _numbers(bc, text) == found


def test_filters_compare_dates_numbers_and_guids_bare(bc: Client) -> None:
    line = bc.line(amount=Decimal("-48.37"))
    for text in (
        "postingDate ge 2026-08-14 and postingDate le 2026-08-14",
        "amount eq -48.37",
        "amount lt 0",
        "lineNumber eq 700010",
        f"id eq {line.id}",
        "externalDocumentNumber eq 'pex918273645'",
        "lastModifiedDateTime gt 2026-08-15T09:00:00Z",
        "externalDocumentNumber ge 'PEX9' and externalDocumentNumber lt 'PEXA'",
    ):
        assert len(bc.lines(filter=text)) == 1, text
    assert bc.lines(filter="postingDate eq 2026-08-15") == []


@pytest.mark.parametrize(
    "text",
    [
        "number eq 62400",
        "number = '62400'",
        "number eq",
        "number eq '62400",
        "nothing eq '1'",
        "(number eq '1'",
        "number eq '1' number eq '2'",
        "contains(blocked,'x')",
        "blocked eq maybe",
        "'62400' eq number",
        "id eq '6f0d2c11-8c0a-4f11-9f8a-6045bd1e77aa'",
    ],
)
def test_a_filter_that_does_not_parse_is_a_bad_request(bc: Client, text: str) -> None:
    refused = bc.get("accounts", filter=text)
    assert (refused.status, refused.code) == (400, "BadRequest")


def test_or_works_on_one_property_alone(bc: Client) -> None:
    refused = bc.get("accounts", filter="number eq '1' or displayName eq 'x'")
    assert (refused.status, refused.code) == (501, "BadRequest_MethodNotImplemented")
    assert refused.message == (
        "The 'OR' operator is not supported on distinct fields on an OData filter."
    )


def test_in_is_not_supported(bc: Client) -> None:
    assert bc.get("accounts", filter="number in ('1','2')").status == 501


def test_a_literal_longer_than_its_field_is_a_filter_error(bc: Client) -> None:
    refused = bc.get("accounts", filter=f"number eq '{'1' * 21}'")
    assert (refused.status, refused.code) == (400, "Application_FilterErrorException")


def test_enum_filters_take_captions(bc: Client) -> None:
    assert len(_numbers(bc, "category eq 'Assets'")) == 5
    assert _numbers(bc, "accountType eq 'Begin-Total'") == ["10000"]
    assert bc.get("accounts", filter="category eq 'Nonsense'").code == "Unknown"


def test_select_shows_the_chosen_members_and_the_etag(bc: Client) -> None:
    row = bc.get("accounts", select="number,displayName").value[0]
    assert set(row) == {"@odata.etag", "number", "displayName"}
    assert bc.get("accounts", select="nothing").code == "BadRequest"


def test_orderby_top_skip_and_count(bc: Client) -> None:
    answer = bc.get("accounts", orderby="number desc", top=2, skip=1, count="true").body
    assert [row["number"] for row in answer["value"]] == ["68000", "66900"]
    assert answer["@odata.count"] == 24
    assert bc.get("accounts", orderby="nothing").status == 400
    assert bc.get("accounts", top="many").status == 400


def test_orderby_takes_several_members(bc: Client) -> None:
    rows = bc.get("accounts", orderby="category desc,number desc", top=2).value
    assert [row["number"] for row in rows] == ["24000", "22000"]


def test_the_count_is_plain_text_after_a_byte_order_mark(bc: Client) -> None:
    counted = bc.ask(
        "GET", f"{ROOT}/{COMPANY}/accounts/$count", query="$filter=blocked%20eq%20true"
    )
    assert counted.headers["content-type"].startswith("text/plain")
    assert counted.raw == b"\xef\xbb\xbf1"


def test_unsupported_options_are_refused_or_ignored(bc: Client) -> None:
    assert bc.get("accounts", search="x").status == 400
    assert bc.get("accounts", apply="aggregate(x)").status == 200
    assert bc.get("accounts", expand="nothing").status == 400


def test_enums_can_come_plain(bc: Client) -> None:
    bc.sandbox.switch(enum_encoding=False)
    assert bc.line().body["accountType"] == "G/L Account"
    assert bc.get("vendors").value[0]["blocked"] == " "


@pytest.mark.parametrize("sent", ["G/L Account", "G_x002F_L_x0020_Account", "g/l account"])
def test_requests_may_carry_captions_or_encoded_names(bc: Client, sent: str) -> None:
    assert bc.line(accountType=sent).status == 201


def test_properties_are_validated_in_the_order_sent(bc: Client) -> None:
    body = {"accountNumber": "CHECKING", "accountType": "Bank Account"}
    assert bc.post(bc.lines_path, body).code == "Internal_InvalidTableRelation"
    turned = {"accountType": "Bank Account", "accountNumber": "CHECKING"}
    assert bc.post(bc.lines_path, turned).status == 201


def test_null_is_no_text(bc: Client) -> None:
    body = line_body() | {"description": None}
    assert bc.post(bc.lines_path, body).code == "BadRequest"


@pytest.mark.parametrize("content_type", ["", "text/plain"])
def test_a_body_needs_the_json_content_type(bc: Client, content_type: str) -> None:
    refused = bc.post(bc.lines_path, line_body(), {"content-type": content_type})
    assert refused.status == 415


def test_a_body_that_is_no_json_object_is_a_bad_request(bc: Client) -> None:
    headers = {"content-type": "application/json"}
    assert bc.post(bc.lines_path, b"{", headers).code == "BadRequest"
    assert bc.post(bc.lines_path, [1]).code == "BadRequest"


# How listings are cut into pages, 3.5


def _follow(bc: Client, page: Reply) -> list[Reply]:
    pages = [page]
    while "@odata.nextLink" in pages[-1].body:
        link = urlsplit(pages[-1].body["@odata.nextLink"])
        pages.append(bc.ask("GET", link.path, query=link.query))
    return pages


def test_pages_are_followed_by_an_absolute_opaque_link(bc: Client) -> None:
    bc.sandbox.switch(page_size=3)
    first = bc.get("accounts", filter="number lt '30000'", select="number", count="true")
    assert first.body["@odata.nextLink"].startswith("http://")
    assert first.body["@odata.count"] == 8
    pages = _follow(bc, first)
    numbers = [row["number"] for page in pages for row in page.value]
    assert [len(page.value) for page in pages] == [3, 3, 2]
    assert numbers == sorted(set(numbers))
    assert all(set(row) == {"@odata.etag", "number"} for page in pages for row in page.value)


def test_a_caller_may_ask_for_smaller_pages_up_to_a_limit(bc: Client) -> None:
    page = bc.get("accounts", {"prefer": "odata.maxpagesize=5"})
    assert len(page.value) == 5
    assert page.headers["preference-applied"] == "odata.maxpagesize=5"
    assert bc.get("accounts", {"prefer": "odata.maxpagesize=20001"}).status == 413


def test_rows_may_repeat_when_some_are_added_between_pages(bc: Client) -> None:
    bc.sandbox.switch(page_size=3)
    first = bc.get("accounts", select="number")
    bc.sandbox.add_accounts([{"number": "00001", "name": "New"}])
    numbers = [row["number"] for page in _follow(bc, first) for row in page.value]
    assert len(numbers) == len(set(numbers)) + 1


def test_a_stale_token_is_refused(bc: Client) -> None:
    bc.sandbox.switch(page_size=3)
    link = urlsplit(bc.get("accounts").body["@odata.nextLink"])
    bc.sandbox.switch(expire_skip_tokens=True)
    refused = bc.ask("GET", link.path, query=link.query)
    assert (refused.status, refused.code) == (400, "SkipTokenIsNoLongerValid")


def test_a_token_belongs_to_its_listing(bc: Client) -> None:
    bc.sandbox.switch(page_size=3)
    link = urlsplit(bc.get("accounts").body["@odata.nextLink"])
    refused = bc.ask("GET", f"{ROOT}/{COMPANY}/vendors", query=link.query)
    assert refused.code == "SkipTokenIsNoLongerValid"


# How errors look, 3.8


def test_the_correlation_id_is_glued_to_the_message(bc: Client) -> None:
    message = json.loads(bc.get("nothings").raw)["error"]["message"]
    assert re.fullmatch(
        r".+\.  CorrelationId:  [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.", message
    )


def test_messages_follow_the_accepted_language_and_codes_do_not(bc: Client) -> None:
    path = f"journals({bc.journal})/Microsoft.NAV.post"
    german = bc.post(path, headers={"accept-language": "de-DE"})
    assert german.message == "Es gibt nichts zu buchen."
    assert german.code == bc.post(path).code == "Application_DialogException"


def test_the_language_can_be_switched_for_all(bc: Client) -> None:
    bc.sandbox.switch(language="de-DE")
    refused = bc.post(f"journals({bc.journal})/Microsoft.NAV.post")
    assert refused.message == "Es gibt nichts zu buchen."


def test_the_odata_version_is_stated(bc: Client) -> None:
    assert bc.get("accounts").headers["odata-version"] == "4.0"
    assert bc.get("nothings").headers["odata-version"] == "4.0"
