"""Tag options end to end: real adapters and database, the simulators, and the API (M28)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar.testing import TestClient

from application.start_run import RunRequest
from domain.connection import Connection
from domain.settings import FieldMapping, Source, TagOptionRules
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from sandbox import company
from sandbox.faults import Fault
from sandbox.program import Sandbox
from sandbox_company import configure

Json = dict[str, Any]
ACTOR = "admin:test"
NEW_ACCOUNT = ("expense_account", "68000", "added")


class Died(BaseException):
    """The worker is gone."""


class Company:
    """A connected company whose mapped fields all sync their options."""

    def __init__(self, sandbox: Sandbox, database_url: str) -> None:
        self.sandbox = sandbox
        self.meanwhile: dict[str, Callable[[], None]] = {}
        settings = Settings.of(
            sandbox.environment(), database_url=database_url, pex_requests_per_minute=1_000_000
        )
        self.services: Services = build(settings, NoWakeups(), boundary=self._reached)
        self.connection_id = configure(self.services)
        self.save()

    def _reached(self, boundary: str) -> None:
        self.meanwhile.pop(boundary, lambda: None)()

    def save(self, *more: FieldMapping, rename: bool = False) -> None:
        """Sync the options of every mapped field, and of these."""
        connection = self.services.log.load(Connection, self.connection_id)
        settings = connection.settings
        mapped = (*settings.purchases.mappings, *more)
        purchases = replace(
            settings.purchases, mappings=tuple(replace(one, sync_options=True) for one in mapped)
        )
        self.services.configure.save(
            self.connection_id,
            replace(settings, purchases=purchases, tag_options=TagOptionRules(rename)),
            connection.settings_version,
            ACTOR,
        )

    def run(self, **asked: Any) -> UUID:
        request = RunRequest(self.connection_id, ACTOR, **({"kinds": ()} | asked))
        if request.kinds == ():
            request = replace(request, tag_options=True)
        run_id = self.services.start_run.start(request)
        self.finish(run_id)
        return run_id

    def finish(self, run_id: UUID) -> None:
        """Step until it is over, however it stands."""
        for _ in range(100):
            step = self.services.advance_run.step(run_id)
            if step is not None and step.at is None:
                return
        raise AssertionError("the run does not come to an end")

    def ask(self, path: str) -> Json:
        token = self.services.api_tokens.create(
            "a", "admin", (company.PREPAID_BUSINESS,), "test", self.services.clock.now()
        )[1]
        with TestClient(create_app(self.services)) as client:
            answer = client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        read: Json = answer.json()
        return read

    def changes(self, run_id: UUID) -> list[Json]:
        found: list[Json] = self.ask(f"/runs/{run_id}/tag-options")["items"]
        return found

    def told(self, run_id: UUID) -> list[tuple[str, str, str]]:
        return [
            (one["field"], one["value"], one["code"] or one["change"])
            for one in self.changes(run_id)
        ]

    def tag(self, tag_id: str = company.EXPENSE_TAG) -> Json:
        business = self.sandbox.pex.world.businesses[company.PREPAID_BUSINESS]
        return dict(business.tags[tag_id])

    def options(self, tag_id: str = company.EXPENSE_TAG) -> dict[str, Json]:
        return {one["Value"]: one for one in self.tag(tag_id)["Options"]}

    def new_dropdown(self, name: str) -> str:
        """A tag that a person makes in PEX, with one option of their own."""
        own = {"Name": "Ask the office", "Value": "ASK", "Order": 0, "IsEnabled": True}
        tag = {"Name": name, "Order": 9, "IsRequired": False, "IsEnabled": True, "Options": [own]}
        made = httpx.post(
            f"{self.services.settings.pex_api_url}/Business/Configuration/Tag/Dropdown",
            json=tag,
            headers={"Authorization": f"token {company.PREPAID_TOKEN}"},
        )
        return str(made.json()["Id"])

    def puts(self) -> int:
        return sum(entry["method"] == "PUT" for entry in self.sandbox.pex.faults.journal)


@pytest.fixture
def made(tmp_path: Path, sqlite_url: str) -> Iterator[Company]:
    with Sandbox(purchases=4) as sandbox:
        made = Company(sandbox, sqlite_url)
        yield made
        made.services.close()


def test_one_write_brings_a_tag_up_to_date_and_the_next_run_writes_nothing(made: Company) -> None:
    before = made.tag()
    first = made.run()
    assert made.told(first) == [NEW_ACCOUNT]
    assert made.puts() == 1
    after = made.tag()
    assert after["Options"][:-1] == before["Options"]
    assert after["Options"][-1] == {
        "Name": "Bank and card fees*",
        "Value": "68000",
        "Order": max(one["Order"] for one in before["Options"]) + 1,
        "IsEnabled": True,
    }
    kept = ("Name", "Description", "Order", "IsRequired", "IsEnabled")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert made.told(made.run()) == []
    assert made.puts() == 1


def test_hand_made_disabled_and_restricted_options_survive(made: Company) -> None:
    before = made.options()
    assert before["FEES-OLD"]["Name"] == "BANK AND CARD FEES"
    assert not before["66900"]["IsEnabled"]
    made.run()
    after = made.options()
    assert {value: after[value] for value in before} == before
    assert "65100" in after


def test_a_run_of_tag_options_alone_asks_for_no_rows_no_journal_and_no_vendors(
    made: Company,
) -> None:
    made.sandbox.pex.faults.clear()
    made.sandbox.business_central.faults.clear()
    made.sandbox.business_central.delete_journal()
    run = made.ask(f"/runs/{made.run()}")
    assert (run["status"], run["kinds"]) == ("succeeded", ["tag_options"])
    assert (run["counts"]["tags_synced"], run["counts"]["seen"]) == (1, 0)
    asked = [entry["path"] for entry in made.sandbox.pex.faults.journal]
    assert {path.split("/")[-2] for path in asked} == {"Tag", "Dropdown"}
    batch, values = made.sandbox.business_central.faults.journal
    assert batch["operations"] == "3"  # the set-up, the accounts, the dimensions
    assert values["path"].endswith("/dimensionValues")


def test_what_business_central_blocks_is_disabled_and_what_it_frees_is_enabled(
    made: Company,
) -> None:
    made.run()
    made.sandbox.business_central.change_account("62400", blocked=True)
    assert made.told(made.run()) == [("expense_account", "62400", "disabled")]
    assert not made.options()["62400"]["IsEnabled"]
    made.sandbox.business_central.change_account("62400", blocked=False)
    assert made.told(made.run()) == [("expense_account", "62400", "enabled")]


def test_an_option_that_a_person_disabled_stays_disabled(made: Company) -> None:
    made.run()
    made.sandbox.pex.disable_option(company.EXPENSE_TAG, "62400")
    assert made.told(made.run()) == []
    assert not made.options()["62400"]["IsEnabled"]


def test_a_new_name_is_followed_only_where_the_settings_say_so(made: Company) -> None:
    made.run()
    made.sandbox.business_central.change_account("62400", name="Meals")
    assert made.told(made.run()) == []
    made.save(rename=True)
    assert made.told(made.run()) == [("expense_account", "62400", "renamed")]
    assert made.options()["62400"]["Name"] == "Meals"


def test_a_concurrent_edit_is_read_again_and_kept(made: Company) -> None:
    edit = made.sandbox.pex.disable_option
    made.meanwhile["tag_options_intended"] = lambda: edit(company.EXPENSE_TAG, "62400")
    assert made.told(made.run()) == [NEW_ACCOUNT]
    statuses = [
        entry["status"] for entry in made.sandbox.pex.faults.journal if entry["method"] == "PUT"
    ]
    assert statuses == [409, 200]
    assert not made.options()["62400"]["IsEnabled"]
    assert made.told(made.run()) == []


def test_an_answer_that_was_cut_off_costs_no_second_write(made: Company) -> None:
    made.sandbox.pex.faults.plant(Fault("PUT", "Dropdown", moment="after", kind="cut"))
    assert made.told(made.run()) == [NEW_ACCOUNT]
    assert made.puts() == 1


def test_a_write_that_pex_refuses_tells_its_words_and_fails_the_field_alone(
    made: Company,
) -> None:
    made.sandbox.pex.switch(max_options=5)
    run_id = made.run()
    (failed,) = made.changes(run_id)
    assert (failed["change"], failed["code"]) == ("failed", "TAG_NOT_WRITTEN")
    assert "at most 5 options" in failed["detail"]
    assert failed["fix"]
    run = made.ask(f"/runs/{run_id}")
    assert run["status"] == "partly_failed"
    assert run["counts"]["tag_fields_failed"] == 1


def test_a_worker_that_dies_behind_the_write_leaves_nothing_undone(made: Company) -> None:
    def die() -> None:
        raise Died

    made.meanwhile["tag_options_written"] = die
    request = RunRequest(made.connection_id, ACTOR, kinds=(), tag_options=True)
    run_id = made.services.start_run.start(request)
    with pytest.raises(Died):
        made.finish(run_id)
    made.finish(run_id)
    assert made.told(run_id) == [NEW_ACCOUNT]
    assert made.puts() == 1
    made.sandbox.business_central.change_account("68000", blocked=True)
    assert made.told(made.run()) == [("expense_account", "68000", "disabled")]


def test_a_deleted_tag_fails_its_field_and_the_transactions_are_posted(made: Company) -> None:
    made.sandbox.pex.delete_tag(company.DEPARTMENT_TAG)
    run_id = made.run(kinds=None)
    assert made.told(run_id) == [NEW_ACCOUNT, ("dimension:DEPARTMENT", "", "TAG_GONE")]
    run = made.ask(f"/runs/{run_id}")
    assert run["kinds"][-1] == "tag_options"
    assert run["status"] == "partly_failed"
    assert run["counts"]["posted"] > 0


def test_tags_that_are_switched_off_fail_their_fields_and_nothing_else(made: Company) -> None:
    made.sandbox.pex.switch(company.PREPAID_BUSINESS, tags_enabled=False)
    run_id = made.run(kinds=None)
    assert {code for _, _, code in made.told(run_id)} == {"PEX_TAGS_OFF"}
    assert made.ask(f"/runs/{run_id}")["counts"]["posted"] > 0


def test_a_preview_lists_the_changes_and_writes_nothing(made: Company) -> None:
    run_id = made.run(preview=True)
    assert made.told(run_id) == [NEW_ACCOUNT]
    assert made.puts() == 0
    assert made.told(made.run()) == [NEW_ACCOUNT]


def test_vendors_and_tax_codes_fill_tags_of_their_own_page_by_page(made: Company) -> None:
    vendor = made.new_dropdown("Vendor")
    taxes = made.new_dropdown("Tax")
    made.save(
        FieldMapping("vendor", Source("tag", tag_id=vendor)),
        FieldMapping("tax_code", Source("tag", tag_id=taxes)),
    )
    run_id = made.run()
    named = {number for number, _, blocked in company.VENDORS if blocked != "All"}
    assert named < made.options(vendor).keys()
    assert {code for code, _ in company.TAX_GROUPS} < made.options(taxes).keys()
    whole = made.changes(run_id)
    path = f"/runs/{run_id}/tag-options?limit=2"
    page = made.ask(path)
    pages = list(page["items"])
    while page["next_cursor"]:
        page = made.ask(f"{path}&cursor={page['next_cursor']}")
        pages.extend(page["items"])
    assert pages == whole
    assert len(whole) == len(named) + len(company.TAX_GROUPS) + 1
    assert whole[-1].keys() == {
        "tag_id", "field", "option", "value", "change", "code", "detail", "fix",
    }  # fmt: skip


def test_the_views_agree_with_a_replay_of_everything_that_was_done(made: Company) -> None:
    made.run()
    made.sandbox.business_central.change_account("62400", blocked=True)
    made.run()
    assert made.services.read_models.differences() == []
