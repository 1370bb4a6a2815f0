"""Every change is told with who made it."""

import base64
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from gateway.commands import app
from gateway.customers.keys import Scope
from gateway.dead_letters.resolving import discard_letter
from gateway.webhooks.alerting import alert_disabled
from warren.contracts.ids import new_id

pytestmark = pytest.mark.postgres
Connect = Callable[[str, str], httpx.Client]
LETTER = """
INSERT INTO dead_letters (id, source, queue, error, cause, message, message_sha256)
VALUES (%s, 'undecodable', 'tts.default', '{"type": "Bad", "message": "no"}', 'Bad: no', '', '')
"""


@pytest.fixture(autouse=True)
def _nothing_told_yet(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_SEALING_KEYS", base64.b64encode(os.urandom(32)).decode())
    database.ask(
        "WITH a AS (DELETE FROM queue_controls), b AS (DELETE FROM schedules),"
        " c AS (DELETE FROM webhook_endpoints) DELETE FROM dead_letters"
    )
    database.ask("DELETE FROM audit_entries")


def _actions(client: httpx.Client, **chosen: Any) -> list[tuple[str, str]]:
    items = client.get("/api/v1/audit", params=chosen).json()["items"]
    return [(item["action"], item["target"]) for item in items]


def _who(client: httpx.Client) -> str:
    return "key:" + client.headers["Authorization"].split("_")[1]


def test_steering_is_told_once_with_the_key_that_did_it(client: httpx.Client) -> None:
    # When a queue is paused twice and resumed twice
    for action in ("pause", "pause", "resume", "resume"):
        client.post(f"/api/v1/queues/tts.default/{action}")

    # Then each change is told, newest first, and nothing else
    told = client.get("/api/v1/audit", params={"action": "queue"}).json()["items"]
    assert [item["action"] for item in told] == ["queue.resumed", "queue.paused"]
    assert {(item["actor"], item["target"]) for item in told} == {(_who(client), "tts.default")}


def test_stopping_a_worker_and_releasing_a_provider_are_told(
    client: httpx.Client, database: Any
) -> None:
    database.ask(
        "INSERT INTO workers VALUES ('a', 'a', 'tts', now(), now(), '{\"queues\": [\"tts.low\"]}')"
    )

    assert client.post("/api/v1/workers/a/stop").status_code == 202
    assert client.post("/api/v1/workers/unknown/stop").status_code == 404
    assert client.post("/api/v1/providers/voices/release").status_code == 202

    steered = [*_actions(client, action="provider"), *_actions(client, action="worker.stopped")]
    assert steered == [("provider.released", "voices"), ("worker.stopped", "a")]


def test_the_life_of_a_schedule_is_told_without_its_payload(client: httpx.Client) -> None:
    body = {"kind": "tts.synthesize", "cron": "0 2 * * *", "payload": {"text": "private"}}
    made = client.post("/api/v1/schedules", json={**body, "name": "nightly"}).json()
    client.patch("/api/v1/schedules/nightly", json={"enabled": False, "payload": {"text": "b"}})
    client.delete("/api/v1/schedules/nightly")

    told = client.get("/api/v1/audit", params={"target": made["id"]}).json()["items"]

    assert [item["action"] for item in told] == [
        "schedule.deleted",
        "schedule.changed",
        "schedule.created",
    ]
    assert told[1]["details"] == {"name": "nightly", "enabled": False, "also": ["payload"]}
    assert "private" not in str(told)


def test_the_life_of_a_webhook_is_told_with_no_more_of_its_address_than_the_host(
    client: httpx.Client, database: Any
) -> None:
    hook = {"url": "https://example.com/token-4711", "events": ["task.succeeded"]}
    made = client.post("/api/v1/webhooks", json=hook).json()
    path = f"/api/v1/webhooks/{made['id']}"
    client.post(f"{path}/rotate-secret")
    client.patch(path, json={"url": "https://example.org/token-4712"})
    with psycopg.connect(database.url, autocommit=True) as connection:
        alert_disabled(connection, made["id"], new_id(), "https://example.org/token-4712", "gone")
    client.delete(path)

    told = client.get("/api/v1/audit", params={"target": made["id"]}).json()["items"]

    assert [item["action"] for item in told] == [
        "webhook.deleted",
        "webhook.disabled",
        "webhook.changed",
        "webhook.secret_rotated",
        "webhook.created",
    ]
    assert told[2]["details"] == {"host": "example.org"}
    assert "token" not in str(told)
    assert "whsec" not in str(told)


def test_what_is_done_about_a_dead_letter_is_told(client: httpx.Client, database: Any) -> None:
    letter = new_id()
    database.ask(LETTER, letter)

    client.post(f"/api/v1/dead-letters/{letter}/discard", json={"reason": "a test"})
    # A second time, and by somebody who came too late, nothing changes.
    client.post(f"/api/v1/dead-letters/{letter}/discard", json={"reason": "again"})
    with psycopg.connect(database.url, autocommit=True) as connection:
        assert not discard_letter(connection, letter, "key:late", reason="no")

    assert _actions(client, action="dead_letter") == [("dead_letter.discarded", str(letter))]


def test_commands_past_the_gateway_are_told_with_the_user_of_the_machine(
    client: httpx.Client, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    monkeypatch.setenv("LOGNAME", "ada")
    command = CliRunner()

    made = command.invoke(app, ["keys", "create", "--customer", "acme", "--new-customer"])
    command.invoke(app, ["customers", "limit", "acme", "--waiting", "7"])
    prefix = made.output.split("_")[1]
    for _ in range(2):
        command.invoke(app, ["keys", "revoke", prefix])

    told = client.get("/api/v1/audit", params={"actor": "command:ada"}).json()["items"]
    assert [item["action"] for item in told][:3] == [
        "key.revoked",
        "customer.changed",
        "key.created",
    ]
    assert told[0]["target"] == prefix
    assert told[1]["details"] == {"waiting_limit": 7}
    assert made.output.strip().rpartition("_")[2] not in str(told)


def test_a_result_that_is_kept_longer_and_a_task_that_is_deleted_are_told(
    client: httpx.Client, database: Any
) -> None:
    body = {"kind": "tts.synthesize", "payload": {"text": "private"}}
    task = client.post("/api/v1/tasks", json=body).json()["task_id"]
    # While it lives, neither is done.
    assert client.delete(f"/api/v1/tasks/{task}").status_code == 409
    assert client.post(f"/api/v1/tasks/{task}/extend", json={"days": 60}).status_code == 409
    database.ask("UPDATE tasks SET state = 'succeeded', finished_at = now() WHERE id = %s", task)

    kept = client.post(f"/api/v1/tasks/{task}/extend", json={"days": 60}).json()
    assert client.delete(f"/api/v1/tasks/{task}").status_code == 204

    told = client.get("/api/v1/audit", params={"target": task}).json()["items"]
    assert [item["action"] for item in told] == ["task.deleted", "task.result_extended"]
    assert {item["actor"] for item in told} == {_who(client)}
    until = datetime.fromisoformat(told[1]["details"]["until"])
    assert until == datetime.fromisoformat(kept["result_expires_at"])
    assert "private" not in str(told)


def test_what_could_not_be_committed_is_not_told(client: httpx.Client, database: Any) -> None:
    # Given an audit that cannot be written
    database.ask("ALTER TABLE audit_entries RENAME TO elsewhere")
    try:
        # When a queue is to be paused
        answer = client.post("/api/v1/queues/tts.default/pause")
    finally:
        database.ask("ALTER TABLE elsewhere RENAME TO audit_entries")

    # Then it is not: no change without its entry
    assert answer.status_code == 503
    assert database.count("queue_controls") == 0


def test_the_audit_is_read_in_pages_and_by_time(client: httpx.Client) -> None:
    for number in range(5):
        client.post(f"/api/v1/queues/tts{number}.default/pause")
    seen, cursor = [], None
    while True:
        page = f"action=queue&limit=2{f'&cursor={cursor}' if cursor else ''}"
        answer = client.get(f"/api/v1/audit?{page}").json()
        seen += [(item["target"], item["at"]) for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break

    assert [target for target, _ in seen] == [f"tts{n}.default" for n in (4, 3, 2, 1, 0)]
    middle = {"since": seen[3][1], "until": seen[1][1], "action": "queue"}
    assert [target for _, target in _actions(client, **middle)] == ["tts2.default", "tts1.default"]
    for wrong in ({"cursor": "x"}, {"cursor": "9" * 30}, {"limit": 501}, {"since": "x"}, {"a": 1}):
        assert client.get("/api/v1/audit", params=wrong).status_code in (400, 422), wrong


def test_only_operators_and_administrators_read_the_audit(
    gateway_url: str, database: Any, connect: Connect
) -> None:
    caller = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    assert caller.get("/api/v1/audit").status_code == 403
    for scope in (Scope.OPERATE, Scope.ADMIN):
        reader = connect(gateway_url, database.key(scopes=[scope]))
        assert reader.get("/api/v1/audit").status_code == 200
