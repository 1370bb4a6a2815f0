"""DELETE /api/v1/tasks/{id}: a task that has ended, and all that is kept of it."""

from collections.abc import Sequence
from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from psycopg import Connection

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.housekeeping.cleaning.artifact_rows import delete_rows
from gateway.housekeeping.cleaning.report import Tally
from gateway.idempotency.route import OnceRoute
from gateway.problems import NotFound, TaskNotEnded
from gateway.recording.loading import lock_tasks
from gateway.tasks.cancellation import cancel_tasks
from gateway.tasks.ownership import visible_task

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=OnceRoute)

_LIVE_BATCH: LiteralString = """
SELECT m.batch_id FROM batch_members m JOIN batches b ON b.task_id = m.batch_id
WHERE m.task_id = %s AND b.ended_at IS NULL
"""
_ARTIFACTS: LiteralString = "SELECT id FROM artifacts WHERE task_id = %s ORDER BY id FOR UPDATE"
# The message of a delivery says what became of the task, with its metadata.
_TOLD: LiteralString = "SELECT id FROM webhook_deliveries WHERE task_id = %s"
# A worker has this one's message at hand; its row needs it no more.
_FORGET_MESSAGE: LiteralString = "UPDATE tasks SET payload = payload - 'body' WHERE id = %s"
# What a batch has counted stays counted when a member of it is deleted.
_ROWS: tuple[LiteralString, ...] = (
    "DELETE FROM task_history WHERE task_id = %s",
    "DELETE FROM dead_letters WHERE task_id = %s",
    "DELETE FROM generated_images WHERE task_id = %s",
    "DELETE FROM webhook_deliveries WHERE id = %s",
    "DELETE FROM batch_members WHERE batch_id = %s",
    "DELETE FROM batches WHERE task_id = %s",
    "DELETE FROM tasks WHERE id = %s",
)


@router.delete("/{task_id}", status_code=204, response_class=Response)
async def delete_task(
    task_id: UUID,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Delete a task that has ended, with its history, its dead letters and its files.

    Files that a document, an FAQ or a book needs stay. 409 while it lives: cancel it first; or
    while a batch that it belongs to lives. Of a batch its members stay. Deliveries of webhooks that
    tell of the task go with it, and are cancelled first.
    """
    row = await visible_task(gateway, caller, task_id)
    details = {"kind": row["kind"]}
    change = Change(caller.actor, Action.TASK_DELETED, str(task_id), row["customer_id"], details)

    def delete_told(connection: Connection[Any]) -> None:
        delete(connection, task_id)
        change.record(connection)

    await gateway.transactions.run(delete_told)
    return Response(status_code=204)


def delete(connection: Connection[Any], task_id: UUID) -> None:
    """Within the caller's transaction, which must hold no locks of it. Raises TaskNotEnded."""
    told = [found for (found,) in connection.execute(_TOLD, [task_id]).fetchall()]
    row = lock_tasks(connection, [task_id, *told]).rows.get(task_id)
    if row is None:
        raise NotFound(f"there is no task {task_id}")
    if not row.state.is_terminal:
        what = f"task {task_id} is {row.state.value}: cancel it, or wait for its end"
        raise TaskNotEnded(what, state=row.state.value)
    for (batch_id,) in connection.execute(_LIVE_BATCH, [task_id]).fetchall():
        raise TaskNotEnded(f"task {task_id} belongs to the batch {batch_id}, which has not ended")
    _forget_messages(connection, told)
    artifacts = [found for (found,) in connection.execute(_ARTIFACTS, [task_id]).fetchall()]
    # Its pictures first: as long as they are listed, their files may have to stay.
    _delete_rows(connection, task_id)
    delete_rows(connection, artifacts, Tally(dry_run=False))


def _forget_messages(connection: Connection[Any], deliveries: Sequence[UUID]) -> None:
    """Locked already, together with the task that they tell of."""
    for answer in cancel_tasks(connection, deliveries, "service:webhooks"):
        if answer.state.is_terminal:
            _delete_rows(connection, answer.task_id)
        else:
            connection.execute(_FORGET_MESSAGE, [answer.task_id])


def _delete_rows(connection: Connection[Any], task_id: UUID) -> None:
    for statement in _ROWS:
        connection.execute(statement, [task_id])
