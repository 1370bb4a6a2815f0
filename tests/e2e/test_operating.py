"""Operating the whole system by its commands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.client import Client
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_WARREN = Path(sys.executable).parent / "warren"


def _warren(stack: Stack, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command as somebody at a terminal would; `answer` is what they type."""
    environment = {
        **os.environ,
        "WARREN_URL": stack.descriptor.gateway_url,
        "WARREN_API_KEY": stack.descriptor.api_key,
    }
    return subprocess.run(
        [_WARREN, *arguments],
        env=environment,
        input=answer,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _later(client: Client, count: int, lane: str) -> list[str]:
    """Tasks that wait for a queue which no other test uses."""
    body = {
        "kind": "tts.synthesize",
        "payload": {"text": "Later."},
        "delay_seconds": 3600,
        "lane": lane,
    }
    answers = [client.http.post("/api/v1/tasks", json=body) for _ in range(count)]
    return [answer.json()["task_id"] for answer in answers]


def _listed(stack: Stack, *options: str) -> set[str]:
    listed = _warren(stack, "tasks", "list", "--json", *options)
    assert listed.returncode == 0, listed.stderr
    return {task["task_id"] for task in json.loads(listed.stdout)}


def test_a_queue_is_purged_after_a_look_at_what_is_in_it(client: Client, stack: Stack) -> None:
    # Given tasks that wait for a queue, as `warren tasks list` shows them
    tasks = _later(client, 7, "low")
    assert _listed(stack, "--queue", "tts.low", "--state", "scheduled") == set(tasks)
    table = _warren(stack, "tasks", "list", "--queue", "tts.low")
    assert all(task in table.stdout for task in tasks)

    # When the purge is not confirmed, Then nothing happens
    refused = _warren(stack, "queues", "purge", "tts.low", answer="n\n")
    assert refused.returncode == 1
    assert "7 tasks (7 scheduled) that wait for tts.low will be cancelled" in refused.stdout
    assert client.status(tasks[0])["status"] == "scheduled"

    # When it is, Then they are all cancelled, and their history says by which task
    done = _warren(stack, "queues", "purge", "tts.low", answer="y\n")
    assert done.returncode == 0, done.stderr
    action = done.stdout.split("task ")[1].split()[0]
    assert client.wait(action)["status"] == "succeeded"
    assert client.result(action) == {"changed": 7}
    assert _listed(stack, "--queue", "tts.low", "--state", "cancelled") >= set(tasks)
    assert (
        f"task.cancelled (1.1, attempt 1) by task:{action}"
        in _warren(stack, "tasks", "show", tasks[0]).stdout
    )

    # And retried by a filter, and cancelled by their ids
    retried = _warren(
        stack, "tasks", "retry", "--queue", "tts.low", "--state", "cancelled", "--yes"
    )
    assert retried.returncode == 0, retried.stderr
    eventually(
        lambda: {client.status(task)["generation"] for task in tasks} == {2},
        within=60,
        seen=lambda: [client.status(task) for task in tasks],
    )
    assert client.wait(tasks[0])["status"] == "succeeded"
    late = _warren(stack, "tasks", "cancel", tasks[0])
    assert late.returncode == 1
    assert "has succeeded already" in late.stderr


def test_a_queue_that_is_not_there_is_named(stack: Stack) -> None:
    refused = _warren(stack, "queues", "purge", "tts.defualt", "--yes")
    assert refused.returncode == 1
    assert "tts.defualt" in refused.stderr
