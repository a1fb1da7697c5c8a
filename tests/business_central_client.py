"""A terse client of the Business Central simulator for its tests: in process, or over a socket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sandbox.business_central import BusinessCentralSandbox
from sandbox.clock import SandboxClock
from sandbox.company import COMPANY_ID, ENVIRONMENT, TENANT
from sandbox.web import Request, dump

ROOT = f"/v2.0/{TENANT}/{ENVIRONMENT}/api/v2.0"
COMPANY = f"companies({COMPANY_ID})"
NOBODY = "00000000-0000-0000-0000-000000000000"
GONE = "11111111-2222-4333-8444-555555555555"
PRIMARY = {"data-access-intent": "ReadWrite"}


class StandingClock(SandboxClock):
    """Moves only when it is set or advanced, so that no test depends on the machine's pace."""

    def now(self) -> datetime:
        return self._start


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    raw: bytes
    headers: Mapping[str, str]

    @property
    def body(self) -> Any:
        return json.loads(self.raw, parse_float=Decimal)

    @property
    def value(self) -> list[Any]:
        assert self.status == 200, self.raw
        found: list[Any] = self.body["value"]
        return found

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.body["error"]["message"]).partition("  CorrelationId:")[0]

    @property
    def etag(self) -> str:
        return str(self.body["@odata.etag"])

    @property
    def id(self) -> str:
        assert self.status in (200, 201), self.raw
        return str(self.body["id"])


class Client:
    """Asks as the user `connector`, whose token is that name; paths are below the company."""

    def __init__(self, sandbox: BusinessCentralSandbox, user: str = "connector") -> None:
        self.sandbox, self.user = sandbox, user

    def as_user(self, user: str) -> "Client":
        return Client(self.sandbox, user)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        query: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        sent = {"authorization": f"Bearer {self.user}", "accept": "application/json"}
        content = b""
        if isinstance(body, bytes):
            content = body
            sent["content-type"] = "application/octet-stream"
        elif body is not None:
            content = dump(body)
            sent["content-type"] = "application/json"
        sent |= {name: value for name, value in (headers or {}).items() if value}
        for name in [name for name, value in (headers or {}).items() if not value]:
            sent.pop(name, None)
        answer = self.sandbox.application(Request(method, path, sent, content, query))
        return Reply(answer.status, answer.body, answer.headers)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **options: Any) -> Reply:
        """`filter="..."` becomes `$filter=...`, and so on."""
        return self.ask("GET", f"{ROOT}/{COMPANY}/{path}", None, query_of(options), headers)

    def post(
        self, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        return self.ask("POST", f"{ROOT}/{COMPANY}/{path}", body, "", headers)

    def patch(
        self, path: str, body: object, match: str = "*", headers: Mapping[str, str] | None = None
    ) -> Reply:
        sent = {"if-match": match} | dict(headers or {})
        return self.ask("PATCH", f"{ROOT}/{COMPANY}/{path}", body, "", sent)

    def delete(self, path: str, match: str = "") -> Reply:
        return self.ask("DELETE", f"{ROOT}/{COMPANY}/{path}", None, "", {"if-match": match})

    @property
    def journal(self) -> str:
        """The SystemId of PEX CARD."""
        return str(self.get("journals", filter="code eq 'PEX CARD'").value[0]["id"])

    @property
    def lines_path(self) -> str:
        return f"journals({self.journal})/journalLines"

    def line(self, **fields: object) -> Reply:
        """Insert a debit line of 10.00 on meals, or what the fields say instead."""
        return self.post(self.lines_path, line_body(**fields))

    def lines(self, **options: Any) -> list[Any]:
        return self.get(self.lines_path, **options).value

    def batch(self, *operations: dict[str, Any], **headers: str) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", f"{ROOT}/$batch", {"requests": list(operations)}, "", sent)

    def insert(self, number: int, **fields: object) -> dict[str, Any]:
        """An operation of a `$batch` that inserts a line."""
        return {
            "id": f"line{number}",
            "method": "POST",
            "url": f"{COMPANY}/{self.lines_path}",
            "headers": {"Content-Type": "application/json"},
            "body": line_body(**{"lineNumber": number} | fields),
        }


def line_body(**fields: object) -> dict[str, object]:
    """The members of a line in the contract's order; None leaves one out."""
    standard: dict[str, object] = {
        "lineNumber": 700010,
        "accountType": "G/L Account",
        "accountNumber": "62400",
        "postingDate": "2026-08-14",
        "documentNumber": "PEX-918273645-X1",
        "externalDocumentNumber": "PEX918273645",
        "amount": Decimal("10.00"),
        "description": "Corner Deli / M. Ortiz / PEX 918273645",
    }
    return {name: value for name, value in (standard | fields).items() if value is not None}


def query_of(options: Mapping[str, object]) -> str:
    return "&".join(f"${name}={quote(str(value))}" for name, value in options.items())
