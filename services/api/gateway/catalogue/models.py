"""Tables of catalogues: counters of versions, items, and floors below which everything is gone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from gateway.tasks.models import BytewiseText

_Moment = DateTime(timezone=True)


class CatalogueVersion(SQLModel, table=True):
    """The last version that was given to a write of this customer."""

    __tablename__ = "catalogue_versions"

    customer_id: UUID = Field(primary_key=True, foreign_key="customers.id")
    last_version: int = Field(sa_type=BigInteger)


class CatalogueItemRow(SQLModel, table=True):
    """An item as its customer wants it, and how far the index has followed."""

    __tablename__ = "catalogue_items"

    customer_id: UUID = Field(primary_key=True)
    entity_kind: str = Field(primary_key=True, sa_type=BytewiseText)
    id: str = Field(primary_key=True, sa_type=BytewiseText)
    version: int = Field(sa_type=BigInteger)
    deleted: bool
    content_hash: str | None = Field(sa_type=Text)
    item: dict[str, Any] | None = Field(sa_type=JSONB)
    with_embedding: bool
    changed_at: datetime = Field(sa_type=_Moment)
    task_id: UUID
    indexed_version: int = Field(default=0, sa_type=BigInteger)
    indexed_at: datetime | None = Field(sa_type=_Moment)
    index_name: str | None = Field(sa_type=Text)
    last_error: dict[str, Any] | None = Field(sa_type=JSONB)
    vector_error: dict[str, Any] | None = Field(sa_type=JSONB)


class CatalogueFloor(SQLModel, table=True):
    """At it and below nothing of this kind is left; the index has cleaned up to `indexed_floor`."""

    __tablename__ = "catalogue_floors"

    customer_id: UUID = Field(primary_key=True, foreign_key="customers.id")
    entity_kind: str = Field(primary_key=True, sa_type=BytewiseText)
    floor: int = Field(sa_type=BigInteger)
    changed_at: datetime = Field(sa_type=_Moment)
    task_id: UUID
    indexed_floor: int = Field(default=0, sa_type=BigInteger)
    last_error: dict[str, Any] | None = Field(sa_type=JSONB)
