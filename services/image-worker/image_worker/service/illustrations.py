"""A description becomes a prompt, and what came of its picture an entry of a report."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from warren.contracts.batches import MemberOutcome
from warren.contracts.generated_images import (
    DescriptionToPicture,
    ImageState,
    PicturedDescription,
    PictureOptions,
)
from warren.contracts.images import MAX_SEED, GenerateImage, Pictures

#: Characters of a description that a prompt is made of.
_LONGEST_TEXT = 1_500
#: Of a hundred entries with such errors a result can hold all (48 KiB).
_LONGEST_ERROR = 160


def job_for(
    description: DescriptionToPicture, options: PictureOptions, book_id: UUID | None
) -> GenerateImage:
    """The picture of a description that has a prompt: always the same one, unless a seed is
    given."""
    return GenerateImage(
        prompt=prompt_of(description),
        refine=True,
        seed=options.seed if options.seed is not None else _seed(description),
        book_id=book_id,
        description_id=description.description_id,
        **options.model_dump(include=set(PictureOptions.model_fields) - {"seed"}),
    )


def prompt_of(description: DescriptionToPicture) -> str:
    """Its text, as far as one can be made of it; empty if none of it can be seen."""
    return "".join(map(_plain, description.text)).strip()[:_LONGEST_TEXT]


def pictured(description: DescriptionToPicture, result: Any) -> PicturedDescription:
    """What `image.generate` has made of it."""
    pictures = Pictures.model_validate(result)
    return PicturedDescription(
        description_id=description.description_id,
        status=ImageState.GENERATED,
        artifact_id=pictures.artifact_id,
        thumbnail_id=pictures.thumbnail_id,
        provider=pictures.metadata.provider,
        model=pictures.metadata.model,
        width=pictures.artifacts[0].width,
        height=pictures.artifacts[0].height,
        seconds=pictures.processing_time,
        cached=pictures.cached,
    )


def failed(description: DescriptionToPicture, member: MemberOutcome | None) -> PicturedDescription:
    """Why there is none, as far as the batch tells."""
    if member is None:
        error = "its task did not succeed"
    elif member.error:
        error = f"{member.error.get('type')}: {member.error.get('message')}"
    else:
        error = f"its task {member.task_id} has {member.state.value}"
    return PicturedDescription(
        description_id=description.description_id,
        status=ImageState.FAILED,
        error=error[:_LONGEST_ERROR],
    )


def wordless(description: DescriptionToPicture) -> PicturedDescription:
    """One that nothing can be painted of."""
    return PicturedDescription(
        description_id=description.description_id,
        status=ImageState.FAILED,
        error="the description has no word or sign that can be seen",
    )


def generated(entries: Sequence[PicturedDescription]) -> int:
    """How many of them have a picture."""
    return sum(entry.status is ImageState.GENERATED for entry in entries)


def _plain(character: str) -> str:
    return character if character.isprintable() else " "


def _seed(description: DescriptionToPicture) -> int:
    return description.description_id.int % (MAX_SEED + 1)
