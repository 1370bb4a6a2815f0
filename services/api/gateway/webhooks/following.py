"""What ends of deliveries do to endpoints: who is gone, or away for long, is disabled."""

from collections.abc import Sequence
from typing import Any, LiteralString

from psycopg import Connection

from gateway.webhooks.alerting import alert_disabled
from warren.contracts.state_machine import TaskRow, Transition
from warren.contracts.states import TaskState
from warren.contracts.webhooks import GIVEN_UP, GONE, DeliverWebhook

#: A row that changes with each of many deliveries would keep recorders waiting for each other.
_NOTE_SUCCESS: LiteralString = """
UPDATE webhook_endpoints SET last_success_at = now()
WHERE id IN (SELECT e.id FROM webhook_endpoints e
    WHERE e.id IN (SELECT endpoint_id FROM webhook_deliveries WHERE id = ANY (%s::uuid[]))
        AND (e.last_success_at IS NULL OR e.last_success_at < now() - interval '10 seconds')
    ORDER BY e.id FOR NO KEY UPDATE SKIP LOCKED)
"""
# What was published before somebody moved or enabled it was posted to another address, or is what
# it was disabled for. A message given up disables if none has come through since it was begun.
_DISABLE: LiteralString = """
UPDATE webhook_endpoints e SET disabled_at = now(), disabled_because = %(because)s,
    updated_at = now()
FROM unnest(%(ids)s::uuid[], %(published)s::timestamptz[]) AS failed (id, published_at)
    JOIN webhook_deliveries d USING (id)
WHERE e.id = d.endpoint_id AND e.disabled_at IS NULL
    AND failed.published_at > greatest(e.enabled_at, e.moved_at)
    AND (%(at_once)s OR (d.type <> 'webhook.ping'
        AND d.created_at >= greatest(e.enabled_at, e.moved_at, e.last_success_at)))
RETURNING e.id, e.customer_id, e.url
"""
_BECAUSE = {
    GONE: "its receiver answered 410 (Gone)",
    GIVEN_UP: "a message was given up after all its attempts, and none has come through meanwhile",
}


def follow_deliveries(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: note successes, and disable endpoints that nobody answers at."""
    ended = [t.after for t in transitions if t.ended and t.after.kind == DeliverWebhook.kind]
    if not ended:
        return
    delivered = [task.id for task in ended if task.state is TaskState.SUCCEEDED]
    if delivered:
        connection.execute(_NOTE_SUCCESS, [delivered])
    for error in (GONE, GIVEN_UP):
        failed = [task for task in ended if (task.error or {}).get("type") == error]
        if failed:
            _disable(connection, failed, error)


def _disable(connection: Connection[Any], failed: Sequence[TaskRow], error: str) -> None:
    because = _BECAUSE[error]
    values = {
        "ids": [task.id for task in failed],
        "published": [task.queued_at for task in failed],
        "because": because,
        "at_once": error == GONE,
    }
    for endpoint, customer, url in connection.execute(_DISABLE, values).fetchall():
        alert_disabled(connection, endpoint, customer, url, because)
