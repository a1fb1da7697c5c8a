"""What the files in deploy/ say, held against the product: commands, variables, ports, users."""

import re
from pathlib import Path

import pytest
import yaml

from deploy.described import (
    CONTAINERFILE,
    FILES,
    KUBERNETES,
    OF_DEPLOYING_ALONE,
    OURS,
    UNITS,
    Called,
    calls,
    compose,
    containers,
    of_kind,
    pods,
    services,
    unit,
)
from docs.mentioned import options, variables
from entrypoints.cli.main import main
from entrypoints.http import health
from entrypoints.serving import STOP_SECONDS
from entrypoints.settings import Settings


@pytest.mark.parametrize("called", list(calls()), ids=lambda called: called.where)
def test_every_command_line_is_one_that_the_product_takes(called: Called) -> None:
    name, *given = called.words
    command = main.commands[name]
    assert {word for word in given if word.startswith("--")} <= options(command)
    command.make_context(name, [word.replace("%i", "8000") for word in given]).close()


def test_each_way_of_deploying_runs_all_parts() -> None:
    assert set(services()) == OURS
    assert {name.removeprefix("pexbc-") for name in pods()} == OURS
    assert {path.name.removeprefix("pexbc-").split("@")[0].split(".")[0] for path in UNITS} == OURS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_that_is_named_is_one_of_the_product(path: Path) -> None:
    known = {f"PEXBC_{name.upper()}" for name in Settings.model_fields} | OF_DEPLOYING_ALONE
    assert variables(path.read_text(encoding="utf-8")) <= known


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_that_is_deployed_holds_a_secret(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in ("SECRET_KEY", "DATABASE_URL", "BROKER_URL", "CLIENT_SECRET"):
        for value in re.findall(rf"^ *PEXBC_\w*{name}[:=] *(\S+)", text, re.MULTILINE):
            assert "change-me" in value or value.startswith("{file"), value


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_compose_service_may_do_no_more_than_it_must(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert float(service["stop_grace_period"].removesuffix("s")) > STOP_SECONDS


def test_compose_starts_nothing_before_the_database_is_migrated() -> None:
    for name in OURS - {"migrate"}:
        waits = services()[name]["depends_on"]
        assert waits["migrate"] == {"condition": "service_completed_successfully"}


def test_compose_mounts_every_secret_that_it_names() -> None:
    defined = compose()["secrets"]
    for name, service in compose()["services"].items():
        for secret in service.get("secrets", ()):
            source = secret["source"] if isinstance(secret, dict) else secret
            assert source in defined, name


@pytest.mark.parametrize("name", sorted(pods()))
def test_a_pod_may_do_no_more_than_it_must(name: str) -> None:
    pod, container = pods()[name], containers()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"USER {pod['securityContext']['runAsUser']}:" in CONTAINERFILE
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", ["pexbc-web", "pexbc-worker", "pexbc-scheduler"])
def test_a_pod_has_time_to_end_by_itself(name: str) -> None:
    wait = containers()[name].get("lifecycle", {}).get("preStop", {}).get("exec", {})
    before = int(wait["command"][1]) if wait else 0
    assert pods()[name]["terminationGracePeriodSeconds"] > before + STOP_SECONDS


def test_the_pods_of_a_deployment_are_those_that_it_selects() -> None:
    for one in of_kind("Deployment"):
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert one["spec"]["selector"]["matchLabels"].items() <= labels.items()
        assert labels["app.kubernetes.io/part-of"] == "pexbc"


def test_services_budgets_and_policies_select_pods_that_there_are() -> None:
    everywhere = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in (*of_kind("Deployment"), *of_kind("Job"))
    ]
    selectors = [one["spec"]["selector"] for one in of_kind("Service")]
    selectors += [one["spec"]["selector"]["matchLabels"] for one in of_kind("PodDisruptionBudget")]
    selectors += [one["spec"]["podSelector"]["matchLabels"] for one in of_kind("NetworkPolicy")]
    assert len(selectors) >= 5
    for selector in selectors:
        assert any(selector.items() <= labels.items() for labels in everywhere), selector


def test_every_port_is_the_one_that_the_web_server_listens_on() -> None:
    container = containers()["pexbc-web"]
    (port,) = (one["containerPort"] for one in container["ports"])
    assert container["args"][-1] == str(port)
    (allowed,) = (
        rule["port"]
        for policy in of_kind("NetworkPolicy")
        for ingress in policy["spec"].get("ingress", ())
        for rule in ingress["ports"]
    )
    assert allowed == port
    assert f"EXPOSE {port}" in CONTAINERFILE
    assert services()["web"]["ports"][0].endswith(f":{port}")


def test_probes_ask_addresses_that_the_service_answers() -> None:
    paths = {path for handler in (health.live, health.ready) for path in handler.paths}
    container = containers()["pexbc-web"]
    asked = {
        probe: container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert asked["livenessProbe"] == "/health/live"
    assert asked["readinessProbe"] == "/health/ready"
    assert set(asked.values()) <= paths


def test_the_kustomization_names_every_file_that_is_no_example() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
    there = {path.name for path in KUBERNETES.glob("*.yaml") if "example" not in path.name}
    assert set(listed["resources"]) == there - {"kustomization.yaml"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_may_do_no_more_than_it_must(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["DynamicUser"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert service["LoadCredential"].startswith("PEXBC:")
    if service["Type"] != "oneshot":
        assert int(service["TimeoutStopSec"]) > STOP_SECONDS


def test_the_image_is_built_from_the_locked_packages_alone() -> None:
    installs = re.findall(r"pip install (.+?)(?: \\| *$)", CONTAINERFILE, re.MULTILINE)
    assert installs
    for one in installs:
        assert "--no-deps" in one
        assert "--require-hashes" in one or "dist/*.whl" in one
