"""Deleting all of a kind: a floor, from this moment on, and a task that cleans up below it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.auditing.changes import Action as AuditAction
from gateway.auditing.changes import Change
from gateway.catalogue.rows import RAISE_FLOOR, take_versions
from gateway.catalogue.tenant import Tenant
from gateway.customers.holding import hold_customer_beside
from gateway.tasks.acceptance import NewTask
from gateway.tasks.beside import write_with_tasks
from warren.contracts.catalogue import Action, catalogue_job

_BEFORE: LiteralString = "SELECT (payload ->> 'floor')::bigint AS floor FROM tasks WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Cleared:
    """The floor that was raised, and the task that follows."""

    task_id: UUID
    kind: str
    floor: int


async def clear(tenant: Tenant, task_id: UUID, traceparent: str | None) -> Cleared:
    """Delete everything that the customer has of this kind. Raises a Problem."""
    customer = tenant.customer_id
    job = catalogue_job(Action.DELETE_ALL, tenant.entity_kind)(customer_id=customer, floor=1)
    submissions = tenant.gateway.submissions
    await submissions.ensure_room(tenant.caller)
    task = await submissions.compose(tenant.caller, job, traceparent, task_id=task_id)

    async def change(connection: AsyncConnection[DictRow]) -> tuple[int, Sequence[NewTask]]:
        await hold_customer_beside(connection, customer)
        # Under the counter's lock: a commit whose connection broke is over, one way or the other.
        floor = (await take_versions(connection, {customer: 1}))[customer]
        before = await (await connection.execute(_BEFORE, [task_id])).fetchone()
        if before is not None:
            return before["floor"], ()
        values = {"customer": customer, "kind": tenant.entity_kind, "floor": floor}
        await connection.execute(RAISE_FLOOR, {**values, "task": task_id})
        await _told(tenant, floor, task_id).record_beside(connection)
        payload = job.model_copy(update={"floor": floor}).model_dump_json(exclude_none=True)
        task.columns["payload"] = orjson.Fragment(payload)
        return floor, (task,)

    floor = await write_with_tasks(tenant.gateway.pool, change)
    return Cleared(task_id, job.kind, floor)


def _told(tenant: Tenant, floor: int, task_id: UUID) -> Change:
    details = {"floor": floor, "task_id": task_id}
    action, kind = AuditAction.CATALOGUE_CLEARED, tenant.entity_kind.value
    return Change(tenant.caller.actor, action, kind, tenant.customer_id, details)
