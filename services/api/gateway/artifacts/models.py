"""Table `artifacts`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text
from sqlmodel import Field, SQLModel


class Artifact(SQLModel, table=True):
    """A customer's access to stored content; many rows may share one `sha256`."""

    __tablename__ = "artifacts"

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    sha256: str = Field(sa_type=Text)
    size: int = Field(sa_type=BigInteger)
    media_type: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    task_id: UUID | None
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime | None = Field(sa_type=DateTime(timezone=True))
