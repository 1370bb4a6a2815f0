"""Table `idempotency_keys`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class IdempotencyKey(SQLModel, table=True):
    """A request that names a key, the id of what it makes, and its answer once there is one."""

    __tablename__ = "idempotency_keys"

    customer_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, sa_type=Text)
    request_sha256: bytes
    made_id: UUID
    status: int | None
    headers: dict[str, Any] | None = Field(sa_type=JSONB)
    body: bytes | None
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
