"""Tables of tasks: the tasks, their history and live rows, and what is published beside them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Double, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)
#: Compared byte by byte, whatever language the database is set to.
BytewiseText = Text(collation="C")


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
    cancel_requested_at: datetime | None = Field(sa_type=_Moment)
    cancel_requested_by: str | None = Field(sa_type=Text)
    unique_key: str | None = Field(sa_type=Text)
    limit_key: str = Field(default="", sa_type=BytewiseText)
    #: When payload, result and traceback were cleaned up: only the summary is left.
    cleaned_at: datetime | None = Field(sa_type=_Moment)
    #: A child that a run asked for was dropped, as the task was being cancelled then.
    children_dropped: bool = False
    #: `state` if it has failed, was cancelled or has expired; kept by a trigger, for indexes.
    ended_badly: str | None = Field(default=None, sa_type=Text)
    #: Its result and files are kept at least until then, as its owner has asked.
    result_kept_until: datetime | None = Field(default=None, sa_type=_Moment)
    #: Where its owner wants to be told of it: `url` and `events`.
    webhook: dict[str, Any] | None = Field(default=None, sa_type=JSONB)


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
    #: Grows in the order in which a task's entries were committed.
    number: int = Field(sa_type=BigInteger)


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
    limit_key: str = Field(sa_type=BytewiseText)
    expires_at: datetime | None = Field(sa_type=_Moment)


class InFlightRow(SQLModel, table=True):
    """A dispatch that was published and has not ended."""

    __tablename__ = "in_flight"

    task_id: UUID = Field(primary_key=True)
    generation: int
    dispatch: int
    queue: str = Field(sa_type=Text)
    published_at: datetime = Field(sa_type=_Moment)
    started_at: datetime | None = Field(sa_type=_Moment)
    limit_key: str = Field(default="", sa_type=BytewiseText)
    handed_back_at: datetime | None = Field(default=None, sa_type=_Moment)


class QuarantinedStatus(SQLModel, table=True):
    """A status that could not be recorded."""

    __tablename__ = "quarantined_status"

    id: int = Field(primary_key=True, sa_type=BigInteger)
    received_at: datetime = Field(sa_type=_Moment)
    queue: str = Field(sa_type=Text)
    body: bytes
    error: str = Field(sa_type=Text)


class UniqueKey(SQLModel, table=True):
    """The one live task of a customer's kind and key; deleted when it ends."""

    __tablename__ = "unique_keys"

    customer_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True, sa_type=Text)
    key: str = Field(primary_key=True, sa_type=Text)
    task_id: UUID


class Publication(SQLModel, table=True):
    """A message that is no job and waits to be published: a cancellation, an event."""

    __tablename__ = "publications"

    id: UUID = Field(primary_key=True)
    exchange: str = Field(default="", sa_type=Text)
    routing_key: str = Field(sa_type=Text)
    body: bytes
    mandatory: bool = True
    available_at: datetime = Field(sa_type=_Moment)
