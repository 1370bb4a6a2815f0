"""What all endpoints of what is kept in step answer."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.reconciling.entities import SyncState
from gateway.reconciling.wording import Wording, worded
from gateway.tasks.schemas import TaskUrls


class SyncAccepted(BaseModel):
    """A change that is committed, and the task that brings it to the chatbot.

    `id` is what was changed; of a change of many, the task.
    """

    status: Literal["queued"] = "queued"
    id: UUID
    task_id: UUID
    version: int
    message: str
    urls: TaskUrls


class SyncError(BaseModel):
    """Why the chatbot does not have what is desired."""

    type: str
    message: str


class SyncView(BaseModel):
    """How far the chatbot is in step: `pending`, `synced`, or `failed` until somebody acts.

    `task_id` is the task that brings, or brought, about what is desired now.
    """

    sync: SyncState
    desired_version: int
    synced_version: int
    synced_at: datetime | None
    task_id: UUID | None
    error: SyncError | None

    @classmethod
    def columns(cls, row: dict[str, Any]) -> dict[str, Any]:
        """These fields, of a row that is joined with `syncs`."""
        error = row["last_error"]
        return {
            "sync": row["state"],
            "desired_version": row["desired_version"],
            "synced_version": row["synced_version"],
            "synced_at": row["synced_at"],
            "task_id": row["next_task_id"] or row["task_id"],
            "error": SyncError.model_validate(error) if error else None,
        }


def accepted_answer(
    request: Request,
    model: type[SyncAccepted],
    what: Wording,
    task_id: UUID,
    version: int,
    *,
    entity_id: UUID | None = None,
    **more: Any,
) -> Response:
    """202 with where to go on; in the language that the request asks for."""
    message, language = worded(what, request.headers.get("accept-language"))
    urls = TaskUrls.of(task_id)
    answer = model(
        id=entity_id or task_id,
        task_id=task_id,
        version=version,
        message=message,
        urls=urls,
        **more,
    )
    return Response(
        answer.model_dump_json(),
        202,
        headers={"Location": urls.task, "Content-Language": language},
        media_type="application/json",
    )
