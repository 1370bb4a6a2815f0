"""Who gets an event, and the task that it becomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import class_row

from gateway.authentication import Caller
from gateway.intake.judging import Judged
from gateway.kinds.catalogue import CataloguedKind
from gateway.problems import LaneNotAllowed
from gateway.tasks.envelope import Envelope
from gateway.tasks.routing import Router
from warren.contracts.events import CloudEvent, subscriber_task_id
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, queue_name
from warren.contracts.limit_key import limit_key_of
from warren.contracts.unique_keys import unique_key_of

_READ = """
SELECT event_type, kind, version, envelope, service FROM subscriptions
WHERE event_type = ANY (%s) AND retired_at IS NULL ORDER BY event_type, kind
"""
#: Of a task whose kind cannot be used; a Worker class has as many unless it says otherwise.
_MAX_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A kind that gets each event of a type."""

    event_type: str
    kind: str
    version: int
    envelope: bool
    service: str

    def payload(self, event: CloudEvent) -> dict[str, Any]:
        """What its job is given."""
        return event.document() if self.envelope else event.data


@dataclass(frozen=True, slots=True)
class Issued:
    """An event with what its subscribers' tasks inherit of the task that stated it."""

    event: CloudEvent
    task_id: UUID
    user_id: str | None
    plan: str

    @property
    def caller(self) -> Caller:
        """On whose behalf subscribers work."""
        event = self.event
        actor = f"event:{event.id}"
        return Caller(event.customerid, self.plan, actor, frozenset(), is_system=True)


def read_subscribers(
    connection: Connection[Any], types: Iterable[str]
) -> dict[str, list[Subscriber]]:
    """By event type: who is subscribed now."""
    found: dict[str, list[Subscriber]] = {}
    with connection.cursor(row_factory=class_row(Subscriber)) as cursor:
        for subscriber in cursor.execute(_READ, [sorted(set(types))]).fetchall():
            found.setdefault(subscriber.event_type, []).append(subscriber)
    return found


def task_for(
    issued: Issued,
    subscriber: Subscriber,
    known: Mapping[str, Mapping[int, CataloguedKind]],
    router: Router,
    max_payload_bytes: int,
) -> Judged:
    """The subscriber's task, or why it fails at once.

    What does not fit the subscriber's model is found by its worker, which ignores what it does not
    know: the announced schema, which refuses that, is for callers.
    """
    payload = subscriber.payload(issued.event)
    row = _row(issued, subscriber, payload)
    versions = known.get(subscriber.kind)
    if not versions:
        message = f"what is announced of the kind {subscriber.kind} cannot be used"
        return _failed(row, "unknown_kind", "UnknownKind", message)
    if len(orjson.dumps(payload)) > max_payload_bytes:
        message = f"the event is larger than {max_payload_bytes} bytes: it should name an artifact"
        return _failed({**row, "payload": {}}, "rejected", "PayloadTooLarge", message)
    kind = versions.get(subscriber.version) or versions[max(versions)]
    definition = kind.definition
    envelope = Envelope.model_construct(
        kind=subscriber.kind, payload=payload, user_id=issued.user_id, metadata=row["metadata"]
    )
    try:
        lane = router.lane(definition, envelope, issued.caller)
    except LaneNotAllowed as error:
        return _failed(row, "rejected", "LaneNotAllowed", error.detail)
    return Judged(row["id"], {**row, **_by_definition(definition, lane, row)})


def _row(issued: Issued, subscriber: Subscriber, payload: dict[str, Any]) -> dict[str, Any]:
    event = issued.event
    return {
        "id": subscriber_task_id(event.id, subscriber.kind),
        "parent_id": issued.task_id,
        "customer_id": event.customerid,
        "user_id": issued.user_id,
        "actor": issued.caller.actor,
        "kind": subscriber.kind,
        "version": subscriber.version,
        "payload": payload,
        "metadata": {"event_id": str(event.id), "event_type": event.type},
        "tags": None,
        "traceparent": event.traceparent,
        "run_at": None,
        "expires_at": None,
        "unique_key": None,
        "queue": queue_name(subscriber.service, Lane.DEFAULT),
        "lane": Lane.DEFAULT,
        "max_attempts": _MAX_ATTEMPTS,
    }


def _by_definition(definition: KindDefinition, lane: Lane, row: dict[str, Any]) -> dict[str, Any]:
    caller = {"customer_id": row["customer_id"], "user_id": row["user_id"]}
    return {
        "queue": queue_name(definition.service, lane, definition.pool),
        "lane": lane,
        "max_attempts": definition.max_retries + 1,
        "limit_key": str(limit_key_of(definition, caller, row["payload"])),
        "unique_key": unique_key_of(definition, caller, row["payload"]),
    }


def _failed(row: dict[str, Any], source: str, type_: str, message: str) -> Judged:
    return Judged(row["id"], row, {"type": type_, "message": message, "source": source})
