"""The layout is what the import rules know, and its package names are nobody else's."""

import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_package_has_its_place_in_the_import_rules() -> None:
    packages = {path.parent.name for path in (ROOT / "src").glob("*/__init__.py")}
    rules = RULES["tool"]["importlinter"]
    assert packages == set(rules["root_packages"])
    layered = {layer for one in rules["contracts"] for layer in one.get("layers", ())}
    assert packages == layered | {"sandbox"}
    built = RULES["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {Path(one).name for one in built} == packages


def test_no_other_distribution_brings_a_package_of_one_of_our_names() -> None:
    brought = packages_distributions()
    for name in RULES["tool"]["importlinter"]["root_packages"]:
        assert set(brought.get(name, ["pex-business-central"])) == {"pex-business-central"}, name


def test_lock_files_hold_names_versions_and_hashes_alone() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert text.count("--hash=sha256:") > text.count("==")
