"""The domain is pure: no clock, no chance, no float, no outside, and events that only assign."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import domain

MODULES = sorted(Path(domain.__path__[0]).glob("*.py"))
OUTSIDE = {"eventsourcing.domain"}
UNWANTED_MODULES = {
    "asyncio", "http", "io", "logging", "os", "pathlib", "random", "requests", "secrets", "socket",
    "sqlite3", "subprocess", "threading", "time", "urllib",
}  # fmt: skip
CLOCKS_AND_CHANCE = {
    "now", "utcnow", "today", "time", "monotonic", "uuid1", "uuid4", "random", "token_hex", "float",
}  # fmt: skip
ASSIGNING = (ast.Assign, ast.AnnAssign, ast.AugAssign)

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def called(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.attr
            elif isinstance(node.func, ast.Name):
                yield node.func.id


def events(module: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Each decorated event with its decorator."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if ast.unparse(decorator).startswith("event"):
                    assert isinstance(decorator, ast.Call)
                    yield node, decorator


def test_there_is_a_domain_to_check() -> None:
    assert len(MODULES) >= 20


@every_module
def test_a_module_imports_the_standard_library_and_the_domain_of_eventsourcing_alone(
    path: Path,
) -> None:
    for name in imports(tree(path)):
        top = name.partition(".")[0]
        assert top == "domain" or name in OUTSIDE or top in sys.stdlib_module_names, name
        assert top not in UNWANTED_MODULES, name


@every_module
def test_a_module_asks_no_clock_and_leaves_nothing_to_chance(path: Path) -> None:
    assert CLOCKS_AND_CHANCE.isdisjoint(called(tree(path)))


@every_module
def test_a_module_knows_no_float(path: Path) -> None:
    for node in ast.walk(tree(path)):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not (isinstance(node, ast.Name) and node.id == "float")
        assert not isinstance(node, ast.Div), "a true division of whole numbers makes a float"


@every_module
def test_a_value_never_changes_once_it_is_made(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                if ast.unparse(decorator).startswith("dataclass"):
                    assert "frozen=True" in ast.unparse(decorator), node.name


@every_module
def test_an_event_only_assigns_since_it_runs_again_at_every_replay(path: Path) -> None:
    for function, _ in events(tree(path)):
        for statement in function.body:
            documented = isinstance(statement, ast.Expr) and isinstance(
                statement.value, ast.Constant
            )
            assert documented or isinstance(statement, ASSIGNING), ast.unparse(statement)


def test_every_event_is_stored_under_a_topic_of_its_own_and_never_by_its_place_in_the_code() -> (
    None
):
    topics = [
        next(ast.literal_eval(word.value) for word in decorator.keywords if word.arg == "topic")
        for path in MODULES
        for _, decorator in events(tree(path))
    ]
    assert len(topics) >= 20
    assert len(set(topics)) == len(topics)
    assert all("." in topic and topic == topic.lower() for topic in topics)


def test_every_event_takes_its_time_as_its_first_argument() -> None:
    for path in MODULES:
        for function, _ in events(tree(path)):
            arguments = [argument.arg for argument in function.args.args]
            assert arguments[:2] == ["self", "timestamp"], function.name
