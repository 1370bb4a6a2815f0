"""The result of a job that has made one picture of another."""

import time
from typing import Any
from uuid import UUID

from image_worker.workers.saving import size_of
from warren.contracts.images import PictureFile, PictureMetadata, Pictures, TaskType

PROVIDER = "embedded"


def changed_picture(
    task_type: TaskType,
    file: PictureFile,
    model: str,
    details: dict[str, Any],
    started: float,
    mask: UUID | None = None,
) -> Pictures:
    """`started` is when the work began, by time.perf_counter."""
    return Pictures(
        task_type=task_type,
        artifact_id=file.artifact_id,
        thumbnail_id=file.thumbnail_id,
        artifacts=[file],
        processing_time=round(time.perf_counter() - started, 3),
        metadata=PictureMetadata(
            provider=PROVIDER, model=model, size=size_of([file]), details=details
        ),
        mask_id=mask,
    )
