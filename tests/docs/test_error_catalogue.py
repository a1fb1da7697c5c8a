"""The guide's list of error codes is what the product knows: all of it, and as it stands there."""

import re
from collections.abc import Iterator

import pytest

from docs.error_catalogue import (
    CAUSE,
    FIELDS,
    GROUPS,
    PAGE,
    REFERENCES,
    ROOT,
    entries,
    group,
    meaning,
    page,
    refusals,
)
from domain.refusals import Failure, Skip

CODE = re.compile(r'"([A-Z]+(?:_[A-Z]+)+)"')
OF_SYSTEMD = {"CREDENTIALS_DIRECTORY"}
TEXT = PAGE.read_text(encoding="utf-8")


def codes_in_the_source() -> Iterator[str]:
    """Every text in the product that has a code's form, whatever it is for."""
    for package in ("domain", "application", "adapters", "entrypoints"):
        for path in (ROOT / "src" / package).rglob("*.py"):
            yield from CODE.findall(path.read_text(encoding="utf-8"))


def test_the_page_is_what_the_code_says() -> None:
    assert page() == TEXT, "run `make guide` and commit docs/guide/troubleshoot.md"


def test_every_refusal_is_told_with_what_it_means_and_what_to_do() -> None:
    for kind in refusals():
        row = f"| `{kind.code}` | {meaning(kind)} |"
        assert row.replace("<", "&lt;") in TEXT
        assert meaning(kind).endswith("."), kind


def test_no_code_in_the_source_is_missing() -> None:
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", TEXT, re.MULTILINE))
    found = {code for code in codes_in_the_source() if not code.startswith("PEXBC_")}
    assert len(found) > 90
    assert found - OF_SYSTEMD <= told


def test_a_transaction_left_alone_stands_apart_from_one_that_fails() -> None:
    for kind in refusals():
        if issubclass(kind, Skip) and group(kind) != "Receipts":
            assert group(kind) == "Rightly left alone"
        if issubclass(kind, Failure):
            assert group(kind) != "Rightly left alone"


@pytest.mark.parametrize("name", GROUPS)
def test_every_group_explains_itself_and_has_codes(name: str) -> None:
    assert entries()[name]
    assert GROUPS[name].endswith(".")


def test_a_field_is_told_with_its_own_words_where_it_has_some() -> None:
    (required,) = (one for one in entries()[FIELDS] if one.code == "COMPANY_REQUIRED")
    assert (required.meaning, required.fix) == (
        "No company is chosen.",
        "Choose one of the companies.",
    )
    assert sum(one.meaning == CAUSE for one in entries()[FIELDS]) <= 2


def test_readers_find_no_references_to_papers_that_they_do_not_have() -> None:
    assert not REFERENCES.search(TEXT)
    assert not re.search(r"\bM\d+\b|\bBC\b", TEXT)
