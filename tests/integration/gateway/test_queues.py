"""Seeing and steering queues over HTTP."""

from typing import Any

import pytest

from gateway.customers.keys import Scope

pytestmark = pytest.mark.postgres
SPEECH = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}


@pytest.fixture(autouse=True)
def _no_controls(database: Any) -> None:
    database.ask("DELETE FROM queue_controls")


def _queue(client: Any, name: str = "tts.default") -> dict[str, Any]:
    items = client.get("/api/v1/queues").json()["items"]
    (found,) = [item for item in items if item["name"] == name]
    return dict(found)


def test_a_queue_shows_what_waits_in_it(client: Any, database: Any) -> None:
    # Given a task that is due, one that is not yet, and a worker
    client.post("/api/v1/tasks", json=SPEECH)
    client.post("/api/v1/tasks", json={**SPEECH, "delay_seconds": 60})
    database.ask(
        "INSERT INTO workers VALUES ('a', 'a', 'tts', now(), now(),"
        """ '{"queues": ["tts.default", "tts.low"], "slots_total": 4}')"""
    )
    # When the queues are listed
    queue = _queue(client)
    # Then it says so
    assert (queue["lane"], queue["waiting"], queue["due"]) == ("default", 2, 1)
    assert (queue["workers"], queue["slots"], queue["in_flight"]) == (1, 4, 0)
    assert 0 <= queue["oldest_due_seconds"] < 60
    assert _queue(client, "tts.low")["oldest_due_seconds"] is None


def test_a_paused_queue_says_who_paused_it_and_its_tasks_that_they_wait(
    client: Any, database: Any
) -> None:
    task = client.post("/api/v1/tasks", json=SPEECH).json()

    assert client.post("/api/v1/queues/tts.default/pause").json() == {
        "name": "tts.default",
        "paused": True,
    }

    queue = _queue(client)
    assert queue["paused"]
    assert queue["paused_by"].startswith("key:")
    assert client.get(task["urls"]["status"]).json()["waiting_for"] == "paused"
    # Paused twice it stays as it was; resumed twice it just runs.
    client.post("/api/v1/queues/tts.default/pause")
    assert _queue(client)["paused_at"] == queue["paused_at"]
    for _ in range(2):
        assert client.post("/api/v1/queues/tts.default/resume").json()["paused"] is False
    assert not _queue(client)["paused"]
    assert client.get(task["urls"]["status"]).json()["waiting_for"] == "no_worker"


def test_what_is_no_queue_cannot_be_paused(client: Any) -> None:
    answer = client.post("/api/v1/queues/warren.status/pause")

    assert answer.status_code == 404
    assert "<service>[.<pool>].<lane>" in answer.json()["detail"]


def test_only_operators_see_and_steer(gateway_url: str, database: Any, connect: Any) -> None:
    caller = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))

    for answer in (
        caller.get("/api/v1/queues"),
        caller.post("/api/v1/queues/tts.default/pause"),
        caller.post("/api/v1/queues/tts.default/resume"),
    ):
        assert answer.status_code == 403
