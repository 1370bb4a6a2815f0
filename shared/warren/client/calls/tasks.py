"""Reading tasks, waiting for them, and ending or starting them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import orjson

from warren.client.accepted import AnyTask, TaskStatus, id_of
from warren.client.calls.gateway_calls import GatewayCalls
from warren.client.calls.results import read_result
from warren.client.clock import current_clock
from warren.client.errors import (
    GatewayUnreachable,
    TaskCancelled,
    TaskExpired,
    TaskFailed,
    TaskNotFinished,
    TaskUnknown,
    WaitTimeout,
)
from warren.client.refusals import Conflict, NotFound
from warren.contracts.states import TaskState

#: Seconds from one question to the next, growing; where the gateway waits itself, nobody pauses.
_FIRST_POLL, _LONGEST_POLL = 0.05, 1.0
#: How long the gateway is asked to wait: less than what proxies cut off.
_LONGEST_WAIT = 20
#: Seconds for the way to the gateway and back.
_TRAVEL = 0.5
#: A task that a job asked for is known to the gateway when its recorder has written it.
_UNRECORDED = 10.0


async def status(calls: GatewayCalls, /, task: AnyTask) -> TaskStatus:
    """Where the task stands; raises TaskUnknown."""
    return await _status(calls, id_of(task), None)


async def result(calls: GatewayCalls, /, task: AnyTask, result_type: Any = None) -> Any:
    """What the task has made, as `result_type`, or as plain JSON.

    Raises TaskNotFinished before its end, TaskFailed, TaskExpired or TaskCancelled after it,
    TaskUnknown, and ResultDoesNotFit if it is no `result_type`.
    """
    stands = await status(calls, task)
    if not stands.status.is_terminal:
        raise TaskNotFinished(
            f"task {stands.task_id} is {stands.status.value}: it has no result yet"
        )
    return await _outcome(calls, stands, result_type)


async def wait(
    calls: GatewayCalls, /, task: AnyTask, result_type: Any = None, *, timeout: float = 60
) -> Any:
    """The same as soon as it is there, whatever becomes of the gateway meanwhile.

    Raises WaitTimeout after `timeout` seconds, which leaves the task alone.
    """
    task_id, clock = id_of(task), current_clock()
    began = clock.monotonic()
    poll, known = _FIRST_POLL, "unknown to the gateway"
    while True:
        asked = clock.monotonic()
        left = max(timeout - (asked - began), 0.05)
        stands = await _status_so_far(calls, task_id, left, asked - began)
        if stands is not None:
            known = stands.status.value
            if stands.status.is_terminal:
                return await _outcome(calls, stands, result_type)
        now = clock.monotonic()
        left = timeout - (now - began)
        if left <= 0:
            raise WaitTimeout(f"task {task_id} is still {known} after {timeout:g} s")
        # A gateway that waits for nobody, or for too many already, has answered at once.
        if (early := asked + poll - now) > 0:
            await calls.transport.pause(min(early, left))
        poll = min(1.5 * poll, _LONGEST_POLL)


async def cancel(calls: GatewayCalls, /, task: AnyTask) -> TaskStatus:
    """Ask for its end; where it stands then. Raises TaskUnknown.

    `cancelled`, `cancelling` while a worker may have it, or the state in which it had ended
    already.
    """
    try:
        return await _post(calls, id_of(task), "cancel")
    except Conflict:
        return await status(calls, task)


async def retry(calls: GatewayCalls, /, task: AnyTask) -> TaskStatus:
    """Start a failed, cancelled or expired task again; where it stands then.

    Raises TaskUnknown, and Conflict in every other state.
    """
    return await _post(calls, id_of(task), "retry")


async def extend(calls: GatewayCalls, /, task: AnyTask, *, days: int) -> TaskStatus:
    """Have the result and its files kept for so many days from now on; a batch's members', too.

    `result_expires_at` of the answer says until when. Raises TaskUnknown, NotValid for more days
    than the gateway grants, Conflict unless the task has succeeded, and Gone if it is too late.
    """
    return await _post(calls, id_of(task), "extend", {"days": days})


async def delete(calls: GatewayCalls, /, task: AnyTask) -> None:
    """Delete a task that has ended, with its result. Raises TaskUnknown, and Conflict before."""
    task_id = id_of(task)
    with unknown_tasks_told(task_id):
        await calls.change("DELETE", f"/api/v1/tasks/{task_id}", None, headers={}, parameters={})


@contextmanager
def unknown_tasks_told(task_id: UUID) -> Iterator[None]:
    """Raises TaskUnknown for NotFound."""
    try:
        yield
    except NotFound as refusal:
        raise TaskUnknown(
            f"the gateway knows no task {task_id}, or not for this key; one that a job asked for "
            "is known a moment later",
        ) from refusal


async def _post(
    calls: GatewayCalls, task_id: UUID, action: str, said: dict[str, Any] | None = None
) -> TaskStatus:
    body = b"" if said is None else orjson.dumps(said)
    with unknown_tasks_told(task_id):
        answer = await calls.post(
            f"/api/v1/tasks/{task_id}/{action}", body, idempotency_key=str(uuid4())
        )
    return TaskStatus.model_validate(answer)


async def _status(
    calls: GatewayCalls, task_id: UUID, timeout: float | None, wait: int = 0
) -> TaskStatus:
    with unknown_tasks_told(task_id):
        answer = await calls.get(f"/api/v1/tasks/{task_id}/status", timeout=timeout, wait=wait)
    return TaskStatus.model_validate(answer)


async def _status_so_far(
    calls: GatewayCalls, task_id: UUID, left: float, waited: float
) -> TaskStatus | None:
    """As soon as it has ended, or after a while; None while there may be one later."""
    try:
        wait = int(max(0.0, min(left - _TRAVEL, _LONGEST_WAIT)))
        return await _status(calls, task_id, left, wait)
    except GatewayUnreachable:
        return None
    except TaskUnknown:
        if waited > _UNRECORDED:
            raise
        return None


async def _outcome(calls: GatewayCalls, stands: TaskStatus, result_type: Any) -> Any:
    task_id, error = stands.task_id, stands.error or {}
    reason = str(error.get("message") or "no reason was recorded")
    match stands.status:
        case TaskState.SUCCEEDED:
            return await read_result(calls, task_id, result_type)
        case TaskState.CANCELLED:
            raise TaskCancelled(f"task {task_id} was cancelled")
        case TaskState.EXPIRED:
            raise TaskExpired(f"task {task_id} was not started by its expires_at", error)
        case _:
            kind = error.get("type", "unknown error")
            raise TaskFailed(f"task {task_id} failed: {kind}: {reason}", error)
