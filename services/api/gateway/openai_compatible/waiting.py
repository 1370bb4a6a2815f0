"""From an accepted task to its end, or to what is said in its place."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.awaiting.preference import wanted_wait
from gateway.awaiting.waiting import while_client_stays
from gateway.composition import Gateway
from gateway.idempotency.route import REPLAYED
from gateway.openai_compatible.problems import (
    TASK_HEADER,
    NoPlaceToWait,
    TaskFailed,
    TaskNotEnded,
    TaskRefused,
    TaskStopped,
    note_task,
)
from gateway.problems import Problem
from gateway.tasks.retention import ensure_result_kept
from warren.contracts.states import TaskState

_STOPPED = frozenset({TaskState.CANCELLED, TaskState.CANCELLING, TaskState.EXPIRED})


def ensure_place(gateway: Gateway) -> None:
    """Raise NoPlaceToWait: what nobody can wait for should not be accepted."""
    if gateway.ends.is_full:
        raise _no_place()


@contextmanager
def place(gateway: Gateway) -> Iterator[None]:
    """Hold a place to wait, from before the task is accepted; raises NoPlaceToWait."""
    with gateway.ends.place() as is_there:
        if not is_there:
            raise _no_place()
        yield


def _no_place() -> NoPlaceToWait:
    return NoPlaceToWait("as many requests wait here as there may be; try again", retry_after=5)


@dataclass(frozen=True, slots=True)
class AcceptedTask:
    """A task that a request waits for, and what every answer says of it."""

    id: UUID
    headers: dict[str, str]


def accepted_task(request: Request, response: Response) -> AcceptedTask | None:
    """The task that an answer is about; None if it is a refusal.

    Whatever goes wrong from here on, the request's error names the task (`note_task`).
    """
    if response.status_code not in (200, 202):
        return None
    task_id = UUID(orjson.loads(bytes(response.body))["task_id"])
    note_task(request, task_id)
    replayed = {name: response.headers[name] for name in (REPLAYED,) if name in response.headers}
    return AcceptedTask(task_id, {TASK_HEADER: str(task_id), **replayed})


def granted_wait(request: Request, gateway: Gateway) -> float:
    """Seconds: as long as the gateway lets OpenAI's clients wait, or as `Prefer` says, if less."""
    limit = gateway.settings.openai_wait
    seconds = wanted_wait(request, limit)
    return limit if seconds is None else seconds


async def succeeded_task(
    request: Request, gateway: Gateway, task: AcceptedTask, names: Mapping[str, str]
) -> dict[str, Any]:
    """The row of the task once it has succeeded, or the Problem that says why it has not.

    Waits for its end in the `place` that its caller holds. `names` are the request's parameters by
    fields of the job.
    """
    seconds = granted_wait(request, gateway)
    await while_client_stays(request, gateway.ends.ended_in_place(task.id), seconds)
    return await succeeded_row(gateway, task.id, names)


async def succeeded_row(
    gateway: Gateway, task_id: UUID, names: Mapping[str, str]
) -> dict[str, Any]:
    """The row of the task if it has succeeded by now; raises what `succeeded_task` raises."""
    row = await gateway.tasks.any_task(task_id)
    if TaskState(row["state"]) is not TaskState.SUCCEEDED:
        raise why_not(row, names)
    ensure_result_kept(row, datetime.now(UTC))
    return row


def why_not(row: Mapping[str, Any], names: Mapping[str, str]) -> Problem:
    """What to say of a task that has not succeeded, or not yet."""
    task_id, state, error = row["id"], TaskState(row["state"]), row["error"] or {}
    if state in _STOPPED:
        return TaskStopped(f"task {task_id} is {state.value}", task_id=task_id)
    if state is not TaskState.FAILED:
        return TaskNotEnded(
            f"task {task_id} is {state.value} still, and goes on: "
            f"GET /api/v1/tasks/{task_id}/status tells when it has ended",
            task_id=task_id,
        )
    said = f"{error.get('message') or 'no reason was given'} (task {task_id})"
    if error.get("source") == "rejected":
        field = error.get("field")
        param = names.get(field, field) if field else None
        return TaskRefused(said, task_id=task_id, param=param)
    return TaskFailed(f"the task has failed: {said}", task_id=task_id)
