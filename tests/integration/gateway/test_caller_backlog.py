"""A customer may have only so many tasks waiting."""

from typing import Any

import pytest

from gateway.limits.caller_backlog import STALE_AFTER
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
SPEECH = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}


def _submit(client: Any) -> Any:
    return client.post("/api/v1/tasks", json=SPEECH)


def test_a_customer_with_enough_waiting_is_told_to_come_back(
    gateway_url: str, database: Any, connect: Any
) -> None:
    # Given a customer that may have three tasks waiting, and has
    limited, other = connect(gateway_url, database.key()), connect(gateway_url, database.key())
    database.ask(
        "UPDATE customers SET waiting_limit = 3"
        " WHERE id = (SELECT customer_id FROM api_keys ORDER BY created_at LIMIT 1)"
    )
    answers = [_submit(limited).status_code for _ in range(3)]
    # When it submits more
    eventually(lambda: _submit(limited).status_code == 429)
    refused = _submit(limited)
    # Then it is refused with the time to come back, and nobody else is
    assert answers == [202, 202, 202]
    assert refused.json()["type"] == "urn:warren:problem:too-many-waiting"
    assert refused.headers["Retry-After"] == "5"
    assert _submit(other).status_code == 202
    # When its tasks have gone to the broker, then it may go on
    database.ask("DELETE FROM outbox")
    eventually(lambda: _submit(limited).status_code == 202, within=5 * STALE_AFTER)


def test_messages_that_a_dead_receiver_does_not_take_are_nobodys_backlog(
    settings: Any, serve: Any, connect: Any, database: Any
) -> None:
    # Given one more of them than anybody may have waiting, and all together
    limits = {"caller_backlog_limit": 2, "backlog_limit": 3}
    client = connect(serve(settings.model_copy(update=limits)), database.key())
    database.ask(
        "INSERT INTO outbox (task_id, generation, dispatch, attempt, kind, version, queue,"
        " customer_id, limit_key) SELECT gen_random_uuid(), 1, 1, 2, 'webhook.deliver', 1,"
        " 'sync.low', (SELECT customer_id FROM api_keys), '' FROM generate_series(1, 4)"
    )
    # Then there is room for what is no such message
    assert [_submit(client).status_code for _ in range(2)] == [202, 202]
    eventually(lambda: _submit(client).status_code == 429)


def test_the_setting_limits_whoever_has_no_limit_of_its_own(
    settings: Any, serve: Any, connect: Any, database: Any
) -> None:
    url = serve(settings.model_copy(update={"caller_backlog_limit": 2}))
    client = connect(url, database.key())

    eventually(lambda: _submit(client).status_code == 429)

    assert 2 <= database.count("outbox") <= 2 + 5
