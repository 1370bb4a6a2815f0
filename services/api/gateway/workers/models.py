"""Table `workers`."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class WorkerProcess(SQLModel, table=True):
    """A process and its last beat (contracts/kinds.py, `Beat`)."""

    __tablename__ = "workers"

    incarnation: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    beat_at: datetime = Field(sa_type=DateTime(timezone=True))
    beat: dict[str, Any] = Field(sa_type=JSONB)
    lost_at: datetime | None = Field(sa_type=DateTime(timezone=True))
