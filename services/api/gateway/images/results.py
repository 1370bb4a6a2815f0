"""What results of picture jobs say of the pictures that were made."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from warren.contracts.images import (
    EnhanceImage,
    GenerateImage,
    Pictures,
    RemoveBackground,
    SwapFace,
    TransferStyle,
)

PICTURE_KINDS = frozenset(
    {
        GenerateImage.kind,
        SwapFace.kind,
        RemoveBackground.kind,
        TransferStyle.kind,
        EnhanceImage.kind,
    }
)


class MadePicture(BaseModel):
    """A picture as `generated_images` keeps it; sizes in pixels."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    thumbnail_id: UUID
    mask_id: UUID | None
    provider: str
    model: str
    width: int
    height: int
    seconds: float
    prompt: str | None


def made_pictures(result: Any) -> Iterator[MadePicture]:
    """The pictures that a result names; raises pydantic.ValidationError."""
    pictures = Pictures.model_validate(result)
    for picture in pictures.artifacts:
        yield MadePicture(
            id=picture.artifact_id,
            thumbnail_id=picture.thumbnail_id,
            mask_id=pictures.mask_id,
            provider=pictures.metadata.provider,
            model=pictures.metadata.model,
            width=picture.width,
            height=picture.height,
            seconds=round(pictures.processing_time / len(pictures.artifacts), 3),
            prompt=pictures.prompt_used,
        )
