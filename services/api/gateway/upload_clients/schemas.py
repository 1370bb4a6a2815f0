"""The shapes of what upload clients are answered, for the document of the API."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class UploadStatus(StrEnum):
    """What upload clients call the state of a task."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


class UploadRefused(BaseModel):
    """Why not; `details` are messages by the fields of a form."""

    error: str
    details: dict[str, list[str]] | None = None


class UploadAccepted(BaseModel):
    """The task is committed, with its pictures."""

    task_id: UUID
    status: UploadStatus
    message: str
    created_at: datetime


class UploadTask(BaseModel):
    """Where a task stands; `processing_time` in seconds.

    `result_url` after success; `error`, `error_message` and `failed_at` after failure.
    """

    task_id: UUID
    id: UUID
    task_type: str
    status: UploadStatus
    progress: int
    message: str
    retry_count: int
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    completed_at: datetime | None
    processing_time: float
    result_url: str | None = None
    error: str | None = None
    error_message: str | None = None
    failed_at: datetime | None = None


class UploadPicture(BaseModel):
    """What was made, and of what."""

    image_url: str | None
    prompt_used: str | None
    processing_time: float
    metadata: dict[str, Any]


class UploadResult(UploadPicture):
    """The picture, in `result` and beside it; `result_data` is the task's whole result."""

    task_id: UUID
    status: UploadStatus
    result: UploadPicture
    result_data: Any


class UploadCancelled(BaseModel):
    """The task ends."""

    message: str


def refused(status: int, when: str) -> dict[int | str, dict[str, Any]]:
    """A refusal in this shape, for the `responses` of a route."""
    return {status: {"model": UploadRefused, "description": when}}
