"""One change of one entity, in the transaction that writes what it is about.

Locks are always taken in this order: the counter of versions, tasks with their outbox (by id),
rows of `syncs` (by id), what they are about. The recorder takes them in the same order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.authentication import Caller
from gateway.reconciling.decision import Decision, IssuedSync, SyncRow, decide_change
from gateway.reconciling.entities import Entity
from gateway.reconciling.issued import issued_syncs
from gateway.reconciling.issuing import SyncIssuer, SyncTask
from gateway.reconciling.rows import (
    lock_syncs,
    read_syncs,
    still_awaited,
    tasks_of,
    write_syncs,
)
from gateway.reconciling.superseding import end_without_call
from gateway.recording.loading import lock_tasks
from warren.contracts.job import Job
from warren.contracts.state_machine import TaskRow

_ENSURE = """
INSERT INTO syncs (entity_id, customer_id, entity, desired_version, state)
SELECT unnest(%s::uuid[]), %s, %s, 0, 'synced' ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Change:
    """An entity is desired in another version; `job_of` makes the job that brings it about.

    `result` is that of a task that needs no call. `needless`: see `decide_change`.
    """

    entity_id: UUID
    entity: Entity
    task_id: UUID
    version: int
    job_of: Callable[[SyncRow], Job]
    result: dict[str, Any] = field(default_factory=dict)
    deletes: bool = False
    needless: bool | None = None
    artifacts: Sequence[dict[str, Any]] = ()
    delay: float | None = None


@dataclass(slots=True)
class LockedSyncs:
    """Rows of `syncs`, and what is known of their tasks, all of it locked.

    `now` is the database's clock; None if there are no tasks.
    """

    rows: dict[UUID, SyncRow]
    tasks: Mapping[UUID, TaskRow]
    issued: Mapping[UUID, IssuedSync]
    now: datetime | None
    ended: set[UUID] = field(default_factory=set)

    def issued_of(self, row: SyncRow) -> IssuedSync | None:
        """What is known of the task of `row`; None if it ended here, or is gone with its age."""
        if row.task_id is None or row.task_id in self.ended:
            return None
        return self.issued.get(row.task_id)


def lock_with_tasks(connection: Connection[Any], ids: Iterable[UUID]) -> LockedSyncs:
    """Lock these entities and the tasks that they name; the caller holds the counter's lock."""
    wanted = list(ids)
    named = tasks_of(read_syncs(connection, wanted).values())
    tasks = lock_tasks(connection, named) if named else None
    rows = tasks.rows if tasks else {}
    now = tasks.now if tasks else None
    # A sync that ended meanwhile has only brought the next one forward, which is locked as well.
    return LockedSyncs(lock_syncs(connection, wanted), rows, issued_syncs(connection, rows), now)


def ensure_syncs(
    connection: Connection[Any], customer_id: UUID, entity: Entity, ids: Sequence[UUID]
) -> None:
    """Make the rows of entities that nothing has been desired of, so that they can be locked."""
    connection.execute(_ENSURE, [list(ids), customer_id, entity.value])


def change_entities(
    connection: Connection[Any],
    issuer: SyncIssuer,
    caller: Caller,
    changes: Sequence[Change],
    *,
    traceparent: str | None = None,
) -> list[Decision]:
    """Write the rows and tasks of these changes, of which no two are about one entity.

    The caller has taken their versions in this transaction, and holds no other lock of theirs.
    """
    locked = lock_with_tasks(connection, [change.entity_id for change in changes])
    return apply_changes(connection, issuer, caller, changes, locked, traceparent=traceparent)


def apply_changes(
    connection: Connection[Any],
    issuer: SyncIssuer,
    caller: Caller,
    changes: Sequence[Change],
    locked: LockedSyncs,
    *,
    traceparent: str | None = None,
) -> list[Decision]:
    """The same, with what `lock_with_tasks` has locked."""
    decisions, tasks = [], []
    superseded: dict[UUID, int] = {}
    for change in changes:
        before = locked.rows.get(change.entity_id) or SyncRow(
            change.entity_id, caller.customer_id, change.entity, desired_version=0
        )
        decision = decide_change(
            before,
            change.version,
            change.task_id,
            locked.issued_of(before),
            deletes=change.deletes,
            needless=change.needless,
        )
        superseded |= dict.fromkeys(decision.superseded, change.version)
        decisions.append(decision)
        tasks.append(
            SyncTask(
                change.task_id,
                change.job_of(decision.after),
                caller,
                decision.placement,
                change.result,
                change.artifacts,
                traceparent,
                change.delay,
            )
        )
    write_syncs(connection, [decision.after for decision in decisions])
    supersede(connection, locked, superseded)
    issuer.issue(connection, tasks)
    return decisions


def supersede(
    connection: Connection[Any], locked: LockedSyncs, versions: Mapping[UUID, int]
) -> None:
    """End these unpublished tasks; `versions` says what has taken the place of each.

    The caller has written the rows that named them. One that was cancelled and started again, out
    of its turn, may be in a worker's hands: it is let go on, as its version is older. So is one
    that other entities wait for, too.
    """
    wanted = still_awaited(connection, versions)
    rows = [
        locked.tasks[task_id]
        for task_id in sorted(versions)
        if task_id in locked.tasks
        and not locked.tasks[task_id].state.is_terminal
        and not locked.issued[task_id].is_held
        and task_id not in wanted
    ]
    if locked.now is not None:
        results = {task_id: {"superseded_by": version} for task_id, version in versions.items()}
        end_without_call(connection, rows, lambda row: results[row.id], locked.now)
    locked.ended.update(versions)
