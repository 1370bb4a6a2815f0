"""Tables `schedules` and `schedule_fires`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Double, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class Schedule(SQLModel, table=True):
    """When tasks of a kind come to be; the columns are explained in migration 0003."""

    __tablename__ = "schedules"

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    name: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    submission: dict[str, Any] = Field(sa_type=JSONB)
    cron: str = Field(sa_type=Text)
    timezone: str = Field(sa_type=Text)
    missed: str = Field(sa_type=Text)
    jitter_seconds: float = Field(sa_type=Double)
    enabled: bool = True
    as_operator: bool = False
    created_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=_Moment)
    updated_at: datetime = Field(sa_type=_Moment)
    revision: int = 1
    next_due_at: datetime = Field(sa_type=_Moment)
    fire_at: datetime = Field(sa_type=_Moment)
    last_due_at: datetime | None = Field(sa_type=_Moment)
    last_fired_at: datetime | None = Field(sa_type=_Moment)
    last_task_id: UUID | None
    refusal: str | None = Field(sa_type=Text)
    service: str | None = Field(sa_type=Text)
    release: str | None = Field(sa_type=Text)
    defined_at: datetime | None = Field(sa_type=_Moment)
    announced_at: datetime | None = Field(sa_type=_Moment)
    retired_at: datetime | None = Field(sa_type=_Moment)
    retired_because: str | None = Field(sa_type=Text)


class ScheduleFire(SQLModel, table=True):
    """A due time that has become a task: at most one row, and so one task, for each."""

    __tablename__ = "schedule_fires"

    schedule_id: UUID = Field(primary_key=True)
    due_at: datetime = Field(primary_key=True, sa_type=_Moment)
    task_id: UUID
    fired_at: datetime = Field(sa_type=_Moment)
    coalesced: int = 0
