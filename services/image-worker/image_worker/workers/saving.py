"""Finished pictures become artifacts of their task, and its result."""

from collections.abc import Iterable
from dataclasses import dataclass

from image_worker.adapters.picture_writing import (
    THUMBNAIL_MEDIA_TYPE,
    Provenance,
    encoded,
    thumbnail,
)
from image_worker.ports import Mask, Pixels
from warren.contracts.artifact import ArtifactRef
from warren.contracts.images import PictureFile, PictureFormat
from warren.worker import JobContext


@dataclass(frozen=True, slots=True)
class Finished:
    """One picture that a job has made."""

    pixels: Pixels
    provenance: Provenance
    alpha: Mask | None = None
    seed: int | None = None


def save(
    finished: Finished, form: PictureFormat, context: JobContext, number: int = 1
) -> PictureFile:
    """Store it with its thumbnail; `number` tells the pictures of a task apart."""
    suffix = "" if number == 1 else f"_{number}"
    file = context.artifacts.save(
        f"image_{context.task_id}{suffix}.{form.value}",
        encoded(finished.pixels, finished.alpha, form, finished.provenance),
        form.media_type,
    )
    small = context.artifacts.save(
        f"thumbnail_{context.task_id}{suffix}.webp",
        thumbnail(finished.pixels, finished.alpha),
        THUMBNAIL_MEDIA_TYPE,
    )
    height, width = finished.pixels.shape[:2]
    return picture_file(file, small, (width, height), finished.seed)


def picture_file(
    file: ArtifactRef, small: ArtifactRef, size: tuple[int, int], seed: int | None
) -> PictureFile:
    """What the result says of a stored picture."""
    return PictureFile(
        artifact_id=file.id,
        thumbnail_id=small.id,
        media_type=file.media_type,
        sha256=file.sha256,
        size_bytes=file.size,
        width=size[0],
        height=size[1],
        seed=seed,
    )


def size_of(files: Iterable[PictureFile]) -> str:
    """`<width>x<height>` of the first one."""
    first = next(iter(files))
    return f"{first.width}x{first.height}"
