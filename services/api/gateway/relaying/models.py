"""Table `publish_intents`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Uuid
from sqlmodel import Field, SQLModel


class PublishIntent(SQLModel, table=True):
    """A batch of jobs that a relay is about to publish, or of which nobody knows the end."""

    __tablename__ = "publish_intents"

    id: UUID = Field(primary_key=True)
    task_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    begun_at: datetime = Field(sa_type=DateTime(timezone=True))
