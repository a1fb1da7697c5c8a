"""What the README and the decision records say, held against what there is."""

import re
from pathlib import Path

import pytest

from docs.mentioned import calls, code, commands, options, variables
from entrypoints.cli.main import main
from entrypoints.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *DECISIONS, *GUIDE)


def mentions() -> list[str]:
    """What follows `pexbc` wherever the README calls it."""
    return calls(README)


def test_the_readme_calls_commands_at_all() -> None:
    assert len(mentions()) > 15


@pytest.mark.parametrize("mention", sorted(set(mentions())))
def test_every_command_in_the_readme_exists_with_its_options(mention: str) -> None:
    named = set(re.findall(r"--[a-z-]+", mention))
    for name, command in commands(mention):
        assert command is not None, f"there is no `pexbc {name}`"
        assert named <= options(command), f"`pexbc {name}` lacks options"


def test_every_command_is_in_the_readme() -> None:
    assert set(main.commands) == {mention.split()[0] for mention in mentions()}


def test_every_option_of_sync_is_in_the_readme() -> None:
    row = next(line for line in README.splitlines() if line.startswith("| `pexbc sync "))
    assert set(re.findall(r"--[a-z-]+", row)) == options(main.commands["sync"]) - {"connection_id"}


def test_the_readme_explains_every_variable_and_no_other() -> None:
    table = README.split("## Environment")[1].split("\n## ")[0]
    known = {f"PEXBC_{name.upper()}" for name in Settings.model_fields}
    assert variables(table) == known
    assert variables(README) == known


@pytest.mark.parametrize("name", ["database_url", "public_url", "bc_api_url", "entra_authority"])
def test_the_readme_tells_the_default_addresses(name: str) -> None:
    assert f"| `PEXBC_{name.upper()}` | `{Settings.model_fields[name].default}` |" in README


@pytest.mark.parametrize("name", ["bc_in_doubt_seconds", "bc_concurrency"])
def test_the_readme_tells_the_default_numbers(name: str) -> None:
    assert f"| `PEXBC_{name.upper()}` | {Settings.model_fields[name].default} |" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:|#", target):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_there_are_decisions_numbered_without_a_gap() -> None:
    numbers = [int(page.name.partition("-")[0]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_tells_its_context_and_its_cost(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(page.name.partition('-')[0])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "What it costs"]


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {
        match.group(1)
        for piece in code(README)
        if (match := re.match(r"(?:\$ )?make (\w+)", piece))
    }
    assert {"demo", "test"} <= named <= targets
