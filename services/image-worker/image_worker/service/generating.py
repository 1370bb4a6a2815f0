"""A text becomes pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from image_worker.ports import (
    PaintedPicture,
    PictureProvider,
    PictureRequest,
    Progress,
    RefinedPrompt,
)
from warren.contracts.images import MAX_SEED, GenerateImage

#: Percent done when painting begins, and when it has ended.
_BEGUN, _PAINTED = 30.0, 90.0


@dataclass(frozen=True, slots=True)
class Painted:
    """One finished picture of a job."""

    picture: PaintedPicture
    seed: int


def seed_of(job: GenerateImage, task_id: UUID) -> int:
    """The one that was asked for, or one that is the same in every run of the task."""
    return job.seed if job.seed is not None else task_id.int % (MAX_SEED + 1)


def paint_all(
    job: GenerateImage,
    refined: RefinedPrompt,
    seed: int,
    provider: PictureProvider,
    progress: Progress,
) -> Iterator[Painted]:
    """Paint the pictures one after the other, so that one at a time is in memory.

    Raises what the provider and `progress` raise.
    """
    share = (_PAINTED - _BEGUN) / job.n

    for number in range(job.n):
        begun = _BEGUN + number * share

        def steps(done: int, total: int, begun: float = begun, number: int = number) -> None:
            progress(begun + share * done / total, _message(job.n, number, done, total))

        own_seed = (seed + number) % (MAX_SEED + 1)
        request = PictureRequest(
            prompt=refined.prompt,
            negative_prompt=refined.negative_prompt,
            width=job.width,
            height=job.height,
            steps=job.num_inference_steps,
            guidance_scale=job.guidance_scale,
            seed=own_seed,
        )
        yield Painted(provider.paint(request, steps), own_seed)


def _message(pictures: int, number: int, done: int, total: int) -> str:
    picture = f"picture {number + 1} of {pictures}, " if pictures > 1 else ""
    return f"{picture}step {done} of {total}"
