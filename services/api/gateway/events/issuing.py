"""Issuing facts about tasks: each becomes a message for the world, and a task per subscriber."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import dict_row

from gateway.events.subscribers import Issued, read_subscribers, task_for
from gateway.intake.definitions import Definitions
from gateway.intake.writing import write_judged
from gateway.tasks.routing import Router
from gateway.webhooks.telling import tell_events
from warren.contracts.events import CloudEvent, EmittedEvent, schema_of
from warren.contracts.state_machine import TaskRow
from warren.messaging.topology import EVENTS_EXCHANGE

# What the folded rows do not have.
_ORIGINS = """
SELECT t.id, t.user_id, t.traceparent, coalesce(c.plan, 'standard') AS plan
FROM tasks t LEFT JOIN customers c ON c.id = t.customer_id
WHERE t.id = ANY (%(ids)s::uuid[]) AND t.id BETWEEN %(low)s AND %(high)s
ORDER BY t.id
"""
# For those outside, with queues of their own or without any.
_PUBLISH = """
INSERT INTO publications (id, exchange, routing_key, body, mandatory)
SELECT id, %(exchange)s, type, convert_to(body, 'UTF8'), false
FROM json_to_recordset(%(rows)s::json) AS row (id uuid, type text, body text)
ON CONFLICT DO NOTHING
"""
_NOTIFY = "SELECT pg_notify('warren_publications', '')"


@dataclass(frozen=True, slots=True)
class Fact:
    """What a task states by its end; `id` derives from the task, so that it is issued once."""

    id: UUID
    task: TaskRow
    event: EmittedEvent


class EventIssuer:
    """Issues facts within the transaction that records the ends which they follow from."""

    def __init__(self, router: Router, max_payload_bytes: int) -> None:
        self._router = router
        self._max_payload_bytes = max_payload_bytes
        self._definitions = Definitions()

    def issue(self, connection: Connection[Any], facts: Sequence[Fact]) -> None:
        """Write messages and subscribers' tasks; facts that were issued before change nothing."""
        issued = _issued(connection, facts) if facts else []
        if not issued:
            return
        _publish(connection, issued)
        tell_events(connection, issued)
        subscribers = read_subscribers(connection, (item.event.type for item in issued))
        kinds = {item.kind for some in subscribers.values() for item in some}
        if not kinds:
            return
        known = self._definitions.read(connection, kinds)
        judged = [
            task_for(item, subscriber, known, self._router, self._max_payload_bytes)
            for item in issued
            for subscriber in subscribers.get(item.event.type, ())
        ]
        write_judged(connection, judged, datetime.now(UTC))


def _issued(connection: Connection[Any], facts: Sequence[Fact]) -> list[Issued]:
    ids = sorted({fact.task.id for fact in facts})
    keys = {"ids": ids, "low": ids[0], "high": ids[-1]}
    with connection.cursor(row_factory=dict_row) as cursor:
        origins = {row["id"]: row for row in cursor.execute(_ORIGINS, keys).fetchall()}
    return [
        Issued(
            _cloud_event(fact, origins[fact.task.id]["traceparent"]),
            fact.task.id,
            origins[fact.task.id]["user_id"],
            origins[fact.task.id]["plan"],
        )
        for fact in facts
    ]


def _cloud_event(fact: Fact, traceparent: str | None) -> CloudEvent:
    task, emitted = fact.task, fact.event
    return CloudEvent(
        id=fact.id,
        source=f"/services/{task.kind.partition('.')[0]}",
        type=emitted.type,
        subject=str(task.id),
        time=task.finished_at or datetime.now(UTC),
        dataschema=schema_of(emitted.type),
        customerid=task.customer_id,
        traceparent=traceparent,
        data=emitted.data,
    )


def _publish(connection: Connection[Any], issued: Sequence[Issued]) -> None:
    rows = [
        {"id": item.event.id, "type": item.event.type, "body": item.event.encode().decode()}
        for item in issued
    ]
    values = {"exchange": EVENTS_EXCHANGE, "rows": orjson.dumps(rows).decode()}
    connection.execute(_PUBLISH, values)
    connection.execute(_NOTIFY)
