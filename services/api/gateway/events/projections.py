"""Successes state facts: each becomes a message for the world and a task for every subscriber."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from psycopg import Connection
from psycopg.rows import dict_row

from gateway.events.subscribers import Issued, read_subscribers, task_for
from gateway.intake.definitions import Definitions
from gateway.intake.writing import write_judged
from gateway.tasks.projection import Projection
from gateway.tasks.routing import Router
from warren.contracts.events import (
    MAX_EVENT_TYPE,
    CloudEvent,
    event_id,
    is_event_type,
    schema_of,
)
from warren.contracts.state_machine import Transition
from warren.messaging.topology import EVENTS_EXCHANGE

# What the folded rows do not have.
_ORIGINS = """
SELECT t.id, t.user_id, t.traceparent, coalesce(c.plan, 'standard') AS plan
FROM tasks t LEFT JOIN customers c ON c.id = t.customer_id
WHERE t.id = ANY (%(ids)s::uuid[]) AND t.id BETWEEN %(low)s AND %(high)s
"""
# For those outside, with queues of their own or without any.
_PUBLISH = """
INSERT INTO publications (id, exchange, routing_key, body, mandatory)
SELECT id, %(exchange)s, type, convert_to(body, 'UTF8'), false
FROM json_to_recordset(%(rows)s::json) AS row (id uuid, type text, body text)
ON CONFLICT DO NOTHING
"""
_NOTIFY = "SELECT pg_notify('warren_publications', '')"


def event_projection(router: Router, max_payload_bytes: int) -> Projection:
    """Issues the events of tasks that succeed, in the transaction that records their success."""
    definitions = Definitions()

    def issue(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
        stating = [t for t in transitions if t.success is not None and t.success.data.events]
        issued = _issued(connection, stating) if stating else []
        if not issued:
            return
        _publish(connection, issued)
        subscribers = read_subscribers(connection, (item.event.type for item in issued))
        kinds = {item.kind for some in subscribers.values() for item in some}
        if not kinds:
            return
        known = definitions.read(connection, kinds)
        judged = [
            task_for(item, subscriber, known, router, max_payload_bytes)
            for item in issued
            for subscriber in subscribers.get(item.event.type, ())
        ]
        write_judged(connection, judged, datetime.now(UTC))

    return issue


def _issued(connection: Connection[Any], stating: Sequence[Transition]) -> list[Issued]:
    ids = sorted(t.after.id for t in stating)
    keys = {"ids": ids, "low": ids[0], "high": ids[-1]}
    with connection.cursor(row_factory=dict_row) as cursor:
        origins = {row["id"]: row for row in cursor.execute(_ORIGINS, keys).fetchall()}
    return [
        Issued(event, t.after.id, origins[t.after.id]["user_id"], origins[t.after.id]["plan"])
        for t in stating
        for event in _cloud_events(t, origins[t.after.id]["traceparent"])
    ]


def _cloud_events(transition: Transition, traceparent: str | None) -> Iterator[CloudEvent]:
    task, success = transition.after, transition.success
    if success is None:
        return
    for number, emitted in enumerate(success.data.events, start=1):
        if not _is_type(emitted.type, task.id):
            continue
        yield CloudEvent(
            id=event_id(task.id, number),
            source=f"/services/{task.kind.partition('.')[0]}",
            type=emitted.type,
            subject=str(task.id),
            time=task.finished_at or datetime.now(UTC),
            dataschema=schema_of(emitted.type),
            customerid=task.customer_id,
            traceparent=traceparent,
            data=emitted.data,
        )


def _is_type(name: str, task_id: UUID) -> bool:
    """Workers refuse what is none; one of another release must not cost the task its end."""
    if is_event_type(name):
        return True
    structlog.get_logger("warren.recorder").error(
        "an event is not issued: its type is none, such as book.processed.v1",
        task=str(task_id),
        type=name[:MAX_EVENT_TYPE],
    )
    return False


def _publish(connection: Connection[Any], issued: Sequence[Issued]) -> None:
    rows = [
        {"id": item.event.id, "type": item.event.type, "body": item.event.encode().decode()}
        for item in issued
    ]
    values = {"exchange": EVENTS_EXCHANGE, "rows": orjson.dumps(rows).decode()}
    connection.execute(_PUBLISH, values)
    connection.execute(_NOTIFY)
