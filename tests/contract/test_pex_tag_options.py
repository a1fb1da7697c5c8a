"""Writing tag options: the PEX adapter against the PEX simulator, over real HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from adapters.pex.access import HttpPexAccess
from application.ports.pex import (
    PexAccount,
    PexPermissionMissing,
    PexRequestRefused,
    PexUnavailable,
    Tag,
    TagsOff,
)
from domain.eastern_time import EASTERN
from domain.tag_options import TagOption
from fakes.vault import FakeVault
from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.faults import Fault, FaultPlan
from sandbox.pex import PexSandbox
from sandbox.web import Server

END = datetime(2026, 8, 15, 12, 0, tzinfo=EASTERN)
NEW = TagOption("67000", "Piers", 90, enabled=True)


@pytest.fixture
def pex() -> PexSandbox:
    return PexSandbox(SandboxClock(END), FaultPlan(), purchases=2)


@pytest.fixture
def account(pex: PexSandbox) -> Iterator[PexAccount]:
    with Server(pex.application) as server:
        access = HttpPexAccess(f"{server.url}/v4", FakeVault(), 6000, sleep=lambda _seconds: None)
        yield access.with_token(company.PREPAID_TOKEN)
        access.close()


def read(account: PexAccount, tag_id: str = company.EXPENSE_TAG) -> Tag:
    tag = account.tag(tag_id)
    assert tag is not None
    return tag


def puts(pex: PexSandbox) -> int:
    return sum(entry["method"] == "PUT" for entry in pex.faults.journal)


def test_a_write_replaces_the_list_and_leaves_the_rest_of_the_tag(account: PexAccount) -> None:
    before = read(account)
    written = account.write_options(before, (*before.options, NEW))
    assert written == read(account)
    assert written.options == (*before.options, NEW)
    assert written.concurrency_key != before.concurrency_key
    same = replace(written, options=before.options, concurrency_key=before.concurrency_key)
    assert same == before
    assert before.required


def test_a_stale_read_is_refused_and_overwrites_nothing(account: PexAccount) -> None:
    first = read(account)
    account.write_options(first, (*first.options, NEW))
    with pytest.raises(PexRequestRefused, match="changed by someone else") as refused:
        account.write_options(first, first.options)
    assert refused.value.status == 409
    assert NEW in read(account).options


def test_what_pex_does_not_take_is_refused_in_its_words(account: PexAccount) -> None:
    tag = read(account)
    twice = (*tag.options, replace(NEW, name=tag.options[0].name.upper()))
    with pytest.raises(PexRequestRefused, match="Option Name must be unique") as refused:
        account.write_options(tag, twice)
    assert refused.value.status == 400


def test_a_limit_of_pex_is_told_in_its_words(account: PexAccount, pex: PexSandbox) -> None:
    pex.switch(max_options=3)
    tag = read(account)
    with pytest.raises(PexRequestRefused, match="at most 3 options"):
        account.write_options(tag, tag.options)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_cut_write_is_sent_once_and_its_outcome_left_open(
    account: PexAccount, pex: PexSandbox, moment: str
) -> None:
    pex.faults.plant(Fault("PUT", "Dropdown", moment=moment, kind="cut"))
    tag = read(account)
    with pytest.raises(PexUnavailable, match="no answer"):
        account.write_options(tag, (*tag.options, NEW))
    assert puts(pex) == 1
    assert (NEW in read(account).options) == (moment == "after")


def test_a_deleted_tag_and_another_kind_are_refused(account: PexAccount, pex: PexSandbox) -> None:
    expense, memo = read(account), read(account, company.MEMO_TAG)
    assert memo.kind == "Text"
    with pytest.raises(PexRequestRefused, match="400"):
        account.write_options(memo, (NEW,))
    pex.delete_tag(company.EXPENSE_TAG)
    assert account.tag(company.EXPENSE_TAG) is None
    with pytest.raises(PexRequestRefused, match="404"):
        account.write_options(expense, expense.options)


def test_switched_off_tags_and_missing_permissions_are_told_apart(
    account: PexAccount, pex: PexSandbox
) -> None:
    tag = read(account)
    flags = {"EditBusinessProfile": False, "ManageCardholder": False}
    pex.switch(company.PREPAID_BUSINESS, permissions=flags)
    with pytest.raises(PexPermissionMissing):
        account.write_options(tag, tag.options)
    pex.switch(company.PREPAID_BUSINESS, tags_enabled=False)
    with pytest.raises(TagsOff):
        account.tag(company.EXPENSE_TAG)
