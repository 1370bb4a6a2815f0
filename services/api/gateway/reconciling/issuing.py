"""Writing the tasks of syncs, within a transaction that writes what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.authentication import Caller
from gateway.intake.definitions import Definitions
from gateway.reconciling.decision import Placement
from gateway.reconciling.superseding import end_without_call
from gateway.recording.loading import lock_tasks
from gateway.tasks.acceptance_sql import ACCEPT
from gateway.tasks.envelope import Envelope
from gateway.tasks.measures import task_numbers
from gateway.tasks.routing import Router
from warren.contracts.job import Job
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import queue_name
from warren.contracts.limit_key import limit_key_of
from warren.contracts.states import WaitingFor

#: Who handles these jobs; while it has announced nothing they wait for it all the same.
_SERVICE = "sync"
#: When a task is due that waits for another's end; nobody else waits so long.
PARKED_UNTIL = "9999-01-01T00:00:00Z"

_PARK: LiteralString = f"""
WITH parked AS (
    UPDATE outbox SET available_at = '{PARKED_UNTIL}' WHERE task_id = ANY (%(ids)s::uuid[])
)
UPDATE tasks SET waiting_for = %(reason)s WHERE id = ANY (%(ids)s::uuid[])
    AND id BETWEEN %(low)s AND %(high)s
"""  # noqa: S608 -- a constant
_RELEASE: LiteralString = f"""
WITH released AS (
    UPDATE outbox SET available_at = now()
    WHERE task_id = ANY (%(ids)s::uuid[]) AND available_at = '{PARKED_UNTIL}'
)
UPDATE tasks SET waiting_for = NULL, updated_at = now() WHERE id = ANY (%(ids)s::uuid[])
    AND id BETWEEN %(low)s AND %(high)s AND state = 'pending'
"""  # noqa: S608 -- a constant


@dataclass(frozen=True, slots=True)
class SyncTask:
    """A task to be written: the job, for whom, and what becomes of it.

    `result` is that of a task that needs no call. `delay` is in seconds.
    """

    id: UUID
    job: Job
    caller: Caller
    placement: Placement
    result: dict[str, Any] = field(default_factory=dict)
    artifacts: Sequence[dict[str, Any]] = ()
    traceparent: str | None = None
    delay: float | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SyncIssuer:
    """Knows where tasks go, as far as services have announced it."""

    router: Router
    definitions: Definitions

    def issue(self, connection: Connection[Any], tasks: Sequence[SyncTask]) -> None:
        """Write them; what is due is published when the caller's transaction is committed."""
        if not tasks:
            return
        known = self.definitions.read(connection, {task.job.kind for task in tasks})
        rows = [
            self._columns(task, _newest(known.get(task.job.kind, {}), task.job)) for task in tasks
        ]
        artifacts = [artifact for task in tasks for artifact in task.artifacts]
        connection.execute(ACCEPT, [_json(rows), _json(artifacts)]).fetchall()
        task_numbers().submitted(rows)
        park(connection, [t.id for t in tasks if t.placement is Placement.PARKED])
        needless = {t.id: t.result for t in tasks if t.placement is Placement.NEEDLESS}
        if needless:
            locked = lock_tasks(connection, needless)
            end_without_call(
                connection, locked.rows.values(), lambda row: needless[row.id], locked.now
            )

    def _columns(self, task: SyncTask, definition: KindDefinition) -> dict[str, Any]:
        payload = task.job.model_dump(mode="json", exclude_none=True)
        envelope = Envelope.model_construct(kind=task.job.kind, payload=payload)
        lane = self.router.lane(definition, envelope, task.caller)
        caller = {"customer_id": task.caller.customer_id, "user_id": None}
        return {
            "id": task.id,
            "customer_id": task.caller.customer_id,
            "actor": task.caller.actor,
            "kind": task.job.kind,
            "version": task.job.version,
            "queue": queue_name(definition.service, lane, definition.pool),
            "lane": lane,
            "payload": payload,
            "metadata": task.metadata,
            "traceparent": task.traceparent,
            "max_attempts": definition.max_retries + 1,
            "limit_key": str(limit_key_of(definition, caller, payload)),
            "delay_seconds": task.delay,
        }


def park(connection: Connection[Any], ids: Sequence[UUID]) -> None:
    """Let tasks that were just written wait for another's end."""
    if ids:
        values = {"reason": WaitingFor.CONCURRENCY, **_keys(ids)}
        connection.execute(_PARK, values)


def release(connection: Connection[Any], ids: Sequence[UUID]) -> None:
    """Let parked tasks be published; the caller has locked them and their outbox."""
    if ids:
        connection.execute(_RELEASE, _keys(ids))
        connection.execute("SELECT pg_notify('warren_outbox', '')")


def _newest(versions: Any, job: Job) -> KindDefinition:
    kind = versions.get(job.version) or (versions[max(versions)] if versions else None)
    if kind is not None:
        definition: KindDefinition = kind.definition
        return definition
    return KindDefinition(
        kind=job.kind, version=job.version, service=_SERVICE, payload_schema={"type": "object"}
    )


def _keys(ids: Sequence[UUID]) -> dict[str, Any]:
    ordered = sorted(ids)
    return {"ids": ordered, "low": ordered[0], "high": ordered[-1]}


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
