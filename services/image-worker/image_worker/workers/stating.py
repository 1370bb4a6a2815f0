"""The fact that a task has made pictures, whatever it made them of."""

from uuid import UUID

from warren.contracts.generated_images import GeneratedImage, ImagesGenerated
from warren.contracts.images import Pictures
from warren.worker import JobContext


def state_generated(
    context: JobContext,
    made: Pictures,
    book_id: UUID | None = None,
    description_id: UUID | None = None,
) -> None:
    """State it of files that the task has saved: it becomes known with the task's success."""
    saved = {reference.id: reference for reference in context.artifacts.saved}
    images = [
        GeneratedImage(
            artifact=saved[file.artifact_id],
            provider=made.metadata.provider,
            width=file.width,
            height=file.height,
            description_id=description_id,
        )
        for file in made.artifacts
    ]
    context.emit(
        ImagesGenerated(
            task_id=context.task_id,
            task_type=made.task_type,
            customer_id=context.customer_id,
            book_id=book_id,
            images=images,
        )
    )
