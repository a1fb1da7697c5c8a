"""What the guide says, held against what there is: journals, settings, commands, addresses."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from docs.journals import examples, shown
from docs.mentioned import calls, code, commands, options, variables
from domain.settings import FieldMapping, Settings, Source
from domain.settings_check import EXPENSES
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import build
from entrypoints.http.app import create_app
from entrypoints.http.pages.connections import TABS
from entrypoints.settings import Settings as Variables

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "src" / "entrypoints" / "http" / "pages" / "templates"
GUIDE, SCREENSHOTS = ROOT / "docs" / "guide", ROOT / "docs" / "screenshots"
PAGES = {page.name: page.read_text(encoding="utf-8") for page in sorted(GUIDE.glob("*.md"))}
MAP = PAGES["map.md"]
ADDRESS = r"(/api/v1/\S+|/docs|(?<=<PEXBC_PUBLIC_URL>)/\S*)"
EVERYTHING = "\n".join(PAGES.values())


def members(form: Any, before: str = "") -> Iterator[str]:
    """The dotted names of all members of the settings that hold no further ones."""
    hints = get_type_hints(form)
    for member in fields(form):
        name = f"{before}{member.name}"
        if is_dataclass(hints[member.name]):
            yield from members(hints[member.name], f"{name}.")
        else:
            yield name


def headings(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def nameless(address: str) -> str:
    """An address whatever its parameters are called."""
    return re.sub(r"{[^}]*}", "{}", address)


@pytest.mark.parametrize("title", examples())
def test_a_journal_in_the_guide_is_what_the_mapping_makes(title: str) -> None:
    section = MAP.split(f"### {title}\n")[1].split("\n#")[0]
    assert shown(examples()[title]) in section


def test_the_guide_shows_no_journal_that_is_not_made_by_the_mapping() -> None:
    assert MAP.count("| Account | Dimensions | Debit | Credit |") == len(examples())


def test_every_setting_is_explained_and_no_other() -> None:
    told = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)?)`", MAP.split("## What is never")[0]))
    known = set(members(Settings))
    assert known <= told
    of_mappings = {member.name for form in (FieldMapping, Source) for member in fields(form)}
    values = {"settlement", "purchase", "subledger", "reference", "expense_account", "vendor"}
    assert told <= known | of_mappings | values | {"tax_code"}


def test_settings_are_called_as_the_page_calls_them() -> None:
    page = "".join(one.read_text(encoding="utf-8") for one in TEMPLATES.glob("settings*.html"))
    rows = MAP.split("## Purchases")[1].split("### ")[0]
    titles = re.findall(r"^\| ([A-Z][^|`]+) \| `purchases", rows, re.MULTILINE)
    assert len(titles) > 8
    for title in titles:
        assert title in page, title


def test_the_categories_that_a_fee_account_may_have_are_named() -> None:
    assert " or ".join(EXPENSES) in MAP


@pytest.mark.parametrize("mention", sorted(set(calls(EVERYTHING))))
def test_every_command_in_the_guide_exists_with_its_options(mention: str) -> None:
    named = set(re.findall(r"--[a-z-]+", mention))
    for name, command in commands(mention):
        assert command is not None, f"there is no `pexbc {name}`"
        assert named <= options(command), f"`pexbc {name}` lacks options"


def test_every_variable_in_the_guide_exists() -> None:
    known = {f"PEXBC_{name.upper()}" for name in Variables.model_fields}
    assert variables(EVERYTHING)
    assert variables(EVERYTHING) <= known


def test_every_address_in_the_guide_is_answered(tmp_path: Path) -> None:
    services = build(
        Variables.of({}, database_url=f"sqlite:///{tmp_path / 'pexbc.db'}"), NoWakeups()
    )
    known = {nameless(route.path_format) for route in create_app(services).routes}
    services.close()
    named = [match for one in code(EVERYTHING) if (match := re.search(ADDRESS, one))]
    assert len(named) >= 5
    for match in named:
        assert nameless(match.group(1)) in known


def test_the_pictures_are_few_and_small() -> None:
    pictures = list(SCREENSHOTS.iterdir())
    assert len(pictures) <= 30
    assert sum(one.stat().st_size for one in pictures) < 2_500_000


@pytest.mark.parametrize("page", PAGES)
def test_every_anchor_in_the_guide_leads_to_a_heading(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([\w.]*)#([\w-]+)\)", PAGES[page]):
        assert anchor in headings(PAGES[target or page]), anchor


def test_every_page_of_the_guide_is_reached_from_the_first() -> None:
    reached = {"index.md", *re.findall(r"\]\((\w+\.md)", PAGES["index.md"])}
    assert reached == set(PAGES)


def test_every_page_of_a_connection_is_named_by_its_title() -> None:
    for _, title, _ in TABS:
        assert f"*{title}*" in EVERYTHING or f"**{title}**" in EVERYTHING, title
