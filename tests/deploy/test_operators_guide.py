"""What the operators' guide says, held against what there is: commands, variables, links, codes."""

import re
from pathlib import Path

import pytest

from docs.mentioned import calls, commands, options, variables
from entrypoints.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "operate").glob("*.md"))
CODES = (ROOT / "docs" / "guide" / "troubleshoot.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_what_there_is(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for mention in calls(text):
        for name, command in commands(mention.split(" #")[0]):
            assert command is not None, f"there is no `pexbc {name}`"
            assert set(re.findall(r"--[a-z-]+", mention)) <= options(command), mention
    known_variables = [f"PEXBC_{name.upper()}" for name in Settings.model_fields]
    for variable in variables(text):  # `PEXBC_NOTIFY_…` stands for all that begin so
        assert any(f"{one}_".startswith(f"{variable}_") for one in known_variables), variable
    for target in re.findall(r"\]\(([^)\s#]+)", text):
        assert (page.parent / target).exists(), target
    for code in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text):
        known = code in CODES or code.startswith(("PEXBC_", "OTEL_"))
        assert known or code in {"DATABASE_URL", "BROKER_URL", "SECRET_KEY", "ENTRA_CLIENT_SECRET"}
