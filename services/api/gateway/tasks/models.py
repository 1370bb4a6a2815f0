"""Tables `tasks`, `task_history`, `outbox`, `in_flight` and `quarantined_status`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Double, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class Task(SQLModel, table=True):
    """One accepted job, with what is known about it now; partitioned by range of `id`."""

    __tablename__ = "tasks"

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    user_id: str | None = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    version: int
    queue: str = Field(sa_type=Text)
    lane: str = Field(sa_type=Text)
    payload: dict[str, Any] = Field(sa_type=JSONB)
    metadata_: dict[str, Any] | None = Field(sa_column=Column("metadata", JSONB))
    tags: list[str] | None = Field(sa_column=Column(ARRAY(Text)))
    parent_id: UUID | None
    traceparent: str | None = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    generation: int = 1
    dispatch: int = 1
    rank: int = Field(default=0, sa_type=SmallInteger)
    attempt: int = 1
    max_attempts: int
    waiting_for: str | None = Field(sa_type=Text)
    progress: int = Field(default=0, sa_type=SmallInteger)
    message: str | None = Field(sa_type=Text)
    result: Any | None = Field(sa_type=JSONB)
    error: dict[str, Any] | None = Field(sa_type=JSONB)
    run_id: UUID | None
    worker: str | None = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=_Moment)
    due_at: datetime | None = Field(sa_type=_Moment)
    queued_at: datetime | None = Field(sa_type=_Moment)
    started_at: datetime | None = Field(sa_type=_Moment)
    attempt_started_at: datetime | None = Field(sa_type=_Moment)
    finished_at: datetime | None = Field(sa_type=_Moment)
    updated_at: datetime = Field(sa_type=_Moment)
    expires_at: datetime | None = Field(sa_type=_Moment)
    processing_seconds: float = Field(default=0.0, sa_type=Double)


class TaskHistory(SQLModel, table=True):
    """Every status that moved a task; partitioned by range of `task_id`."""

    __tablename__ = "task_history"

    task_id: UUID = Field(primary_key=True)
    generation: int = Field(primary_key=True)
    dispatch: int = Field(primary_key=True)
    type: str = Field(primary_key=True, sa_type=Text)
    seq: int = Field(default=0, primary_key=True)
    attempt: int
    run_id: UUID | None
    at: datetime = Field(sa_type=_Moment)
    recorded_at: datetime = Field(sa_type=_Moment)
    data: dict[str, Any] = Field(sa_type=JSONB)


class OutboxRow(SQLModel, table=True):
    """A dispatch that waits to be published."""

    __tablename__ = "outbox"

    task_id: UUID = Field(primary_key=True)
    generation: int = Field(primary_key=True)
    dispatch: int = Field(primary_key=True)
    attempt: int
    kind: str = Field(sa_type=Text)
    version: int
    queue: str = Field(sa_type=Text)
    customer_id: UUID
    available_at: datetime = Field(sa_type=_Moment)


class InFlightRow(SQLModel, table=True):
    """A dispatch that was published and has not ended."""

    __tablename__ = "in_flight"

    task_id: UUID = Field(primary_key=True)
    generation: int
    dispatch: int
    queue: str = Field(sa_type=Text)
    published_at: datetime = Field(sa_type=_Moment)
    started_at: datetime | None = Field(sa_type=_Moment)


class QuarantinedStatus(SQLModel, table=True):
    """A status that could not be recorded."""

    __tablename__ = "quarantined_status"

    id: int = Field(primary_key=True, sa_type=BigInteger)
    received_at: datetime = Field(sa_type=_Moment)
    queue: str = Field(sa_type=Text)
    body: bytes
    error: str = Field(sa_type=Text)
