"""A schedule that somebody makes over HTTP speaks by itself, on time, also through a kill."""

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.e2e.client import Client
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]
URL = "/api/v1/schedules/every-minute"


def _let_it_be_due_soon(stack: Stack) -> None:
    """As if the minute before, of which some seconds are left, were the next one."""
    with psycopg.connect(stack.descriptor.database_url, connect_timeout=10) as connection:
        connection.execute(
            "UPDATE schedules SET next_due_at = next_due_at - interval '1 minute',"
            " fire_at = now() + interval '5 s' WHERE name = 'every-minute'"
        )


@pytest.mark.timeout(300)
def test_each_minute_is_spoken_once_though_the_scheduler_is_killed(
    client: Client, stack: Stack
) -> None:
    # Given a schedule that is due with every minute
    made = client.http.post(
        "/api/v1/schedules",
        json={
            "name": "every-minute",
            "kind": "tts.synthesize",
            "payload": {"text": "Another minute"},
            "cron": "* * * * *",
            "missed": "catch_up",
        },
    )
    assert made.status_code == 201, made.text
    due = datetime.fromisoformat(made.json()["next_run_at"]) - timedelta(minutes=1)
    _let_it_be_due_soon(stack)
    # When the scheduler is killed before the minute is over
    stack.kill("scheduler")
    # Then its successor fires the minute

    def fired() -> dict[str, Any] | None:
        view: dict[str, Any] = client.get_until_answered(URL).json()
        return view if view["last_due_at"] else None

    view = eventually(fired, within=150)
    assert client.http.delete(URL).status_code == 204
    assert datetime.fromisoformat(view["last_due_at"]) >= due
    # And what it says is spoken
    task_id = view["last_task_id"]
    assert client.wait(task_id)["status"] == "succeeded"
    assert client.http.get(f"/api/v1/tasks/{task_id}").json()["payload"] == {
        "text": "Another minute"
    }
    assert client.result(task_id)["media_type"] == "audio/wav"
