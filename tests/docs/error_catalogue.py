"""Writes docs/guide/troubleshoot.md from the codes that the product itself knows (`make guide`)."""

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import adapters
import application
import domain
import entrypoints
from domain.refusals import CATALOGUE, Failure, Refusal, Skip

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guide" / "troubleshoot.md"
PACKAGES = (domain, application, adapters, entrypoints)
NEEDS_A_DATABASE = "adapters.persistence.migrations"
LEFT_ALONE, FAILS, RECEIPTS, AFTERWARDS, TAG_OPTIONS = (
    "Rightly left alone",
    "Fails until the cause is mended",
    "Receipts",
    "Changed after posting",
    "Tag options",
)
CONNECTION, STARTING, SETTINGS, FIELDS, API, SERVICE, DOCTOR = (
    "The connection",
    "Starting a sync",
    "Settings and vendor aliases",
    "Fields of the settings and of a sync",
    "Signing in, pages and API",
    "Running the service",
    "Found by the doctor",
)
CALLS = {"FieldError": FIELDS, "_unknown": FIELDS, "problem_response": API}
"""Calls that make errors which are no refusals, with code, cause and fix after their first."""
OF_THE_FRAMEWORK = {
    "BODY_TOO_LARGE": "A body larger than the service takes.",
    "METHOD_NOT_ALLOWED": "An address that is there, asked in a way that it does not know.",
    "REQUEST_REFUSED": "A request that cannot be answered.",
}
GROUPS = {
    LEFT_ALONE: "These transactions are skipped, for now or for good. Where the cause passes, the "
    "next sync takes them by itself.",
    FAILS: "These transactions belong in the books and are not there, or not whole. Mend the "
    "cause; the next sync tries again without being asked. None of them ever stops the others.",
    RECEIPTS: "A receipt in trouble never holds up or repeats its entry.",
    AFTERWARDS: "The entry stays as it was posted; nothing is posted a second time.",
    TAG_OPTIONS: "The tag's options stay as they are; other fields and all transactions go on.",
    CONNECTION: "The status of the connection, or the answer to an attempt to connect.",
    STARTING: "Why a sync or a preview does not begin.",
    SETTINGS: "Why settings or aliases cannot be saved.",
    FIELDS: "`SETTINGS_INVALID` and `INVALID_INPUT` name the fields at fault, each with one of "
    "these codes.",
    API: "What pages and API themselves refuse.",
    SERVICE: "For whoever runs the service.",
    DOCTOR: "What `pexbc doctor` alone tells of; "
    "[its own page](../operate/doctor.md) has all that it checks.",
}
BY_CODE = {
    "COMPANY_NOT_FOUND": CONNECTION,
    "CONNECTION_NOT_READY": STARTING,
    "CURRENCY_NOT_USD": STARTING,
    "FIELD_GONE": TAG_OPTIONS,
    "INTERNAL": SERVICE,
    "JOURNAL_SHARED": CONNECTION,
    "MICROSOFT_APP_MISSING": SERVICE,
    "MICROSOFT_AUTHORITY_INSECURE": SERVICE,
    "NOTHING_TO_LINK": CONNECTION,
    "RUN_ACTIVE": STARTING,
    "SECRET_UNREADABLE": SERVICE,
    "SECRET_KEY_MISSING": SERVICE,
    "CURSOR_REFUSED": API,
    "BROKER_SIGN_IN_REFUSED": SERVICE,
    "DATABASE_NEWER": SERVICE,
    "DATABASE_NOT_MIGRATED": SERVICE,
    "DATABASE_UNREACHABLE": SERVICE,
}
BY_PREFIX = {"RECEIPT_": RECEIPTS, "TAG_": TAG_OPTIONS}
BY_MODULE = {
    "domain.pex_snapshot": AFTERWARDS,
    "domain.sync_window": STARTING,
    "domain.connection": SETTINGS,
    "domain": SETTINGS,
    "application.start_run": STARTING,
    "application.alias_vendors": SETTINGS,
    "application": CONNECTION,
    "adapters": CONNECTION,
    "entrypoints.health": SERVICE,
    "entrypoints.cli.health": SERVICE,
    "entrypoints": API,
    "entrypoints.doctor": DOCTOR,
}
SHORTEST = 4
TEXTS = (ast.Constant, ast.JoinedStr, ast.IfExp)
CAUSE, FIX = (
    "The cause in words says what is wrong.",
    "Correct what is named; /docs shows the form.",
)
REFERENCES = re.compile(r" \((?:M\d+|(?:PEX )?contract|design:)[^)]*\)")
"""Where a docstring points to rules that a reader of the guide does not have."""

HEAD = """# Find out why, and what to do

<!-- Written by `make guide` from the product's own catalogue; edit that, not this page. -->

Whatever pexbc does not do, it says with a code, the cause in words, and what to do. The pages of a
sync and of a transaction show them, and so do the API (`code`, `detail` and `fix`) and the command
line. Look the code up here if those words do not help. `pexbc doctor` checks a whole set-up.

"""


class Entry(NamedTuple):
    """A code, what it means, and what to do about it."""

    code: str
    meaning: str
    fix: str


