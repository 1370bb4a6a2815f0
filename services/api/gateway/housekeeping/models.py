"""Tables `bulk_actions`, `discarded_contents` and `statistics`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class BulkAction(SQLModel, table=True):
    """How far a bulk action on tasks has come: everything up to `position` has been looked at."""

    __tablename__ = "bulk_actions"

    task_id: UUID = Field(primary_key=True)
    position: UUID
    changed: int = 0
    #: Tasks that were left out, as their customers were being erased.
    being_erased: int = 0
    #: Tasks of its filter when it began; None if there were too many to count.
    total: int | None = None
    is_finished: bool = False
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))


class DiscardedContent(SQLModel, table=True):
    """Content that may be unreferenced; with `trashed_at` it lies in the store's trash."""

    __tablename__ = "discarded_contents"

    sha256: str = Field(primary_key=True, sa_type=Text)
    noted_at: datetime = Field(sa_type=DateTime(timezone=True))
    trashed_at: datetime | None = Field(sa_type=DateTime(timezone=True))


class Statistic(SQLModel, table=True):
    """What was measured at a moment; `series` says what `data` holds."""

    __tablename__ = "statistics"

    series: str = Field(primary_key=True, sa_type=Text)
    at: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    data: dict[str, Any] = Field(sa_type=JSONB)
