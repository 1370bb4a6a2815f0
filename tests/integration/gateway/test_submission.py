"""Submitting tasks over HTTP: what is accepted, and that what is refused leaves nothing behind."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.lanes import Lane

pytestmark = pytest.mark.postgres


def _fields(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["field"] for error in answer.json().get("errors", [])]


def test_an_accepted_task_is_a_row_and_an_outbox_row(client: httpx.Client, database: Any) -> None:
    # When a task is submitted with all that a submission can have
    answer = client.post(
        "/api/v1/tasks",
        json={
            "kind": "tts.synthesize",
            "payload": {"text": "Hello", "voice_name": None},
            "metadata": {"order": 7},
            "tags": ["a", "b"],
            "user_id": "u1",
        },
        headers={"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"},
    )
    # Then it is accepted, with the addresses to ask
    assert answer.status_code == 202
    accepted = answer.json()
    task_id = accepted["task_id"]
    assert answer.headers["location"] == f"/api/v1/tasks/{task_id}"
    assert accepted["status"] == "pending"
    assert client.get(accepted["urls"]["status"]).json()["task_id"] == task_id
    # And committed with everything, the null left out
    assert database.ask(
        "SELECT kind, version, queue, lane, payload, metadata, tags, user_id, max_attempts, state,"
        " left(traceparent, 4) FROM tasks WHERE id = %s",
        task_id,
    ) == [
        (
            *("tts.synthesize", 1, "tts.default", "default", {"text": "Hello"}, {"order": 7}),
            *(["a", "b"], "u1", 4, "pending", "00-a"),
        )
    ]
    assert database.ask(
        "SELECT generation, dispatch, attempt, kind, version, queue, available_at <= now()"
        " FROM outbox WHERE task_id = %s",
        task_id,
    ) == [(1, 1, 1, "tts.synthesize", 1, "tts.default", True)]


def test_speech_has_an_address_of_its_own(client: httpx.Client, database: Any) -> None:
    answer = client.post("/api/v1/speech", json={"text": "Hello", "output_format": "mp3"})
    assert answer.status_code == 202
    assert database.ask("SELECT kind, payload FROM tasks") == [
        ("tts.synthesize", {"text": "Hello", "output_format": "mp3"})
    ]


def test_a_delayed_task_is_scheduled_and_its_row_becomes_due_then(
    client: httpx.Client, database: Any
) -> None:
    body: dict[str, Any] = {"kind": "tts.synthesize", "payload": {"text": "a"}}
    # Given one task with a delay, one with a moment, and one whose moment has passed
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    answers = [
        client.post("/api/v1/tasks", json=body | when)
        for when in (
            {"delay_seconds": 3600},
            {"run_at": later},
            {"run_at": "2020-01-01T00:00:00Z"},
        )
    ]
    # Then two wait and one does not
    assert [answer.json()["status"] for answer in answers] == ["scheduled", "scheduled", "pending"]
    assert database.ask(
        "SELECT available_at > now() + interval '59 minutes', available_at <= now()"
        " FROM outbox ORDER BY task_id"
    ) == [(True, False), (True, False), (False, True)]


def test_long_texts_travel_as_artifacts(client: httpx.Client, database: Any) -> None:
    # Given a text of 100,000 characters that are not ASCII
    text = "ж" * 100_000
    # When it is submitted
    answer = client.post("/api/v1/speech", json={"text": text})
    # Then it is accepted, and the payload refers to a file of the customer
    assert answer.status_code == 202, answer.text
    ((payload,),) = database.ask("SELECT payload FROM tasks")
    assert payload.keys() == {"artifact_id"}
    assert payload["artifact_id"]["size"] == 200_000
    assert payload["artifact_id"]["media_type"] == "text/plain; charset=utf-8"
    file = client.get(f"/api/v1/artifacts/{payload['artifact_id']['id']}")
    assert file.content.decode() == text


def test_a_payload_over_the_limit_without_a_way_out_is_refused(
    client: httpx.Client, database: Any
) -> None:
    database.announce(
        KindDefinition(kind="tts.echo", version=1, service="tts", payload_schema={"type": "object"})
    )
    body = {"kind": "tts.echo", "payload": {"blob": "x" * 70_000, "n": 1}}
    answer = client.post("/api/v1/tasks", json=body)
    assert answer.status_code in {404, 413}
    assert _wait_for_kind(client, body).status_code == 413
    assert _fields(_wait_for_kind(client, body)) == ["payload.blob"]
    assert database.count("tasks") == 0


def test_a_newly_announced_kind_is_known_within_a_second(
    client: httpx.Client, database: Any
) -> None:
    body = {"kind": "tts.late", "payload": {}}
    assert client.post("/api/v1/tasks", json=body).status_code == 404
    database.announce(
        KindDefinition(kind="tts.late", version=1, service="tts", payload_schema={"type": "object"})
    )
    assert _wait_for_kind(client, body).status_code == 202


def _wait_for_kind(client: httpx.Client, body: dict[str, Any]) -> httpx.Response:
    deadline = datetime.now(UTC) + timedelta(seconds=3)
    while datetime.now(UTC) < deadline:
        answer = client.post("/api/v1/tasks", json=body)
        if answer.status_code != 404:
            return answer
    raise AssertionError("the kind did not become known")


def test_a_kind_that_cannot_be_used_takes_no_other_along(
    client: httpx.Client, database: Any
) -> None:
    # Given a kind with a legal schema of booleans, and a row that is no kind at all
    database.announce(
        KindDefinition(
            kind="tts.loose", version=1, service="tts", payload_schema={"properties": {"a": True}}
        )
    )
    database.ask(
        "INSERT INTO job_kinds (kind, version, service, release, definition)"
        " VALUES ('tts.odd', 1, 'tts', '1', '[]')"
    )
    # Then the first is accepted, and the second just does not exist
    assert _wait_for_kind(client, {"kind": "tts.loose", "payload": {"a": 1}}).status_code == 202
    assert client.post("/api/v1/tasks", json={"kind": "tts.odd", "payload": {}}).status_code == 404


def test_internal_kinds_do_not_exist_for_callers(client: httpx.Client, database: Any) -> None:
    database.announce(
        KindDefinition(
            kind="tts.secret",
            version=1,
            service="tts",
            audience=Audience.INTERNAL,
            payload_schema={"type": "object"},
        )
    )
    # Given that the catalogue was read after the announcement
    database.announce(
        KindDefinition(kind="tts.seen", version=1, service="tts", payload_schema={"type": "object"})
    )
    _wait_for_kind(client, {"kind": "tts.seen", "payload": {}})
    names = {kind["kind"] for kind in client.get("/api/v1/kinds").json()["items"]}
    assert names == {"tts.synthesize", "tts.seen"}
    secret = client.post("/api/v1/tasks", json={"kind": "tts.secret", "payload": {}})
    assert secret.status_code == 404


def test_only_premium_customers_reach_the_critical_lane(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    # Given a standard and a premium customer
    standard = connect(gateway_url, database.key())
    premium = connect(gateway_url, database.key(plan="premium"))
    body: dict[str, Any] = {"kind": "tts.synthesize", "payload": {"text": "a"}}
    # When both ask for critical, then the standard one is refused
    refused = standard.post("/api/v1/tasks", json=body | {"lane": "critical"})
    assert (refused.status_code, _fields(refused)) == (403, ["lane"])
    # And the premium one's tasks go there, unless they are meant to be low
    for lane in (Lane.CRITICAL, None, Lane.DEFAULT, Lane.LOW):
        assert premium.post("/api/v1/tasks", json=body | {"lane": lane}).status_code == 202
    queues = [row[0] for row in database.ask("SELECT queue FROM outbox ORDER BY task_id")]
    assert queues == ["tts.critical", "tts.critical", "tts.critical", "tts.low"]


def test_concurrent_submissions_are_all_committed(client: httpx.Client, database: Any) -> None:
    def submit(number: int) -> str:
        answer = client.post("/api/v1/speech", json={"text": f"number {number}"})
        assert answer.status_code == 202
        return str(answer.json()["task_id"])

    with ThreadPoolExecutor(16) as threads:
        accepted = set(threads.map(submit, range(200)))
    assert {str(row[0]) for row in database.ask("SELECT id FROM tasks")} == accepted
    assert database.count("outbox") == len(accepted) == 200


def test_a_full_outbox_is_answered_with_503_until_there_is_room(
    settings: Any,
    database: Any,
    serve: Callable[[Any], str],
    connect: Callable[[str, str], httpx.Client],
) -> None:
    # Given a gateway that accepts a backlog of five
    url = serve(settings.model_copy(update={"backlog_limit": 5}))
    client = connect(url, database.key())
    answers = [client.post("/api/v1/speech", json={"text": "a"}) for _ in range(6)]
    # Then the sixth is refused for the moment
    assert [answer.status_code for answer in answers] == [202] * 5 + [503]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert database.count("tasks") == 5
    # And when rows are published, tasks are accepted again
    database.ask("DELETE FROM outbox")
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    while client.post("/api/v1/speech", json={"text": "a"}).status_code != 202:
        assert datetime.now(UTC) < deadline


def test_a_time_to_start_by_stands_beside_the_row_to_publish(
    client: httpx.Client, database: Any
) -> None:
    # Given and when: a task that must start within the hour, and one that need not
    by = datetime.now(UTC) + timedelta(hours=1)
    for more in ({"expires_at": by.isoformat()}, {}):
        body = {"kind": "tts.synthesize", "payload": {"text": "a"}, **more}
        assert client.post("/api/v1/tasks", json=body).status_code == 202
    # Then the row says so, where the housekeeper looks for it
    assert set(database.ask("SELECT expires_at FROM outbox")) == {(by,), (None,)}
