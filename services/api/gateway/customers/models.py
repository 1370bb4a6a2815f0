"""Tables `customers` and `api_keys`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, Text
from sqlmodel import Field, SQLModel


class Customer(SQLModel, table=True):
    """A tenant: owns rows, has a plan, and a weight in fair sharing (1–1000)."""

    __tablename__ = "customers"

    id: UUID = Field(primary_key=True)
    name: str = Field(sa_type=Text)
    plan: str = Field(default="standard", sa_type=Text)
    weight: int = 1
    #: Tasks that may wait to be published; None: as many as the gateway's setting says.
    waiting_limit: int | None = None
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    #: The task that erases it, or was to, until that was cancelled or failed.
    erased_by: UUID | None = None


class ApiKey(SQLModel, table=True):
    """A key of a customer; the secret itself is not stored, only its SHA-256."""

    __tablename__ = "api_keys"

    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customers.id")
    name: str = Field(sa_type=Text)
    prefix: str = Field(sa_type=Text, unique=True)
    secret_hash: bytes
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    revoked_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    last_used_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    #: None: as the plan says.
    requests_per_minute: int | None = None
    tasks_per_day: int | None = None
