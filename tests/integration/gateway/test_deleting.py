"""DELETE /api/v1/tasks/{id}: what has ended, with all that is kept of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.customers.keys import Scope

pytestmark = pytest.mark.postgres


def _submit(client: httpx.Client) -> dict[str, Any]:
    body = {"kind": "tts.synthesize", "payload": {"text": "a"}}
    task: dict[str, Any] = client.post("/api/v1/tasks", json=body).json()
    return task


def test_a_task_goes_with_its_history_and_its_files(client: httpx.Client, database: Any) -> None:
    # Given a task that has failed, with a file of its own, and one beside it
    task, other = _submit(client), _submit(client)
    client.post(task["urls"]["cancel"])
    file = client.post("/api/v1/artifacts", content=b"speech").json()
    database.ask(
        "UPDATE artifacts SET task_id = %s WHERE id = %s", UUID(task["task_id"]), UUID(file["id"])
    )
    # When it is deleted
    answer = client.delete(task["urls"]["task"])
    # Then nothing of it is left, and the content is looked at by the next clean-up
    assert (answer.status_code, answer.content) == (204, b"")
    cancel = task["urls"].pop("cancel")
    assert {client.get(url).status_code for url in (*task["urls"].values(), file["url"])} == {404}
    assert client.post(cancel).status_code == 404
    assert database.count("task_history") == 0
    noted = database.ask("SELECT 1 FROM discarded_contents WHERE sha256 = %s", file["sha256"])
    assert noted
    assert client.get(other["urls"]["status"]).status_code == 200
    assert client.delete(task["urls"]["task"]).status_code == 404


def test_a_task_that_lives_is_not_deleted(client: httpx.Client) -> None:
    task = _submit(client)

    answer = client.delete(task["urls"]["task"])

    assert (answer.status_code, answer.json()["state"]) == (409, "pending")
    assert client.get(task["urls"]["status"]).json()["status"] == "pending"


def test_another_customers_task_is_not_there_to_be_deleted(
    client: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    task = _submit(client)
    client.post(task["urls"]["cancel"])
    stranger = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))

    assert stranger.delete(task["urls"]["task"]).status_code == 404
    assert client.get(task["urls"]["status"]).status_code == 200


def test_a_member_stays_as_long_as_its_batch_lives(client: httpx.Client) -> None:
    # Given a batch of two, one of which has ended
    items = [{"kind": "tts.synthesize", "payload": {"text": text}} for text in "ab"]
    batch = client.post("/api/v1/tasks/batch", json={"items": items}).json()
    first, second = (item["urls"] for item in batch["items"])
    client.post(first["cancel"])
    refused = client.delete(first["task"])
    # When all of it has ended
    client.post(second["cancel"])
    deleted = client.delete(first["task"])
    # Then the member can go, and the batch still knows how it ended
    assert (refused.status_code, deleted.status_code) == (409, 204)
    task = client.get(f"/api/v1/tasks/{batch['batch_id']}").json()
    assert (task["batch"]["cancelled"], task["status"]) == (2, "failed")
    assert client.delete(f"/api/v1/tasks/{batch['batch_id']}").status_code == 204
    assert client.get(second["status"]).status_code == 200


def test_a_batch_whose_member_was_deleted_can_be_retried(
    client: httpx.Client, database: Any
) -> None:
    items = [{"kind": "tts.synthesize", "payload": {"text": text}} for text in "ab"]
    batch = client.post("/api/v1/tasks/batch", json={"items": items}).json()
    url = f"/api/v1/tasks/{batch['batch_id']}"
    client.post(f"{url}/cancel")
    client.delete(batch["items"][0]["urls"]["task"])

    retried = client.post(f"{url}/retry")
    client.post(batch["items"][1]["urls"]["cancel"])

    assert retried.status_code == 202
    assert client.get(f"{url}/status").json()["status"] in {"failed", "cancelled"}
