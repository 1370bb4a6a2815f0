"""After its connections to a server were cut, each process works on by itself, by name."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.recovery.conftest import WiredStack
from warren.testing.deadline import eventually

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.timeout(180),
]

#: Seconds without a wire: longer than it takes to try again.
CUT = 2.0
#: Seconds in which the process has to do its work again; it usually takes one or two.
RECOVERY = 15.0
QUICK = {"kind": "chaos.quick", "payload": {}}


@pytest.fixture
def http(wired: WiredStack) -> Iterator[httpx.Client]:
    """A client of the gateway."""
    descriptor = wired.stack.descriptor
    with httpx.Client(
        base_url=descriptor.gateway_url,
        headers={"Authorization": f"Bearer {descriptor.api_key}"},
        timeout=10,
        trust_env=False,
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("process", "server"),
    [
        ("relay", "rabbitmq"),
        ("relay", "postgres"),
        ("recorder", "rabbitmq"),
        ("recorder", "postgres"),
        ("chaos-worker", "rabbitmq"),
    ],
)
def test_a_task_that_came_while_the_wire_was_cut_is_done_soon_after(
    wired: WiredStack, http: httpx.Client, process: str, server: str
) -> None:
    pid = wired.stack.pid(process)
    before = submitted(http)
    eventually(lambda: is_done(http, before), within=RECOVERY)

    with cut(wired, process, server):
        task = submitted(http)

    eventually(lambda: is_done(http, task), within=RECOVERY)
    assert wired.stack.pid(process) == pid


def test_the_gateway_refuses_while_its_database_is_cut_off_and_accepts_soon_after(
    wired: WiredStack, http: httpx.Client
) -> None:
    pid = wired.stack.pid("gateway")

    with cut(wired, "gateway", "postgres"):
        refused = http.post("/api/v1/tasks", json=QUICK)

    assert refused.status_code == 503
    eventually(lambda: http.post("/api/v1/tasks", json=QUICK).is_success, within=RECOVERY)
    assert wired.stack.pid("gateway") == pid


def test_the_gateway_accepts_while_the_broker_is_cut_off_from_it_and_is_ready_soon_after(
    wired: WiredStack, http: httpx.Client
) -> None:
    pid = wired.stack.pid("gateway")

    with cut(wired, "gateway", "rabbitmq"):
        task = submitted(http)

    eventually(lambda: http.get("/readyz").is_success, within=RECOVERY)
    eventually(lambda: is_done(http, task), within=RECOVERY)
    assert wired.stack.pid("gateway") == pid


@pytest.mark.parametrize("server", ["rabbitmq", "postgres"])
def test_the_housekeeper_does_its_jobs_soon_after_a_wire_was_cut(
    wired: WiredStack, http: httpx.Client, server: str
) -> None:
    pid = wired.stack.pid("housekeeper")
    body = {"filter": {"queue": "nobody.default"}}

    with cut(wired, "housekeeper", server):
        answer = http.post("/api/v1/dead-letters/replay", json=body)

    assert answer.status_code == 202, answer.text
    eventually(lambda: is_done(http, answer.json()["task_id"]), within=RECOVERY)
    assert wired.stack.pid("housekeeper") == pid


def test_the_scheduler_fires_soon_after_its_database_was_cut_off_what_came_due_meanwhile(
    wired: WiredStack, http: httpx.Client
) -> None:
    pid = wired.stack.pid("scheduler")
    body = {"name": "each-minute", "kind": "chaos.quick", "cron": "* * * * *"}
    assert http.post("/api/v1/schedules", json=body).is_success

    with cut(wired, "scheduler", "postgres"):
        make_due(wired, "each-minute")

    eventually(lambda: len(fired(wired, "each-minute")) > 0, within=RECOVERY)
    (task, *_) = fired(wired, "each-minute")
    eventually(lambda: is_done(http, task), within=RECOVERY)
    assert wired.stack.pid("scheduler") == pid


def test_the_scheduler_fires_while_the_broker_is_cut_off_from_it_and_tells_soon_that_it_lives(
    wired: WiredStack, http: httpx.Client
) -> None:
    pid = wired.stack.pid("scheduler")
    body = {"name": "again-each-minute", "kind": "chaos.quick", "cron": "* * * * *"}
    assert http.post("/api/v1/schedules", json=body).is_success

    with cut(wired, "scheduler", "rabbitmq"):
        make_due(wired, "again-each-minute")
        eventually(lambda: len(fired(wired, "again-each-minute")) > 0, within=RECOVERY)
        last = beat_of(wired, pid)

    eventually(lambda: beat_of(wired, pid) > last, within=RECOVERY)
    assert wired.stack.pid("scheduler") == pid


@contextmanager
def cut(wired: WiredStack, process: str, server: str) -> Iterator[None]:
    """Reset the connections of a process to a server, and refuse new ones for CUT seconds."""
    link = wired.links.named(f"{process}>{server}")
    ends = time.monotonic() + CUT
    link.cut()
    try:
        yield
        threading.Event().wait(max(0.0, ends - time.monotonic()))
    finally:
        link.calm()


def submitted(http: httpx.Client) -> str:
    """The id of a quick task that was accepted."""
    answer = http.post("/api/v1/tasks", json=QUICK)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def is_done(http: httpx.Client, task: str) -> bool:
    """Whether the task has succeeded."""
    status: dict[str, Any] = http.get(f"/api/v1/tasks/{task}/status").json()
    return bool(status["status"] == "succeeded")


def make_due(wired: WiredStack, schedule: str) -> None:
    """Let the minute that has begun be the next in which the schedule is due."""
    with psycopg.connect(wired.stack.descriptor.database_url) as connection:
        connection.execute(
            "UPDATE schedules SET next_due_at = date_trunc('minute', now()),"
            " fire_at = date_trunc('minute', now()) WHERE name = %s",
            [schedule],
        )


def fired(wired: WiredStack, schedule: str) -> list[str]:
    """The tasks that a schedule has made."""
    with psycopg.connect(wired.stack.descriptor.database_url) as connection:
        rows = connection.execute(
            "SELECT f.task_id::text FROM schedule_fires f JOIN schedules s ON s.id = f.schedule_id"
            " WHERE s.name = %s",
            [schedule],
        ).fetchall()
    return [row[0] for row in rows]


def beat_of(wired: WiredStack, pid: int | None) -> datetime:
    """When a process has told last that it lives."""
    with psycopg.connect(wired.stack.descriptor.database_url) as connection:
        query = "SELECT beat_at FROM workers WHERE (beat ->> 'pid')::integer = %s"
        (row,) = connection.execute(query, [pid]).fetchall()
    moment: datetime = row[0]
    return moment
