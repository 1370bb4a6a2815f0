"""Table `queue_controls`."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlmodel import Field, SQLModel


class QueueControl(SQLModel, table=True):
    """What an operator has said about a queue; without a row it runs."""

    __tablename__ = "queue_controls"

    queue: str = Field(primary_key=True, sa_type=Text)
    paused_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    paused_by: str | None = Field(sa_type=Text)
