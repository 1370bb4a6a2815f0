"""Finding tasks, and all that is known of one; lists are read page by page as they are iterated."""

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID, uuid4

import orjson

from warren.client.accepted import (
    AnyTask,
    BatchMember,
    HistoryEntry,
    TaskAccepted,
    TaskDetails,
    TaskStatus,
    id_of,
)
from warren.client.calls.gateway_calls import GatewayCalls
from warren.client.calls.tasks import unknown_tasks_told

_PAGE = 100


class Filter(TypedDict, total=False):
    """What must hold of a task, all of it; `since` (included) and `until` go by its acceptance."""

    kind: str
    lane: str
    tag: str
    user_id: str
    parent_id: UUID | str
    since: datetime
    until: datetime


class ListFilter(Filter, total=False):
    """`text` stands in payload, error or message; `error` in the error with which it has ended."""

    state: str | Collection[str]
    text: str
    error: str


async def details(calls: GatewayCalls, /, task: AnyTask) -> TaskDetails:
    """All that is known of the task; raises TaskUnknown."""
    task_id = id_of(task)
    with unknown_tasks_told(task_id):
        return TaskDetails.model_validate(await calls.get(f"/api/v1/tasks/{task_id}"))


async def tasks(
    calls: GatewayCalls, /, **chosen: Unpack[ListFilter]
) -> AsyncGenerator[TaskStatus, None]:
    """One's own tasks, newest first. Raises NotValid for what is no filter."""
    async with aclosing(_pages(calls, "/api/v1/tasks/my-tasks", _said(chosen))) as items:
        async for item in items:
            yield TaskStatus.model_validate(item)


async def history(calls: GatewayCalls, /, task: AnyTask) -> AsyncGenerator[HistoryEntry, None]:
    """What has moved the task so far, oldest first; raises TaskUnknown."""
    task_id = id_of(task)
    with unknown_tasks_told(task_id):
        async with aclosing(_pages(calls, f"/api/v1/tasks/{task_id}/history", {})) as items:
            async for item in items:
                yield HistoryEntry.model_validate(item)


async def members(calls: GatewayCalls, /, batch: AnyTask) -> AsyncGenerator[BatchMember, None]:
    """The tasks of a batch, in their order; raises TaskUnknown."""
    batch_id = id_of(batch)
    with unknown_tasks_told(batch_id):
        async with aclosing(_pages(calls, f"/api/v1/batches/{batch_id}/members", {})) as items:
            async for item in items:
                yield BatchMember.model_validate(item)


async def cancel_all(calls: GatewayCalls, /, **chosen: Unpack[Filter]) -> TaskAccepted:
    """Cancel all unfinished tasks of a filter, which must not be empty, by a task that is waited
    for and followed like any other."""
    return await _act(calls, "cancel", chosen)


async def retry_all(
    calls: GatewayCalls, /, state: Collection[str] = ("failed",), **chosen: Unpack[Filter]
) -> TaskAccepted:
    """Start all tasks of a filter again that have ended in one of these states; likewise."""
    return await _act(calls, "retry", {**chosen, "state": list(state)})


async def _act(calls: GatewayCalls, action: str, chosen: Mapping[str, Any]) -> TaskAccepted:
    body = orjson.dumps({"filter": _said(chosen)})
    answer = await calls.post(f"/api/v1/tasks/{action}", body, idempotency_key=str(uuid4()))
    return TaskAccepted.model_validate(answer)


async def _pages(
    calls: GatewayCalls, path: str, parameters: Mapping[str, Any]
) -> AsyncGenerator[dict[str, Any], None]:
    cursor: str | None = None
    while True:
        asked = {**parameters, "limit": _PAGE, "cursor": cursor}
        page = await calls.get(path, parameters=asked)
        for item in page["items"]:
            yield item
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _said(chosen: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in chosen.items() if value is not None}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in said.items()
    }
