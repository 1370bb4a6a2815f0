"""However many owners, ids, errors, kinds and routes there are: the number of series has an end."""

import asyncio
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.http_measures import HttpNumbers
from gateway.tasks.measures import TaskNumbers
from warren.contracts.ids import new_id
from warren.contracts.state_machine import InFlight, TaskRow, fold
from warren.contracts.states import TaskState
from warren.contracts.status import Status, parse_status

MANY = 5_000
PUBLISHED = datetime.now(UTC)


def series(registry: CollectorRegistry) -> int:
    return sum(len(family.samples) for family in registry.collect())


def task(n: int, kind: str) -> TaskRow:
    return TaskRow(
        id=new_id(),
        customer_id=new_id(),
        kind=kind,
        version=1,
        queue="test.default",
        state=TaskState.PENDING,
        generation=1,
        dispatch=1,
        rank=0,
        attempt=1,
        max_attempts=4,
        in_flight=InFlight(1, 1, PUBLISHED),
    )


def status(task: TaskRow, type_: str, after: float, data: dict[str, Any]) -> Status:
    numbers = {"generation": 1, "dispatch": 1, "attempt": 1}
    ids = {"id": new_id(), "task_id": task.id, "run_id": new_id(), "incarnation": "w"}
    at = PUBLISHED + timedelta(seconds=after)
    return parse_status({**ids, **numbers, "type": type_, "at": at, "data": data})


def test_tasks_of_many_owners_with_many_errors_make_few_series() -> None:
    numbers = TaskNumbers()

    for n in range(MANY):
        row = task(n, kind="test.echo")
        error = {"type": f"Error{n}", "message": f"message {n}"}
        retrying = {"delay": 1, "error": error, "processing_seconds": 1}
        statuses = [
            status(row, "task.processing", 1, {}),
            status(row, "task.retrying", 2, retrying),
        ]
        numbers.submitted([{"kind": row.kind, "lane": "default"}])
        numbers.moved([fold(row, statuses, PUBLISHED)])

    assert series(numbers.registry) < 200
    started = numbers.registry.get_sample_value(
        "warren_tasks_started_total", {"kind": "test.echo", "lane": "default"}
    )
    other = numbers.registry.get_sample_value(
        "warren_task_retries_total", {"kind": "test.echo", "cause": "other"}
    )
    assert (started, other) == (MANY, MANY - 50)


def test_even_kinds_make_no_more_series_than_their_bound() -> None:
    numbers = TaskNumbers()

    for n in range(MANY):
        numbers.submitted([{"kind": f"test.kind{n}", "lane": "default"}])

    assert series(numbers.registry) < 500


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_requests_for_many_paths_make_one_series_a_route() -> None:
    app = create_app(GatewaySettings())
    registry = CollectorRegistry()
    app.state.http_numbers = HttpNumbers(registry)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: MutableMapping[str, Any]) -> None:
        return None

    async def ask(method: str, path: str) -> None:
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
        rest = {"query_string": b"", "headers": [], "root_path": "", "scheme": "http"}
        await app({**scope, **rest}, receive, send)

    async def ask_all() -> None:
        for n in range(MANY // 2):
            await ask("GET", f"/nowhere/{new_id()}")
            await ask(f"VERB{n}", "/healthz")
        await ask("GET", "/healthz")
        await ask("DELETE", "/health/celery")

    asyncio.run(ask_all())

    assert series(registry) < 100
    labels = {"method": "GET", "route": "/healthz", "status": "200"}
    assert registry.get_sample_value("warren_http_requests_total", labels) == 1
    labels = {"method": "GET", "route": "unmatched", "status": "404"}
    assert registry.get_sample_value("warren_http_requests_total", labels) == MANY // 2
    # A former path is counted at the route to which it leads.
    labels = {"method": "DELETE", "route": "/api/v1/health", "status": "405"}
    assert registry.get_sample_value("warren_http_requests_total", labels) == 1
