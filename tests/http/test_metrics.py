"""Figures for Prometheus: what happened, and nothing of anybody's books (M46)."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.demo.company import ApiUser
from http_running import Running
from sandbox import company

ROOT = Path(__file__).resolve().parents[2]
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


def test_a_run_shows_in_the_figures(
    running: Running, user: ApiUser, connected: str, anonymous: httpx.Client
) -> None:
    run = user.run(connected, preview=False, watch=lambda _run: None)
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


@pytest.mark.parametrize("name", ["alerts.yml", "dashboard.json"])
def test_alerts_and_dashboard_use_figures_that_there_are(
    name: str, connected: str, anonymous: httpx.Client
) -> None:
    text = (ROOT / "deploy" / "monitoring" / name).read_text(encoding="utf-8")
    used = set(re.findall(r"\bpexbc_[a-z_]+", text))
    families = text_string_to_metric_families(anonymous.get("/metrics").text)
    told = {one.name + "_total" * (one.type == "counter") for one in families}
    assert len(used) >= 7
    assert used <= told


def test_the_dashboard_is_whole() -> None:
    board = json.loads((ROOT / "deploy" / "monitoring" / "dashboard.json").read_text("utf-8"))
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert all(panel["targets"] for panel in board["panels"])
