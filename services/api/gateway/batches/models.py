"""Tables `batches`, `batch_members` and `awaited_batches`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class Batch(SQLModel, table=True):
    """What a task of the kind `api.batch` waits for, and what follows."""

    __tablename__ = "batches"

    task_id: UUID = Field(primary_key=True)
    total: int
    callback: dict[str, Any] | None = Field(sa_type=JSONB)
    ended_at: datetime | None = Field(sa_type=_Moment)


class BatchMember(SQLModel, table=True):
    """A task that belongs to a batch, and how it has ended."""

    __tablename__ = "batch_members"

    task_id: UUID = Field(primary_key=True)
    batch_id: UUID
    position: int
    state: str | None = Field(sa_type=Text)


class AwaitedBatch(SQLModel, table=True):
    """A task that waits for the end of a batch of its own, or has asked for it and will.

    `left_at`: it has failed, or expired, and the batch is to end, too.
    """

    __tablename__ = "awaited_batches"

    batch_id: UUID = Field(primary_key=True)
    task_id: UUID
    left_at: datetime | None = Field(sa_type=_Moment)
