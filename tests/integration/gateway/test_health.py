"""GET /api/v1/health: how the installation is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.config import GatewaySettings
from gateway.customers.keys import Scope
from gateway.health import overview
from tests.integration.gateway.bulk.waiting import add_tasks

pytestmark = pytest.mark.postgres

_WORKER = """
INSERT INTO workers (incarnation, name, service, started_at, beat_at, beat)
VALUES ('host-1', 'a worker', 'tts', now(), now(),
    '{"queues": ["tts.default", "tts.low"], "slots_total": 4}')
"""


@pytest.fixture
def ask(
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> Callable[[], dict[str, Any]]:
    """An operator's look at a gateway of the test's own, which has looked at nothing so far."""

    def asked() -> dict[str, Any]:
        client = connect(serve(settings), database.key())
        answer = client.get("/health/celery")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    return asked


def test_parts_workers_and_queues_are_told(
    ask: Callable[[], dict[str, Any]], database: Any
) -> None:
    database.ask("DELETE FROM syncs")
    database.ask(_WORKER)
    add_tasks(database, 3, queue="tts.low")
    add_tasks(database, 2, queue="tts.low", state="processing")

    told = ask()

    # The broker of these tests is not there: tasks are accepted all the same.
    assert told["status"] == "degraded"
    assert "RabbitMQ" in told["parts"]["broker"]["problem"]
    assert told["parts"]["database"]["problem"] is None
    assert told["parts"]["database"]["latency_ms"] > 0
    assert told["workers"]["tts"]["low"] == {"workers": 1, "slots": 4}
    low = told["queues"]["tts.low"]
    assert (low["pending"], low["running"], low["paused"]) == (3, 2, True)
    assert told["pending"] == 3
    assert told["oldest_pending_seconds"] >= 0


def test_what_a_worker_calls_and_does_not_reach_degrades_health_and_not_readiness(
    ask: Callable[[], dict[str, Any]], database: Any, client: httpx.Client
) -> None:
    worker = """
    INSERT INTO workers (incarnation, name, service, started_at, beat_at, beat)
    VALUES (%s, 'a worker', 'sync', now(), now() - %s::interval, jsonb_build_object('queues',
        '[]'::jsonb, 'slots_total', 1, 'downstreams', jsonb_build_array(jsonb_build_object(
            'name', %s::text, 'latency_ms', 2.5, 'problem', %s::text))))
    """
    for incarnation, ago, name, problem in (
        ("a", "0 s", "chatbot", "answers 503"),
        ("b", "0 s", "chatbot", None),
        ("c", "0 s", "search-index", None),
        ("gone", "1 hour", "search-index", "answers 500"),
    ):
        database.ask(worker, incarnation, ago, name, problem)

    told = ask()

    assert told["status"] == "degraded"
    assert told["parts"]["chatbot"] == {
        "latency_ms": 2.5,
        "problem": "answers 503 (told by 1 of 2 processes of sync)",
    }
    assert told["parts"]["search-index"] == {"latency_ms": 2.5, "problem": None}
    assert client.get("/readyz").json()["status"] == "ready"


def test_what_nobody_takes_is_a_problem(
    ask: Callable[[], dict[str, Any]], database: Any, client: httpx.Client
) -> None:
    database.ask("DELETE FROM queue_controls")
    client.post("/api/v1/tasks", json={"kind": "tts.synthesize", "payload": {"text": "a"}})

    problem = ask()["parts"]["workers"]["problem"]

    assert problem == "no worker takes what waits in tts.default"


def test_a_schedule_that_does_not_fire_is_a_problem(
    ask: Callable[[], dict[str, Any]], database: Any, client: httpx.Client
) -> None:
    body = {"kind": "tts.synthesize", "payload": {"text": "a"}}
    made = client.post("/api/v1/schedules", json={"name": "n", "cron": "0 0 * * *", **body})
    assert made.status_code == 201, made.text
    database.ask("UPDATE schedules SET fire_at = now() - interval '5 minutes'")

    problem = ask()["parts"]["schedules"]["problem"]
    database.ask("DELETE FROM schedules")

    assert problem is not None
    assert problem.startswith("1 are more than 60 s late")


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_disk_that_is_nearly_full_is_a_problem_however_its_folder_is_named(
    form: str,
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No disk has more than all of it left.
    monkeypatch.setattr(overview, "_LEAST_FREE", 1.1)
    named = settings.model_copy(update={"artifacts_url": form.format(tmp_path)})

    told = connect(serve(named), database.key()).get("/api/v1/health").json()

    assert "MiB are free where artifacts are stored" in told["parts"]["disk"]["problem"]


def test_only_operators_see_it(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    caller = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))

    assert caller.get("/api/v1/health").status_code == 403
