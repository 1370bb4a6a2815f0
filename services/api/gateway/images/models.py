"""Tables `generated_images` and `image_orders`; their files are artifacts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Double, Text
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class GeneratedImage(SQLModel, table=True):
    """A picture that a task has made; `id` is its artifact's, sizes are in pixels."""

    __tablename__ = "generated_images"

    id: UUID = Field(primary_key=True)
    thumbnail_id: UUID | None
    mask_id: UUID | None
    customer_id: UUID
    user_id: str | None = Field(sa_type=Text)
    task_id: UUID
    kind: str = Field(sa_type=Text)
    book_id: UUID | None
    description_id: UUID | None
    prompt: str | None = Field(sa_type=Text)
    provider: str = Field(sa_type=Text)
    model: str | None = Field(sa_type=Text)
    width: int
    height: int
    seconds: float = Field(sa_type=Double)
    created_at: datetime = Field(sa_type=_Moment)
    #: Whether its owner wants it to stay, whatever its age.
    keep: bool


class ImageOrder(SQLModel, table=True):
    """How many pictures a task was asked for; what the daily quota of a user counts.

    The task is made when `batch_id` has ended, if there is one.
    """

    __tablename__ = "image_orders"

    task_id: UUID = Field(primary_key=True)
    customer_id: UUID
    user_id: str = Field(sa_type=Text)
    images: int
    created_at: datetime = Field(sa_type=_Moment)
    batch_id: UUID | None
