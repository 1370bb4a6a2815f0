"""Table `documents`; how far the chatbot is in step with each stands in `syncs`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_Moment = DateTime(timezone=True)


class Document(SQLModel, table=True):
    """A text, a file or an address; `sha256` and `original_id` are its original's."""

    __tablename__ = "documents"

    id: UUID = Field(primary_key=True)
    customer_id: UUID
    source: str = Field(sa_type=Text)
    moved: bool
    origin: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    url: str | None = Field(sa_type=Text)
    metadata_: dict[str, Any] = Field(sa_column=Column("metadata", JSONB, nullable=False))
    media_type: str | None = Field(sa_type=Text)
    sha256: str | None = Field(sa_type=Text)
    original_id: UUID | None
    text_id: UUID | None
    characters: int | None = Field(sa_type=BigInteger)
    language: str | None = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=_Moment)
    updated_at: datetime = Field(sa_type=_Moment)
