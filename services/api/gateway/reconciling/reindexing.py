"""One reindex after a burst of changes: the chatbot's index follows its documents."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from gateway.authentication import Caller
from gateway.reconciling.changing import (
    Change,
    LockedSyncs,
    apply_changes,
    ensure_syncs,
    lock_with_tasks,
)
from gateway.reconciling.decision import SyncRow
from gateway.reconciling.entities import Entity, scope_id
from gateway.reconciling.issuing import SyncIssuer
from warren.contracts.documents import TriggerReindex
from warren.contracts.ids import new_id

# Only what has never been published is put off; anything else waits for reasons of its own.
_PUT_OFF: LiteralString = """
UPDATE outbox o SET available_at = least(now() + make_interval(secs => %(delay)s),
    t.created_at + make_interval(secs => %(longest)s))
FROM tasks t WHERE o.task_id = %(task)s AND t.id = %(task)s AND o.generation = 1
    AND o.dispatch = 1 AND o.available_at > now()
    AND o.available_at <= t.created_at + make_interval(secs => %(longest)s)
"""


@dataclass(frozen=True, slots=True)
class Debounce:
    """Seconds of silence before a reindex, and for how long a burst can put it off."""

    delay: float
    longest: float


def request_reindexes(
    connection: Connection[Any],
    issuer: SyncIssuer,
    debounce: Debounce,
    customers: Iterable[UUID],
) -> None:
    """Let there be a reindex for each of these customers, when nothing has changed for a while.

    Within the recorder's transaction; one that waits already is put off. All are locked together:
    one customer after the other, tasks would be locked in another order than everywhere else.
    """
    indexes = {scope_id(each, Entity.DOCUMENT_INDEX): each for each in customers}
    if not indexes:
        return
    for index, customer_id in sorted(indexes.items()):
        ensure_syncs(connection, customer_id, Entity.DOCUMENT_INDEX, [index])
    locked = lock_with_tasks(connection, indexes)
    for index, customer_id in sorted(indexes.items()):
        _request(connection, issuer, debounce, customer_id, locked.rows[index], locked)


def _request(
    connection: Connection[Any],
    issuer: SyncIssuer,
    debounce: Debounce,
    customer_id: UUID,
    row: SyncRow,
    locked: LockedSyncs,
) -> None:
    issued = locked.issued_of(row)
    if row.next_task_id is not None or (row.task_id and row.task_id not in locked.tasks):
        # The next one takes in this change as well; or somebody asks for one right now.
        return
    if issued is not None and issued.can_be_superseded:
        values = {"task": row.task_id, "delay": debounce.delay, "longest": debounce.longest}
        connection.execute(_PUT_OFF, values)
        return
    version = row.desired_version + 1
    change = Change(
        row.entity_id,
        Entity.DOCUMENT_INDEX,
        new_id(),
        version,
        lambda _: TriggerReindex(customer_id=customer_id, desired_version=version),
        delay=debounce.delay,
    )
    caller = Caller(customer_id, "standard", "service:sync", frozenset(), is_system=True)
    apply_changes(connection, issuer, caller, [change], locked)
