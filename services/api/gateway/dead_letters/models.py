"""Table `dead_letters`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class DeadLetter(SQLModel, table=True):
    """A message that was given up, with its own copy; columns of the task are null without one."""

    __tablename__ = "dead_letters"

    id: UUID = Field(primary_key=True)
    recorded_at: datetime = Field(sa_type=_Moment)
    source: str = Field(sa_type=Text)
    task_id: UUID | None
    generation: int | None
    dispatch: int | None
    customer_id: UUID | None
    kind: str | None = Field(sa_type=Text)
    version: int | None
    queue: str = Field(sa_type=Text)
    attempts: int | None
    error: dict[str, Any] = Field(sa_type=JSONB)
    cause: str = Field(sa_type=Text)
    message: bytes
    message_sha256: bytes
    x_death: Any | None = Field(sa_type=JSONB)
    resolution: str | None = Field(sa_type=Text)
    resolved_at: datetime | None = Field(sa_type=_Moment)
    resolved_by: str | None = Field(sa_type=Text)
    resolution_reason: str | None = Field(sa_type=Text)
