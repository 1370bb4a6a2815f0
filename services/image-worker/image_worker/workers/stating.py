"""The fact that a task has generated pictures."""

from collections.abc import Sequence
from uuid import UUID

from warren.contracts.generated_images import GeneratedImage, ImagesGenerated
from warren.contracts.images import PictureFile
from warren.worker import JobContext


def state_generated(
    context: JobContext,
    files: Sequence[PictureFile],
    provider: str,
    book_id: UUID | None,
    description_id: UUID | None,
) -> None:
    """State it of files that the task has saved: it becomes known with the task's success."""
    saved = {reference.id: reference for reference in context.artifacts.saved}
    images = [
        GeneratedImage(
            artifact=saved[file.artifact_id],
            provider=provider,
            width=file.width,
            height=file.height,
            description_id=description_id,
        )
        for file in files
    ]
    context.emit(
        ImagesGenerated(
            task_id=context.task_id,
            customer_id=context.customer_id,
            book_id=book_id,
            images=images,
        )
    )
