"""Every question of the shipped dashboard has an answer after a real run."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import Client
from tests.running_prometheus import (
    CONFIGURATION,
    RunningPrometheus,
    program,
    running_prometheus,
    shipped_jobs,
)
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]

DASHBOARDS = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards"
PAGE = Path(__file__).parents[2] / "docs" / "howto" / "watch-with-prometheus.md"
WAIT = {"Prefer": "wait=30"}


def _expressions() -> Iterator[tuple[str, str]]:
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.stem}: {panel['title']}", target["expr"]


def _asked(expression: str) -> str:
    return expression.replace("$__rate_interval", "1m")


def _metrics(expression: str) -> set[str]:
    return set(re.findall(r"\bwarren_\w+", expression))


def _some_work(client: Client) -> None:
    """A bit of everything that the stack does."""
    item = {"name": "Repairs of bicycles", "price": 30, "currency": "EUR"}
    path = "/api/v1/catalogue/services"
    client.http.put(f"{path}/dashboard", json=item, headers=WAIT, timeout=40).raise_for_status()
    client.http.get(f"{path}/search", params={"q": "bicycle"}).raise_for_status()
    client.wait(client.speak(text="One, two, three."))


def test_every_query_of_the_dashboard_finds_something(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    # Given a Prometheus that reads every process of a system that works
    targets = stack.descriptor.metrics_urls
    assert set(targets) <= set(shipped_jobs())
    with running_prometheus(tmp_path, targets) as prometheus:
        _some_work(client)
        expressions = list(_expressions())
        assert len(expressions) > 30

        # When all panels are evaluated, until the rarest numbers have been read twice
        def without_answer() -> dict[str, str]:
            return {
                title: expression
                for title, expression in expressions
                if not prometheus.query(_asked(expression))
            }

        # Then none is an error, and none has nothing to show
        eventually(lambda: not without_answer(), within=45, seen=without_answer)
        _assert_metrics_exist(prometheus, expressions)
        assert _up(prometheus) == dict.fromkeys(targets, "1")

        # And the page about the numbers leaves none of them out
        told = {name for name in prometheus.families() if name.startswith("warren_")}
        assert told - _documented() == set()


def _documented() -> set[str]:
    return set(re.findall(r"^\| `(warren_\w+)` \|", PAGE.read_text(), re.MULTILINE))


def _assert_metrics_exist(
    prometheus: RunningPrometheus, expressions: list[tuple[str, str]]
) -> None:
    """What falls back to 0 is named rightly all the same, unless nothing has ever gone wrong."""
    wanted = set().union(*(_metrics(expression) for _, expression in expressions))
    rare = {
        "warren_task_retries_total",
        "warren_task_waits_total",
        "warren_dead_letters_total",
        "warren_dead_letters_open",
        "warren_alerts_open",
        "warren_recorder_set_aside_total",
    }
    assert wanted - prometheus.known_metrics() <= rare


def _up(prometheus: RunningPrometheus) -> dict[str, Any]:
    return {series["metric"]["job"]: series["value"][1] for series in prometheus.query("up")}


def test_the_scrape_configuration_is_valid() -> None:
    done = subprocess.run(
        [program("promtool"), "check", "config", str(CONFIGURATION)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 0, done.stderr
