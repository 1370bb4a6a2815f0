"""Table `job_kinds`."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class JobKind(SQLModel, table=True):
    """One kind in one version, as the highest release of its service announced it."""

    __tablename__ = "job_kinds"

    kind: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(primary_key=True)
    service: str = Field(sa_type=Text)
    release: str = Field(sa_type=Text)
    definition: dict[str, Any] = Field(sa_type=JSONB)
    announced_at: datetime = Field(sa_type=DateTime(timezone=True))
