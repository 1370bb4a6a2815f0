"""Every question of the shipped dashboard has an answer after a real run."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.client import Client
from tests.running_chatbot import RunningChatbot
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
WORKERS = {"tts-worker", "indexer", "nlp-worker", "image-worker", "sync-worker"}
MADE = {"audio_seconds", "descriptions", "pictures"}
#: What a healthy system does not have: its name is checked, its labels are not.
RARE = {
    "warren_task_waits_total",
    "warren_dead_letters_total",
    "warren_dead_letters_open",
    "warren_alerts_open",
    "warren_recorder_set_aside_total",
    "warren_suspects_total",
    "warren_sync_backlog",
}
PASSAGE = "The old castle stood on a steep grey hill above the quiet sea, covered with dark ivy."


def _expressions() -> Iterator[tuple[str, str]]:
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.stem}: {panel['title']}", target["expr"]


def _asked(expression: str) -> str:
    return expression.replace("$__rate_interval", "1m")


def _metrics(expression: str) -> set[str]:
    return set(re.findall(r"\bwarren_\w+", expression))


def _labels(expression: str) -> set[str]:
    """Those that an expression groups or chooses by."""
    groups = re.findall(r"\bby \(([^)]*)\)", expression)
    chosen = re.findall(r'(\w+)(?:=|!=|=~|!~)"', expression)
    return {label.strip() for group in groups for label in group.split(",")} | set(chosen)


def _some_work(client: Client, chatbot: RunningChatbot) -> None:
    """A bit of everything that the stack does, and a chatbot that fails once."""
    chatbot.switch("fails_after", first=1)
    asked = {
        "/api/v1/mobile-faq": {"question": "When?", "answer": "Always."},
        "/api/v1/nlp/descriptions": {"text": PASSAGE, "language": "en"},
        "/api/v1/images/generate": {"prompt": "a castle", "width": 64, "height": 64},
        "/api/v1/speech": {"text": "One, two, three."},
    }
    answers = [client.http.post(path, json=body).raise_for_status() for path, body in asked.items()]
    item = {"name": "Repairs of bicycles", "price": 30, "currency": "EUR"}
    path = "/api/v1/catalogue/services"
    client.http.put(f"{path}/dashboard", json=item, headers=WAIT, timeout=40).raise_for_status()
    client.http.get(f"{path}/search", params={"q": "bicycle"}).raise_for_status()
    for answer in answers:
        assert client.wait(answer.json()["task_id"])["status"] == "succeeded"


def test_every_query_of_the_dashboard_finds_something(
    stack: Stack, client: Client, chatbot: RunningChatbot, tmp_path: Path
) -> None:
    # Given a Prometheus that reads every process of a system that works in all its domains
    targets = stack.descriptor.metrics_urls
    assert set(targets) <= set(shipped_jobs())
    with running_prometheus(tmp_path, targets) as prometheus:
        _some_work(client, chatbot)
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
        eventually(
            lambda: (
                _seen(prometheus, "warren_runs_total", "job") >= WORKERS
                and _seen(prometheus, "warren_output_total", "unit") >= MADE
                and prometheus.query("warren_task_retries_total")
            ),
            seen=lambda: prometheus.query("warren_runs_total"),
        )
        _assert_metrics_have_their_labels(prometheus, expressions)
        assert _up(prometheus) == dict.fromkeys(targets, "1")

        # And the page about the numbers leaves none of them out, and invents none
        told = {name for name in prometheus.families() if name.startswith("warren_")}
        assert told == _documented()


def _documented() -> set[str]:
    return set(re.findall(r"^\| `(warren_\w+)` \|", PAGE.read_text(), re.MULTILINE))


def _seen(prometheus: RunningPrometheus, metric: str, label: str) -> set[str]:
    return {series["metric"][label] for series in prometheus.query(metric)}


def _assert_metrics_have_their_labels(
    prometheus: RunningPrometheus, expressions: list[tuple[str, str]]
) -> None:
    """What falls back to 0 is named rightly all the same, and so is what it is grouped by."""
    families = prometheus.families()
    for title, expression in expressions:
        for metric in _metrics(expression):
            family = re.sub("_(total|bucket)$", "", metric)
            assert family in families, f"{title}: nobody tells {metric}"
            told = [set(series["metric"]) for series in prometheus.query(metric)]
            assert told or metric in RARE, f"{title}: {metric} has no series"
            lacking = [labels for labels in told if not _labels(expression) <= labels]
            assert not lacking, f"{title}: {metric} has {lacking[0]}"


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
