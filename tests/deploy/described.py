"""The files in deploy/, read for the tests that hold them against the product."""

import re
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
CONTAINERFILE = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OURS = {"migrate", "web", "worker", "scheduler"}
OF_DEPLOYING_ALONE = {"PEXBC_IMAGE", "PEXBC_PORT"}
FILES = sorted(
    path
    for folder in ("container", "compose", "systemd", "kubernetes")
    for path in (DEPLOY / folder).iterdir()
    if path.is_file()
)


class Called(NamedTuple):
    """A command line of ours, and where it stands."""

    where: str
    words: list[str]


def compose() -> dict[str, Any]:
    text = (DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """The compose file's services that run pexbc."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return {name: one for name, one in found.items() if "PEXBC_IMAGE" in one["image"]}


def manifests() -> list[dict[str, Any]]:
    return [
        one
        for path in sorted(KUBERNETES.glob("*.yaml"))
        for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))
    ]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [one for one in manifests() if one["kind"] == kind]


def pods() -> dict[str, dict[str, Any]]:
    """The specifications of pods, by the name of what makes them."""
    makers = [*of_kind("Deployment"), *of_kind("Job")]
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in makers}


def containers() -> dict[str, dict[str, Any]]:
    return {name: pod["containers"][0] for name, pod in pods().items()}


def unit(path: Path) -> RawConfigParser:
    # systemd reads some keys more than once; the last one is enough for what is asked here.
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def calls() -> Iterator[Called]:
    for name, service in services().items():
        yield Called(f"compose: {name}", service["command"])
        test = service.get("healthcheck", {}).get("test")
        if test:
            assert test[:2] == ["CMD", "pexbc"]
            yield Called(f"compose: the health of {name}", test[2:])
    for name, container in containers().items():
        yield Called(f"kubernetes: {name}", container["args"])
        probe = container.get("livenessProbe", {}).get("exec")
        if probe:
            assert probe["command"][0] == "pexbc"
            yield Called(f"kubernetes: the health of {name}", probe["command"][1:])
    for path in UNITS:
        program, *words = unit(path)["Service"]["ExecStart"].split()
        assert program == "/opt/pexbc/bin/pexbc"
        yield Called(f"systemd: {path.name}", words)
    health, command = re.findall(r"^(?: +)?CMD \[(.+)\]$", CONTAINERFILE, re.MULTILINE)
    yield Called("the image", yaml.safe_load(f"[{command}]"))
    yield Called("the image's health", yaml.safe_load(f"[{health}]")[1:])
