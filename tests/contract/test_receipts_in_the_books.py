"""Receipts through the real adapters, against simulators that fail and a bookkeeper at work."""

import time
from collections.abc import Iterator
from uuid import UUID

import pytest

import receipt_books
from application.ports.read_models import RunView
from application.start_run import RunRequest
from domain.sync_run import RunStatus
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from entrypoints.serving import prepare
from entrypoints.settings import Settings
from sandbox.faults import Fault
from sandbox.program import Sandbox
from sandbox_company import configure

IN_DOUBT_SECONDS = 0.3
PURCHASES = 130


class Company:
    """A connected company whose purchases have one receipt each."""

    def __init__(self, sandbox: Sandbox, services: Services) -> None:
        self.sandbox = sandbox
        self.services = services
        self.connection_id = configure(services)
        sandbox.pex.empty()
        sandbox.business_central.switch(rate_limit=0)
        self.purchases = [self.buy() for _ in range(PURCHASES)]
        for number, pex_id in enumerate(self.purchases):
            sandbox.pex.add_receipt(pex_id, ("png", "jpg", "pdf")[number % 3])
            sandbox.pex.approve(pex_id)
        self.bc = sandbox.business_central

    def buy(self) -> int:
        members = {"TransactionAmount": "-48.60", "MetadataApprovalStatus": "Approved"}
        return int(self.sandbox.pex.add_row(members)["TransactionId"])

    def start(self) -> UUID:
        return self.services.start_run.start(RunRequest(self.connection_id, "admin:test"))

    def step(self, run_id: UUID) -> bool:
        """Take a step; whether the run goes on."""
        step = self.services.advance_run.step(run_id)
        at = step.at if step else None
        if at is not None:
            time.sleep(min(max((at - self.services.clock.now()).total_seconds(), 0), 2))
        return step is None or at is not None

    def sync(self) -> RunView:
        run_id = self.start()
        while self.step(run_id):
            pass
        return self.run(run_id)

    def run(self, run_id: UUID) -> RunView:
        run = self.services.read_models.run(run_id)
        assert run is not None
        return run


@pytest.fixture
def company(service_url: str) -> Iterator[Company]:
    with Sandbox(purchases=1) as sandbox:
        settings = Settings.of(
            sandbox.environment(),
            database_url=service_url,
            bc_in_doubt_seconds=IN_DOUBT_SECONDS,
        )
        prepare(settings)
        services = build(settings, NoWakeups())
        yield Company(sandbox, services)
        services.close()


def test_one_receipt_each_costs_one_upload_and_little_more(company: Company) -> None:
    company.bc.faults.journal.clear()
    run = company.sync()
    assert run.status is RunStatus.SUCCEEDED
    assert (run.counts.posted, run.counts.receipts) == (PURCHASES, PURCHASES)
    receipt_books.check(company.sandbox)
    requests = company.bc.faults.journal
    uploads = [one for one in requests if one["method"] == "PATCH"]
    assert len(uploads) == PURCHASES
    # The run's own reads, three packs of entries, and two lists and two makings of files.
    assert len(requests) - len(uploads) <= 14


@pytest.mark.parametrize(
    ("moment", "kind", "status"),
    [
        ("before", "status", 503),
        ("after", "status", 504),
        ("after", "cut", 0),
        ("before", "html", 502),
        ("later", "status", 504),
        ("before", "status", 429),
    ],
)
@pytest.mark.parametrize("nth", [1, 2])
def test_a_lost_answer_to_lists_or_makings_neither_loses_nor_doubles(
    company: Company, moment: str, kind: str, status: int, nth: int
) -> None:
    run_id = company.start()
    while company.run(run_id).counts.posted < PURCHASES:
        company.step(run_id)
    fault = Fault("POST", r"\$batch", nth=nth, moment=moment, kind=kind, commit_delay=0.1)
    fault.status = status or 200
    company.bc.faults.plant(fault)
    while company.step(run_id):
        pass
    company.sync()
    assert fault.hits == 1
    books = receipt_books.check(company.sandbox)
    assert sum(map(len, books.found.values())) == PURCHASES


@pytest.mark.parametrize(
    ("moment", "kind", "status"),
    [("before", "status", 500), ("after", "cut", 0), ("before", "status", 429)],
)
def test_uploads_that_fail_in_between_are_made_good(
    company: Company, moment: str, kind: str, status: int
) -> None:
    fault = Fault("PATCH", "attachmentContent", nth=3, times=4, moment=moment, kind=kind)
    fault.status = status or 200
    company.bc.faults.plant(fault)
    company.sync()
    company.sync()
    assert fault.hits == 4
    books = receipt_books.check(company.sandbox)
    assert sum(map(len, books.found.values())) == PURCHASES


def test_a_bookkeeper_who_posts_between_two_steps_gets_every_receipt_on_the_ledger(
    company: Company,
) -> None:
    run_id = company.start()
    while company.run(run_id).counts.receipts == 0:
        company.step(run_id)
    company.bc.post("PEX CARD")
    while company.step(run_id):
        pass
    books = receipt_books.check(company.sandbox)
    assert sum(map(len, books.found.values())) == PURCHASES
    assert company.run(run_id).counts.receipts == PURCHASES
    assert company.services.read_models.differences() == []


def test_a_journal_that_was_posted_under_other_numbers_takes_late_receipts(
    company: Company,
) -> None:
    company.sync()
    company.bc.add_series("POSTED", "P000000")
    company.bc.set_series(posting_series="POSTED")
    company.bc.post("PEX CARD")
    numbers = {one.document_number for one in company.bc.books().entries}
    assert not [one for one in numbers if one.startswith("PEX-")]
    for pex_id in company.purchases[:5]:
        company.sandbox.pex.add_receipt(pex_id, "pdf")
    assert company.sync().counts.receipts == 5
    receipt_books.check(company.sandbox)


def test_a_pex_that_breaks_down_in_the_middle_is_waited_for(company: Company) -> None:
    lists = Fault("GET", "/Attachments", nth=20, times=3, kind="status", status=500)
    contents = Fault("GET", "/Attachment/", nth=30, times=2, kind="cut", status=200)
    for fault in (lists, contents):
        company.sandbox.pex.faults.plant(fault)
    company.sync()
    company.sync()
    assert (lists.hits, contents.hits) == (3, 2)
    books = receipt_books.check(company.sandbox)
    assert sum(map(len, books.found.values())) == PURCHASES


def test_receipts_that_pex_delivers_by_address_or_as_data_are_the_same(company: Company) -> None:
    company.sandbox.pex.switch(attachment_urls=True)
    company.sync()
    company.sandbox.pex.switch(attachment_urls=False, attachment_data_uris=True)
    company.sandbox.pex.add_receipt(company.purchases[0], "png")
    assert company.sync().counts.receipts == 1
    receipt_books.check(company.sandbox)
