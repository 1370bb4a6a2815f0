"""Batches that callers submit: a request opens one, and may be followed by more members."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.authentication import Caller
from gateway.batches.opening import ADD_MEMBERS, OPEN_BATCH, callers_batch, member_rows
from gateway.composition import Gateway
from gateway.customers.holding import hold_key_beside
from gateway.problems import (
    BatchClosed,
    DatabaseUnavailable,
    FieldError,
    InvalidFields,
    NotFound,
    Problem,
)
from gateway.tasks.acceptance import Acceptance, NewTask, accept_tasks
from gateway.tasks.batch_submission import of_item
from gateway.tasks.envelope import Envelope
from gateway.tasks.submission import Room, Submissions
from gateway.webhooks.batch_webhook import set_webhook
from gateway.webhooks.task_webhook import TaskWebhook
from warren.contracts.batch_end import callback_key
from warren.contracts.ids import derived_id
from warren.contracts.intake import NewChild, child_id

_FIRST_GENERATION = 1
_LOCK: LiteralString = """
SELECT t.waiting_for, b.total FROM tasks t JOIN batches b ON b.task_id = t.id
WHERE t.id = %s AND t.customer_id = %s FOR NO KEY UPDATE OF t
"""


@dataclass(frozen=True, slots=True)
class BatchSubmission:
    """Accepts members, all of a request or none; the same request again makes nothing new."""

    gateway: Gateway
    caller: Caller
    traceparent: str | None

    async def open(
        self,
        batch_id: UUID,
        total: int,
        then: Envelope | None,
        members: Sequence[Envelope],
        webhook: TaskWebhook | None = None,
    ) -> list[UUID]:
        """Make the batch with its first members; returns their ids. Raises a Problem."""
        if webhook is not None:
            await self.gateway.submissions.signing.ensure_secret(self.caller)
        callback = await self._callback(batch_id, then) if then else None
        values = callers_batch(batch_id, self.caller, total, callback)
        return await self._accept(batch_id, 0, members, values, webhook)

    async def add(self, batch_id: UUID, offset: int, members: Sequence[Envelope]) -> list[UUID]:
        """Bring the members that follow `offset` others; returns their ids. Raises a Problem."""
        return await self._accept(batch_id, offset, members, None)

    async def _callback(self, batch_id: UUID, then: Envelope) -> dict[str, Any]:
        try:
            # Under the id that it will have: the quota of pictures is charged for that.
            task_id = child_id(batch_id, callback_key(_FIRST_GENERATION))
            task = await self.gateway.submissions.prepare(
                self.caller, then, None, task_id=task_id, follows=batch_id
            )
        except Problem as problem:
            raise _below("on_complete", problem) from problem
        kind = await self.gateway.catalogue.find(then.kind, self.caller)
        if "batch" not in kind.definition.payload_schema.get("properties", {}):
            what = "has no field `batch`, which would tell it how the batch has ended"
            raise InvalidFields([FieldError("on_complete.kind", what)])
        if task.artifacts:
            raise InvalidFields(
                [FieldError("on_complete.payload", "is too large: upload the text")]
            )
        said = NewChild(
            key="then",
            kind=kind.definition.kind,
            version=kind.definition.version,
            payload=orjson.loads(orjson.dumps(task.columns["payload"])),
            **then.model_dump(exclude={"kind", "payload"}, exclude_none=True),
        )
        return said.model_dump(mode="json", exclude_none=True)

    async def _accept(
        self,
        batch_id: UUID,
        offset: int,
        members: Sequence[Envelope],
        opening: dict[str, Any] | None,
        webhook: TaskWebhook | None = None,
    ) -> list[UUID]:
        async with self.gateway.submissions.room(self.caller, len(members)) as room:
            tasks = await self._write(batch_id, offset, members, opening, webhook, room)
        return [task.id for task in tasks]

    async def _write(
        self,
        batch_id: UUID,
        offset: int,
        members: Sequence[Envelope],
        opening: dict[str, Any] | None,
        webhook: TaskWebhook | None,
        room: Room,
    ) -> list[NewTask]:
        together = await self.gateway.submissions.for_many(self.caller, members)
        tasks = [
            await self._prepare(
                together, number, item, derived_id(batch_id, f"member:{offset + number}")
            )
            for number, item in enumerate(members)
        ]
        async with self.gateway.tasks.pool.connection() as connection, connection.transaction():
            await hold_key_beside(connection, self.caller)
            if opening is not None:
                await connection.execute(OPEN_BATCH, opening)
                await set_webhook(connection, batch_id, webhook)
            await self._lock(connection, batch_id, offset + len(tasks))
            accepted = await accept_tasks(connection, tasks)
            _check(tasks, accepted)
            rows = member_rows(batch_id, offset, (task.id for task in tasks))
            await connection.execute(ADD_MEMBERS, {"rows": rows})
        room.taken_by(accepted.values())
        return tasks

    async def _prepare(
        self, together: Submissions, number: int, item: Envelope, task_id: UUID
    ) -> NewTask:
        try:
            task = await together.prepare(self.caller, item, self.traceparent, task_id=task_id)
        except Problem as problem:
            raise of_item(number, problem) from problem
        task.columns["parent_id"] = None
        return task

    async def _lock(self, connection: AsyncConnection[DictRow], batch_id: UUID, end: int) -> None:
        row = await (
            await connection.execute(_LOCK, [batch_id, self.caller.customer_id])
        ).fetchone()
        if row is None:
            raise NotFound(f"there is no batch {batch_id}")
        if end > row["total"]:
            what = f"would be {end} members of a batch of {row['total']}"
            raise InvalidFields([FieldError("items", what)])
        if row["waiting_for"] is None:
            raise BatchClosed(f"batch {batch_id} has ended, or is being cancelled")


def _check(tasks: Sequence[NewTask], accepted: dict[UUID, Acceptance]) -> None:
    if len(accepted) < len(tasks):
        raise DatabaseUnavailable("tasks with these unique keys come and go; try again")
    taken = [n for n, task in enumerate(tasks) if accepted[task.id].unique]
    if taken:
        holder = accepted[tasks[taken[0]].id].task_id
        what = f"belongs to the live task {holder}, which is no member of this batch"
        raise InvalidFields([FieldError(f"items[{taken[0]}].unique_key", what)])


def _below(place: str, problem: Problem) -> Problem:
    """The same problem, told of a part of the body."""
    if problem.errors:
        problem.errors = [
            FieldError(f"{place}.{fault.field}", fault.message) for fault in problem.errors
        ]
        problem.detail = f"{place}.{problem.detail}"
    return problem