def load_everything() -> None:
    """Import every module of the product, so that the catalogue is whole."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(NEEDS_A_DATABASE):
                importlib.import_module(module.name)


def refusals() -> Iterator[type[Refusal]]:
    """Every refusal of the product that has a code."""
    load_everything()
    names = {package.__name__ for package in PACKAGES}
    return (kind for kind in CATALOGUE.values() if kind.__module__.partition(".")[0] in names)


def meaning(kind: object) -> str:
    """The first paragraph of the docstring, without references and abbreviations."""
    words = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    return re.sub(r"\bBC\b", "Business Central", REFERENCES.sub("", words))


def group(kind: type[Refusal]) -> str:
    """Where a reader would look for it."""
    if kind.code in BY_CODE:
        return BY_CODE[kind.code]
    for prefix, name in BY_PREFIX.items():
        if kind.code.startswith(prefix):
            return name
    if issubclass(kind, Skip | Failure):
        return LEFT_ALONE if issubclass(kind, Skip) else FAILS
    module = kind.__module__
    while module not in BY_MODULE:
        module = module.rpartition(".")[0]
    return BY_MODULE[module]


def other_errors() -> Iterator[tuple[str, Entry]]:
    """The errors that are no refusals, by group, read off the code that makes them."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        known = _constants(path)
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                yield from _made_in(function, {**known, **_assigned(function, known)})
    for code, cause in OF_THE_FRAMEWORK.items():
        yield API, Entry(code, cause, FIX)


def _made_in(function: ast.FunctionDef, known: dict[str, str]) -> Iterator[tuple[str, Entry]]:
    for node in ast.walk(function):
        name = getattr(getattr(node, "func", None), "id", None)
        if isinstance(node, ast.Call) and name in CALLS and len(node.args) >= SHORTEST:
            _, codes, *told = node.args
            cause, fix = (_words(one, known) for one in told[:2])
            if name == "_unknown":
                fix = f"Choose one of the company's {cause}s."
                cause = f"The company has no {cause} …"
            for code in _codes(codes, known):
                yield CALLS[name], Entry(code, _told(cause, CAUSE), _told(fix, FIX))


def _constants(path: Path) -> dict[str, str]:
    """The texts that a module knows by a name."""
    dotted = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    members = vars(sys.modules[dotted]) if dotted in sys.modules else {}
    return {name: one for name, one in members.items() if isinstance(one, str)}


def _assigned(function: ast.FunctionDef, known: dict[str, str]) -> dict[str, str]:
    """The texts that a function gives a name before it uses them."""
    found = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            pairs = (
                zip(target.elts, node.value.elts, strict=False)
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(target, node.value)]
            )
            for name, value in pairs:
                if isinstance(name, ast.Name) and isinstance(value, TEXTS):
                    found[name.id] = _words(value, known)
    return found


def _codes(node: ast.expr, known: dict[str, str]) -> Iterator[str]:
    """A code, or the two that a condition chooses between; none where another error hands it on."""
    if isinstance(node, ast.IfExp):
        yield from (*_codes(node.body, known), *_codes(node.orelse, known))
    elif isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.Name) and node.id in known:
        yield known[node.id]


def _words(node: ast.expr, known: dict[str, str]) -> str:
    """A text as it stands in the code, `…` for what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return re.sub(r"…( …)+", "…", "".join(_words(one, known) for one in node.values))
    if isinstance(node, ast.FormattedValue):
        return _words(node.value, known)
    if isinstance(node, ast.Name):
        return known.get(node.id, "…")
    if isinstance(node, ast.IfExp):
        return _words(node.body, known)
    return str(node.value) if isinstance(node, ast.Constant) else "…"


def _told(text: str, otherwise: str) -> str:
    """The text; `otherwise` where nothing of it stands before it is filled in."""
    return text.replace("….", "…") if re.search(r"\w", text) else otherwise


@cache
def entries() -> dict[str, list[Entry]]:
    """All codes, by group, then by code."""
    found: dict[str, set[Entry]] = {name: set() for name in GROUPS}
    for kind in refusals():
        found[group(kind)].add(Entry(kind.code, meaning(kind), kind.fix))
    for name, entry in other_errors():
        found[name].add(entry)
    return {name: _once(sorted(group)) for name, group in found.items()}


def _once(found: list[Entry]) -> list[Entry]:
    """One entry for each code and meaning, and none that tells less than another of its code."""
    telling = {one.code for one in found if one.meaning != CAUSE}
    first = {(one.code, one.meaning): one for one in reversed(found)}
    return sorted(one for one in first.values() if one.meaning != CAUSE or one.code not in telling)


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name, codes in entries().items():
        parts.append(f"## {name}\n\n{GROUPS[name]}\n\n| Code | What it means | What to do |\n")
        parts.append("| --- | --- | --- |\n")
        parts.extend(f"| `{one.code}` | {cell(one.meaning)} | {cell(one.fix)} |\n" for one in codes)
        parts.append("\n")
    return "".join(parts).rstrip() + "\n"


def cell(text: str) -> str:
    """A text as it can stand in a table."""
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
