"""What becomes of a write that the gateway has accepted as a task."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from warren.client.errors import TaskCancelled, TaskExpired, TaskFailed
from warren.client.gateway_client import GatewayClient
from warren.client.handle import TaskHandle

#: Seconds that a call with `async_mode=False` waits.
WAIT = 300.0

Outcome = dict[str, Any]


def outcome_of(
    answer: Mapping[str, Any], client: GatewayClient | None, *, async_mode: bool
) -> Outcome:
    """`queued` with the task's id, or how the task has ended; `unchanged` if there is none.

    Raises WaitTimeout if it has not ended within WAIT seconds: the task goes on.
    """
    task_id = answer.get("task_id")
    if task_id is None:
        return {"status": "unchanged"}
    if async_mode:
        return {"status": "queued", "task_id": task_id}
    handle: TaskHandle[Any] = TaskHandle(UUID(task_id), client)
    try:
        result = handle.wait(WAIT)
    except TaskFailed as error:
        status = "expired" if isinstance(error, TaskExpired) else "failed"
        return {"status": status, "task_id": task_id, "error": error.error}
    except TaskCancelled:
        return {"status": "cancelled", "task_id": task_id}
    return {"status": "succeeded", "task_id": task_id, "result": result}
