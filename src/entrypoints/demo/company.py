"""Connecting and configuring the made-up company through the API, as a user would."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from sandbox import company

Json = dict[str, Any]
SettingsBody = Callable[[str, dict[str, str], dict[str, str], str], Json]
WAIT_SECONDS = 120.0
SERVICE: Json = {
    "mode": "service",
    "tenant_id": company.TENANT,
    "environment": company.ENVIRONMENT,
}


class DemoFailed(Exception):
    """The demo did not do what it is there to show."""


class ApiUser:
    """A company admin with an API token and a shell."""

    def __init__(self, url: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Call the API; raises DemoFailed with the problem's words where it refuses."""
        response = self._http.request(method, path, json=body, headers=headers)
        if not response.is_success:
            raise DemoFailed(f"{method} {path}: {response.status_code} {response.text}")
        return response

    def get(self, path: str) -> Json:
        """Read something."""
        answer: Json = self.call("GET", path).json()
        return answer

    def items(self, path: str) -> list[Json]:
        """Read a whole list, page by page."""
        items: list[Json] = []
        cursor = ""
        while True:
            joint = "&" if "?" in path else "?"
            page = self.get(f"{path}{joint}limit=500" + (f"&cursor={cursor}" if cursor else ""))
            items.extend(page["items"])
            cursor = page["next_cursor"] or ""
            if not cursor:
                return items

    def connect(self) -> str:
        """Connect the prepaid business with the simulated Business Central; the connection's id."""
        body = {"pex": {"token": company.PREPAID_TOKEN}}
        connection_id = str(self.call("POST", "/connections", body).json()["id"])
        path = f"/connections/{connection_id}"
        self.call("POST", f"{path}/microsoft", SERVICE)
        wait_until(lambda: self.get(path)["status"] == "connected_ready", "connected_ready")
        return connection_id

    def configure(
        self, connection_id: str, start_date: str, body_of: SettingsBody | None = None
    ) -> None:
        """Choose the company and map everything, as `body_of` has it (else `settings_body`)."""
        path = f"/connections/{connection_id}"
        companies = self.get(f"{path}/choices")["companies"]
        chosen = next(one["id"] for one in companies if one["name"] == company.COMPANY_DISPLAY_NAME)
        offered = self.get(f"{path}/choices?company_id={chosen}")
        accounts = {one["number"]: one["id"] for one in offered["accounts"]}
        banks = {one["number"]: one["id"] for one in offered["bank_accounts"]}
        etag = self.call("GET", f"{path}/settings").headers["etag"]
        body = (body_of or settings_body)(chosen, accounts, banks, start_date)
        self.call("PUT", f"{path}/settings", body, **{"If-Match": etag})

    def run(self, connection_id: str, *, preview: bool, watch: Callable[[Json], None]) -> Json:
        """Start a run and wait for its end, telling `watch` how it stands."""
        started = self.call("POST", f"/connections/{connection_id}/runs", {"preview": preview})
        path = started.headers["location"].removeprefix("/api/v1")

        def over() -> bool:
            stands = self.get(path)
            watch(stands)
            return stands["finished_at"] is not None

        wait_until(over, "the run's end")
        return self.get(path)


def settings_body(
    company_id: str, accounts: dict[str, str], banks: dict[str, str], start_date: str
) -> Json:
    """The demo's settings: accounts and dimensions by tag, everything on."""

    def by_tag(field: str, tag: str, default: str | None = None) -> Json:
        return {"field": field, "source": {"kind": "tag", "tag_id": tag, "default": default}}

    return {
        "company_id": company_id,
        "pex_account_id": accounts["10950"],
        "start_date": start_date,
        "purchases": {
            "enabled": True,
            "approved_only": True,
            "mappings": [
                by_tag("expense_account", company.EXPENSE_TAG, accounts["69900"]),
                by_tag("dimension:DEPARTMENT", company.DEPARTMENT_TAG),
                by_tag("dimension:CLASS", company.CLASS_TAG),
            ],
        },
        "fees": {"enabled": True, "account_id": accounts["68000"]},
        "transfers": {"enabled": True, "bank_account_id": banks["CHECKING"]},
        "rebates": {"enabled": True, "account_id": accounts["48000"]},
    }


def with_everything(body_of: SettingsBody) -> SettingsBody:
    """The same settings with a vendor for each merchant, and tag options kept in step."""

    def body(
        company_id: str, accounts: dict[str, str], banks: dict[str, str], start_date: str
    ) -> Json:
        plain = body_of(company_id, accounts, banks, start_date)
        purchases = plain["purchases"]
        more = {
            "vendor_per_merchant": True,
            "add_vendor_to_company": True,
            "standardized_vendor_names": True,
            "mappings": [mapping | {"sync_options": True} for mapping in purchases["mappings"]],
        }
        return plain | {"purchases": purchases | more}

    return body


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Look every moment until it is so; raises DemoFailed after two minutes."""
    end = time.monotonic() + WAIT_SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise DemoFailed(f"waited in vain for {what}")
        time.sleep(0.1)
