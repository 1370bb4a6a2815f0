"""Tables `sync_versions`, `syncs` and `kept_artifacts`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class SyncVersion(SQLModel, table=True):
    """The number of the last change of a customer's documents, or FAQs."""

    __tablename__ = "sync_versions"

    customer_id: UUID = Field(primary_key=True)
    domain: str = Field(primary_key=True, sa_type=Text)
    last: int = Field(sa_type=BigInteger)


class Sync(SQLModel, table=True):
    """How far one thing is in step; columns as in migration 0011."""

    __tablename__ = "syncs"

    entity_id: UUID = Field(primary_key=True)
    customer_id: UUID
    entity: str = Field(sa_type=Text)
    desired_version: int = Field(sa_type=BigInteger)
    synced_version: int = Field(sa_type=BigInteger)
    deleted: bool
    covered_by: UUID | None
    reached: bool
    task_id: UUID | None
    task_version: int | None = Field(sa_type=BigInteger)
    next_task_id: UUID | None
    state: str = Field(sa_type=Text)
    last_error: dict[str, Any] | None = Field(sa_type=JSONB)
    changed_at: datetime = Field(sa_type=_Moment)
    synced_at: datetime | None = Field(sa_type=_Moment)


class KeptArtifact(SQLModel, table=True):
    """An artifact that an entity needs."""

    __tablename__ = "kept_artifacts"

    artifact_id: UUID = Field(primary_key=True)
    entity_id: UUID = Field(primary_key=True)
