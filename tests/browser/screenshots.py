"""Takes the pictures of all pages for README and guide (`make screenshots`).

A made-up company goes its way from an empty database to synced books; on the way each page is
photographed as it then is. A page that is missing or tells a problem ends it with an error.
"""

import logging
import shutil
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import structlog
from playwright.sync_api import Page, sync_playwright

from browser.conftest import CHROMIUM, FLAGS, sign_in
from domain.eastern_time import eastern_day
from entrypoints.composition import Services
from entrypoints.demo.company import SERVICE, ApiUser, settings_body, wait_until, with_everything
from entrypoints.demo.credit import connect_credit, credit_settings_body
from entrypoints.serving import in_background
from entrypoints.settings import Settings
from sandbox import company
from sandbox.faults import Fault
from sandbox.program import Sandbox

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
SMALLER = Path(__file__).with_name("smaller.js").read_text(encoding="utf-8")
MOST_BYTES = 2_500_000
WIDE, NARROW = (1280, 800), (360, 740)
PURCHASES = 160
DAYS_BACK = 75
Json = dict[str, Any]


class Tour:
    """The company's way by the API, and a camera in front of the pages."""

    def __init__(self, page: Page, url: str, services: Services, sandbox: Sandbox) -> None:
        now = services.clock.now()
        tokens = services.api_tokens
        _, self._token = tokens.create("Dana Kim", "admin", (), "pictures", now)
        self._page = page
        self._dark_room = page.context.new_page()
        self._url = url
        self._sandbox = sandbox
        self._user = ApiUser(url, self._token)
        self._start = (eastern_day(now) - timedelta(days=DAYS_BACK)).isoformat()
        self._id = ""
        self.pictures: dict[str, bytes] = {}

    def go(self) -> None:
        """The whole way, once."""
        try:
            self._begin()
            self._connect()
            self._map()
            self._sync()
            self._look_back()
            self._change_afterwards()
            self._go_on()
            self._break()
        finally:
            self._user.close()

    # --- the way ------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._shoot("sign-in", "/sign-in")
        sign_in(self._page, company.PREPAID_TOKEN)
        self._shoot("connections-empty", "/connections")
        self._shoot("connect-pex", "/connect")

    def _connect(self) -> None:
        body = {"pex": {"token": company.PREPAID_TOKEN}}
        self._id = str(self._user.call("POST", "/connections", body).json()["id"])
        self._shoot("connect-microsoft", self._at("/connect"))
        self._user.call("POST", f"/connections/{self._id}/microsoft", SERVICE)
        wait_until(lambda: self._is("connected_ready"), "connected_ready")
        self._shoot("sync-first", self._at())

    def _map(self) -> None:
        self._shoot("settings-new", self._at(f"/settings?company_id={company.COMPANY_ID}"))
        self._user.configure(self._id, self._start, with_everything(settings_body))
        self._shoot("settings", self._at("/settings"))
        self._shoot("settings-mappings", self._at("/settings"), see="h3")
        alias = {"merchant": "Blue Harbor Coffee", "vendor": "10020"}
        self._user.call("PUT", f"/connections/{self._id}/vendor-aliases", alias)
        self._shoot("vendors", self._at("/vendors"))
        self._shoot("connect-ready", self._at("/connect"))

    def _sync(self) -> None:
        preview = self._user.run(self._id, preview=True, watch=lambda _run: None)
        self._shoot("preview", f"/runs/{preview['id']}?outcome=would_post", see="table")
        with self._slow_business_central():
            run = self._user.call("POST", f"/connections/{self._id}/runs", {}).json()["id"]
            wait_until(lambda: self._run(run)["counts"]["posted"] > 0, "the first entries")
            self._shoot("running", f"/runs/{run}")
        wait_until(lambda: self._run(run)["finished_at"] is not None, "the run's end")
        self._shoot("run", f"/runs/{run}")
        self._shoot("sync", self._at())
        self._shoot("sync-narrow", self._at(), size=NARROW)

    def _look_back(self) -> None:
        self._shoot("history", self._at("/history"))
        self._shoot("transactions", self._at("/transactions?q=Corner+Deli"))
        self._shoot("transaction", self._of(self._with_receipt()))
        self._shoot("transaction-failed", self._of(self._seen("outcome=failed")[0]))
        self._shoot("backlog", self._at("/backlog"))
        self._shoot("pictures", self._at("/pictures"))
        self._shoot("pictures-dark", self._at("/pictures"), scheme="dark")

    def _change_afterwards(self) -> None:
        """PEX corrects an amount that is in the books."""
        posted = self._seen("outcome=posted&kind=purchase")[0]
        more = {"TransactionAmount": str(float(posted["amount"]) - 5)}
        self._sandbox.pex.change_row(int(posted["pex_id"]), more)
        self._user.run(self._id, preview=False, watch=lambda _run: None)
        self._shoot("transaction-changed", self._of(posted))

    def _go_on(self) -> None:
        """A second business uses the same sign-in; whoever connected both sees both."""
        second = connect_credit(self._user, linked_to=self._id)
        self._user.configure(second, self._start, credit_settings_body)
        sign_in(self._page, self._token)
        self._shoot("connections", "/connections")

    def _break(self) -> None:
        """PEX takes the first business's token no longer."""
        self._sandbox.pex.expire_token(company.PREPAID_TOKEN)
        run = self._user.run(self._id, preview=False, watch=lambda _run: None)
        self._shoot("run-failed", f"/runs/{run['id']}")
        self._shoot("connect-action-required", self._at("/connect"))

    # --- what it is made of -------------------------------------------------------------------

    def _shoot(
        self,
        name: str,
        path: str,
        *,
        size: tuple[int, int] = WIDE,
        scheme: Literal["light", "dark"] = "light",
        see: str = "body",
    ) -> None:
        """Take a picture of a page from where `see` begins, a CSS selector."""
        width, height = size
        self._page.set_viewport_size({"width": width, "height": height})
        self._page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        answer = self._page.goto(path, wait_until="load")
        if answer is None or not answer.ok:
            raise SystemExit(f"{name}: {path} answers {answer and answer.status}")
        self._page.get_by_role("heading", level=1).wait_for()
        self._page.wait_for_function("!document.querySelector('.htmx-request')")
        self._page.locator(see).first.evaluate("one => one.scrollIntoView()")
        picture = b64encode(self._page.screenshot()).decode()
        smaller = self._dark_room.evaluate(SMALLER, picture)
        self.pictures[name] = b64decode(smaller)

    @contextmanager
    def _slow_business_central(self) -> Iterator[None]:
        faults = self._sandbox.business_central.faults
        faults.plant(Fault("POST", r"\$batch", nth=2, times=-1, kind="slow", delay=4))
        try:
            yield
        finally:
            faults.clear()

    def _at(self, behind: str = "") -> str:
        return f"/connections/{self._id}{behind}"

    def _of(self, row: Json) -> str:
        return self._at(f"/transactions/{row['kind']}/{row['pex_id']}")

    def _is(self, status: str) -> bool:
        return bool(self._user.get(f"/connections/{self._id}")["status"] == status)

    def _run(self, run_id: str) -> Json:
        return self._user.get(f"/runs/{run_id}")

    def _seen(self, query: str) -> list[Json]:
        return self._user.items(f"/connections/{self._id}/transactions?{query}")

    def _with_receipt(self) -> Json:
        posted = self._seen("outcome=posted&kind=purchase&q=Corner+Deli")
        return next(one for one in posted if self._user.get(self._of(one))["receipts"])


def main() -> None:
    """Take all pictures anew."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    chromium = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("there is no Chromium on this machine")
    with tempfile.TemporaryDirectory() as folder, Sandbox(purchases=PURCHASES) as sandbox:
        settings = Settings.of(sandbox.environment(), database_url=f"sqlite:///{folder}/pexbc.db")
        with (
            in_background(settings, "127.0.0.1", 0) as (url, services),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            person = browser.new_context(
                base_url=url, locale="en-US", timezone_id="America/New_York"
            )
            tour = Tour(person.new_page(), url, services, sandbox)
            tour.go()
            browser.close()
    size = sum(map(len, tour.pictures.values()))
    if size > MOST_BYTES:
        raise SystemExit(f"the pictures take {size} bytes, more than {MOST_BYTES}")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for name, picture in tour.pictures.items():
        (FOLDER / f"{name}.png").write_bytes(picture)


if __name__ == "__main__":
    main()
