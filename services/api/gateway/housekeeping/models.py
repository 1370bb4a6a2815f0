"""Table `bulk_actions`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field, SQLModel


class BulkAction(SQLModel, table=True):
    """How far a bulk action on tasks has come: everything up to `position` has been looked at."""

    __tablename__ = "bulk_actions"

    task_id: UUID = Field(primary_key=True)
    position: UUID
    changed: int = 0
    #: Tasks of its filter when it began; None if there were too many to count.
    total: int | None = None
    is_finished: bool = False
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
