"""What tests ask the world of fakes about receipts."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from application.ports.receipt_files import Parent, ParentGone
from application_world import World
from domain.pex_transaction import Record
from domain.posted_transaction import Place
from domain.receipts import Receipt
from domain.sync_run import SyncRun
from domain.transaction_receipts import TransactionReceipts

PDF, PNG, JPG = b"%PDF-1.7 one", b"\x89PNG\r\n\x1a\n two", b"\xff\xd8\xff\xe0 three"
HORIZON = timedelta(seconds=720)


def files_on(world: World, parent: Parent) -> dict[str, bytes]:
    listed = world.files.files([parent])[0]
    assert not isinstance(listed, ParentGone)
    assert len({one.file_name for one in listed}) == len(listed), "a file stands there twice"
    return {one.file_name: world.files.contents[one.id] for one in listed}


def on_pex_line(world: World, pex_id: int) -> dict[str, bytes]:
    """The files on the PEX line of an unposted entry, which is its last."""
    return files_on(world, Parent(world.posting(pex_id).line_ids[-1], Place.JOURNAL))


def in_ledger(world: World, pex_id: int) -> dict[str, bytes]:
    entry = next(one for one in world.journal.ledger if one.description.endswith(f"PEX {pex_id}"))
    return files_on(world, Parent(entry.id, Place.LEDGER))


def receipts(world: World, pex_id: int) -> TransactionReceipts:
    stream = TransactionReceipts.create_id(world.pex.business_id, Record.CARD, pex_id)
    return world.log.load(TransactionReceipts, stream)


def receipt(world: World, pex_id: int, receipt_id: str) -> Receipt:
    return receipts(world, pex_id).receipts[receipt_id]


def counted(run: SyncRun) -> tuple[int, int]:
    """Attached and failed."""
    return run.counts.receipts, run.counts.receipts_failed


def asked(run: SyncRun) -> tuple[int, int]:
    return run.counts.asked_for_receipts, run.counts.to_ask_for_receipts


def watch(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, told: Callable[..., object]
) -> None:
    """Tell of each call before it is answered as ever."""
    real = getattr(owner, name)

    def watched(*arguments: object) -> object:
        told(*arguments)
        return real(*arguments)

    monkeypatch.setattr(owner, name, watched)
