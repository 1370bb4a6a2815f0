"""POST /api/v1/tasks/{id}/extend: a result that its owner wants to have longer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from psycopg import Connection
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.idempotency.route import OnceRoute
from gateway.json_body import read_json
from gateway.problems import FieldError, InvalidFields, ResultNotAvailable
from gateway.tasks.envelope import field_errors
from gateway.tasks.retention import ensure_result_kept, retention
from gateway.tasks.schemas import TaskStatus
from warren.contracts.speech import SynthesizeSpeech
from warren.contracts.speech_batch import SynthesizeBatch
from warren.contracts.states import TaskState

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=OnceRoute)

# Under the locks of the tasks, which the clean-up takes before it takes their files. What a batch
# has made are the results of its members: tasks that it was given, or has asked for by itself.
_LOCK: LiteralString = """
WITH wanted AS (
    SELECT %(id)s::uuid AS id
    UNION SELECT task_id FROM batch_members WHERE batch_id = %(id)s
    UNION SELECT id FROM tasks WHERE parent_id = %(id)s AND %(kind)s = %(speech_batch)s
        AND kind = %(speech)s
)
SELECT t.id FROM tasks t JOIN wanted w ON w.id = t.id
WHERE t.customer_id = %(customer)s AND t.cleaned_at IS NULL AND t.state = 'succeeded'
ORDER BY t.id FOR NO KEY UPDATE OF t
"""
_KEEP: LiteralString = """
UPDATE tasks SET result_kept_until = greatest(result_kept_until, %(until)s)
WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
"""
_KEEP_FILES: LiteralString = """
UPDATE artifacts SET expires_at = greatest(expires_at, %(until)s)
WHERE task_id = ANY (%(ids)s::uuid[]) AND expires_at IS NOT NULL
"""


class Extension(BaseModel):
    """For how long from now the result and its files are to be kept at least, in days."""

    model_config = ConfigDict(extra="forbid", strict=True)

    days: Annotated[int, Field(ge=1, le=400)]


@router.post("/{task_id}/extend", openapi_extra=json_body(Extension.model_json_schema()))
async def extend_result(
    task_id: UUID,
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> TaskStatus:
    """Keep the result of one's own task, and its files, for so many days from now on; of a batch
    also those of its members that have succeeded.

    Never shorter than it is kept anyway, nor longer than tasks are known: `result_expires_at` of
    the answer says until when. 409 unless the task has succeeded, 410 once its result has expired.
    """
    wanted = _parsed(await read_json(request, gateway.settings.max_body_bytes))
    now = datetime.now(UTC)
    row = await gateway.tasks.task(task_id, caller.customer_id)
    state = TaskState(row["state"])
    if state is not TaskState.SUCCEEDED:
        raise ResultNotAvailable(
            f"task {task_id} is {state.value}: it has no result to be kept",
            task_status=state.value,
            state=state.value,
        )
    ensure_result_kept(row, now)
    values = {
        "id": task_id,
        "kind": row["kind"],
        "speech_batch": SynthesizeBatch.kind,
        "speech": SynthesizeSpeech.kind,
        "customer": caller.customer_id,
        "until": _until(row, now, wanted.days),
    }
    details = {"kind": row["kind"], "until": values["until"]}
    change = Change(caller.actor, Action.RESULT_EXTENDED, str(task_id), caller.customer_id, details)
    await gateway.transactions.run(lambda connection: _keep(connection, values, change))
    row = await gateway.tasks.task(task_id, caller.customer_id)
    ensure_result_kept(row, now)
    return TaskStatus.of(row)


def _until(row: dict[str, Any], now: datetime, days: int) -> datetime:
    """Nothing is left of a task whose week is dropped."""
    dropped: datetime = row["created_at"] + timedelta(days=retention().summary_days)
    return min(now + timedelta(days=days), dropped)


def _keep(connection: Connection[Any], values: dict[str, Any], change: Change) -> None:
    ids = [found for (found,) in connection.execute(_LOCK, values).fetchall()]
    if values["id"] in ids:
        found = {"ids": ids, "low": ids[0], "high": ids[-1], "until": values["until"]}
        connection.execute(_KEEP, found)
        connection.execute(_KEEP_FILES, found)
        change.record(connection)


def _parsed(body: dict[str, Any]) -> Extension:
    try:
        wanted = Extension.model_validate(body)
    except ValidationError as error:
        raise InvalidFields(field_errors(error, Extension)) from error
    most = retention().result_days_most
    if wanted.days > most:
        raise InvalidFields([FieldError("days", f"must be at most {most}")])
    return wanted
