"""Figures for Prometheus: what happened, and nothing of anybody's books (M46)."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(client: httpx.Client) -> Samples:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def total(samples: Samples, name: str, **labels: str) -> float:
    wanted = set(labels.items())
    return sum(value for (one, own), value in samples.items() if one == name and wanted <= set(own))


@pytest.fixture(scope="module")
def run(user: ApiUser, connected: str) -> dict[str, Any]:
    """A run that has ended."""
    return user.run(connected, preview=False, watch=lambda _run: None)


def test_a_run_shows_in_the_figures(
    running: Running, run: dict[str, Any], anonymous: httpx.Client
) -> None:
    running.services.metrics.forget()
    after = figures(anonymous)
    counts: dict[str, Any] = run["counts"]
    assert total(after, "pexbc_transactions", outcome="posted") == counts["posted"]
    assert total(after, "pexbc_transactions", code="NOT_APPROVED", kind="purchase") > 0
    assert total(after, "pexbc_runs", status=run["status"]) >= 1
    assert total(after, "pexbc_connections", status="connected_ready") == 1
    assert total(after, "pexbc_transactions_in_doubt") == 0
    assert total(after, "pexbc_views_behind_events") == 0
    assert total(after, "pexbc_events") == running.services.log.head()


def test_requests_are_counted_by_service_and_status(
    running: Running, user: ApiUser, connected: str, anonymous: httpx.Client
) -> None:
    before = figures(anonymous)
    user.get(f"/connections/{connected}/choices?company_id={company.COMPANY_ID}")
    after = figures(anonymous)

    def more(name: str, **labels: str) -> float:
        return total(after, name, **labels) - total(before, name, **labels)

    assert more("pexbc_requests_total", service="bc", status="200") >= 1
    assert more("pexbc_requests_total", service="pex", status="200") == 1
    assert more("pexbc_operations_total", service="bc") > more("pexbc_requests_total", service="bc")


def test_no_figure_tells_of_a_business_or_an_amount(
    connected: str, anonymous: httpx.Client
) -> None:
    text = anonymous.get("/metrics").text
    for secret in (connected, company.PREPAID_NAME, str(company.PREPAID_BUSINESS), "dana"):
        assert secret not in text


def names_of(client: httpx.Client) -> dict[str, set[str]]:
    """Every figure by the name that expressions call it, with its labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        one.name + "_total" * (one.type == "counter"): {
            label for sample in one.samples for label in sample.labels
        }
        for one in families
        if not one.name.endswith("_created")  # when a process began to count
    }


def rules() -> list[dict[str, Any]]:
    read = msgspec.yaml.decode((MONITORING / "alerts.yml").read_bytes())
    return [rule for group in read["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))[
        "panels"
    ]
    return found


def expressions() -> list[str]:
    told = [rule["expr"] for rule in rules()]
    return told + [target["expr"] for panel in panels() for target in panel["targets"]]


def documented(section: str) -> list[str]:
    """The first cells of a section's table in the operator's page."""
    page = (ROOT / "docs" / "operate" / "watching.md").read_text("utf-8")
    part = page.split(f"## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", part, re.MULTILINE)


def test_alerts_and_dashboard_use_figures_and_labels_that_there_are(
    running: Running, run: dict[str, Any], anonymous: httpx.Client
) -> None:
    running.services.metrics.forget()
    known = names_of(anonymous)
    used = [
        (name, set(re.findall(r"(\w+)\s*[=!]~?", chosen)))
        for one in expressions()
        for name, chosen in re.findall(r"\b(pexbc_[a-z_]+)(?:\{([^}]*)\})?", one)
    ]
    assert len(used) > 30
    assert [(name, labels) for name, labels in used if labels - known.get(name, set())] == []
    grouped = {
        label
        for one in expressions()
        for labels in re.findall(r"\bby \(([^)]*)\)", one)
        for label in labels.split(", ")
    }
    assert grouped <= set().union(*known.values())
    assert {name for name, _ in used} == known.keys()


def test_every_figure_and_every_alert_is_explained_to_the_operator(
    run: dict[str, Any], anonymous: httpx.Client
) -> None:
    assert sorted(documented("Figures")) == sorted(names_of(anonymous))
    assert documented("Alerts") == [rule["alert"] for rule in rules()]


def test_every_alert_says_what_it_is_how_bad_and_what_to_do_first() -> None:
    for rule in rules():
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["annotations"].keys() == {"summary", "first"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert re.fullmatch(r"\d+[mhd]", rule.get("for", "1m"))
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_the_dashboard_is_whole() -> None:
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()}
    assert len({panel["id"] for panel in panels()}) == len(places) == len(panels())
    assert len({panel["title"] for panel in panels()}) == len(panels())
    assert all(panel["targets"] for panel in panels())
