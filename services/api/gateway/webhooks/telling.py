"""What ends and events make deliveries of, within the transaction that records them."""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString, Protocol
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from gateway.webhooks.delivery import Delivery
from gateway.webhooks.issuing import issue_deliveries
from gateway.webhooks.messages import Message, end_message, end_type
from gateway.webhooks.receivers import Receiver, read_receivers
from warren.contracts.batches import BATCH_KIND
from warren.contracts.events import CloudEvent
from warren.contracts.state_machine import TaskRow, Transition

#: What they do is telling and tidying up: nobody is told of that.
_UNTOLD = frozenset({"api", "webhook", "notification"})
_READ: LiteralString = """
SELECT id, customer_id, user_id, kind, state, waiting_for, progress, message, generation, attempt,
    max_attempts, created_at, due_at, queued_at, started_at, attempt_started_at, finished_at,
    expires_at, result_kept_until, processing_seconds, error, metadata, tags, traceparent,
    parent_id,
    true AS has_worker, NULL AS next_run_at
FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
ORDER BY id
"""


class IssuedEvent(Protocol):
    """An event that is issued in this transaction, with what it is of."""

    @property
    def event(self) -> CloudEvent: ...
    @property
    def task_id(self) -> UUID: ...
    @property
    def user_id(self) -> str | None: ...


def tell_ends(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: deliveries of the ends that somebody wants to hear of."""
    ended = {t.after.id: t.after for t in transitions if t.ended and _is_told(t.after.kind)}
    if not ended:
        return
    receivers = read_receivers(connection, (row.customer_id for row in ended.values()), ended)
    wanted = sorted(row.id for row in ended.values() if _is_wanted(row, receivers))
    if not wanted:
        return
    keys = {"ids": wanted, "low": wanted[0], "high": wanted[-1]}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_READ, keys).fetchall()
    _tell(connection, [end_message(row) for row in rows], receivers)


def tell_events(connection: Connection[Any], issued: Iterable[IssuedEvent]) -> None:
    """Deliveries of the events that somebody wants to hear of."""
    messages = [_event_message(item) for item in issued]
    customers = (message.customer_id for message in messages)
    tasks = (message.task_id for message in messages if message.task_id)
    _tell(connection, messages, read_receivers(connection, customers, tasks))


def _tell(
    connection: Connection[Any], messages: Sequence[Message], receivers: Sequence[Receiver]
) -> None:
    deliveries = [
        _delivery(message, receiver)
        for message in messages
        for receiver in receivers
        if _wants(receiver, message)
    ]
    if deliveries:
        issue_deliveries(connection, deliveries)


def _is_told(kind: str) -> bool:
    return kind == BATCH_KIND or kind.partition(".")[0] not in _UNTOLD


def _is_wanted(row: TaskRow, receivers: Sequence[Receiver]) -> bool:
    """Whether it is worth reading more of the task."""
    type_ = end_type(row.kind, row.state)
    return any(
        receiver.customer_id == row.customer_id
        and receiver.wants(type_, row.id, asked_by_job=False)
        for receiver in receivers
    )


def _wants(receiver: Receiver, message: Message) -> bool:
    return (
        receiver.customer_id == message.customer_id
        and message.task_id is not None
        and receiver.wants(message.type, message.task_id, asked_by_job=message.asked_by_job)
    )


def _delivery(message: Message, receiver: Receiver) -> Delivery:
    return Delivery(
        # A task has one URL of its own; told beside an endpoint, it is another receiver.
        id=message.delivery_id(receiver.secret_owner),
        customer_id=message.customer_id,
        endpoint_id=receiver.endpoint_id,
        url=receiver.url,
        secret_owner=receiver.secret_owner,
        type=message.type,
        body=message.body(),
        task_id=message.task_id,
        user_id=message.user_id,
        traceparent=message.traceparent,
    )


def _event_message(issued: IssuedEvent) -> Message:
    event = issued.event
    return Message(
        source=event.id,
        key=event.type,
        type=event.type,
        timestamp=event.time,
        data=event.data,
        customer_id=event.customerid,
        task_id=issued.task_id,
        user_id=issued.user_id,
        traceparent=event.traceparent,
    )
