"""What the endpoints of pictures take and answer."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from gateway.artifacts.links import ArtifactLinks
from gateway.images.links import image_url
from warren.contracts.generated_images import (
    DEFAULT_FOR_BOOK,
    MAX_DESCRIPTIONS,
    PictureOptions,
    UserId,
)


class ForDescriptions(PictureOptions):
    """The body of `POST /api/v1/images/for-descriptions`."""

    model_config = ConfigDict(extra="forbid")

    description_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_DESCRIPTIONS)]
    user_id: UserId | None = None


class ForBook(PictureOptions):
    """The body of `POST /api/v1/books/{id}/images`."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MAX_DESCRIPTIONS)] = DEFAULT_FOR_BOOK
    user_id: UserId | None = None


class ImageChange(BaseModel):
    """The body of `PATCH /api/v1/images/{id}`."""

    model_config = ConfigDict(extra="forbid")

    keep: Annotated[StrictBool, Field(description="Whether clean-ups spare it.")]


class ImageView(BaseModel):
    """A picture; sizes in pixels and bytes. Its links need no key, for as long as all links do."""

    image_id: UUID
    task_id: UUID
    kind: str
    user_id: str | None
    book_id: UUID | None
    description_id: UUID | None
    prompt: str | None
    provider: str
    model: str | None
    width: int
    height: int
    seconds: float
    media_type: str
    size: int
    sha256: str
    created_at: datetime
    #: Its owner wants it to stay, whatever its age; those of a book stay as long as that.
    keep: bool
    #: When its file will be cleaned up.
    expires_at: datetime | None
    image_url: str
    thumbnail_url: str | None

    @classmethod
    def of(cls, row: dict[str, Any], links: ArtifactLinks) -> Self:
        """The view of a row that is joined with its file's."""
        derived = {
            "image_id": row["id"],
            "image_url": links.link(row["id"]).url,
            "thumbnail_url": image_url(row["thumbnail_id"], links),
        }
        same = set(cls.model_fields) - set(derived)
        return cls(**derived, **{name: row[name] for name in same})


class ImageList(BaseModel):
    """Newest first."""

    items: list[ImageView]
    next_cursor: str | None = None
