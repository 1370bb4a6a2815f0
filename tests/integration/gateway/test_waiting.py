"""A due task says what keeps it from the broker; found out when it is asked."""

from typing import Any

import pytest

from warren.contracts.kinds import KindDefinition
from warren.contracts.limit_key import LimitKey
from warren.contracts.speech import SynthesizeSpeech

pytestmark = pytest.mark.postgres
_WORKER = (
    "INSERT INTO workers VALUES ('a', 'a', 'tts', now(), now(),"
    """ '{"queues": ["tts.default"], "slots_total": 1}')"""
)
_PUBLISHED = (
    "INSERT INTO in_flight (task_id, generation, dispatch, queue, limit_key)"
    " SELECT uuidv7(), 1, 1, 'tts.default', limit_key FROM tasks"
)


def _submit(client: Any, database: Any, **limits: Any) -> dict[str, Any]:
    """A task of a kind with these limits; a worker is there."""
    kind = KindDefinition.model_validate(
        {
            "kind": "tts.synthesize",
            "version": 1,
            "service": "tts",
            "payload_schema": SynthesizeSpeech.submission_schema(),
            **limits,
        }
    )
    database.announce(kind, release="2.0")
    database.ask(_WORKER)
    database.ask("DELETE FROM in_flight")

    def submitted() -> dict[str, Any]:
        answer = client.post(
            "/api/v1/tasks", json={"kind": "tts.synthesize", "payload": {"text": "Hello."}}
        )
        return dict(answer.json())

    # The gateway's catalogue may be a second old.
    for _ in range(500):
        task = submitted()
        key = LimitKey.parse(_limit_key(database, task))
        if (bool(key.bucket), bool(key.group)) == (
            "rate_limit" in limits,
            "concurrency_key" in limits,
        ):
            return task
    raise AssertionError("the gateway did not learn of the limits")


def _limit_key(database: Any, task: dict[str, Any]) -> str:
    ((key,),) = database.ask("SELECT limit_key FROM outbox WHERE task_id = %s", task["task_id"])
    return str(key)


def _waiting_for(client: Any, task: dict[str, Any]) -> str | None:
    reason: str | None = client.get(task["urls"]["status"]).json()["waiting_for"]
    return reason


def test_without_limits_it_waits_for_room_in_the_window(client: Any, database: Any) -> None:
    task = _submit(client, database)

    assert _waiting_for(client, task) == "window"


def test_a_published_task_waits_in_its_queue(client: Any, database: Any) -> None:
    task = _submit(client, database)

    database.ask("DELETE FROM outbox")

    assert _waiting_for(client, task) == "queue"


def test_a_task_beyond_its_rate_waits_for_it(client: Any, database: Any) -> None:
    # Given a rate for each user, and a message that nobody has started
    task = _submit(client, database, rate_limit="1/h", limit_key="{payload.text}")
    assert _limit_key(database, task) == "tts.synthesize:Hello.\x1f"
    assert _waiting_for(client, task) == "window"
    # When the only token is taken, then the task says so
    database.ask(_PUBLISHED)
    assert _waiting_for(client, task) == "rate"


def test_a_task_behind_another_of_its_key_waits_for_it(client: Any, database: Any) -> None:
    task = _submit(client, database, concurrency_key="{customer_id}")
    assert _waiting_for(client, task) == "window"

    database.ask(_PUBLISHED)

    assert _waiting_for(client, task) == "concurrency"


def test_a_retry_that_is_due_says_what_holds_it_up(client: Any, database: Any) -> None:
    task = _submit(client, database)
    database.ask("UPDATE tasks SET state = 'retrying', waiting_for = 'backoff'")
    assert _waiting_for(client, task) == "window"

    database.ask("UPDATE outbox SET available_at = now() + interval '1 minute'")

    assert _waiting_for(client, task) == "backoff"
