"""Cancelling through the whole system."""

import pytest

from tests.e2e.client import Client
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

LONG = "The quick brown fox jumps over the lazy dog, and thinks nothing of it. " * 400


def _types(client: Client, task: str) -> list[str]:
    items = client.get_until_answered(f"/api/v1/tasks/{task}/history").json()["items"]
    return [item["type"] for item in items]


def test_a_task_that_runs_is_cancelled_soon_and_leaves_no_result(client: Client) -> None:
    # Given a long text that is being spoken
    task = client.speak(text=LONG)
    eventually(lambda: client.status(task)["status"] == "processing", within=60)
    # When it is cancelled
    answer = client.http.post(f"/api/v1/tasks/{task}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelling")
    # Then it has soon ended, with nothing to show
    assert client.wait(task, timeout=20)["status"] == "cancelled"
    assert client.http.get(f"/api/v1/tasks/{task}/result").status_code == 409
    assert _types(client, task)[-2:] == ["task.cancelling", "task.cancelled"]
    # And the next task is spoken
    assert client.wait(client.speak(text="Hello."))["status"] == "succeeded"


def test_a_task_that_is_due_later_is_cancelled_at_once(client: Client) -> None:
    body = {"kind": "tts.synthesize", "payload": {"text": "Later."}, "delay_seconds": 3600}
    task = client.http.post("/api/v1/tasks", json=body).json()["task_id"]
    answer = client.http.post(f"/api/v1/tasks/{task}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
