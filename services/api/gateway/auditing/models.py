"""Tables `audit_entries` and `audit_writes`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class AuditEntry(SQLModel, table=True):
    """One change. `customer_id` is whose thing was changed; NULL: the installation's."""

    __tablename__ = "audit_entries"

    id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    at: datetime = Field(sa_type=DateTime(timezone=True))
    actor: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    customer_id: UUID | None = None
    details: dict[str, Any] = Field(sa_type=JSONB)


class AuditWrite(SQLModel, table=True):
    """One request that wrote something single; partitioned by weeks of `at`.

    Ids come from the sequence of `audit_entries`: both are read as one list.
    """

    __tablename__ = "audit_writes"

    id: int = Field(sa_type=BigInteger, primary_key=True)
    at: datetime = Field(sa_type=DateTime(timezone=True), primary_key=True)
    actor: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    target: str = Field(sa_type=Text)
    customer_id: UUID | None = None
    details: dict[str, Any] = Field(sa_type=JSONB)
