"""The route class of endpoints that accept a task: they can wait for its end."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg_pool import PoolTimeout
from starlette.requests import Request
from starlette.responses import Response

from gateway.awaiting.preference import PARAMETERS, wanted_wait
from gateway.awaiting.waiting import wait_for_end
from gateway.direct_route import Handler
from gateway.idempotency.route import OnceRoute
from gateway.images.links import shown_result
from gateway.tasks.schemas import TaskStatus

_ACCEPTING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEPT = ("location", "idempotency-replayed")


class TaskRoute(OnceRoute):
    """Answers as its handler does, and after `Prefer: wait=n` with the task as it has become.

    200 once the task has ended, with its `result` or `error`; 202 while it has not. What the
    handler says of the task stays. An Idempotency-Key keeps the handler's answer: whoever sends the
    request again waits for the same task.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        if not _ACCEPTING & set(more.get("methods") or ()):
            super().__init__(path, endpoint, **more)
            return
        extra = dict(more.pop("openapi_extra", None) or {})
        extra["parameters"] = [*extra.get("parameters", []), *PARAMETERS]
        super().__init__(path, endpoint, openapi_extra=extra, **more)

    def get_route_handler(self) -> Callable[[Request], Any]:
        """The handler, followed by the wait."""
        answer: Handler = super().get_route_handler()
        if not _ACCEPTING & set(self.methods or ()):
            return answer

        async def awaited(request: Request) -> Response:
            # A wrong `async_mode` is refused before anything is accepted.
            if wanted_wait(request, 0.0) is None:
                return await answer(request)
            return await with_outcome(request, await answer(request))

        return awaited


async def with_outcome(request: Request, response: Response) -> Response:
    """The answer to an accepted task, once the request has waited as long as it prefers."""
    task_id = _accepted(response)
    if task_id is None:
        return response
    gateway = request.app.state.gateway
    waited = await wait_for_end(request, gateway, task_id)
    if waited is None:
        return response
    try:
        row = await gateway.tasks.any_task(task_id)
    except (psycopg.OperationalError, PoolTimeout):
        # It is accepted all the same.
        response.headers.update(waited.headers)
        return response
    status = TaskStatus.of(row)
    answer = {**orjson.loads(response.body), **status.model_dump(mode="json")}
    if status.status.is_terminal:
        answer["result"] = shown_result(row["kind"], row["result"], gateway.links)
    headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
    return Response(
        orjson.dumps(answer),
        200 if status.status.is_terminal else 202,
        headers={**headers, **waited.headers},
        media_type="application/json",
    )


def _accepted(response: Response) -> UUID | None:
    if response.status_code not in (200, 202):
        return None
    answer = orjson.loads(response.body or b"null")
    named = answer.get("task_id") if isinstance(answer, dict) else None
    return UUID(named) if named is not None else None
