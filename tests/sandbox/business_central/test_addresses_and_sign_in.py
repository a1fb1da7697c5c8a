"""Contract 1: addresses, environments, companies and refused sign-ins."""

import pytest

from business_central_client import COMPANY, GONE, ROOT, Client
from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.company import COMPANY_ID, ENVIRONMENT, SECOND_COMPANY_ID, TENANT


def test_the_environments_are_listed_with_their_tenant_and_type(bc: Client) -> None:
    (environment,) = bc.ask("GET", "/environments/v1.2").value
    assert environment["aadTenantId"] == TENANT
    assert (environment["name"], environment["type"]) == (ENVIRONMENT, "Production")


@pytest.mark.parametrize(
    "root",
    [
        f"/v2.0/{TENANT}/{ENVIRONMENT}/api/v2.0",
        f"/v2.0/{TENANT}/production/api/v2.0",
        f"/v2.0/{ENVIRONMENT}/api/v2.0",
    ],
)
def test_companies_are_listed_below_both_forms_of_the_root(bc: Client, root: str) -> None:
    companies = bc.ask("GET", f"{root}/companies").value
    assert [company["id"] for company in companies] == [COMPANY_ID, SECOND_COMPANY_ID]


def test_the_first_company_keeps_its_books_in_dollars_the_second_in_euros(bc: Client) -> None:
    def currency(company: str) -> str:
        found = bc.ask("GET", f"{ROOT}/companies({company})/companyInformation").value[0]
        return str(found["currencyCode"])

    assert [currency(COMPANY_ID), currency(SECOND_COMPANY_ID)] == ["USD", "EUR"]


def test_a_display_name_may_be_empty_while_the_name_never_is(bc: Client) -> None:
    second = bc.ask("GET", f"{ROOT}/companies({SECOND_COMPANY_ID})").body
    assert (second["name"], second["displayName"]) == ("HARBOR EUROPE", "")


def test_a_company_without_access_is_left_out_and_cannot_be_opened(bc: Client) -> None:
    bc.sandbox.hide_company("connector", SECOND_COMPANY_ID)
    assert [row["id"] for row in bc.ask("GET", f"{ROOT}/companies").value] == [COMPANY_ID]
    refused = bc.ask("GET", f"{ROOT}/companies({SECOND_COMPANY_ID})/journals")
    assert refused.code == "Internal_CompanyNotFound"
    assert len(bc.as_user("maria").ask("GET", f"{ROOT}/companies").value) == 2


def test_companies_cannot_be_written(bc: Client) -> None:
    for method in ("POST", "PATCH", "DELETE"):
        path = f"{ROOT}/companies" if method == "POST" else f"{ROOT}/companies({COMPANY_ID})"
        refused = bc.ask(method, path, {})
        assert (refused.status, refused.code) == (405, "BadRequest_MethodNotAllowed")


@pytest.mark.parametrize("company", [COMPANY_ID, "HARBOR SUPPLY"])
def test_the_company_may_be_named_beside_the_path(bc: Client, company: str) -> None:
    found = bc.ask("GET", f"{ROOT}/bankAccounts", query=f"company={company.replace(' ', '%20')}")
    assert len(found.value) == 4


def test_an_unknown_company_is_refused_by_code(bc: Client) -> None:
    for path, query in (
        (f"companies({GONE})/journals", ""),
        ("journals", f"company={GONE}"),
        ("journals", ""),
    ):
        assert bc.ask("GET", f"{ROOT}/{path}", query=query).code == "Internal_CompanyNotFound"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{COMPANY}/nothings", "BadRequest_ResourceNotFound"),
        (f"{COMPANY}/journals({GONE})/vendors", "BadRequest_ResourceNotFound"),
        (f"{COMPANY}/journals('quoted')", "BadRequest_NotFound"),
        (f"companies('{COMPANY_ID}')/journals", "BadRequest_NotFound"),
    ],
)
def test_an_unknown_segment_and_a_quoted_key_are_not_found(
    bc: Client, path: str, code: str
) -> None:
    refused = bc.ask("GET", f"{ROOT}/{path}")
    assert (refused.status, refused.code) == (404, code)


def test_another_environment_or_version_is_not_found(bc: Client) -> None:
    assert bc.ask("GET", f"/v2.0/{TENANT}/Sandbox1/api/v2.0/companies").status == 404
    assert bc.ask("GET", f"/v2.0/{TENANT}/{ENVIRONMENT}/api/v1.0/companies").status == 404


@pytest.mark.parametrize("authorization", ["", "Bearer stranger", "Basic connector", "Bearer "])
def test_a_bad_token_is_answered_401_with_a_json_error(bc: Client, authorization: str) -> None:
    refused = bc.ask("GET", f"{ROOT}/companies", headers={"authorization": authorization})
    assert (refused.status, refused.code) == (401, "Authentication_InvalidCredentials")


def test_a_token_does_not_open_a_foreign_tenant(bc: Client) -> None:
    assert bc.ask("GET", f"/v2.0/{GONE}/{ENVIRONMENT}/api/v2.0/companies").status == 401


def test_the_401_can_be_xml(bc: Client) -> None:
    bc.sandbox.switch(xml_401=True)
    refused = bc.as_user("stranger").ask("GET", f"{ROOT}/companies")
    assert refused.status == 401
    assert b"<code>Unauthorized</code>" in refused.raw


@pytest.mark.parametrize("status", [403, 401, 400])
def test_a_lacking_permission_is_refused_with_an_authorization_code(
    bc: Client, status: int
) -> None:
    bc.sandbox.switch(denied=["POST journalLines"], denied_status=status)
    refused = bc.line()
    assert refused.status == status
    assert refused.code.startswith("Authorization_")
    assert refused.message.startswith("Sorry, the current permissions prevented the action.")
    assert bc.lines() == []


def test_the_journal_can_be_missing_at_first(clock: SandboxClock) -> None:
    sandbox = BusinessCentralSandbox(clock, lambda token: token, with_journal=False)
    assert Client(sandbox).get("journals", filter="code eq 'PEX CARD'").value == []


def test_the_schema_names_every_set_with_its_limits(bc: Client) -> None:
    document = bc.ask("GET", f"{ROOT}/$metadata").raw.decode()
    assert '<EntitySet Name="journalLines" EntityType="Microsoft.NAV.journalLine"/>' in document
    assert '<Property Name="externalDocumentNumber" Type="Edm.String" MaxLength="35"/>' in document
