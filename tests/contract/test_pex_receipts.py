"""Receipts of a purchase in PEX: the fake, and the adapter over real HTTP, do the same."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import pytest

from adapters.pex.access import HttpPexAccess
from application.ports.pex import PexAccount, UploadStatus
from domain.eastern_time import EASTERN
from fakes.pex import FakePexAccount
from fakes.vault import FakeVault
from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.faults import FaultPlan
from sandbox.pex import PexSandbox
from sandbox.web import Server

END = datetime(2026, 8, 15, 12, 0, tzinfo=EASTERN)
PDF = b"%PDF-1.7 \xff receipt"
PNG = b"\x89PNG\r\n\x1a\n receipt"


class Pex(Protocol):
    """A business with one purchase, and a way to lay receipts in."""

    account: PexAccount
    purchase: int

    def add(self, content: bytes, status: UploadStatus = UploadStatus.LOADED) -> str:
        """Put a receipt on the purchase; its id."""


class InMemory:
    """The fake."""

    def __init__(self) -> None:
        self.fake = FakePexAccount()
        self.account: PexAccount = self.fake
        self.purchase = 70010021

    def add(self, content: bytes, status: UploadStatus = UploadStatus.LOADED) -> str:
        receipt_id = f"receipt-{len(self.fake.contents)}"
        self.fake.add_receipt(self.purchase, receipt_id, content, status)
        return receipt_id


class OverHttp:
    """The adapter, and the simulator behind a socket."""

    def __init__(self, url: str, played: PexSandbox) -> None:
        self.played = played
        self.opened = HttpPexAccess(f"{url}/v4", FakeVault(), 6000)
        self.account = self.opened.with_token(company.PREPAID_TOKEN)
        self.purchase = int(played.add_row()["TransactionId"])

    def add(self, content: bytes, status: UploadStatus = UploadStatus.LOADED) -> str:
        kind = "pdf" if content == PDF else "png"
        return self.played.add_receipt(self.purchase, kind, content=content, state=status.value).id


@pytest.fixture(params=["fake", "real"])
def pex(request: pytest.FixtureRequest) -> Iterator[Pex]:
    if request.param == "fake":
        yield InMemory()
        return
    played = PexSandbox(SandboxClock(END), FaultPlan(), purchases=2)
    with Server(played.application) as server:
        world = OverHttp(server.url, played)
        yield world
        world.opened.close()


def test_a_purchase_has_no_receipts_at_first(pex: Pex) -> None:
    assert pex.account.receipts(pex.purchase) == ()
    assert pex.account.receipts(999) == ()
    assert pex.account.receipt_content(pex.purchase, "65aa01f0c2d3e4f5a6b7c801") is None


def test_receipts_are_told_in_the_order_in_which_they_came(pex: Pex) -> None:
    ids = [pex.add(PDF), pex.add(PNG)]
    found = pex.account.receipts(pex.purchase)
    assert [(one.id, one.kind, one.size) for one in found] == [
        (ids[0], "Pdf", len(PDF)),
        (ids[1], "Image", len(PNG)),
    ]
    assert [pex.account.receipt_content(pex.purchase, one.id) for one in found] == [PDF, PNG]


@pytest.mark.parametrize("status", UploadStatus)
def test_only_a_loaded_receipt_has_content(pex: Pex, status: UploadStatus) -> None:
    receipt_id = pex.add(PDF, status)
    assert [one.status for one in pex.account.receipts(pex.purchase)] == [status]
    content = pex.account.receipt_content(pex.purchase, receipt_id)
    assert content == (PDF if status is UploadStatus.LOADED else None)


def test_a_receipt_belongs_to_its_purchase_alone(pex: Pex) -> None:
    receipt_id = pex.add(PDF)
    assert pex.account.receipt_content(999, receipt_id) is None
