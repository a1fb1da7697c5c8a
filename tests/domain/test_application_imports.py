"""The application decides over events; how they are stored is no business of its own."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import application

ROOT = Path(application.__path__[0])
MODULES = sorted(ROOT.rglob("*.py"))
OWN = {"application", "domain"}
OF_EVENTSOURCING = {"eventsourcing.domain"}
UNWANTED = ("sqlite3", "socket", "subprocess", "urllib.request", "http.client", "random")
CLOCKS = {"now", "utcnow", "today", "monotonic"}


def imports(path: Path) -> Iterator[str]:
    """Every name that a module imports from, wherever in the module it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


every_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: ".".join(path.relative_to(ROOT).with_suffix("").parts)
)


def test_there_is_an_application_to_check() -> None:
    assert len(MODULES) >= 20


@every_module
def test_a_module_knows_of_eventsourcing_its_domain_alone(path: Path) -> None:
    for name in imports(path):
        if name.partition(".")[0] == "eventsourcing":
            assert any(f"{name}.".startswith(f"{one}.") for one in OF_EVENTSOURCING), name


@every_module
def test_a_module_reaches_the_world_through_its_ports_alone(path: Path) -> None:
    for name in imports(path):
        assert not any(f"{name}.".startswith(f"{one}.") for one in UNWANTED), name
        top = name.partition(".")[0]
        assert top in OWN | {"eventsourcing"} or top in sys.stdlib_module_names, name


@every_module
def test_a_module_asks_the_clock_that_it_is_given(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            by_library = isinstance(node.func.value, ast.Name) and node.func.value.id in {
                "datetime", "date", "time",
            }  # fmt: skip
            assert not (by_library and node.func.attr in CLOCKS), ast.unparse(node)
